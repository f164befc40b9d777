import type { Culprit, FaultId } from "../core/fault.ts";
import { FAULTS } from "../core/fault-table.ts";
import type { RawFields } from "../core/message.ts";
import type { AnswerReading } from "./answer-reading.ts";
import { proxyStatusMembers } from "./claims/proxy-status.ts";

/** What a gateway of this kind says of an answer: it has judged it with more evidence than the answer shows. */
export interface OwnWords {
  /** Its configured name. */
  readonly gateway: string;
  readonly fault: FaultId;
  readonly culprit: Culprit;
  readonly confidence: number;
  /** The id of the exit of its last attempt; null: there was none. */
  readonly exit: string | null;
  readonly attempts: number | null;
  readonly requestId: string | null;
  readonly details: string | null;
}

const CULPRITS: readonly Culprit[] = ["client", "gateway", "exit", "edge", "origin", "dns", "network"];

/** The verdict in an answer's Proxy-Status, of the gateway nearest to the origin that gives one; null: none does. */
export function readOwnWords(fields: RawFields): OwnWords | null {
  for (const { name, params, details } of proxyStatusMembers(fields)) {
    const { fault, culprit, confidence, exit, attempts, "request-id": requestId } = params;
    if (!isFault(fault) || !isCulprit(culprit) || typeof confidence !== "number") continue;
    return {
      gateway: name,
      ...{ fault, culprit, confidence, details },
      exit: exit === undefined ? null : String(exit),
      attempts: typeof attempts === "number" ? attempts : null,
      requestId: requestId === undefined ? null : String(requestId),
    };
  }
  return null;
}

/** What they mean, with what the answer's fields and page say besides. */
export function tellOwnWords(
  own: OwnWords,
  status: number,
  { madeBy, passedOnBy, evidence }: Pick<AnswerReading, "madeBy" | "passedOnBy" | "evidence">,
): AnswerReading {
  const { gateway, fault, culprit, confidence, exit, attempts, requestId, details } = own;
  const row = FAULTS[fault];
  const isMade = row.status !== null;
  const tried = attempts === null ? "" : ` after ${attempts} attempt${attempts === 1 ? "" : "s"}`;
  return {
    kind: fault === "relay.blocked" ? "block" : fault === "relay.rate_limited" ? "rate-limit" : "outage",
    madeBy: isMade ? { id: "goodgateway", name: `the gateway ${gateway}`, side: "exit" } : madeBy,
    passedOnBy: isMade ? [] : [...new Set([...passedOnBy, `the gateway ${gateway}`])],
    ...{ fault, culprit, confidence },
    beyond: isMade && culprit === "exit" && exit !== null ? `exit ${exit}` : null,
    evidence: [
      `the gateway ${gateway} says so itself${tried}${details === null ? "" : `: ${details}`}`,
      ...(requestId === null ? [] : [`goodgateway explain ${requestId} shows every attempt, on the gateway's machine`]),
      ...(isMade ? [] : evidence),
    ],
    summary: `${status}: ${row.summary}`,
    fix: row.fix,
  };
}

/** Whether words name a fault of this gateway's. */
export function isFault(value: unknown): value is FaultId {
  return typeof value === "string" && Object.hasOwn(FAULTS, value);
}

export function isCulprit(value: unknown): value is Culprit {
  return CULPRITS.some((culprit) => culprit === value);
}
