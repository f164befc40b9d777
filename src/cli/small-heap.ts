import { constants, type NodeGCPerformanceDetail, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics, setFlagsFromString } from "node:v8";

/**
 * Keeps the heap of a run of checks small. What a check makes is garbage soon: a young space that grows with the number of checks would take more
 * memory than it saves time. Threads that begin after this would never outgrow their first MiB, so theirs begins with 4. Scavenges are left to the
 * thread whose garbage it is: the others have enough to do.
 *
 * How far what outlives the young space grows until all of it is looked through is set anew each time: at a share that keeps memory small where
 * much lives, it would be done several times a second where little does.
 */
export function keepHeapSmall(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
  setGrowth(GROWTH_PERCENT_MAX);
  let before: number | null = null;
  new PerformanceObserver((list) => {
    if (!list.getEntries().some(isOfAll)) return;
    // Not of process.memoryUsage(): it reads a file too, and throws where a process may open no more.
    const bytes = getHeapStatistics().used_heap_size;
    setGrowth(growthPercent(bytes, before));
    before = bytes;
  }).observe({ entryTypes: ["gc"] });
}

/**
 * How much the heap may grow until the next collection of all, so that it stays near HEAP_BYTES.
 *
 * @param bytes what the last one left
 * @param before what the one before that left: as much as came to it since will come until the next; null: there was none
 */
export function growthPercent(bytes: number, before: number | null): number {
  const expected = bytes + Math.max(0, bytes - (before ?? bytes));
  const percent = Math.round(100 * (HEAP_BYTES / expected - 1));
  return Math.min(GROWTH_PERCENT_MAX, Math.max(GROWTH_PERCENT_MIN, percent));
}

const HEAP_BYTES = 62 * 1024 * 1024;
/** However much lives: to look through all for less would be a waste. */
const GROWTH_PERCENT_MIN = 30;
/** However little lives: what comes next may live long. */
const GROWTH_PERCENT_MAX = 100;

function isOfAll(entry: PerformanceEntry): boolean {
  // Node's types have no `detail`.
  const { detail } = entry as PerformanceEntry & { readonly detail: NodeGCPerformanceDetail };
  return detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}

function setGrowth(percent: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}

/** V8 reads these, and those above, whenever they matter, so that they may be set late. */
const FLAGS: readonly string[] = ["--semi-space-growth-factor=1", "--min-semi-space-size=4", "--no-parallel-scavenge"];
