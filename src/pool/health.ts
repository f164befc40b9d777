import type { Random } from "../core/clock.ts";
import type { HopState } from "../core/event.ts";
import type { FaultId } from "../core/fault.ts";

/** Milliseconds. */
const BENCH_BASE_MS = 1000;
const BENCH_MAX_MS = 5 * 60 * 1000;
const LEVEL_MAX = 10;
/** Weight of the newest value in the moving averages. */
const NEWEST = 0.2;
const SUCCESS_FLOOR = 0.05;
/** What was seen counts half after this time: else an exit that looked worse than all others would never be looked at again. */
const HALF_LIFE_MS = 60_000;

/**
 * What we know of one exit. `level` counts failures that no success has worn off: each doubles the time that the next bench may last, each
 * success ends the bench and halves the level, so that an exit which comes and goes stays out longer than one that failed once.
 */
export class Health {
  level = 0;
  successes = 0;
  failures = 0;
  lastFault: FaultId | null = null;
  /** Moving average until the first byte of an answer; null before the first. */
  ewmaMs: number | null = null;
  /** Moving average of 1 for a success, 0 for a failure of its own, as of `#seenAt`. */
  #successRate = 1;
  #seenAt = 0;
  benchedUntil: number = Number.NEGATIVE_INFINITY;
  /** Attempts that began before this count of attempts belong to the failure that benched it last. */
  #benchedAt = -1;
  /** It has answered since it was last benched. */
  #isProven = false;

  isBenched(now: number): boolean {
    return this.benchedUntil > now;
  }

  /** `untried` is also an exit whose bench is over and that nobody has tried since. */
  state(now: number): HopState {
    if (this.isBenched(now)) return "benched";
    return this.#isProven ? "healthy" : "untried";
  }

  succeed(ms: number, now: number): void {
    this.successes++;
    this.level >>= 1;
    this.benchedUntil = Number.NEGATIVE_INFINITY;
    this.#isProven = true;
    this.ewmaMs = this.ewmaMs === null ? ms : this.ewmaMs + NEWEST * (ms - this.ewmaMs);
    this.#count(1, now);
  }

  /** A failure that proves nothing: others are preferred for a while. */
  suspect(fault: FaultId, now: number): void {
    this.lastFault = fault;
    this.#count(0, now);
  }

  /**
   * A failure of its own. The bench lasts a random time up to twice that of the time before (full jitter), at least `atLeastMs`.
   * @param leasedAt the count of attempts when this one began: many that run into one failure count once.
   */
  fail(fault: FaultId, { now, random, leasedAt, attempts, atLeastMs }: FailedAttempt): void {
    this.failures++;
    this.suspect(fault, now);
    if (leasedAt <= this.#benchedAt) return;
    this.#benchedAt = attempts;
    this.#isProven = false;
    this.level = Math.min(LEVEL_MAX, this.level + 1);
    const window = Math.min(BENCH_MAX_MS, BENCH_BASE_MS * 2 ** (this.level - 1));
    this.benchedUntil = now + Math.min(BENCH_MAX_MS, Math.max(atLeastMs, window * (1 - random())));
  }

  /** Its route has changed: what it failed for may be mended. */
  renew(): void {
    this.level = 0;
    this.benchedUntil = Number.NEGATIVE_INFINITY;
    this.#successRate = 1;
  }

  /** Expected time to a success, with what already waits on it; lower is better. Old knowledge fades towards an unknown exit's. */
  cost(inFlight: number, unknownMs: number, now: number): number {
    const success = Math.max(SUCCESS_FLOOR, this.#rateAt(now));
    const ms = this.ewmaMs === null ? unknownMs : unknownMs + (this.ewmaMs - unknownMs) * this.#freshness(now);
    return (ms * (inFlight + 1)) / (success * success);
  }

  #count(value: 0 | 1, now: number): void {
    const rate = this.#rateAt(now);
    this.#successRate = rate + NEWEST * (value - rate);
    this.#seenAt = now;
  }

  #rateAt(now: number): number {
    return 1 - (1 - this.#successRate) * this.#freshness(now);
  }

  #freshness(now: number): number {
    return 2 ** ((this.#seenAt - now) / HALF_LIFE_MS);
  }
}

export interface FailedAttempt {
  readonly now: number;
  readonly random: Random;
  readonly leasedAt: number;
  readonly attempts: number;
  /** What the exit itself asked for (`Retry-After`); 0 without. */
  readonly atLeastMs: number;
}
