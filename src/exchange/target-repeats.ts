import { isOfTargetSide } from "../core/fault.ts";
import { confidenceOf, culpritOf, FAULTS } from "../core/fault-table.ts";
import type { AttributedFault } from "../core/ledger.ts";
import type { Tried } from "./decide.ts";
import type { Exchange } from "./exchange.ts";

/**
 * Whether the target may be sent the same once more: what may have reached it has a budget, so that its trouble does not multiply what
 * it gets. What died at an exit is free.
 * @param tried as it reads with what other attempts have shown.
 */
export function mayRepeat(exchange: Exchange, tried: Tried<unknown>): boolean {
  const attributed = tried.kind === "fault" ? tried.attributed : tried.judged;
  return attributed === null || !mayHaveReached(tried, attributed) || isProvedExits(attributed) || takeRepeat(exchange);
}

/** One more of what may have reached the target, if its budget has it. */
export function takeRepeat(exchange: Exchange): boolean {
  const { pool, settings, clock } = exchange.context;
  if (pool.repeats.take(exchange.request.target, settings.attempts, clock.now())) return true;
  exchange.note("not tried again: the target's budget of repeats is spent");
  return false;
}

/** From here on an exit is taken to have broken an attempt by itself. */
const PROVED = 0.75;

function isProvedExits({ fault, role }: AttributedFault): boolean {
  return culpritOf(fault, role) === "exit" && confidenceOf(fault) >= PROVED;
}

/** Whether the target may have got the request. */
export function mayHaveReached(tried: Tried<unknown>, attributed: AttributedFault): boolean {
  const mayHave = tried.kind === "answer" || tried.reachedTarget || isTargetSide(attributed);
  return mayHave && !stayedAtExit(attributed);
}

/**
 * An answer came to a request that was sent whole. That the exit made it is read out of its words, and a site may have the same ones: what may be
 * done once only is not done again for them. Who asks for a login (RFC 9110 15.5.8) has passed nothing on.
 */
export function mayHavePassedOn(tried: Tried<unknown>): boolean {
  if (tried.kind === "answer") return true;
  const { fault } = tried.attributed;
  if (!tried.reachedTarget || !fault.id.startsWith("handshake.")) return false;
  return fault.params["received-status"] !== 407 || confidenceOf(fault) < CERTAIN;
}

const CERTAIN = 0.9;

/** What came back proves that the exit passed nothing on: it refused, or is no proxy at all. */
function stayedAtExit({ fault, role }: AttributedFault): boolean {
  const { id } = fault;
  const culprit = culpritOf(fault, role);
  if (culprit !== "exit" && culprit !== "gateway") return false;
  return id === "relay.exit_5xx" || id.startsWith("handshake.") || (id === "head.not_http" && role === "exit");
}

/** The target failed, or what lies between it and the last exit. */
export function isTargetSide({ fault, role }: AttributedFault): boolean {
  const culprit = culpritOf(fault, role);
  if (isOfTargetSide(culprit)) return true;
  return role === "target" && FAULTS[fault.id].stage !== "dns";
}
