import type { HopState } from "../core/event.ts";
import type { FaultId } from "../core/fault.ts";
import { FAULTS } from "../core/fault-table.ts";
import { hashText } from "../core/hash-text.ts";
import { benchMs } from "./bench-time.ts";
import type { CheckFinding } from "./check-finding.ts";
import type { FailedAttempt } from "./failed-attempt.ts";
import {
  BENCHED_AT,
  BENCHED_OVER,
  BENCHED_UNTIL,
  CHECK_FAILED,
  CHECKED_AT,
  EWMA_MS,
  FAILED,
  FAILING_SINCE,
  FAILURES,
  HEALTHY,
  HONEST_AT,
  IN_VAIN,
  IS_DEAD,
  LAST_FAULT,
  LEVEL,
  NEVER,
  PROBATION,
  SEEN_AT,
  STANDING,
  STANDINGS,
  STREAK_NOW,
  SUCCESS_RATE,
  SUCCESSES,
  UNTRIED,
} from "./health-numbers.ts";
import { costOf, countOutcome, hearAnswer } from "./outlook.ts";

/** At the top level, and not one success for so long: dead. Milliseconds. */
const DEAD_AFTER_MS = 30 * 60 * 1000;
const LEVEL_MAX = 10;
/** Clean successes in a row that halve the level: one lucky answer does not make a bad exit as good as new. */
const STREAK = 3;

const FAULT_IDS = Object.keys(FAULTS) as FaultId[];

/**
 * What we know of one exit.
 *
 *     untried -> healthy -> benched -> probation -> healthy
 *                             ^ dead <-'  fails again
 *
 * A failure of its own benches it. When the bench is over it is on probation: one attempt at a time, until one clean success promotes it or
 * a failure benches it for longer. `level` counts failures that no success has worn off: each doubles the time that the next bench may last,
 * and it takes three successes in a row to halve it, so that an exit which comes and goes stays out longer than one that failed once.
 *
 * Kept as numbers, since a million exits may have one: this is a view of them.
 */
export class Health {
  /** Those that a choice looks at, and where they begin. */
  readonly #outlook: Float64Array;
  readonly #outlookAt: number;
  /** The others. */
  readonly #history: Float64Array;
  readonly #historyAt: number;

  constructor(outlook: Float64Array, outlookAt: number, history: Float64Array, historyAt: number) {
    this.#outlook = outlook;
    this.#outlookAt = outlookAt;
    this.#history = history;
    this.#historyAt = historyAt;
  }

  get level(): number {
    return this.#get(LEVEL);
  }

  get successes(): number {
    return this.#get(SUCCESSES);
  }

  get failures(): number {
    return this.#get(FAILURES);
  }

