import { PerformanceObserver, performance } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";

/** How long the garbage collector held everything up at once, at most, since the last time that somebody asked. */
export class CollectorPauses {
  #longestMs = 0;
  readonly #observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) this.#longestMs = Math.max(this.#longestMs, duration);
  });

  constructor() {
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  async take(): Promise<number> {
    // Entries are told in a later turn.
    for (let turn = 0; turn < 3; turn++) await nextTurn();
    const longestMs = this.#longestMs;
    this.#longestMs = 0;
    return longestMs;
  }

  stop(): void {
    this.#observer.disconnect();
  }
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
