/** Preloaded into a Node process that is measured (`node --expose-gc --import heap-probe.ts`): SIGUSR2 asks it for its heap. */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isMainThread } from "node:worker_threads";

const DEADLINE_MS = 30_000;

/** Bytes of heap in use in the probed process, after full collections. */
export async function readHeap(pid: number): Promise<number> {
  const file = reportPath(pid);
  await rm(file, { force: true });
  process.kill(pid, "SIGUSR2");
  for (const began = performance.now(); performance.now() - began < DEADLINE_MS; await pause(20)) {
    const report = await readFile(file, "utf8").catch(() => null);
    if (report === null) continue;
    await rm(file);
    return Number(report);
  }
  throw new Error(`process ${pid} did not report its heap`);
}

function reportPath(pid: number): string {
  return join(tmpdir(), `goodgateway-heap-${pid}`);
}

async function report(collect: () => void): Promise<void> {
  collect();
  await pause(50); // finalisers of the first collection free more
  collect();
  const file = reportPath(process.pid);
  await writeFile(`${file}.part`, String(process.memoryUsage().heapUsed));
  await rename(`${file}.part`, file);
}

const { gc } = globalThis;
if (gc !== undefined && isMainThread) process.on("SIGUSR2", () => void report(() => gc()));
