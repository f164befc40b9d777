import type { CheckAllowance } from "../core/probe.ts";

/** What is counted of one exit, target or pair. */
export interface Use {
  inFlight: number;
  /** On the clock: when the next one is due at an even pace (the theoretical arrival time of GCRA). */
  dueAt: number;
  /** On the clock: when a check may use it again, so that checks stay below their share. */
  checkDueAt: number;
  /** On the clock: until then traffic leaves room for a check, which found none. */
  keptUntil: number;
}

export interface CheckSlotOptions {
  /** Null: the exit has no limits. */
  readonly use: Use | null;
  readonly connections: number;
  /** From one attempt to the next, for all together; 0: there is no such limit. Milliseconds. */
  readonly spacingMs: number;
  /** The same for checks alone. */
  readonly checkSpacingMs: number;
  /** On the clock: when the first request is due, which is counted already. */
  readonly firstAt: number;
  readonly onEnd: () => void;
}

/**
 * What a check uses of an exit's limits, until it is given back. Each of its requests is counted as soon as checks may have one more, and goes
 * when that turn comes: so traffic that takes every turn at once cannot keep it from its own.
 */
export class CheckSlot implements CheckAllowance {
  readonly connections: number;
  readonly spacingMs: number;
  readonly #options: CheckSlotOptions;
  /** The turn that is counted, and was not taken yet. */
  #turnAt: number | null;
  #isHeld = true;

  constructor(options: CheckSlotOptions) {
    this.connections = options.connections;
    this.spacingMs = options.checkSpacingMs;
    this.#options = options;
    this.#turnAt = options.firstAt;
    if (options.use !== null) options.use.inFlight += options.connections;
  }

  askTurn(now: number): number {
    const { use, spacingMs, checkSpacingMs } = this.#options;
    if (use === null || spacingMs === 0) return 0;
    if (this.#turnAt === null) {
      if (use.checkDueAt > now) return use.checkDueAt - now;
      this.#turnAt = Math.max(use.dueAt, now);
      use.dueAt = this.#turnAt + spacingMs;
      use.checkDueAt = this.#turnAt + checkSpacingMs;
    }
    if (this.#turnAt > now) return this.#turnAt - now;
    this.#turnAt = null;
    use.dueAt = Math.max(use.dueAt, now + spacingMs); // it may have come late
    return 0;
  }

  /** Gives it back; a second time does nothing. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    const { use, connections, onEnd } = this.#options;
    if (use !== null) use.inFlight -= connections;
    onEnd();
  }
}
