import type { Gate } from "./gate.ts";

/** Turns of the event loop from one start to the next. */
const TURNS_BETWEEN = 4;
/** More than these that wait will wait for a while. */
const BUSY_MIN = 16;

/**
 * Lets work begin so seldom that it leaves most of the event loop to others: to the clients of a gateway, which is to serve from its first good
 * exits while thousands of others are looked at closely.
 */
export class YieldingGate implements Pick<Gate, "pass" | "isBusy"> {
  readonly #waiting: (() => void)[] = [];
  #turnsLeft = 0;

  get isBusy(): boolean {
    return this.#waiting.length >= BUSY_MIN;
  }

  pass(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#turnsLeft === 0) this.#begin();
    });
  }

  #begin(): void {
    const begin = this.#waiting.shift();
    if (begin === undefined) return;
    this.#turnsLeft = TURNS_BETWEEN;
    begin();
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#turnsLeft--;
    if (this.#turnsLeft > 0) setImmediate(this.#turn);
    else this.#begin();
  };
}
