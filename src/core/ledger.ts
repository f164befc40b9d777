import type { Culprit, Fault, FaultId, Stage } from "./fault.ts";
import type { RefusedConnect } from "./message.ts";
import type { HopRole } from "./route.ts";

/** How a hop's connection left us without what we waited for. */
export type Interruption =
  | { readonly how: "closed" } // FIN
  | { readonly how: "reset" } // RST, or EPIPE on write
  | { readonly how: "timeout"; readonly afterMs: number }
  | { readonly how: "errno"; readonly code: string } // any other code of Node, OpenSSL or the resolver
  | { readonly how: "left" }; // our own client went away

/** What the sockets of an attempt showed when it was interrupted: all that attribution may decide from. */
export interface Observation {
  readonly stage: Stage;
  readonly role: HopRole;
  /** 1 = the hop nearest to us. */
  readonly hop: number;
  /** The socket had served an earlier exchange. */
  readonly reused: boolean;
  /** Of this attempt, at this stage's layer (inside the tunnel, if one is open). */
  readonly bytesOut: number;
  readonly bytesIn: number;
  /** At most the first 64 bytes that came in at this stage. */
  readonly firstBytes: Uint8Array;
  readonly elapsedMs: number;
}

/** Why a hop did not serve an attempt, as the layer that saw it hands it up to be attributed. */
export type HopFailure =
  | { readonly kind: "interrupted"; readonly interruption: Interruption; readonly seen: Observation }
  | { readonly kind: "refused"; readonly reply: RefusedConnect; readonly seen: Observation }
  /** The protocol's own codec decided: a malformed answer, a SOCKS reply code. */
  | { readonly kind: "fault"; readonly fault: Fault; readonly seen: Observation };

/** Milliseconds by stage; a stage that was not entered is absent. */
export type StageTimes = { [S in "dns" | "connect" | "handshake" | "tls" | "write" | "head" | "body"]?: number };

/** One attempt, as it is recorded. Plain data: this is what logs, the admin API and the problem body show. */
export interface AttemptRecord {
  /** `host:port` of each hop, nearest first, the target last. No user, no password. */
  readonly route: readonly string[];
  /** The exit's id; null on a direct route. */
  readonly exit: string | null;
  /** The first hop's address as it was dialled, else its name: for `next-hop`. */
  nextHop: string;
  reused: boolean;
  stage: Stage;
  /** Another attempt beside it answered first: it came neither to an answer nor to a fault. */
  cancelled: boolean;
  /** Null where the attempt answered, or was cancelled. */
  fault: FaultId | null;
  culprit: Culprit | null;
  confidence: number | null;
  details: string | null;
  /** 1 = nearest to us; 0 where no hop is to name. */
  hop: number;
  /** The status that this attempt's answer had; null without one. */
  status: number | null;
  bytesOut: number;
  bytesIn: number;
  /** Up to 64 bytes that came first, as printable text, where they explain a fault; else null. */
  firstBytes: string | null;
  readonly ms: StageTimes;
}

/** What we conclude from an exchange that failed, or whose answer is a relayed 5xx. */
export interface Verdict {
  readonly fault: FaultId;
  readonly culprit: Culprit;
  readonly confidence: number;
  readonly stage: Stage;
  /** 1 = nearest to us; 0 where no hop is to name. */
  readonly hop: number;
  /** In words, strongest first. */
  readonly evidence: readonly string[];
  readonly fix: { readonly client: string; readonly operator: string };
}

/**
 * How an exchange ended for its client.
 * - `ok`: an answer or a tunnel, at the first attempt.
 * - `rescued`: an answer or a tunnel, after at least one failed attempt.
 * - `relayed`: a 5xx that somebody further in made, or an answer that a rule names (a block page, a 429).
 * - `failed`: the gateway had to answer itself, or to break off.
 * - `aborted`: the client left.
 */
export type Outcome = "ok" | "rescued" | "relayed" | "failed" | "aborted";

/** A verdict on an attempt that later evidence speaks against. */
export interface Revision {
  /** 1 = the first. */
  readonly attempt: number;
  readonly from: Culprit;
  readonly to: Culprit;
  readonly reason: string;
}

/** The record of an exchange (`config schema --exchange`). */
export interface ExchangeRecord {
  readonly id: string;
  /** ISO 8601, when the request's head was complete. */
  readonly at: string;
  /** The client's address, and its user name without parameters where it gave one. */
  readonly client: { readonly address: string; readonly user: string | null };
  readonly protocol: "http" | "connect" | "socks4" | "socks5";
  readonly method: string;
  /** Without userinfo, and query values unless `log.query: keep`. */
  readonly target: string;
  outcome: Outcome;
  /** Sent to the client; null where none was. */
  status: number | null;
  verdict: Verdict | null;
  readonly attempts: readonly AttemptRecord[];
  /** Notes that are no fault: a Host that differed, bytes beyond a body. */
  readonly notes: readonly string[];
  /** From the complete head to the end of the reply or tunnel. */
  ms: number;
  /** What was learned after its end; absent: nothing. */
  revised?: readonly Revision[];
  bytesFromClient: number;
  bytesToClient: number;
}

/** An attempt's fault with the hop that it happened at. */
export interface AttributedFault {
  readonly fault: Fault;
  readonly role: HopRole;
  readonly hop: number;
  /** What other attempts have shown, strongest first; absent: nothing. */
  readonly evidence?: readonly string[];
  /** The status of the answer that it came with, where the fault is told in its place; absent: the table's. */
  readonly status?: number;
}
