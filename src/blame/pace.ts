/** Weight of the newest gap. */
const NEWEST = 0.2;
/** Fewer failures tell no pace. */
const FAILURES_MIN = 3;
/** Behind a gap so many times as long as usual, and so much longer, another time begins. */
const OVER = 8;

/** How often a pair fails, by how many outcomes lie between its failures: so successes cost nothing. */
export class Pace {
  /** Moving average. */
  #gap = 0;
  /** Of this time. */
  #failures = 0;
  /** The count of outcomes at the last failure. */
  #failedAt = 0;

  reset(): void {
    this.#failures = 0;
  }

  /** @param seen the count of outcomes, this one included. */
  fail(seen: number): void {
    const gap = seen - this.#failedAt;
    this.#failedAt = seen;
    if (this.#failures === 1) this.#gap = gap;
    else if (gap > OVER * (this.#gap + 1)) this.#failures = 0;
    else this.#gap += NEWEST * (gap - this.#gap);
    this.#failures++;
  }

  /** The share that fails, 0 as long as nothing can be told. @param seen the count of outcomes by now. */
  share(seen: number): number {
    return this.#failures < FAILURES_MIN ? 0 : 1 / Math.max(1, this.#gap, seen - this.#failedAt);
  }
}
