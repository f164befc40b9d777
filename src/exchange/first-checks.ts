import type { FaultId } from "../core/fault.ts";
import { FAULTS } from "../core/fault-table.ts";
import type { Probed } from "../core/probe.ts";

/** Kinds of failures that are named where all checks fail. */
const NAMED_MAX = 3;

/** The first checks of a pool: whoever waits for one that passes, and what is told where all fail. */
export class FirstChecks {
  readonly #warn: (message: string) => void;
  #onEnd: (() => void) | null = null;
  /** By their faults. Null: not all have failed, or it was told. */
  #failures: Map<FaultId, number> | null = new Map();

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** Resolves once one has passed, or all have ended, or so much time is over. */
  async whenPassed(timeoutMs: number): Promise<void> {
    const { resolve, promise } = Promise.withResolvers<void>();
    this.#onEnd = resolve;
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
    this.#onEnd = null;
  }

  note(outcome: Probed["outcome"]): void {
    if (outcome.kind === "failed") {
      this.#failures?.set(outcome.fault.id, (this.#failures.get(outcome.fault.id) ?? 0) + 1);
      return;
    }
    this.#failures = null; // what could not be found out may be good
    if (outcome.kind === "answered") this.end();
  }

  /** All exits have been checked. */
  allEnded(): void {
    const failures = [...(this.#failures ?? [])].sort(([, a], [, b]) => b - a);
    const [most] = failures;
    if (most !== undefined) {
      this.#failures = null;
      const named = failures.slice(0, NAMED_MAX).map(([id, count]) => `${id} (${count})`);
      this.#warn(`check: all exits failed their first checks: ${named.join(", ")}. ${FAULTS[most[0]].fix.operator}`);
    }
    this.end();
  }

  /** Nobody waits any more. */
  end(): void {
    this.#onEnd?.();
  }
}
