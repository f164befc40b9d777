import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { GatewayEvent } from "../../src/core/event.ts";
import type { ExchangeRecord } from "../../src/core/ledger.ts";
import { Exposition } from "../../src/observe/exposition.ts";
import { type Gauges, Metrics } from "../../src/observe/metrics.ts";
import { readProcessFigures } from "../../src/observe/process-figures.ts";
import { parseExposition } from "./parse-exposition.ts";
import { attemptRecord, exchangeRecord, failedRecord, refusedAttempt, refusedVerdict } from "./records.ts";

const figures = {
  residentBytes: 50_000_000,
  heapUsedBytes: 10_000_000,
  heapTotalBytes: 20_000_000,
  externalBytes: 1_000_000,
  cpuSeconds: 1.5,
  startedAtSeconds: 1_767_355_424.5,
  loopActiveSeconds: 1.25,
  loopIdleSeconds: 100,
};
const idle: Gauges = {
  exits: { untried: 0, healthy: 0, probation: 0, benched: 0, dead: 0 },
  usage: [],
  process: figures,
  waiting: 0,
  checking: 0,
};

test("shows how many checks of exits run", () => {
  assert.equal(after([], { ...idle, checking: 3 })("goodgateway_checks_running"), 3);
});

/** The metrics after some events, as a function that reads one series. */
function after(events: readonly GatewayEvent[], gauges: Gauges = idle) {
  const metrics = new Metrics();
  for (const event of events) metrics.observe(event);
  const families = parseExposition(metrics.text(gauges));
  return (name: string, labels: Record<string, string> = {}): number | undefined =>
    [...families.values()]
      .flatMap((family) => family.samples)
      .find((sample) => sample.name === name && JSON.stringify(sample.labels) === JSON.stringify(labels))?.value;
}

const ended = (record: ExchangeRecord): GatewayEvent => ({ type: "exchange-ended", record });

test("counts exchanges by protocol and outcome, and shows those that have not happened as zero", () => {
  const read = after([ended(exchangeRecord()), ended(exchangeRecord()), ended(exchangeRecord({ protocol: "socks5", outcome: "aborted" }))]);
  assert.equal(read("goodgateway_exchanges_total", { protocol: "http", outcome: "ok" }), 2);
  assert.equal(read("goodgateway_exchanges_total", { protocol: "socks5", outcome: "aborted" }), 1);
  assert.equal(read("goodgateway_exchanges_total", { protocol: "connect", outcome: "failed" }), 0);
});

test("counts attempts by result and socket, and their faults by id, culprit and stage", () => {
  const read = after([ended(failedRecord()), ended(exchangeRecord({ attempts: [attemptRecord({ reused: true })] }))]);
  assert.equal(read("goodgateway_attempts_total", { result: "failed", socket: "fresh" }), 2);
  assert.equal(read("goodgateway_attempts_total", { result: "answered", socket: "reused" }), 1);
  assert.equal(read("goodgateway_faults_total", { fault: "connect.refused", culprit: "exit", stage: "connect" }), 1);
  assert.equal(read("goodgateway_faults_total", { fault: "handshake.timeout", culprit: "exit", stage: "handshake" }), 1);
});

test("counts what clients were told once for each exchange", () => {
  const read = after([ended(failedRecord()), ended(failedRecord())]);
  assert.equal(read("goodgateway_verdicts_total", { fault: "connect.refused", culprit: "exit", outcome: "failed" }), 2);
});

test("counts the fault of a request that never became an attempt", () => {
  const verdict = { ...refusedVerdict, fault: "client.bad_request", culprit: "client", stage: "request" } as const;
  const read = after([ended(failedRecord({ verdict, attempts: [] }))]);
  assert.equal(read("goodgateway_faults_total", { fault: "client.bad_request", culprit: "client", stage: "request" }), 1);
});

test("counts a rescue by its first fault", () => {
  const attempts = [refusedAttempt(), refusedAttempt({ fault: "head.reset" }), attemptRecord()];
  const read = after([ended(exchangeRecord({ outcome: "rescued", attempts }))]);
  assert.equal(read("goodgateway_rescues_total", { fault: "connect.refused", culprit: "exit" }), 1);
  assert.equal(read("goodgateway_rescues_total", { fault: "head.reset", culprit: "exit" }), undefined);
});

test("puts durations into cumulative buckets, in seconds", () => {
  const read = after([ended(exchangeRecord({ ms: 5 })), ended(exchangeRecord({ ms: 84 })), ended(exchangeRecord({ ms: 400_000 }))]);
  const bucket = (le: string) => read("goodgateway_exchange_duration_seconds_bucket", { protocol: "http", le });
  assert.deepEqual(["0.0025", "0.005", "0.05", "0.1", "300", "+Inf"].map(bucket), [0, 1, 1, 2, 2, 3]);
  assert.equal(read("goodgateway_exchange_duration_seconds_sum", { protocol: "http" }), 400.089);
  assert.equal(read("goodgateway_exchange_duration_seconds_count", { protocol: "http" }), 3);
});