  get lastFault(): FaultId | null {
    return FAULT_IDS[this.#get(LAST_FAULT)] ?? null;
  }

  /** Moving average until the first byte of an answer; null before the first. */
  get ewmaMs(): number | null {
    const ms = this.#look(EWMA_MS);
    return Number.isNaN(ms) ? null : ms;
  }

  get benchedUntil(): number {
    return this.#get(BENCHED_UNTIL);
  }

  /** The count of attempts when it was benched last: those that began before tell nothing of it now. */
  get benchedAt(): number {
    return this.#get(BENCHED_AT);
  }

  /** When a check looked at it last, whether it found anything out or not. On the clock. */
  get checkedAt(): number {
    return this.#get(CHECKED_AT);
  }

  /** When a check last found it honest; never, where it was found lying since. On the clock. */
  get honestAt(): number {
    return this.#get(HONEST_AT);
  }

  /** A check looked at it. */
  check(found: CheckFinding, now: number): void {
    this.#set(CHECKED_AT, now);
    if (found === "nothing") this.#set(CHECK_FAILED, this.#get(CHECK_FAILED) | IN_VAIN);
    else this.#set(CHECK_FAILED, found === "failed" || found === "lies" ? FAILED : 0);
    if (found === "honest") this.#set(HONEST_AT, now);
    else if (found === "lies") this.#set(HONEST_AT, NEVER);
  }

  isBenched(now: number): boolean {
    return this.benchedUntil > now;
  }

  /** Whether it was a failure on this target (`host:port`) that benched it last, and one that proves nothing by itself. */
  wasBenchedOver(target: string): boolean {
    return this.#get(BENCHED_OVER) === hashText(target);
  }

  /** It must prove itself: one attempt at a time. Also true while it is benched. */
  get isOnProbation(): boolean {
    return this.#get(STANDING) === PROBATION;
  }

  /** When a check or an attempt last looked at it. On the clock. */
  get seenAt(): number {
    return Math.max(this.#look(SEEN_AT), this.checkedAt);
  }

  /** A check looked at it, and the last one that found anything out did not fail. */
  get isChecked(): boolean {
    return this.checkedAt > NEVER && (this.#get(CHECK_FAILED) & FAILED) === 0;
  }

  /** The last check found nothing out. */
  get isCheckedInVain(): boolean {
    return (this.#get(CHECK_FAILED) & IN_VAIN) !== 0;
  }

  state(now: number): HopState {
    if (!this.isBenched(now)) return STANDINGS[this.#get(STANDING)] as HopState;
    return this.#get(IS_DEAD) === 1 ? "dead" : "benched";
  }

  /**
   * It passed traffic.
   * @param ms until the first byte of the answer; null where that tells nothing of its speed.
   * @param leasedAt the count of attempts when this one began: what began before the bench does not end it.
   */
  succeed(ms: number | null, now: number, leasedAt: number): void {
    this.#add(SUCCESSES, 1);
    if (ms !== null) hearAnswer(this.#outlook, this.#outlookAt, ms);
    countOutcome(this.#outlook, this.#outlookAt, 1, now);
    if (leasedAt > this.#get(BENCHED_AT)) this.#promote();
  }

  /** A failure that proves nothing: others are preferred for a while. */
  suspect(fault: FaultId, now: number): void {
    this.#set(LAST_FAULT, FAULT_IDS.indexOf(fault));
    countOutcome(this.#outlook, this.#outlookAt, 0, now);
  }

  /** A failure of its own: it is benched for `benchMs`. */
  fail(fault: FaultId, { target, now, random, leasedAt, attempts, atLeastMs }: FailedAttempt): void {
    this.#add(FAILURES, 1);
    this.suspect(fault, now);
    if (leasedAt <= this.#get(BENCHED_AT)) return;
    this.#set(BENCHED_AT, attempts);
    this.#set(BENCHED_OVER, target === null ? NOTHING : hashText(target));
    this.#set(STANDING, PROBATION);
    this.#set(STREAK_NOW, 0);
    const failingSince = Math.min(this.#get(FAILING_SINCE), now);
    this.#set(FAILING_SINCE, failingSince);
    const isDead = this.level === LEVEL_MAX && now - failingSince >= DEAD_AFTER_MS;
    this.#set(IS_DEAD, isDead ? 1 : 0);
    this.#set(LEVEL, Math.min(LEVEL_MAX, this.level + 1));
    this.#set(BENCHED_UNTIL, now + benchMs({ level: this.level, isDead, atLeastMs }, random));
  }

  /**
   * What it failed for may be mended: its route has changed, or somebody says so. What is known of its speed stays.
   * @param attempts the count of attempts, where those that began before, and checks, tell nothing of it any more; null: they do.
   */
  renew(attempts: number | null): void {
    if (attempts !== null) {
      this.#set(BENCHED_AT, attempts);
      this.#set(STANDING, UNTRIED);
      this.#set(CHECKED_AT, NEVER);
      this.#set(HONEST_AT, NEVER);
    }
    this.#set(CHECK_FAILED, 0);
    this.#set(LEVEL, 0);
    this.#outlook[this.#outlookAt + SUCCESS_RATE] = 1;
    this.#endBench();
    if (this.isOnProbation) this.#set(STANDING, UNTRIED);
  }

  /**
   * Expected time to a success, with what already waits on it; lower is better. One on probation counts as unknown, since nobody would find
   * out otherwise that it is back.
   */
  cost(inFlight: number, unknownMs: number, now: number): number {
    if (this.isOnProbation && !this.isBenched(now)) return unknownMs * (inFlight + 1);
    return costOf(this.#outlook, this.#outlookAt, { inFlight, unknownMs, now });
  }

  #promote(): void {
    this.#set(STANDING, HEALTHY);
    this.#endBench();
    if (this.level === 0) return;
    this.#add(STREAK_NOW, 1);
    if (this.#get(STREAK_NOW) % STREAK === 0) this.#set(LEVEL, this.level >> 1);
  }

  /** It is failing no more. */
  #endBench(): void {
    this.#set(BENCHED_UNTIL, NEVER);
    this.#set(IS_DEAD, 0);
    this.#set(FAILING_SINCE, Number.POSITIVE_INFINITY);
  }

  #look(name: number): number {
    return this.#outlook[this.#outlookAt + name] as number;
  }

  #get(name: number): number {
    return this.#history[this.#historyAt + name] as number;
  }

  #set(name: number, value: number): void {
    this.#history[this.#historyAt + name] = value;
  }

  #add(name: number, more: number): void {
    this.#set(name, this.#get(name) + more);
  }
}

/** No hash is that. */
const NOTHING = -1;
