import { performance } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { FLAG, keepRecordsYoung } from "../src/cli/young-records.ts";
import { DEFAULTS } from "../src/config/defaults.ts";
import { fault } from "../src/core/fault.ts";
import { mix } from "../src/core/hash-text.ts";
import { NO_PARAMS } from "../src/core/params.ts";
import type { Target } from "../src/core/route.ts";
import type { LeaseOutcome } from "../src/pool/lease.ts";
import { Pool } from "../src/pool/pool.ts";
import { ExitList, parseExitList } from "../src/wire/exit-list.ts";
import { median } from "./measure/median.ts";
import { CollectorPauses, longestOf, runSteps, type Stepped, type Taken, without } from "./measure/pauses.ts";
import type { Table } from "./measure/table.ts";

const EXITS = 1_000_000;
const TARGETS = 100_000;
const CHOICES = 100_000;
/** Of which the medians are told. */
const RUNS = 5;
/** What takes longer is looked at: whether the collector was at work. Milliseconds. */
const LONG_MS = 0.2;
/** Between two turns of the event loop: what a busy gateway does in one. */
const CHOICES_OF_TURN = 50;
const BENCHED_SHARE = 0.8;
const LINE_BYTES_MAX = 128;
const LIMITS = { loadMs: 3000, bytesPerExit: 400, takeP99Us: 5, pauseMs: 10 } as const;

const COUNTRIES = ["de", "fr", "us", "gb", "nl", "se", "pl", "es", "it", "jp"];
const TIERS = ["datacenter", "residential", "isp", "mobile"];
const NONE: ReadonlySet<string> = new Set();
const LIST = { scheme: "http", tags: {}, where: { file: "bench", line: 1 } } as const;
const ANSWERED: LeaseOutcome = { kind: "answered", ms: 100 };
const UNJUDGED: LeaseOutcome = { kind: "unjudged" };

/** A pool of a million exits and a hundred thousand targets: what it costs to load, to keep and to choose from. */
export async function benchPoolScale(): Promise<Table> {
  keepRecordsYoung();
  const bytes = writeList();
  const pauses = new CollectorPauses();
  await pauses.take();
  const { pool, list, read, load } = await open(bytes);
  const loadGcMs = longestOf(await pauses.take());
  const first = await chooseOnce(pool, ANSWERED, pauses); // warms up: compiles, and gathers the exits of each filter once
  const fresh = await choose(pool, ANSWERED, pauses);
  const changeMs = changeOne(pool);
  benchSome(pool, list, (i) => mix(i) % 10 < 10 * BENCHED_SHARE);
  const benched = await choose(pool, ANSWERED, pauses);
  benchSome(pool, list, () => true);
  const out = await choose(pool, UNJUDGED, pauses);
  pauses.stop();
  const bytesPerExit = await measureBytes(bytes);
  setFlagsFromString(FLAG.replace("no-", ""));
  const longestMs = (of: (each: Choices) => number) => Math.max(of(first), of(fresh), of(benched)).toFixed(1);
  const row = (name: string, value: string, limit: number | null) => [name, value, limit === null ? "" : String(limit)];
  return {
    title: `A pool of ${EXITS} exits with five tags each, ${TARGETS} targets`,
    columns: ["", "measured", "at most"],
    rows: [
      row("reading the list, ms", read.ms.toFixed(0), null),
      row("loading the pool, ms", load.ms.toFixed(0), null),
      row("both, ms", (read.ms + load.ms).toFixed(0), LIMITS.loadMs),
      row("longest step of both, ms", Math.max(read.longestStepMs, load.longestStepMs).toFixed(1), LIMITS.pauseMs),
      row("longest pause of the collector in both, ms", loadGcMs.toFixed(1), LIMITS.pauseMs),
      row("adding one exit and removing it, ms", changeMs.toFixed(2), LIMITS.pauseMs),
      row("bytes per idle exit, beyond the list's text", bytesPerExit.toFixed(0), LIMITS.bytesPerExit),
      row("the clock alone, p50 and p99, us", tell(lookAtClock()), null),
      row("the first choices by two tags, p50 and p99, us", tell(first.takes), null),
      row("a choice by two tags, p50 and p99, us", tell(fresh.takes), LIMITS.takeP99Us),
      row(`the same, ${BENCHED_SHARE * 100} % of the exits benched`, tell(benched.takes), LIMITS.takeP99Us),
      row("the same, all benched", tell(out.takes), null),
      row("a report that an exit answered, p50 and p99, us", tell(fresh.settles), null),
      row(
        "longest choice or report, first choices included, ms",
        longestMs((each) => each.longestMs),
        LIMITS.pauseMs,
      ),
      row(
        "the same, where the collector did not come in between, ms",
        longestMs((each) => each.longestOwnMs),
        LIMITS.pauseMs,
      ),
      row(
        "longest pause of the collector in them, ms",
        longestMs((each) => each.longestGcMs),
        LIMITS.pauseMs,
      ),
    ],
    remarks: [
      `of ${CHOICES} choices each, by two tags of 40 pairs, each for another target than the last and reported before the next; medians of ${RUNS} runs`,
      "steps, choices and reports include pauses of the collector, and all that the system does meanwhile; nothing is collected by force",
      "bytes: heap and array buffers after a full collection, beyond those of the list's text; of a pool that is loaded for this alone",
    ],
  };
}

