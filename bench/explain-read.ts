// What bench/explain.ts runs on one core: reads a log as the command does, and prints what it took.
import { openInput } from "../src/cli/explain-input.ts";
import { LogInputs } from "../src/cli/explain-log.ts";

const [file = ""] = process.argv.slice(2);
const logs = new LogInputs("auto");
const begun = process.cpuUsage();
await logs.read(await openInput(file));
const readMs = cpuMsSince(begun);
const { lines, failures, incidents, unknown } = logs.report();
const concludeMs = cpuMsSince(begun) - readMs;
globalThis.gc?.();
const liveMiB = process.memoryUsage().heapUsed / 2 ** 20;
const rssMiB = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ lines, failures, incidents: incidents.length, unknown: unknown.lines, readMs, concludeMs, liveMiB, rssMiB }));

/** All threads' time: where others want the core too, a clock would tell how much they did. */
function cpuMsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
