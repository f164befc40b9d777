import { PerformanceObserver, performance } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";

/** What took from one moment to another. */
export interface Taken {
  readonly from: number;
  readonly to: number;
}

/** When the garbage collector held everything up, since the last time that somebody asked. */
export class CollectorPauses {
  #pauses: Taken[] = [];
  readonly #observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) this.#pauses.push({ from: startTime, to: startTime + duration });
  });

  constructor() {
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  async take(): Promise<readonly Taken[]> {
    // Entries are told in a later turn.
    for (let turn = 0; turn < 3; turn++) await nextTurn();
    const pauses = this.#pauses;
    this.#pauses = [];
    return pauses;
  }

  stop(): void {
    this.#observer.disconnect();
  }
}

/** The longest of them, in milliseconds. */
export function longestOf(taken: readonly Taken[]): number {
  return taken.reduce((longest, { from, to }) => Math.max(longest, to - from), 0);
}

/** Those in which none of the others fell. */
export function without(taken: readonly Taken[], others: readonly Taken[]): readonly Taken[] {
  return taken.filter(({ from, to }) => !others.some((other) => other.from < to && from < other.to));
}

export interface Stepped<T> {
  readonly result: T;
  readonly ms: number;
  readonly longestStepMs: number;
}

/** Runs what goes in steps as a gateway does, with a turn for others between them. */
export async function runSteps<T>(steps: Generator<void, T>): Promise<Stepped<T>> {
  const start = performance.now();
  let longestStepMs = 0;
  for (;;) {
    const began = performance.now();
    const step = steps.next();
    longestStepMs = Math.max(longestStepMs, performance.now() - began);
    if (step.done === true) return { result: step.value, ms: performance.now() - start, longestStepMs };
    await nextTurn();
  }
}
