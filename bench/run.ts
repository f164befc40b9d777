/** `npm run bench [-- PART... --markdown --seconds N --rounds N --minutes N]`: measures on loopback, on Linux, and prints tables. */
import { parseArgs } from "node:util";
import { explainMissing, isThere, type Program, which } from "../tests/real/peers/programs.ts";
import { formatMarkdown, formatText, type Table } from "./measure/table.ts";
import type { BenchOptions } from "./options.ts";
import { benchRequests } from "./requests.ts";
import { benchTunnelMemory } from "./tunnel-memory.ts";
import { benchTunnelRate } from "./tunnel-rate.ts";
import { benchTunnelThroughput } from "./tunnel-throughput.ts";

const PARTS: Readonly<Record<string, (options: BenchOptions) => Promise<Table>>> = {
  requests: benchRequests,
  throughput: benchTunnelThroughput,
  rate: benchTunnelRate,
  memory: benchTunnelMemory,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    markdown: { type: "boolean", default: false },
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "5" },
    minutes: { type: "string", default: "5" },
  },
});

requirePrograms();
const options = { seconds: Number(values.seconds), rounds: Number(values.rounds), minutes: Number(values.minutes) };
for (const name of positionals.length === 0 ? Object.keys(PARTS) : positionals) {
  const bench = PARTS[name];
  if (bench === undefined) fail(`no part ${name}; there are ${Object.keys(PARTS).join(", ")}`);
  const table = await bench(options);
  console.log(values.markdown ? formatMarkdown(table) : formatText(table));
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
