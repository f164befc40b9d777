import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DEFAULTS } from "../src/config/defaults.ts";
import { fault } from "../src/core/fault.ts";
import { NO_PARAMS } from "../src/core/params.ts";
import type { Target } from "../src/core/route.ts";
import type { LeaseOutcome } from "../src/pool/lease.ts";
import { Pool } from "../src/pool/pool.ts";
import { ExitList, parseExitList } from "../src/wire/exit-list.ts";
import { CollectorPauses, runSteps } from "./measure/pauses.ts";
import type { Table } from "./measure/table.ts";

const EXITS = 1_000_000;
const TARGETS = 100_000;
const CHOICES = 100_000;
const BENCHED_SHARE = 0.8;
const LINE_BYTES_MAX = 128;
const LIMITS = { loadMs: 3000, bytesPerExit: 400, takeP99Us: 5, pauseMs: 10 } as const;

const COUNTRIES = ["de", "fr", "us", "gb", "nl", "se", "pl", "es", "it", "jp"];
const TIERS = ["datacenter", "residential", "isp", "mobile"];
const NONE: ReadonlySet<string> = new Set();
const LIST = { scheme: "http", tags: {}, where: { file: "bench", line: 1 } } as const;

/** A pool of a million exits and a hundred thousand targets: what it costs to load, to keep and to choose from. */
export async function benchPoolScale(): Promise<Table> {
  const bytes = writeList();
  const clock = { now: () => performance.now(), wall: () => Date.now() };
  const pool = new Pool({ settings: DEFAULTS.pool, clock, random: Math.random, report: () => {} });
  const before = usedBytes();
  const pauses = new CollectorPauses();
  const list = new ExitList();
  await pauses.take();
  const read = await runSteps(list.reading(bytes, LIST));
  const load = await runSteps(pool.loading(list));
  const loadGcMs = await pauses.take();
  const bytesPerExit = (usedBytes() - before) / EXITS;
  choose(pool); // warms up: compiles, and finds the exits of each filter once
  await pauses.take();
  const fresh = choose(pool);
  const freshGcMs = await pauses.take();
  const changeMs = changeOne(pool);
  benchMost(pool, list);
  await pauses.take();
  const benched = choose(pool);
  const chooseGcMs = Math.max(freshGcMs, await pauses.take());
  pauses.stop();
  const row = (name: string, value: string, limit: string) => [name, value, limit];
  return {
    title: `A pool of ${EXITS} exits with five tags each, ${TARGETS} targets`,
    columns: ["", "measured", "at most"],
    rows: [
      row("reading the list, ms", read.ms.toFixed(0), ""),
      row("loading the pool, ms", load.ms.toFixed(0), ""),
      row("both, ms", (read.ms + load.ms).toFixed(0), String(LIMITS.loadMs)),
      row("longest step of both, ms", Math.max(read.longestStepMs, load.longestStepMs).toFixed(1), String(LIMITS.pauseMs)),
      row("longest pause of the collector in both, ms", loadGcMs.toFixed(1), String(LIMITS.pauseMs)),
      row("adding one exit and removing it, ms", changeMs.toFixed(2), String(LIMITS.pauseMs)),
      row("bytes per idle exit, beyond the list's text", bytesPerExit.toFixed(0), String(LIMITS.bytesPerExit)),
      row("take with two tags, p50 and p99, us", tell(fresh), String(LIMITS.takeP99Us)),
      row(`the same, ${BENCHED_SHARE * 100} % benched`, tell(benched), String(LIMITS.takeP99Us)),
      row("longest take or settle, ms", Math.max(fresh.longestMs, benched.longestMs).toFixed(1), String(LIMITS.pauseMs)),
      row("longest pause of the collector in them, ms", chooseGcMs.toFixed(1), String(LIMITS.pauseMs)),
    ],
    remarks: [
      "bytes: heap and array buffers after a full collection, beyond those of the list's text",
      "reading and loading go in steps, with a turn for others between them; steps and takes include pauses of the collector",
    ],
  };
}

function changeOne(pool: Pool): number {
  const { exits } = parseExitList("http://192.0.2.1:80 id=one-more country=de tier=isp", LIST);
  const start = performance.now();
  pool.change(exits, []);
  pool.change([], ["one-more"]);
  return performance.now() - start;
}

interface Choices {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly longestMs: number;
}

function choose(pool: Pool): Choices {
  const answered: LeaseOutcome = { kind: "answered", ms: 100 };
  const times = new Float64Array(CHOICES);
  let longestMs = 0;
  for (let i = 0; i < CHOICES; i++) {
    const target: Target = { scheme: "https", host: `site-${(i * 7919) % TARGETS}.example`, port: 443 };
    const { country, tier } = placeOf((i * 104_729) % EXITS);
    const params = { ...NO_PARAMS, filter: { exit: null, tags: { country: [country], tier: [tier] } } };
    const start = performance.now();
    const lease = pool.take({ target, params }, NONE);
    const taken = performance.now();
    if (lease === null) throw new Error("nothing taken");
    pool.settle(lease, answered);
    times[i] = taken - start;
    longestMs = Math.max(longestMs, performance.now() - start);
  }
  times.sort();
  return { p50Us: (times[CHOICES * 0.5] as number) * 1000, p99Us: (times[CHOICES * 0.99] as number) * 1000, longestMs };
}

function benchMost(pool: Pool, list: ExitList): void {
  const target: Target = { scheme: "https", host: "site.example", port: 443 };
  const outcome: LeaseOutcome = {
    kind: "failed",
    fault: fault("connect.refused", "refused", { retryAfterMs: 300_000 }),
    culprit: "exit",
    role: "exit",
  };
  for (let i = 0; i < list.size; i++) if ((i * 7) % 10 < BENCHED_SHARE * 10) pool.record({ exit: list.at(i).id, target, outcome });
}

function tell({ p50Us, p99Us }: Choices): string {
  return `${p50Us.toFixed(2)}, ${p99Us.toFixed(2)}`;
}

function placeOf(i: number): { readonly country: string; readonly tier: string } {
  return { country: COUNTRIES[i % COUNTRIES.length] as string, tier: TIERS[(i >>> 3) % TIERS.length] as string };
}

function writeList(): Buffer {
  const bytes = Buffer.alloc(EXITS * LINE_BYTES_MAX);
  let end = 0;
  for (let i = 0; i < EXITS; i++) {
    const host = `${11 + (i >>> 20)}.${(i >>> 12) & 255}.${(i >>> 4) & 255}.${i & 15}`;
    const { country, tier } = placeOf(i);
    const tags = `country=${country} city=city${i % 500} tier=${tier} provider=p${i % 20} tag=t${i % 50}`;
    end += bytes.write(`http://user${i % 1000}:secret${i}@${host}:8080 ${tags}\n`, end, "latin1");
  }
  return bytes.subarray(0, end - 1);
}

function usedBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
