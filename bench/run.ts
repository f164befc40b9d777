/**
 * `npm run bench [-- PART... --markdown --seconds N --rounds N --exchanges N --minutes N]` measures on loopback, on Linux, and prints
 * tables. Parts: requests, throughput, rate, memory, hostile, pool, soak; all but the soak where none is named.
 *
 * `npm run bench -- check` runs `goodgateway check` over tens of thousands of proxies on loopback, and a loop of curl over some of them.
 *
 * `npm run bench -- diagnose [--rounds N]` measures how long a diagnosis takes, by what is broken.
 *
 * `npm run bench -- explain` measures how fast a log is told, and grep beside it.
 *
 * `npm run bench -- sim [--seed N --write]` measures how well blame is told, in a simulator: it needs no other program, and is a part
 * only where it is named. With `--write` its page and plot go to docs/.
 */
import { parseArgs } from "node:util";
import { explainMissing, isThere, type Program, which } from "../tests/real/peers/programs.ts";
import { benchCheck } from "./check.ts";
import { benchDiagnose } from "./diagnose.ts";
import { benchExplain } from "./explain.ts";
import { benchHostile } from "./hostile.ts";
import { formatMarkdown, formatText, type Table } from "./measure/table.ts";
import type { BenchOptions } from "./options.ts";
import { benchPoolScale } from "./pool-scale.ts";
import { benchRequests } from "./requests.ts";
import { benchSimulator } from "./sim/bench-simulator.ts";
import { benchSoak } from "./soak.ts";
import { benchTunnelMemory } from "./tunnel-memory.ts";
import { benchTunnelRate } from "./tunnel-rate.ts";
import { benchTunnelThroughput } from "./tunnel-throughput.ts";

type Part = (options: BenchOptions) => Promise<Table | readonly Table[]>;

const PARTS: Readonly<Record<string, Part>> = {
  requests: benchRequests,
  throughput: benchTunnelThroughput,
  rate: benchTunnelRate,
  memory: benchTunnelMemory,
  hostile: benchHostile,
  soak: benchSoak,
  pool: benchPoolScale,
  sim: benchSimulator,
  check: benchCheck,
  diagnose: benchDiagnose,
  explain: benchExplain,
};
/** Parts that run only where they are named. */
const ON_DEMAND: ReadonlySet<string> = new Set(["soak", "sim", "check", "diagnose", "explain"]);
/** Parts that need no other program. */
const ALONE: ReadonlySet<string> = new Set(["pool", "sim", "check", "diagnose", "explain"]);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    markdown: { type: "boolean", default: false },
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "5" },
    exchanges: { type: "string", default: "10000" },
    minutes: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
    write: { type: "boolean", default: false },
  },
});

const parts = positionals.length === 0 ? Object.keys(PARTS).filter((part) => !ON_DEMAND.has(part)) : positionals;
if (!parts.every((part) => ALONE.has(part))) requirePrograms();
const options: BenchOptions = {
  seconds: Number(values.seconds),
  rounds: Number(values.rounds),
  exchanges: Number(values.exchanges),
  minutes: Number(values.minutes),
  seed: Number(values.seed),
  write: values.write,
};
for (const name of parts) {
  const bench = PARTS[name];
  if (bench === undefined) fail(`no part ${name}; there are ${Object.keys(PARTS).join(", ")}`);
  for (const table of [await bench(options)].flat()) {
    console.log(values.markdown ? formatMarkdown(table) : formatText(table));
    for (const failure of table.failures ?? []) {
      console.error(`FAILED: ${failure}`);
      process.exitCode = 1;
    }
  }
}

function requirePrograms(): void {
  const programs: Program[] = ["nginx", "haproxy", "squid", "tinyproxy", "microsocks"];
  for (const program of programs) if (!isThere(program)) fail(explainMissing(program));
  if (which("wrk") === null) fail("wrk is not installed (apt-get install wrk)");
  if (which("taskset") === null) fail("taskset is not installed (apt-get install util-linux)");
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
