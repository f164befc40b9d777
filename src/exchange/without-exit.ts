import type { Target } from "../core/route.ts";
import type { ExchangeSettings } from "../core/settings.ts";
import { bypassMatcher } from "../wire/bypass-list.ts";
import type { Exchange } from "./exchange.ts";

/** A target that never goes over an exit. */
export function isAlwaysDirect({ direct, bypass }: ExchangeSettings, target: Target): boolean {
  return direct === "only" || (bypass.length > 0 && isBypassed(bypass, target));
}

/** No exit at all is a tier of its own, but not for who asked for certain exits, or for the same one each time. */
export function directIsTier({ context, request }: Exchange): boolean {
  if (!context.pool.tiers.hasDirect) return false;
  const { session, filter } = request.params;
  return session === null && filter.exit === null && Object.keys(filter.tags).length === 0;
}

/** No exit is left: our own address may take its place, but not for a hard session, which does not move. */
export function mayFallBack({ context, request }: Exchange): boolean {
  return context.settings.direct === "fallback" && request.params.session?.hard !== true;
}

/** Where direct is a tier: this target has not been moved up, and this exchange has not tried it so. */
export function startsDirect(exchange: Exchange): boolean {
  const { pool, clock } = exchange.context;
  return exchange.triesOf(null) === 0 && pool.tiers.startsDirect(exchange.targetKey, clock.now());
}

const matchers = new WeakMap<readonly string[], (target: Target) => boolean>();

function isBypassed(bypass: readonly string[], target: Target): boolean {
  let matches = matchers.get(bypass);
  if (matches === undefined) {
    const matcher = bypassMatcher(bypass);
    matches = ({ host, port }) => matcher(host, port);
    matchers.set(bypass, matches);
  }
  return matches(target);
}
