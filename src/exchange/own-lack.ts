import type { Clock } from "../core/clock.ts";
import type { Fault } from "../core/fault.ts";
import { FAULTS } from "../core/fault-table.ts";
import type { Probed } from "../core/probe.ts";

/** It may have some again: after each such time twice as many checks may run. Milliseconds. */
const OVER_MS = 60_000;
/** It is told once in this time. Milliseconds. */
const TOLD_MS = 3_600_000;

/** How many checks may run after the system had no socket left for more: clients are to have theirs. */
export class OwnLack {
  readonly #clock: Clock;
  readonly #warn: (message: string) => void;
  #roomThen = Number.POSITIVE_INFINITY;
  /** On the clock. */
  #at = Number.NEGATIVE_INFINITY;
  /** On the clock. */
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, warn: (message: string) => void) {
    this.#clock = clock;
    this.#warn = warn;
  }

  /** Checks that may run at once. */
  get room(): number {
    if (this.#roomThen === Number.POSITIVE_INFINITY) return this.#roomThen;
    return this.#roomThen * 2 ** Math.floor((this.#clock.now() - this.#at) / OVER_MS);
  }

  /** Whether a check had no socket. Then half of those that ran are left for what else there is to do. */
  explains(outcome: Probed["outcome"], ran: { readonly startedAt: number; readonly running: number }): boolean {
    if (outcome.kind !== "failed" || outcome.fault.id !== "gateway.fd_exhausted") return false;
    this.#note(outcome.fault, ran);
    return true;
  }

  #note({ id, details }: Fault, { startedAt, running }: { readonly startedAt: number; readonly running: number }): void {
    const now = this.#clock.now();
    if (startedAt <= this.#at) return; // those that ran together all tell the same
    this.#at = now;
    this.#roomThen = Math.max(1, Math.floor(running / 2));
    if (now - this.#toldAt < TOLD_MS) return;
    this.#toldAt = now;
    this.#warn(`check: ${details}: no more than ${this.#roomThen} checks run at once for now (${id}). ${FAULTS[id].fix.operator}`);
  }
}
