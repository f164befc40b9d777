/** How many begin together, and how many turns of the event loop pass until the next may. */
export interface Pace {
  readonly starts: number;
  readonly turns: number;
}

/** Of a process that does nothing but check. */
export const ALL_FOR_CHECKS: Pace = { starts: 2, turns: 1 };

/**
 * Leaves most of the event loop to others: to the clients of a gateway, which is to serve from its first good exits while thousands of others
 * are looked at closely.
 */
export const YIELDING: Pace = { starts: 1, turns: 4 };

/** More than these that wait will wait for a while. */
const BUSY_MIN = 16;
/** More than these that wait are a crowd. */
const WAITING_MAX = 896;

/**
 * Lets work begin at the pace at which this process keeps up: where a turn of its event loop takes long, fewer begin in a second. Proxies are
 * measured by many short requests, and thousands of those at once would make each look slow, or dead.
 */
export class Gate {
  readonly #waiting: (() => void)[] = [];
  readonly #pace: Pace;
  #startsLeft: number;
  /** Until more may begin; 0: nobody counts them. */
  #turnsLeft = 0;

  constructor(pace: Pace) {
    this.#pace = pace;
    this.#startsLeft = pace.starts;
  }

  /** Whoever comes now had better hold nothing that others do not keep for long. */
  get isBusy(): boolean {
    return this.#waiting.length >= BUSY_MIN;
  }

  /** Whoever comes now only waits, and takes memory meanwhile. */
  get isCrowded(): boolean {
    return this.#waiting.length >= WAITING_MAX;
  }

  pass(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#open();
    });
  }

  #open(): void {
    for (const begin of this.#waiting.splice(0, this.#startsLeft)) {
      this.#startsLeft--;
      begin();
    }
    if (this.#turnsLeft > 0) return;
    this.#turnsLeft = this.#pace.turns;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#turnsLeft--;
    if (this.#turnsLeft > 0) {
      setImmediate(this.#turn);
      return;
    }
    this.#startsLeft = this.#pace.starts;
    if (this.#waiting.length > 0) this.#open();
  };
}
