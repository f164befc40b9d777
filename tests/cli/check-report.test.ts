import assert from "node:assert/strict";
import { test } from "node:test";
import type { Candidate } from "../../src/check/candidates.ts";
import type { CheckResult, Finding } from "../../src/check/check-result.ts";
import type { Lie } from "../../src/check/lie.ts";
import { Tally } from "../../src/check/summary.ts";
import { writeCard } from "../../src/cli/check-card.ts";
import { writeResult } from "../../src/cli/check-formats.ts";
import { writeReport } from "../../src/cli/check-summary.ts";
import { writeTable } from "../../src/cli/check-table.ts";
import type { Exit, ExitScheme } from "../../src/core/route.ts";
import { parseExitLine } from "../../src/wire/exit-line.ts";

const NOTHING: Finding = { ok: null, details: "" };
const ALIVE: CheckResult = {
  ...{ at: "2026-01-01T00:00:00.000Z", source: "list.txt", line: 1, exit: "de-7", proxy: "http://192.168.200.100:65535", state: "works" },
  ...{ protocols: ["http"], tried: [], connections: 7, fault: null, ms: { total: 12 }, samples: 3 },
  can: { http: NOTHING, https: NOTHING, connect: NOTHING, connectOther: NOTHING, ipv6: NOTHING, remoteDns: NOTHING, keepAlive: NOTHING },
  anonymity: { level: "transparent", evidence: [] },
  honesty: { verdict: "honest", lies: [], evidence: [] },
  ...{ exitAddresses: ["192.0.2.77"], rotates: false, country: null, network: null, target: null, bytesPerSecond: null, unverified: [] },
};
const REFUSED: CheckResult = {
  ...ALIVE,
  ...{
    proxy: "192.168.200.100:65535",
    state: "dead",
    protocols: [],
    ms: null,
    anonymity: { level: "unknown", evidence: [] },
    honesty: { verdict: "unknown", lies: [], evidence: [] },
  },
  exitAddresses: [],
  fault: {
    ...{ id: "connect.refused", culprit: "exit", confidence: 0.98, stage: "connect", hop: 1 },
    ...{ details: "refused after 3 ms (ECONNREFUSED)", fix: "Check that it runs." },
  },
};
const paint = (_: string, text: string) => text;

test("a table has room for what sites are told before it has for all protocols of a proxy", () => {
  const many: CheckResult = { ...ALIVE, protocols: ["http", "socks5h", "socks4a"], rotates: true };
  const [whole = "", , other = ""] = writeTable([ALIVE, many, REFUSED], { width: 80, paint });
  assert.match(whole, /^STATE {2}PROXY {18}PROTOCOLS {14}TIME {2}ANONYMITY$/);
  assert.match(other, / {2}http socks5h socks4a {2}12 ms {2}transparent {2}rotates$/);
  const [head = "", first = "", second = "", third = ""] = writeTable([ALIVE, many, REFUSED], { width: 74, paint });
  assert.match(head, /^STATE {2}PROXY {18}PROTOCOLS {6}TIME {2}ANONYMITY$/);
  assert.match(first, /^works {2}192\.168\.200\.100:65535 {2}http {10}12 ms {2}transparent$/);
  assert.match(second, / {2}http socks5… {2}12 ms {2}transparent {2}rotates$/);
  assert.match(third, /^dead {3}192\.168\.200\.100:65535 {2}connect\.refused: refused after 3 ms/);
  for (const line of [whole, other, first, second, third]) assert.ok(line.length <= 80, line);
});

test("proxies that are called alike are told apart by their lines", () => {
  const [one, two] = [1, 7].map((line) => ({ ...ALIVE, line, proxy: "http://me@192.0.2.1:80" }));
  assert.ok(one !== undefined && two !== undefined);
  const rows = writeTable([one, { ...two, state: "dead", fault: REFUSED.fault }, REFUSED], { width: null, paint });
  assert.match(rows.join("\n"), /\nworks {2}me@192\.0\.2\.1:80 \(line 1\) {2}http .*\ndead {3}me@192\.0\.2\.1:80 \(line 7\) {2}connect/);
});

test("no line of a report is longer than a narrow terminal, where reasons stand below their faults", () => {
  const tally = new Tally();
  for (const result of [ALIVE, REFUSED, REFUSED]) tally.add(result);
  const ending = { tally, results: [ALIVE, REFUSED], passed: 1, ms: 1234, isStopped: false, isFiltered: false, earlier: 0 };
  const lines = writeReport(ending, { width: 40, paint });
  for (const line of lines) assert.ok(line.length <= 40, line);
  assert.match(lines.join("\n"), /\n {6}2 {2}connect\.refused\n {9}The hop's address refuses TCP/);
});

test("where none of those alive passes the filter, the report says why its table is not there", () => {
  const tally = new Tally();
  tally.add(ALIVE);
  tally.add(REFUSED);
  const ending = { tally, results: [], passed: 0, ms: 100, isStopped: false, isFiltered: true, earlier: 0 };
  assert.equal(writeReport(ending, { width: null, paint }).at(-1), "None of them is what was asked for.");
});

test("an exit list has of two protocols the one by which the proxy resolves names", () => {
  const candidate: Candidate = { source: "list.txt", line: 1, exit: exitOf("192.0.2.1:1080"), scheme: null };
  const list = (...protocols: ExitScheme[]) => writeResult("txt", { ...ALIVE, protocols }, candidate);
  assert.equal(list("socks5", "socks5h", "http"), "socks5h://192.0.2.1:1080\n");
  assert.equal(list("socks5", "http"), "socks5://192.0.2.1:1080\n");
  assert.equal(list("http", "socks4", "socks4a"), "http://192.0.2.1:1080\n");
});

function exitOf(line: string): Exit {
  const parsed = parseExitLine(line, { scheme: "http", tags: {}, where: { file: "list.txt", line: 1 }, env: null });
  assert.ok("exit" in parsed && parsed.exit !== null);
  return parsed.exit;
}

test("a summary says how many passed a filter, and takes what an earlier run has checked for no speed of this one", () => {
  const tally = new Tally();
  for (let i = 0; i < 1000; i++) tally.add(i < 3 ? ALIVE : REFUSED);
  const ending = { tally, results: [], passed: 2, ms: 2000, isStopped: true, isFiltered: true, earlier: 900 };
  const [head, asked] = writeReport(ending, { width: null, paint });
  assert.equal(head, "1,000 proxies so far, 900 of an earlier run, in 2.0 s (50/s): works 3, dead 997");
  assert.equal(asked, "  as asked for  2");
});

test("a run that ended before its first result says so", () => {
  const ending = { tally: new Tally(), results: [], passed: 0, ms: 1900, isStopped: true, isFiltered: false, earlier: 0 };
  assert.deepEqual(writeReport(ending, { width: null, paint }), ["stopped after 1.9 s, before one proxy was checked"]);
});

test("what a lie says stands once in all that is told about a proxy", () => {
  const lie: Lie = { fault: "honesty.redirected", details: "a redirect to http://x/" };
  const honesty = { verdict: "dishonest", lies: [lie], evidence: [lie.details, "one more thing"] } as const;
  const told = writeCard({ ...ALIVE, state: "lies", honesty }, { width: null, paint });
  assert.equal(told.filter((line) => line.includes(lie.details)).length, 1);
  assert.ok(told.some((line) => line.endsWith("- one more thing")));
});
