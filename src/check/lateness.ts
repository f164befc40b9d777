import { STEP_MS } from "./concurrency.ts";

/** How late this process has been with what it had to do. Milliseconds, on the clock. */
export class Lateness {
  #steppedAt: number;
  #totalMs = 0;

  constructor(now: number) {
    this.#steppedAt = now;
  }

  /** Once each STEP_MS. @returns how late this step is */
  step(now: number): number {
    const lateMs = now - this.#steppedAt - STEP_MS;
    this.#totalMs += Math.max(0, lateMs);
    this.#steppedAt = now;
    return lateMs;
  }

  /** All together until now. */
  until(now: number): number {
    return this.#totalMs + Math.max(0, now - this.#steppedAt - STEP_MS);
  }
}
