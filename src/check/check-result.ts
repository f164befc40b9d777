import type { Culprit, FaultId, Stage } from "../core/fault.ts";
import type { ExitScheme } from "../core/route.ts";
import type { Lie } from "./lie.ts";

/**
 * What a check says of a proxy.
 * - `works`: what was asked through it came back as it was sent;
 * - `lies`: something comes back, but not what was sent;
 * - `answers`: it speaks a proxy's protocol, but nothing could be verified through it;
 * - `dead`: anything else.
 */
export type CheckState = "works" | "lies" | "answers" | "dead";

/** Something that a proxy can do or not; null: it could not be verified. */
export interface Finding {
  readonly ok: boolean | null;
  readonly details: string;
}

export interface CheckedFault {
  readonly id: FaultId;
  readonly culprit: Culprit;
  readonly confidence: number;
  readonly stage: Stage;
  /** 1 = nearest to us; 0 where no hop is to name. */
  readonly hop: number;
  readonly details: string;
  /** What whoever checks can do. */
  readonly fix: string;
}

interface TriedProtocol {
  readonly scheme: ExitScheme;
  readonly works: boolean;
  readonly fault: CheckedFault | null;
}

/** What was found out about one proxy: a line of `check --json`. Holds no password. */
export interface CheckResult {
  /** ISO 8601. */
  readonly at: string;
  readonly source: string | null;
  readonly line: number | null;
  /** Its id. */
  readonly exit: string;
  /** URL without password; without its scheme where no protocol is known. */
  readonly proxy: string;
  readonly state: CheckState;
  /** Every one that works or answers, best first. */
  readonly protocols: readonly ExitScheme[];
  readonly tried: readonly TriedProtocol[];
  /** Opened to the proxy. */
  readonly connections: number;
  /** Why it is dead, or its worst lie. */
  readonly fault: CheckedFault | null;
  /** Medians over the samples, milliseconds. */
  readonly ms: {
    readonly dns?: number;
    readonly connect?: number;
    readonly tls?: number;
    readonly handshake?: number;
    readonly firstByte?: number;
    readonly total?: number;
  } | null;
  readonly samples: number;
  readonly can: Readonly<Record<"http" | "https" | "connect" | "connectOther" | "ipv6" | "remoteDns" | "keepAlive", Finding>>;
  readonly anonymity: { readonly level: "transparent" | "anonymous" | "elite" | "unknown"; readonly evidence: readonly string[] };
  readonly honesty: {
    readonly verdict: "honest" | "dishonest" | "unknown";
    readonly lies: readonly Lie[];
    readonly evidence: readonly string[];
  };
  readonly exitAddresses: readonly string[];
  readonly rotates: boolean | null;
  readonly country: string | null;
  /** "AS64500 Example Net" */
  readonly network: string | null;
  /** Of `--target`. */
  readonly target: { readonly ok: boolean; readonly status: number | null; readonly details: string; readonly ms: number | null } | null;
  /** Of `--throughput`. */
  readonly bytesPerSecond: number | null;
  /** Sentences: what could not be verified, and why. */
  readonly unverified: readonly string[];
}
