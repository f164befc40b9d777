import type { Route, Target } from "../core/route.ts";
import type { Lease } from "../pool/lease.ts";
import { bypassMatcher } from "../wire/bypass-list.ts";
import type { Exchange } from "./exchange.ts";

/** A route to try, with the lease of its exit. */
export interface Choice {
  readonly route: Route;
  readonly lease: Lease | null;
}

/** An exit that does not rotate, or a direct route, is repeated once where it is the only candidate. */
const TRIES_OF_ONE = 2;

/** The next route of an exchange, or null when none is left. Never waits. */
export function chooseRoute(exchange: Exchange): Choice | null {
  const { settings } = exchange.context;
  const { target } = exchange.request;
  if (settings.direct === "only" || isBypassed(settings.bypass, target)) return chooseDirect(exchange);
  const choice = chooseExit(exchange);
  if (choice === null && settings.direct === "fallback") return chooseDirect(exchange);
  return choice;
}

/** How many more attempts there are routes for, this one included; where exits are many, that does not count. */
export function triesLeft(exchange: Exchange): number {
  const { settings, pool } = exchange.context;
  if (settings.direct === "only" || isBypassed(settings.bypass, exchange.request.target)) return TRIES_OF_ONE - exchange.triesOf(null);
  return pool.size > 1 || settings.direct === "fallback" ? Number.POSITIVE_INFINITY : TRIES_OF_ONE;
}

function chooseExit(exchange: Exchange): Choice | null {
  const { pool } = exchange.context;
  const { target, params } = exchange.request;
  const lease = pool.take({ target, params }, exchange.triedExits());
  if (lease === null) return null;
  if (!lease.exit.rotating && exchange.triesOf(lease.exit.id) >= TRIES_OF_ONE) {
    pool.settle(lease, { kind: "unjudged" });
    return null;
  }
  return { route: { exit: lease.exit, target }, lease };
}

function chooseDirect(exchange: Exchange): Choice | null {
  if (exchange.triesOf(null) >= TRIES_OF_ONE) return null;
  return { route: { exit: null, target: exchange.request.target }, lease: null };
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
