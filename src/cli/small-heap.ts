import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/**
 * Keeps the heap of a run of checks small. What a check makes is garbage soon, so that a young space of a few MiB is enough: one that grows
 * with the number of checks would only take memory, and a smaller one costs more time for each collection of what checks still hold.
 * What outlives it is collected when there is a third as much again, where V8 waits for more.
 *
 * Threads that begin after this have a young space of 4 MiB at least: they would never outgrow their first MiB.
 */
export function keepHeapSmall(): Disposable {
  for (const flag of FLAGS) setFlagsFromString(flag);
  // No flag limits what has begun to grow; so it is stopped once it is there.
  const timer = setInterval(() => {
    if (youngBytes() < YOUNG_BYTES) return;
    setFlagsFromString(GROW_NO_MORE);
    clearInterval(timer);
  }, LOOK_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

const FLAGS: readonly string[] = ["--no-parallel-scavenge", "--min-semi-space-size=4", "--heap-growing-percent=30"];
const GROW_NO_MORE = "--semi-space-growth-factor=1";
/** Both of its halves. It doubles from one look to the next at most. */
const YOUNG_BYTES = 16 * 1024 * 1024;
const LOOK_MS = 50;

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")?.space_size ?? 0;
}
