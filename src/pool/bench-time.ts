import type { Random } from "../core/clock.ts";

/** Milliseconds. */
const BENCH_BASE_MS = 1000;
const BENCH_MAX_MS = 5 * 60 * 1000;
/** A dead exit is looked at again, but seldom. Milliseconds. */
const DEAD_BENCH_MAX_MS = 30 * 60 * 1000;

interface Failed {
  /** Failures that no success has worn off, this one included. */
  readonly level: number;
  readonly isDead: boolean;
  /** What the exit itself asked for (`Retry-After`); 0 without. */
  readonly atLeastMs: number;
}

/** How long a bench lasts: a random time up to twice that of the time before (full jitter), and at least what the exit asked for. Milliseconds. */
export function benchMs({ level, isDead, atLeastMs }: Failed, random: Random): number {
  const longest = isDead ? DEAD_BENCH_MAX_MS : BENCH_MAX_MS;
  const window = isDead ? longest : Math.min(longest, BENCH_BASE_MS * 2 ** (level - 1));
  return Math.min(longest, Math.max(atLeastMs, window * (1 - random())));
}
