/** Turns of the event loop that pass from one beginning to the next, in a process that does nothing but check. */
export const ALL_FOR_CHECKS = 2;

/**
 * And where most of the event loop is left to others: to the clients of a gateway, which is to serve from its first good exits while thousands of
 * others are looked at closely.
 */
export const YIELDING = 4;

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
  readonly #turns: number;
  /** Until the next may begin; 0: it may. */
  #turnsLeft = 0;

  /** @param turns from one beginning to the next */
  constructor(turns: number) {
    this.#turns = turns;
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
    if (this.#turnsLeft > 0) return;
    const begin = this.#waiting.shift();
    if (begin === undefined) return;
    this.#turnsLeft = this.#turns;
    setImmediate(this.#turn);
    begin();
  }

  readonly #turn = (): void => {
    this.#turnsLeft--;
    if (this.#turnsLeft > 0) setImmediate(this.#turn);
    else this.#open();
  };
}
