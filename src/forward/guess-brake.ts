import type { Clock } from "../core/clock.ts";

const GUESSES = 10;
const PERIOD_MS = 60_000;
const ADDRESSES_MAX = 10_000;

/**
 * Wrong passwords by client address. Comparing with a hashed one takes tens of milliseconds of this process on purpose, so that somebody
 * who guesses must be stopped before he stops everybody else.
 */
export class GuessBrake {
  readonly #clock: Clock;
  readonly #wrong = new Map<string, { count: number; readonly since: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until this address may try again; 0: now. */
  heldMs(address: string): number {
    const wrong = this.#wrong.get(address);
    if (wrong === undefined) return 0;
    const leftMs = wrong.since + PERIOD_MS - this.#clock.now();
    if (leftMs <= 0) this.#wrong.delete(address);
    return wrong.count < GUESSES ? 0 : Math.max(0, Math.ceil(leftMs));
  }

  miss(address: string): void {
    const wrong = this.#wrong.get(address);
    if (wrong !== undefined) wrong.count += 1;
    else {
      if (this.#wrong.size >= ADDRESSES_MAX) this.#wrong.delete(this.#wrong.keys().next().value as string);
      this.#wrong.set(address, { count: 1, since: this.#clock.now() });
    }
  }
}
