import { setImmediate as nextTurn } from "node:timers/promises";

/** Runs what goes in steps to its end, and lets others have their turn between them. */
export async function inSteps<T>(steps: Generator<void, T>): Promise<T> {
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    await nextTurn();
  }
}
