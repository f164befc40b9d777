import { performance } from "node:perf_hooks";
import { cpuUsage, memoryUsage } from "node:process";

/** What this process uses, as of now. */
export interface ProcessFigures {
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  /** Memory of buffers and other objects outside the heap. */
  readonly externalBytes: number;
  readonly cpuSeconds: number;
  readonly startedAtSeconds: number;
  /** How long the event loop ran code, and how long it waited. Their ratio near 1 means that everything waits for the CPU. */
  readonly loopActiveSeconds: number;
  readonly loopIdleSeconds: number;
}

/** Read at a scrape; needs no timer in between, as a histogram of loop delays would. */
export function readProcessFigures(): ProcessFigures {
  const memory = memoryUsage();
  const cpu = cpuUsage();
  const loop = performance.eventLoopUtilization();
  return {
    residentBytes: memory.rss,
    heapUsedBytes: memory.heapUsed,
    heapTotalBytes: memory.heapTotal,
    externalBytes: memory.external,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    startedAtSeconds: performance.timeOrigin / 1000,
    loopActiveSeconds: loop.active / 1000,
    loopIdleSeconds: loop.idle / 1000,
  };
}
