/** That begin in one turn of the event loop. */
const STARTS_PER_TURN_MAX = 2;
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
  #left = STARTS_PER_TURN_MAX;
  #isTurning = false;

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
    for (const begin of this.#waiting.splice(0, this.#left)) {
      this.#left--;
      begin();
    }
    if (this.#isTurning) return;
    this.#isTurning = true;
    setImmediate(() => {
      this.#isTurning = false;
      this.#left = STARTS_PER_TURN_MAX;
      if (this.#waiting.length > 0) this.#open();
    });
  }
}
