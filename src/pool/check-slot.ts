import type { CheckAllowance } from "../core/probe.ts";

/** What is counted of one exit, target or pair. */
export interface Use {
  inFlight: number;
  /** On the clock: when the next one is due at an even pace (the theoretical arrival time of GCRA). */
  dueAt: number;
  /** On the clock: when a check may use it again, so that checks stay below their share. */
  checkDueAt: number;
}

export interface CheckSlotOptions {
  /** Null: the exit has no limits. */
  readonly use: Use | null;
  readonly connections: number;
  /** From one attempt to the next, for all together; 0: there is no such limit. Milliseconds. */
  readonly spacingMs: number;
  /** The same for checks alone. */
  readonly checkSpacingMs: number;
  readonly onEnd: () => void;
}

/** What a check uses of an exit's limits, until it is given back. Its first request is counted as it begins. */
export class CheckSlot implements CheckAllowance {
  readonly connections: number;
  readonly spacingMs: number;
  readonly #options: CheckSlotOptions;
  #isFirst = true;
  #isHeld = true;

  constructor(options: CheckSlotOptions) {
    this.connections = options.connections;
    this.spacingMs = options.checkSpacingMs;
    this.#options = options;
    if (options.use !== null) options.use.inFlight += options.connections;
  }

  askTurn(now: number): number {
    const { use, spacingMs, checkSpacingMs } = this.#options;
    if (use === null || spacingMs === 0) return 0;
    const dueMs = Math.max(use.dueAt, use.checkDueAt) - now;
    if (!this.#isFirst && dueMs > 0) return dueMs;
    if (!this.#isFirst) {
      use.dueAt = now + spacingMs;
      use.checkDueAt = now + checkSpacingMs;
    }
    this.#isFirst = false;
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
