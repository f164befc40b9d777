export interface ConcurrencyOptions {
  /** At the beginning. */
  readonly start: number;
  /** Never more. */
  readonly max: number;
}

/** How late this process may be with what it has to do, in milliseconds, before times that it measures are wrong. */
export const LATE_MS_MAX = 250;

/**
 * How many checks may run at once: more, step by step, as long as all of them are used and this process keeps up; half of them where it
 * does not, or where the system refuses sockets.
 */
export class Concurrency {
  #limit: number;
  #max: number;
  /** Steps that it stays as it is for: what was changed has to show first. */
  #rest = 0;

  constructor({ start, max }: ConcurrencyOptions) {
    this.#max = Math.max(1, max);
    this.#limit = Math.min(Math.max(1, start), this.#max);
  }

  get limit(): number {
    return this.#limit;
  }

  /**
   * Once each STEP_MS.
   * @param isFull as many checks as may run did run.
   * @param lateMs how late this process is.
   */
  step({ isFull, lateMs }: { isFull: boolean; lateMs: number }): void {
    if (this.#rest > 0) this.#rest--;
    else if (lateMs > LATE_MS_MAX) this.#halve(REST_STEPS);
    else if (isFull && lateMs < LATE_MS_MAX / 4) this.#limit = Math.min(this.#max, Math.ceil(this.#limit * GROWTH));
  }

  /** The system had no socket, port or memory left when so many checks ran: never as many again. */
  lacking(running: number): void {
    if (this.#rest > REST_STEPS) return; // those that were opened together all tell the same
    this.#max = Math.min(this.#max, Math.max(FLOOR, Math.floor(running * SHARE_AFTER_LACK)));
    this.#halve(LACK_REST_STEPS);
  }

  #halve(rest: number): void {
    this.#limit = Math.min(this.#max, Math.max(FLOOR, Math.floor(this.#limit / 2)));
    this.#rest = rest;
  }
}

/** Time between two steps. */
export const STEP_MS = 100;

const GROWTH = 1.15;
const REST_STEPS = 3;
const LACK_REST_STEPS = 10;
const SHARE_AFTER_LACK = 0.8;
/** A machine that is busy with other things must not bring the checks to a standstill. */
const FLOOR = 16;
