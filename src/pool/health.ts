import type { Random } from "../core/clock.ts";
import type { HopState } from "../core/event.ts";
import type { FaultId } from "../core/fault.ts";

/** Milliseconds. */
const BENCH_BASE_MS = 1000;
const BENCH_MAX_MS = 5 * 60 * 1000;
/** A dead exit is looked at again, but seldom. Milliseconds. */
const DEAD_BENCH_MAX_MS = 30 * 60 * 1000;
/** At the top level, and not one success for so long: dead. Milliseconds. */
const DEAD_AFTER_MS = 30 * 60 * 1000;
const LEVEL_MAX = 10;
/** Clean successes in a row that halve the level: one lucky answer does not make a bad exit as good as new. */
const STREAK = 3;
/** Weight of the newest value in the moving averages. */
const NEWEST = 0.2;
const SUCCESS_FLOOR = 0.05;
/** What was seen counts half after this time: else an exit that looked worse than all others would never be looked at again. */
const HALF_LIFE_MS = 60_000;

/**
 * What we know of one exit.
 *
 *     untried -> healthy -> benched -> probation -> healthy
 *                             ^ dead <-'  fails again
 *
 * A failure of its own benches it. When the bench is over it is on probation: one attempt at a time, until one clean success promotes it or
 * a failure benches it for longer. `level` counts failures that no success has worn off: each doubles the time that the next bench may last,
 * and it takes three successes in a row to halve it, so that an exit which comes and goes stays out longer than one that failed once.
 */
export class Health {
  level = 0;
  successes = 0;
  failures = 0;
  lastFault: FaultId | null = null;
  /** The target (`host:port`) of the failure that benched it last, where that proves nothing by itself; null: it does, or a rule did, or nothing. */
  benchedOver: string | null = null;
  /** Moving average until the first byte of an answer; null before the first. */
  ewmaMs: number | null = null;
  benchedUntil: number = Number.NEGATIVE_INFINITY;
  /** When a check looked at it last, whether it found anything out or not. On the clock. */
  checkedAt: number = Number.NEGATIVE_INFINITY;
  /** Moving average of 1 for a success, 0 for a failure of its own, as of `#seenAt`. */
  #successRate = 1;
  #seenAt = 0;
  /** Attempts that began before this count of attempts belong to the failure that benched it last. */
  #benchedAt = -1;
  #standing: "untried" | "healthy" | "probation" = "untried";
  #streak = 0;
  #isDead = false;
  /** Since when it has had failures and no clean success; infinite: it has not. */
  #failingSince: number = Number.POSITIVE_INFINITY;

  isBenched(now: number): boolean {
    return this.benchedUntil > now;
  }

  /** It must prove itself: one attempt at a time. Also true while it is benched. */
  get isOnProbation(): boolean {
    return this.#standing === "probation";
  }

  /** When a check or an attempt last looked at it. On the clock. */
  get seenAt(): number {
    return Math.max(this.#seenAt, this.checkedAt);
  }

  get isChecked(): boolean {
    return this.checkedAt > Number.NEGATIVE_INFINITY;
  }

  state(now: number): HopState {
    if (!this.isBenched(now)) return this.#standing;
    return this.#isDead ? "dead" : "benched";
  }

  /**
   * It passed traffic.
   * @param ms until the first byte of the answer; null where that tells nothing of its speed.
   * @param leasedAt the count of attempts when this one began: what began before the bench does not end it.
   */
  succeed(ms: number | null, now: number, leasedAt: number): void {
    this.successes++;
    if (ms !== null) this.ewmaMs = this.ewmaMs === null ? ms : this.ewmaMs + NEWEST * (ms - this.ewmaMs);
    this.#count(1, now);
    if (leasedAt > this.#benchedAt) this.#promote();
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
  fail(fault: FaultId, { target, now, random, leasedAt, attempts, atLeastMs }: FailedAttempt): void {
    this.failures++;
    this.suspect(fault, now);
    if (leasedAt <= this.#benchedAt) return;
    this.#benchedAt = attempts;
    this.benchedOver = target;
    this.#standing = "probation";
    this.#streak = 0;
    this.#failingSince = Math.min(this.#failingSince, now);
    this.#isDead = this.level === LEVEL_MAX && now - this.#failingSince >= DEAD_AFTER_MS;
    this.level = Math.min(LEVEL_MAX, this.level + 1);
    const longest = this.#isDead ? DEAD_BENCH_MAX_MS : BENCH_MAX_MS;
    const window = this.#isDead ? longest : Math.min(longest, BENCH_BASE_MS * 2 ** (this.level - 1));
    this.benchedUntil = now + Math.min(longest, Math.max(atLeastMs, window * (1 - random())));
  }

  /** What it failed for may be mended: its route has changed, or somebody says so. What is known of its speed stays. */
  renew(): void {
    this.level = 0;
    this.benchedUntil = Number.NEGATIVE_INFINITY;
    this.#successRate = 1;
    this.#isDead = false;
    this.#failingSince = Number.POSITIVE_INFINITY;
    if (this.#standing === "probation") this.#standing = "untried";
  }

  /**
   * Expected time to a success, with what already waits on it; lower is better. Old knowledge fades towards an unknown exit's, and one on
   * probation counts as unknown, since nobody would find out otherwise that it is back.
   */
  cost(inFlight: number, unknownMs: number, now: number): number {
    if (this.#standing === "probation" && !this.isBenched(now)) return unknownMs * (inFlight + 1);
    const success = Math.max(SUCCESS_FLOOR, this.#rateAt(now));
    const ms = this.ewmaMs === null ? unknownMs : unknownMs + (this.ewmaMs - unknownMs) * this.#freshness(now);
    return (ms * (inFlight + 1)) / (success * success);
  }

  #promote(): void {
    this.benchedUntil = Number.NEGATIVE_INFINITY;
    this.#standing = "healthy";
    this.#isDead = false;
    this.#failingSince = Number.POSITIVE_INFINITY;
    if (this.level === 0) return;
    this.#streak++;
    if (this.#streak % STREAK === 0) this.level >>= 1;
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
  /** `host:port`, where it may yet be found at fault; null: the exit is. */
  readonly target: string | null;
  readonly now: number;
  readonly random: Random;
  readonly leasedAt: number;
  readonly attempts: number;
  /** What the exit itself asked for (`Retry-After`); 0 without. */
  readonly atLeastMs: number;
}
