import { culpritOf, FAULTS, retryClassOf } from "../core/fault-table.ts";
import type { AttemptRecord, AttributedFault } from "../core/ledger.ts";
import type { Exchange } from "./exchange.ts";

/** What one attempt came to. `judged`: why its answer is one to try again for, or to relay with a verdict. */
export type Tried<A> =
  | { readonly kind: "answer"; readonly answer: A; readonly judged: AttributedFault | null; readonly record: AttemptRecord }
  | {
      readonly kind: "fault";
      readonly attributed: AttributedFault;
      readonly record: AttemptRecord;
      /** Bytes of the request itself went out. */
      readonly reachedTarget: boolean;
    };

export type Next =
  | { readonly kind: "reply" }
  /** The same hop once more, on a new socket. */
  | { readonly kind: "fresh-socket" }
  | { readonly kind: "again"; readonly waitMs: number };

const REPLY: Next = { kind: "reply" };
const BACKOFF_BASE_MS = 100;
const BACKOFF_MAX_MS = 2000;
/** Statuses of a gateway in between: the request may fare better on another way, or a little later. */
const RETRIED_STATUSES: ReadonlySet<number | null> = new Set([502, 503, 504]);

/** Whether another attempt may follow, and after what wait. The fault table says what is safe, the exchange's limits how often. */
export function decideNext(exchange: Exchange, tried: Tried<unknown>, repeatable: boolean): Next {
  const attributed = tried.kind === "fault" ? tried.attributed : tried.judged;
  if (attributed === null || exchange.clientFault !== null) return REPLY;
  const { fault, role } = attributed;
  const retry = retryClassOf(fault, role);
  if (retry === "never") return REPLY;
  if (retry !== "fresh-hop" && !repeatable) return REPLY;
  if (retry === "fresh-socket") return exchange.takeFreshSocket() ? { kind: "fresh-socket" } : REPLY;
  if (tried.kind === "answer" && !isWorthRepeating(exchange, tried.record, attributed)) return REPLY;
  count(exchange, tried, attributed);
  if (!withinLimits(exchange)) return REPLY;
  return waitOrReply(exchange, attributed);
}

/** A 5xx that the target's side made is repeated where it is a gateway's; a 503 is a choice, so once; an exit's own always. */
function isWorthRepeating(exchange: Exchange, record: AttemptRecord, { fault, role }: AttributedFault): boolean {
  if (fault.id === "relay.exit_5xx" && culpritOf(fault, role) === "exit") return true;
  if (!RETRIED_STATUSES.has(record.status)) return false;
  return record.status !== 503 || exchange.takeSecondTryOf503();
}

function count(exchange: Exchange, tried: Tried<unknown>, attributed: AttributedFault): void {
  const mayHave = tried.kind === "answer" || tried.reachedTarget || isTargetSide(attributed);
  if (mayHave && !stayedAtExit(attributed)) exchange.reached += 1;
  else exchange.diedBefore += 1;
}

/** What came back proves that the exit passed nothing on: it refused, or is no proxy at all. */
function stayedAtExit({ fault, role }: AttributedFault): boolean {
  const { id } = fault;
  const culprit = culpritOf(fault, role);
  if (culprit !== "exit" && culprit !== "gateway") return false;
  return id === "relay.exit_5xx" || id.startsWith("handshake.") || (id === "head.not_http" && role === "exit");
}

function withinLimits({ reached, attemptsMax, diedBefore, exitDeathsMax }: Exchange): boolean {
  return reached < attemptsMax && diedBefore < exitDeathsMax;
}

/** Nothing is hammered: where the same target failed, the next attempt waits a random part of a growing time, or as the site asked. */
function waitOrReply(exchange: Exchange, attributed: AttributedFault): Next {
  const { clock, random } = exchange.context;
  const leftMs = exchange.deadline - clock.now();
  const askedMs = attributed.fault.retryAfterMs;
  if (askedMs !== null && isTargetSide(attributed)) return askedMs < leftMs ? { kind: "again", waitMs: askedMs } : REPLY;
  if (!isTargetSide(attributed)) return leftMs > 0 ? { kind: "again", waitMs: 0 } : REPLY;
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** exchange.reached);
  const waitMs = Math.round(random() * ceiling);
  return waitMs < leftMs ? { kind: "again", waitMs } : REPLY;
}

function isTargetSide({ fault, role }: AttributedFault): boolean {
  const culprit = culpritOf(fault, role);
  if (culprit === "origin" || culprit === "edge") return true;
  return role === "target" && FAULTS[fault.id].stage !== "dns";
}
