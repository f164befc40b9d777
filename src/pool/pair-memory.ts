import type { Random } from "../core/clock.ts";

/** Exits and targets that do not go together: what one target does to one exit tells nothing of the exit's other targets. */
interface Pair {
  /** Failures that nothing has worn off: each doubles the time until the pair is tried again. */
  level: number;
  until: number;
}

/** Milliseconds. */
const BLOCK_BASE_MS = 30_000;
const BLOCK_MAX_MS = 60 * 60 * 1000;
/** One level is forgotten for each such time in which nothing failed. Milliseconds. */
const FORGET_MS = 60 * 60 * 1000;
const LEVEL_MAX = 8;
/** Pairs kept in all, and of one target, so that one site does not push out all that is known of the others. */
const PAIRS_MAX = 100_000;
const PAIRS_OF_TARGET_MAX = 10_000;

/** Pairs that one step looks at. */
const STEP_PAIRS_MAX = 5000;

/** Exits that a target blocks, by exit id. */
export type Blocks = ReadonlyMap<string, Readonly<Pair>>;

/** What is known of pairs of an exit and a target. A pair that failed is tried again after a time that doubles; a success forgets it. */
export class PairMemory {
  readonly #random: Random;
  /** By target; the one that failed longest ago first. */
  readonly #targets = new Map<string, Map<string, Pair>>();
  readonly #max: number;
  size = 0;

  constructor(random: Random, max: number = PAIRS_MAX) {
    this.#random = random;
    this.#max = max;
  }

  /** What a target blocks; null: nothing. */
  of(target: string): Blocks | null {
    return this.#targets.get(target) ?? null;
  }

  /** @param atLeastMs what the target or the exit asked for; 0: nothing. */
  fail(target: string, exit: string, now: number, atLeastMs: number): void {
    const pairs = this.#targets.get(target) ?? new Map<string, Pair>();
    const known = pairs.get(exit);
    // Attempts that were on their way when it was blocked tell nothing new.
    if (known !== undefined && now < known.until) {
      known.until = Math.max(known.until, now + Math.min(BLOCK_MAX_MS, atLeastMs));
      return;
    }
    if (known === undefined) this.size++;
    const quiet = known === undefined ? 0 : Math.floor(Math.max(0, now - known.until) / FORGET_MS);
    const level = Math.min(LEVEL_MAX, Math.max(0, (known?.level ?? 0) - quiet) + 1);
    const window = Math.min(BLOCK_MAX_MS, BLOCK_BASE_MS * 2 ** (level - 1));
    const until = now + Math.max(Math.min(BLOCK_MAX_MS, atLeastMs), (window * (1 + this.#random())) / 2);
    pairs.delete(exit);
    pairs.set(exit, { level, until });
    this.#targets.delete(target);
    this.#targets.set(target, pairs);
    if (pairs.size > PAIRS_OF_TARGET_MAX) this.#dropOldest(target, pairs);
    if (this.size > this.#max) this.#dropOldestOfAll();
  }

  /** They go together after all. */
  work(target: string, exit: string): void {
    const pairs = this.#targets.get(target);
    if (pairs?.delete(exit) !== true) return;
    this.size--;
    if (pairs.size === 0) this.#targets.delete(target);
  }

  /** Nothing that was seen of these exits holds any more. Looks at every pair, step by step. */
  *forget(exits: ReadonlySet<string>): Generator<void, void> {
    let looks = 0;
    for (const [target, pairs] of this.#targets) {
      for (const exit of pairs.keys()) {
        if (exits.has(exit)) this.work(target, exit);
        if (++looks % STEP_PAIRS_MAX === 0) yield;
      }
    }
  }

  #dropOldestOfAll(): void {
    const [oldest] = this.#targets;
    if (oldest !== undefined) this.#dropOldest(...oldest);
  }

  #dropOldest(target: string, pairs: ReadonlyMap<string, Pair>): void {
    const [exit] = pairs.keys();
    if (exit !== undefined) this.work(target, exit);
  }
}
