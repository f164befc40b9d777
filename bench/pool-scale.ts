import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DEFAULTS } from "../src/config/defaults.ts";
import { fault } from "../src/core/fault.ts";
import { NO_PARAMS } from "../src/core/params.ts";
import type { Exit, Target } from "../src/core/route.ts";
import type { LeaseOutcome } from "../src/pool/lease.ts";
import { Pool } from "../src/pool/pool.ts";
import { parseExitList } from "../src/wire/exit-list.ts";
import type { Table } from "./measure/table.ts";

const EXITS = 1_000_000;
const TARGETS = 100_000;
const CHOICES = 100_000;
const BENCHED_SHARE = 0.8;
const LIMITS = { loadMs: 3000, bytesPerExit: 400, takeP99Us: 5, pauseMs: 10 } as const;

const COUNTRIES = ["de", "fr", "us", "gb", "nl", "se", "pl", "es", "it", "jp"];
const TIERS = ["datacenter", "residential", "isp", "mobile"];
const NONE: ReadonlySet<string> = new Set();

/** A pool of a million exits and a hundred thousand targets: what it costs to load, to keep and to choose from. */
export async function benchPoolScale(): Promise<Table> {
  const text = writeList();
  const read = timed(() => readList(text));
  const exits = read.result;
  const before = heapBytes();
  const pool = new Pool({
    settings: DEFAULTS.pool,
    clock: { now: () => performance.now(), wall: () => Date.now() },
    random: Math.random,
    report: () => {},
  });
  const load = timed(() => pool.load(exits));
  const bytesPerExit = (heapBytes() - before) / EXITS;
  choose(pool, exits); // warms up: compiles, and finds the exits of each filter once
  const fresh = choose(pool, exits);
  benchMost(pool, exits);
  const benched = choose(pool, exits);
  const row = (name: string, value: string, limit: string) => [name, value, limit];
  const longest = Math.max(fresh.longestMs, benched.longestMs);
  const loadMs = read.ms + load.ms;
  return {
    title: `A pool of ${EXITS} exits with five tags each, ${TARGETS} targets`,
    columns: ["", "measured", "at most"],
    rows: [
      row("reading the list, ms", read.ms.toFixed(0), ""),
      row("loading the pool, ms", load.ms.toFixed(0), ""),
      row("both, ms", loadMs.toFixed(0), String(LIMITS.loadMs)),
      row("bytes per idle exit", bytesPerExit.toFixed(0), String(LIMITS.bytesPerExit)),
      row("take with two tags, p50 and p99, us", tell(fresh), String(LIMITS.takeP99Us)),
      row(`the same, ${BENCHED_SHARE * 100} % benched`, tell(benched), String(LIMITS.takeP99Us)),
      row("longest take or settle, ms", longest.toFixed(1), String(LIMITS.pauseMs)),
    ],
    remarks: [
      "bytes: heap and array buffers after a full collection, beyond those of the list's own exit objects",
      "the longest take or settle includes pauses of the garbage collector; reading and loading are one step each, before requests are served",
    ],
  };
}

function readList(text: string): Exit[] {
  return parseExitList(text, { scheme: "http", tags: {}, where: { file: "bench", line: 1 } }).exits;
}

function timed<T>(work: () => T): { result: T; ms: number } {
  const start = performance.now();
  const result = work();
  return { result, ms: performance.now() - start };
}

interface Choices {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly longestMs: number;
}

function choose(pool: Pool, exits: readonly Exit[]): Choices {
  const answered: LeaseOutcome = { kind: "answered", ms: 100 };
  const times = new Float64Array(CHOICES);
  let longestMs = 0;
  for (let i = 0; i < CHOICES; i++) {
    const target: Target = { scheme: "https", host: `site-${(i * 7919) % TARGETS}.example`, port: 443 };
    const { country, tier } = (exits[(i * 104_729) % EXITS] as Exit).tags as { country: string; tier: string };
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

function benchMost(pool: Pool, exits: readonly Exit[]): void {
  const target: Target = { scheme: "https", host: "site.example", port: 443 };
  const outcome: LeaseOutcome = {
    kind: "failed",
    fault: fault("connect.refused", "refused", { retryAfterMs: 300_000 }),
    culprit: "exit",
    role: "exit",
  };
  for (const [i, { id }] of exits.entries()) if ((i * 7) % 10 < BENCHED_SHARE * 10) pool.record({ exit: id, target, outcome });
}

function tell({ p50Us, p99Us }: Choices): string {
  return `${p50Us.toFixed(2)}, ${p99Us.toFixed(2)}`;
}

function writeList(): string {
  const lines: string[] = [];
  for (let i = 0; i < EXITS; i++) {
    const host = `${11 + (i >>> 20)}.${(i >>> 12) & 255}.${(i >>> 4) & 255}.${i & 15}`;
    const country = COUNTRIES[i % COUNTRIES.length];
    const tier = TIERS[(i >>> 3) % TIERS.length];
    lines.push(
      `http://user${i % 1000}:secret${i}@${host}:8080 country=${country} city=city${i % 500} tier=${tier} provider=p${i % 20} tag=t${i % 50}`,
    );
  }
  return lines.join("\n");
}

function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
