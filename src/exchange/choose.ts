import type { Route } from "../core/route.ts";
import type { Lease } from "../pool/lease.ts";
import type { Slot } from "../pool/limits.ts";
import type { Exchange } from "./exchange.ts";
import { fillExit } from "./fill-exit.ts";
import { directIsTier, isAlwaysDirect, mayFallBack, startsDirect } from "./without-exit.ts";

/** A route to try, with the lease of its exit. */
export interface Choice {
  readonly route: Route;
  readonly lease: Lease | null;
  /** What a direct route counts as against limits; an exit's is in its lease. */
  readonly slot: Slot | null;
}

/** An exit that does not rotate, or a direct route, is repeated once where it is the only candidate. */
const TRIES_OF_ONE = 2;

/** The next route of an exchange; null when none is left, or, if `exchange.limited` says so, at a limit. Never waits. */
export function chooseRoute(exchange: Exchange): Choice | null {
  const { settings } = exchange.context;
  const { target } = exchange.request;
  if (isAlwaysDirect(settings, target)) return chooseDirect(exchange);
  const mayGoDirect = directIsTier(exchange);
  const direct = mayGoDirect && startsDirect(exchange) ? chooseDirect(exchange) : null;
  if (direct !== null) return direct;
  const choice = chooseExit(exchange);
  // Where an exit will do in its turn, our own address is not shown.
  if (choice === null && (mayGoDirect || mayFallBack(exchange)) && exchange.limited === null) return chooseDirect(exchange);
  return choice;
}

/** How many more attempts there are routes for, this one included; where exits are many, that does not count. */
export function triesLeft(exchange: Exchange): number {
  const { settings, pool } = exchange.context;
  if (isAlwaysDirect(settings, exchange.request.target)) return TRIES_OF_ONE - exchange.triesOf(null);
  return pool.size > 1 || mayFallBack(exchange) || directIsTier(exchange) ? Number.POSITIVE_INFINITY : TRIES_OF_ONE;
}

function chooseExit(exchange: Exchange): Choice | null {
  const { pool } = exchange.context;
  const { target, params } = exchange.request;
  const lease = pool.take({ target, params, spent: spentExits(exchange) }, exchange.triedExits());
  exchange.limited = lease === null ? pool.limits.limited : null;
  if (lease === null) return null;
  const exit = fillExit(lease.exit, params, lease.session);
  const isAnother = exit.rotating && !exchange.wasRefusedBy(exit.id);
  if (!isAnother && isSpent(exchange, exit.id)) {
    pool.settle(lease, { kind: "unjudged" });
    return null;
  }
  return { route: { exit, target }, lease, slot: null };
}

/** Those that refused our account, and would again, whichever exit of their vendor's came next. */
function spentExits(exchange: Exchange): ReadonlySet<string> {
  if (exchange.attempts.length < TRIES_OF_ONE) return NONE;
  return new Set([...exchange.triedExits()].filter((exit) => exchange.wasRefusedBy(exit) && isSpent(exchange, exit)));
}

const NONE: ReadonlySet<string> = new Set();

function isSpent(exchange: Exchange, exit: string): boolean {
  return exchange.triesOf(exit) >= TRIES_OF_ONE;
}

function chooseDirect(exchange: Exchange): Choice | null {
  exchange.limited = null;
  if (exchange.triesOf(null) >= TRIES_OF_ONE) return null;
  const { pool, clock } = exchange.context;
  const { target } = exchange.request;
  const slot = pool.limits.takeDirect(target, clock.now());
  if (slot === null) exchange.limited = pool.limits.limited;
  return slot === null ? null : { route: { exit: null, target }, lease: null, slot: slot === "free" ? null : slot };
}