test("times only the stages that an attempt entered", () => {
  const read = after([ended(exchangeRecord())]);
  assert.equal(read("goodgateway_stage_duration_seconds_count", { stage: "connect" }), 1);
  assert.equal(read("goodgateway_stage_duration_seconds_count", { stage: "tls" }), 0);
});

test("adds up bytes each way, towards clients and towards hops", () => {
  const read = after([ended(exchangeRecord({ attempts: [refusedAttempt(), attemptRecord()] }))]);
  assert.equal(read("goodgateway_bytes_total", { peer: "client", direction: "received" }), 130);
  assert.equal(read("goodgateway_bytes_total", { peer: "client", direction: "sent" }), 290);
  assert.equal(read("goodgateway_bytes_total", { peer: "hop", direction: "sent" }), 120);
  assert.equal(read("goodgateway_bytes_total", { peer: "hop", direction: "received" }), 300);
});

test("knows how many tunnels are open", () => {
  const read = after([
    { type: "tunnel-opened", id: "A" },
    { type: "tunnel-opened", id: "B" },
    { type: "tunnel-closed", id: "A" },
  ]);
  assert.equal(read("goodgateway_tunnels_open"), 1);
  assert.equal(read("goodgateway_tunnels_total"), 2);
});

test("counts exits by state at the scrape, and the changes between", () => {
  const change: GatewayEvent = { type: "hop-changed", exit: "de-7", from: "healthy", to: "benched", reason: "connect.refused", forMs: 1 };
  const read = after([change, change], { ...idle, exits: { ...idle.exits, healthy: 2, benched: 1 } });
  assert.equal(read("goodgateway_exits", { state: "healthy" }), 2);
  assert.equal(read("goodgateway_exits", { state: "benched" }), 1);
  assert.equal(read("goodgateway_exits", { state: "untried" }), 0);
  assert.equal(read("goodgateway_exit_changes_total", { from: "healthy", to: "benched" }), 2);
});

test("counts loads of the configuration and warnings", () => {
  const read = after([
    { type: "config-changed", summary: "3 exits added" },
    { type: "config-refused", reason: "unknown key" },
    { type: "warning", message: "exits.txt:7: no port" },
  ]);
  assert.equal(read("goodgateway_config_loads_total", { result: "applied" }), 1);
  assert.equal(read("goodgateway_config_loads_total", { result: "refused" }), 1);
  assert.equal(read("goodgateway_warnings_total"), 1);
});

test("shows what the process uses", () => {
  const read = after([], { ...idle, process: readProcessFigures() });
  assert.ok((read("process_resident_memory_bytes") ?? 0) > 10_000_000);
  assert.ok((read("process_cpu_seconds_total") ?? 0) > 0);
  assert.ok(Math.abs((read("process_start_time_seconds") ?? 0) - Date.now() / 1000) < 3600);
});

test("escapes label values and help as the format wants", () => {
  const text = new Exposition().family("x", "gauge", "a\\b\nc").sample("x", { name: 'back\\slash "quote"\nline' }, 1).toString();
  const family = parseExposition(text).get("x");
  assert.equal(family?.help, "a\\\\b\\nc");
  assert.deepEqual(family?.samples[0]?.labels, { name: 'back\\slash "quote"\nline' });
});

const busy = [failedRecord(), exchangeRecord({ outcome: "rescued", attempts: [refusedAttempt(), attemptRecord()] })].map(ended);

function busyText(): string {
  const metrics = new Metrics();
  for (const event of busy) metrics.observe(event);
  metrics.observe({ type: "hop-changed", exit: "de-7", from: "healthy", to: "benched", reason: "connect.refused", forMs: 1 });
  return metrics.text(idle);
}

const PROMTOOL = "promtool";
const hasPromtool = spawnSync(PROMTOOL, ["--version"]).status === 0;

test("passes promtool's checks", { skip: hasPromtool ? false : "promtool (Debian package prometheus) is not installed" }, () => {
  const { status, stdout, stderr } = spawnSync(PROMTOOL, ["check", "metrics"], { input: busyText(), encoding: "utf8" });
  assert.equal(`${stdout}${stderr}`, "");
  assert.equal(status, 0);
});

test("the metrics page names every metric there is, with its type, and no other", async () => {
  const page = await readFile(new URL("../../docs/metrics.md", import.meta.url), "utf8");
  const documented = [...page.matchAll(/^\| `([a-z_]+)` \| (\w+) \|/gm)].map(([, name, type]) => `${name} ${type}`).sort();
  const exposed = [...parseExposition(busyText())].map(([name, { type }]) => `${name} ${type}`).sort();
  assert.ok(exposed.length >= 20);
  assert.deepEqual(documented, exposed);
});
