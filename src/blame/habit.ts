import type { Manner } from "./manners.ts";

/** Milliseconds. */
const HALF_LIFE_MS = 300_000;
const STEP_MS = 1000;
/** What is usual is worth so many attempts. */
const USUAL_ATTEMPTS = 10;
/** After so many of its requests, half of what can be known of a habit is known. */
const HALF_KNOWN_REQUESTS = 50;
/** That an end fails in all manners alike is worth so many failures. */
const ALIKE_FAILURES = 2;
const MANNERS = 4;

/** How often an end breaks its attempts in the long run, and in which manner. */
export class Habit {
  /** Attempts, and those that it broke, as far as can be told; as of then. */
  #met = 0;
  #broke = 0;
  /** Those that it broke, by manner; null as long as there are none. */
  #manners: Record<Manner, number> | null = null;
  #at: number = Number.NEGATIVE_INFINITY;

  reset(): void {
    this.#met = 0;
    this.#broke = 0;
    this.#manners = null;
    this.#at = Number.NEGATIVE_INFINITY;
  }

  /** It did its part. */
  work(now: number): void {
    if (now - this.#at >= STEP_MS) this.#fade(now);
    this.#met++;
  }

  /** @param broke how likely it was this end that broke the attempt, 0 to 1. */
  fail(broke: number, manner: Manner, now: number): void {
    this.work(now);
    if (broke === 0) return;
    this.#broke += broke;
    this.#manners ??= { unreached: 0, silence: 0, end: 0, answer: 0 };
    this.#manners[manner] += broke;
  }

  /** @param usual the share that others break. */
  share(usual: number, now: number): number {
    if (now - this.#at >= STEP_MS) this.#fade(now);
    return (usual * USUAL_ATTEMPTS + this.#broke) / (USUAL_ATTEMPTS + this.#met);
  }

  /** How well it is known, 0 to 1. */
  get known(): number {
    return this.#met / (this.#met + HALF_KNOWN_REQUESTS);
  }

  /** How much likelier it is that this end fails in this manner than that another does. */
  fit(manner: Manner): number {
    if (this.#manners === null) return 1;
    return (ALIKE_FAILURES + MANNERS * this.#manners[manner]) / (ALIKE_FAILURES + this.#broke);
  }

  #fade(now: number): void {
    const left = 2 ** ((this.#at - now) / HALF_LIFE_MS);
    this.#met *= left;
    this.#broke *= left;
    this.#at = now;
    const manners = this.#manners;
    if (manners === null) return;
    manners.unreached *= left;
    manners.silence *= left;
    manners.end *= left;
    manners.answer *= left;
  }
}
