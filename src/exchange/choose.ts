import type { Route, Target } from "../core/route.ts";
import type { Lease } from "../pool/lease.ts";
import type { Slot } from "../pool/limits.ts";
import { bypassMatcher } from "../wire/bypass-list.ts";
import type { Exchange } from "./exchange.ts";
import { fillExit } from "./fill-exit.ts";

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
  if (settings.direct === "only" || isBypassed(settings.bypass, target)) return chooseDirect(exchange);
  const mayGoDirect = directIsTier(exchange);
  const direct = mayGoDirect && startsDirect(exchange) ? chooseDirect(exchange) : null;
  if (direct !== null) return direct;
  const choice = chooseExit(exchange);
  // Where an exit will do in its turn, our own address is not shown.
  if (choice === null && (mayGoDirect || settings.direct === "fallback") && exchange.limited === null) return chooseDirect(exchange);
  return choice;
}

/** No exit at all is a tier of its own, but not for who asked for certain exits, or for the same one each time. */
function directIsTier({ context, request }: Exchange): boolean {
  if (!context.pool.tiers.hasDirect) return false;
  const { session, filter } = request.params;
  return session === null && filter.exit === null && Object.keys(filter.tags).length === 0;
}

function startsDirect(exchange: Exchange): boolean {
  const { pool, clock } = exchange.context;
  return exchange.triesOf(null) === 0 && pool.tiers.startsDirect(exchange.targetKey, clock.now());
}

/** How many more attempts there are routes for, this one included; where exits are many, that does not count. */
export function triesLeft(exchange: Exchange): number {
  const { settings, pool } = exchange.context;
  if (settings.direct === "only" || isBypassed(settings.bypass, exchange.request.target)) return TRIES_OF_ONE - exchange.triesOf(null);
  return pool.size > 1 || settings.direct === "fallback" || directIsTier(exchange) ? Number.POSITIVE_INFINITY : TRIES_OF_ONE;
}

function chooseExit(exchange: Exchange): Choice | null {
  const { pool } = exchange.context;
  const { target, params } = exchange.request;
  const lease = pool.take({ target, params }, exchange.triedExits());
  exchange.limited = lease === null ? pool.limits.limited : null;
  if (lease === null) return null;
  const exit = fillExit(lease.exit, params, lease.session);
  if (!exit.rotating && exchange.triesOf(exit.id) >= TRIES_OF_ONE) {
    pool.settle(lease, { kind: "unjudged" });
    return null;
  }
  return { route: { exit, target }, lease, slot: null };
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

const matchers = new WeakMap<readonly string[], (target: Target) => boolean>();

function isBypassed(bypass: readonly string[], target: Target): boolean {
  if (bypass.length === 0) return false;
  let matches = matchers.get(bypass);
  if (matches === undefined) {
    const matcher = bypassMatcher(bypass);
    matches = ({ host, port }) => matcher(host, port);
    matchers.set(bypass, matches);
  }
  return matches(target);
}
