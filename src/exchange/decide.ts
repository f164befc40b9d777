import type { Fault } from "../core/fault.ts";
import { culpritOf, retryClassOf } from "../core/fault-table.ts";
import type { AttemptRecord, AttributedFault } from "../core/ledger.ts";
import type { Ruling } from "../core/rule.ts";
import type { Exchange } from "./exchange.ts";
import { ruleOnFault } from "./judge.ts";
import { isTargetSide, mayHavePassedOn, mayHaveReached } from "./target-repeats.ts";

/** What one attempt came to. `judged`: why its answer is one to try again for, or to relay with a verdict. */
export type Tried<A> =
  | {
      readonly kind: "answer";
      readonly answer: A;
      readonly judged: AttributedFault | null;
      /** Of the rule that the answer matches; null: of none. */
      readonly ruling: Ruling | null;
      readonly record: AttemptRecord;
    }
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
  if (retry === "never" || isLostForGood(exchange, fault)) return REPLY;
  if (!repeatable && (retry !== "fresh-hop" || mayHavePassedOn(tried))) return REPLY;
  if (retry === "fresh-socket") return exchange.takeFreshSocket() ? { kind: "fresh-socket" } : REPLY;
  if (!isWorthRepeating(exchange, tried, attributed)) return REPLY;
  count(exchange, tried, attributed);
  if (!withinLimits(exchange)) return REPLY;
  return waitOrReply(exchange, attributed);
}

/** Asked again, the vendor might give the session another exit: a hard one does not move. */
function isLostForGood({ request }: Exchange, { id }: Fault): boolean {
  return id === "handshake.session_lost" && request.params.session?.hard === true;
}

/** What the rules of the config say of an attempt; null: nothing. */
export function rulingOf(exchange: Exchange, tried: Tried<unknown>): Ruling | null {
  if (tried.kind === "answer") return tried.ruling;
  const { context, request } = exchange;
  return ruleOnFault(tried.attributed.fault, request.target.host, context.settings);
}

/**
 * A fault always, an answer where another may be better: of 5xx that the target's side made only a gateway's; a 503 is a choice, so once;
 * an exit's own always; any that a rule wants repeated, but a rate limit once, since what two exits are told is not one exit's.
 */
function isWorthRepeating(exchange: Exchange, tried: Tried<unknown>, { fault, role }: AttributedFault): boolean {
  if (tried.kind === "fault" || (fault.id === "relay.exit_5xx" && culpritOf(fault, role) === "exit")) return true;
  const { status } = tried.record;
  if (tried.ruling?.retry === true) return fault.id !== "relay.rate_limited" || !wasRateLimited(exchange, tried.record);
  if (isRules(fault) || !RETRIED_STATUSES.has(status)) return false;
  return status !== 503 || exchange.takeSecondTryOf503();
}

function wasRateLimited({ attempts }: Exchange, now: AttemptRecord): boolean {
  return attempts.some((attempt) => attempt !== now && attempt.fault === "relay.rate_limited");
}

/** It is a rule that makes a fault of this answer: nothing is broken that must recover. */
function isRules({ id }: Fault): boolean {
  return id === "relay.blocked" || id === "relay.rate_limited" || id === "relay.ruled";
}

function count(exchange: Exchange, tried: Tried<unknown>, attributed: AttributedFault): void {
  if (mayHaveReached(tried, attributed)) exchange.reached += 1;
  else exchange.diedBefore += 1;
}

function withinLimits({ reached, attemptsMax, diedBefore, exitDeathsMax }: Exchange): boolean {
  return reached < attemptsMax && diedBefore < exitDeathsMax;
}

/** Nothing is hammered: where the same target failed, the next attempt waits a random part of a growing time, or as the site asked. */
function waitOrReply(exchange: Exchange, attributed: AttributedFault): Next {
  const { clock, random } = exchange.context;
  const leftMs = exchange.deadline - clock.now();
  const askedMs = attributed.fault.retryAfterMs;
  if (isRules(attributed.fault)) return leftMs > 0 ? { kind: "again", waitMs: 0 } : REPLY; // another exit need not wait for this one's sake
  if (askedMs !== null && isTargetSide(attributed)) return askedMs < leftMs ? { kind: "again", waitMs: askedMs } : REPLY;
  if (!isTargetSide(attributed)) return leftMs > 0 ? { kind: "again", waitMs: 0 } : REPLY;
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** exchange.reached);
  const waitMs = Math.round(random() * ceiling);
  return waitMs < leftMs ? { kind: "again", waitMs } : REPLY;
}
