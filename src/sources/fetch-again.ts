import type { Random } from "../core/clock.ts";

/** How the last fetches of a list went. */
export interface Fetched {
  /** How often the list is to be fetched. Milliseconds. */
  readonly refreshMs: number;
  /** Failures in a row. */
  readonly failures: number;
  /** What the server asked for at the last one; 0: nothing. */
  readonly retryAfterMs: number;
}

/**
 * How long to wait before a list is fetched again. Spread, so that many gateways which were started at once, or lost their list at once, do
 * not ask in step.
 */
export function fetchAgainMs({ refreshMs, failures, retryAfterMs }: Fetched, random: Random): number {
  if (failures === 0) return refreshMs * (1 - SPREAD * random());
  const backoffMs = Math.min(refreshMs, RETRY_MS * 2 ** (failures - 1)) * (1 - random() / 2);
  return Math.max(backoffMs, Math.min(retryAfterMs, Math.max(refreshMs, RETRY_AFTER_MS_MAX)));
}

/** The share of the time by which a fetch may come early. */
const SPREAD = 0.1;
/** After the first failure in a row; each doubles it, up to the usual time. */
const RETRY_MS = 5_000;
/** The longest Retry-After that is believed, unless the usual time is longer. */
const RETRY_AFTER_MS_MAX: number = 60 * 60 * 1000;