interface Opened {
  readonly pool: Pool;
  readonly list: ExitList;
  readonly read: Stepped<void>;
  readonly load: Stepped<unknown>;
}

async function open(bytes: Buffer): Promise<Opened> {
  const clock = { now: () => performance.now(), wall: () => Date.now() };
  const pool = new Pool({ settings: DEFAULTS.pool, clock, random: Math.random, report: () => {} });
  const list = new ExitList();
  const read = await runSteps(list.reading(bytes, LIST));
  const load = await runSteps(pool.loading(list));
  return { pool, list, read, load };
}

function changeOne(pool: Pool): number {
  const { exits } = parseExitList("http://192.0.2.1:80 id=one-more country=de tier=isp", LIST);
  const start = performance.now();
  pool.change(exits, []);
  pool.change([], ["one-more"]);
  return performance.now() - start;
}

interface Quantiles {
  readonly p50Us: number;
  readonly p99Us: number;
}

interface Choices {
  readonly takes: Quantiles;
  readonly settles: Quantiles;
  readonly longestMs: number;
  /** Of those in which no collection fell. */
  readonly longestOwnMs: number;
  readonly longestGcMs: number;
}

/** The medians of several runs. */
async function choose(pool: Pool, outcome: LeaseOutcome, pauses: CollectorPauses): Promise<Choices> {
  const runs: Choices[] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await chooseOnce(pool, outcome, pauses));
  const of = (value: (run: Choices) => number) => median(runs.map(value));
  return {
    takes: { p50Us: of(({ takes }) => takes.p50Us), p99Us: of(({ takes }) => takes.p99Us) },
    settles: { p50Us: of(({ settles }) => settles.p50Us), p99Us: of(({ settles }) => settles.p99Us) },
    longestMs: of((run) => run.longestMs),
    longestOwnMs: of((run) => run.longestOwnMs),
    longestGcMs: of((run) => run.longestGcMs),
  };
}

async function chooseOnce(pool: Pool, outcome: LeaseOutcome, pauses: CollectorPauses): Promise<Choices> {
  await pauses.take();
  const [takes, settles] = [new Float64Array(CHOICES), new Float64Array(CHOICES)];
  const long: Taken[] = [];
  for (let i = 0; i < CHOICES; i++) {
    if (i % CHOICES_OF_TURN === 0) await nextTurn();
    const target: Target = { scheme: "https", host: `site-${(i * 7919) % TARGETS}.example`, port: 443 };
    const { country, tier } = placeOf(mix(i) % EXITS);
    const params = { ...NO_PARAMS, filter: { exit: null, tags: { country: [country], tier: [tier] } } };
    const start = performance.now();
    const lease = pool.take({ target, params }, NONE);
    const taken = performance.now();
    if (lease === null) throw new Error("nothing taken");
    pool.settle(lease, outcome);
    const settled = performance.now();
    takes[i] = taken - start;
    settles[i] = settled - taken;
    if (settled - start >= LONG_MS) long.push({ from: start, to: settled });
  }
  const collected = await pauses.take();
  return {
    takes: quantilesOf(takes),
    settles: quantilesOf(settles),
    longestMs: longestOf(long),
    longestOwnMs: longestOf(without(long, collected)),
    longestGcMs: longestOf(collected),
  };
}

/** What it costs to look at the clock twice, which is part of each time. */
function lookAtClock(): Quantiles {
  const times = new Float64Array(CHOICES);
  for (let i = 0; i < CHOICES; i++) {
    const start = performance.now();
    times[i] = performance.now() - start;
  }
  return quantilesOf(times);
}

function quantilesOf(times: Float64Array): Quantiles {
  times.sort();
  const at = (share: number) => (times[Math.floor(times.length * share)] as number) * 1000;
  return { p50Us: at(0.5), p99Us: at(0.99) };
}

function benchSome(pool: Pool, list: ExitList, isWanted: (i: number) => boolean): void {
  const target: Target = { scheme: "https", host: "site.example", port: 443 };
  const outcome: LeaseOutcome = {
    kind: "failed",
    fault: fault("connect.refused", "refused", { retryAfterMs: 300_000 }),
    culprit: "exit",
    role: "exit",
  };
  for (let i = 0; i < list.size; i++) if (isWanted(i)) pool.record({ exit: list.at(i).id, target, outcome });
}

function tell({ p50Us, p99Us }: Quantiles): string {
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

async function measureBytes(bytes: Buffer): Promise<number> {
  const before = usedBytes();
  const opened = await open(bytes);
  const after = usedBytes();
  return (after - before) / opened.list.size;
}

function usedBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
