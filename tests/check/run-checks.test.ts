import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { test } from "node:test";
import { type Candidate, readCandidates } from "../../src/check/candidates.ts";
import type { CheckedFault, CheckResult, CheckState } from "../../src/check/check-result.ts";
import { Concurrency } from "../../src/check/concurrency.ts";
import { NO_TIME } from "../../src/check/findings.ts";
import { keyOfEarlier, keyOfResult } from "../../src/check/proxy-key.ts";
import { type Check, type RunOptions, runChecks, SEEN } from "../../src/check/run-checks.ts";
import { Seen } from "../../src/check/seen.ts";
import { Tally } from "../../src/check/summary.ts";
import type { FaultId } from "../../src/core/fault.ts";
import type { ExitHop } from "../../src/core/route.ts";
import { Cancellation } from "../../src/net/cancellation.ts";
import { formatExit } from "../../src/wire/exit-line.ts";

function candidatesOf(text: string): ReturnType<typeof readCandidates> {
  async function* open() {
    yield Buffer.from(text);
  }
  return readCandidates([{ name: "list", isList: true, open }], { scheme: null, extract: false, rangesMax: null });
}

/** So many proxies of one host. */
function ports(count: number): ReturnType<typeof readCandidates> {
  return candidatesOf(Array.from({ length: count }, (_, i) => `192.0.2.1:${i + 1}`).join("\n"));
}

function resultOf({ exit, source, line }: Candidate, state: CheckState, fault: FaultId | null = null): CheckResult {
  const told: CheckedFault | null =
    fault === null ? null : { id: fault, culprit: "exit", confidence: 1, stage: "connect", hop: 1, details: "so", fix: "do" };
  const finding = { ok: null, details: "" };
  return {
    at: "2026-01-01T00:00:00.000Z",
    source,
    line,
    exit: exit.id,
    proxy: formatExit(exit),
    state,
    protocols: state === "works" ? ["http"] : [],
    tried: [],
    connections: 1,
    fault: told,
    ms: null,
    samples: 0,
    can: { http: finding, https: finding, connect: finding, connectOther: finding, ipv6: finding, remoteDns: finding, keepAlive: finding },
    anonymity: { level: "unknown", evidence: [] },
    honesty: { verdict: "unknown", lies: [], evidence: [] },
    exitAddresses: [],
    rotates: null,
    country: null,
    network: null,
    target: null,
    bytesPerSecond: null,
    unverified: [],
  };
}

const works: Check = async (candidate) => resultOf(candidate, "works");

function optionsWith(more: Partial<RunOptions> = {}): RunOptions {
  return {
    concurrency: new Concurrency({ start: 10, max: 10 }),
    gate: { isCrowded: false },
    clock: { now: () => performance.now(), wall: () => Date.now() },
    seen: new Seen(1),
    tally: new Tally(),
    onResult: () => {},
    onBadLine: () => {},
    onKnown: () => {},
    onBug: (error) => assert.fail(String(error)),
    onProgress: () => {},
    signal: new Cancellation(),
    ...more,
  };
}

test("checks every proxy once, never more at once than may be, and counts duplicates and bad lines", async () => {
  let running = 0;
  let most = 0;
  const check: Check = async (candidate) => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running--;
    return resultOf(candidate, "works");
  };
  const bad: string[] = [];
  const list = candidatesOf(`${Array.from({ length: 100 }, (_, i) => `192.0.2.1:${i + 1}`).join("\n")}\n192.0.2.1:7\nx\n192.0.2.1:7\n`);
  const tally = await runChecks(list, check, optionsWith({ onBadLine: ({ line, reason }) => bad.push(`${line} ${reason}`) }));
  assert.deepEqual([tally.done, tally.alive, tally.duplicates, tally.badLines, most], [100, 100, 2, 1, 10]);
  assert.deepEqual(tally.protocols, { http: 100 });
  assert.deepEqual(bad, ["102 the port is missing: write host:port"]);
});

test("an empty list ends at once", async () => {
  assert.equal((await runChecks(candidatesOf("# nothing\n"), works, optionsWith())).done, 0);
});

test("a list is read no faster than it is checked", async () => {
  let read = 0;
  async function* counted() {
    for await (const item of ports(1000)) {
      read++;
      yield item;
    }
  }
  const waiting: (() => void)[] = [];
  const reached = Promise.withResolvers<void>();
  const check: Check = async (candidate) => {
    if (waiting.length < 10) {
      const freed = new Promise<void>((resolve) => waiting.push(resolve));
      if (waiting.length === 10) reached.resolve();
      await freed;
    }
    return resultOf(candidate, "works");
  };
  const run = runChecks(counted(), check, optionsWith());
  await reached.promise;
  await new Promise(setImmediate);
  assert.equal(read, 10);
  for (const free of waiting) free();
  assert.equal((await run).done, 1000);
});

test("while proxies that work crowd at the gate, no further check begins; when they have passed, all are checked", async () => {
  const gate = { isCrowded: false };
  const begun: string[] = [];
  const crowded = Promise.withResolvers<void>();
  const check: Check = async (candidate) => {
    begun.push(candidate.exit.id);
    if (begun.length === 3) {
      gate.isCrowded = true;
      crowded.resolve();
    }
    return resultOf(candidate, "works");
  };
  let steps = 0;
  const stood = Promise.withResolvers<void>();
  const run = runChecks(ports(20), check, optionsWith({ gate, onProgress: () => ++steps === 2 && stood.resolve() }));
  await crowded.promise;
  await stood.promise;
  assert.equal(begun.length, 3);
  gate.isCrowded = false;
  assert.equal((await run).done, 20);
});

test("where this machine lacks sockets, fewer are opened, and no proxy is called dead for it", async () => {
  const concurrency = new Concurrency({ start: 100, max: 100 });
  const refusals = new Map<string, number>();
  const check: Check = async (candidate) => {
    await new Promise(setImmediate);
    const before = refusals.get(candidate.exit.id) ?? 0;
    refusals.set(candidate.exit.id, before + 1);
    return before < 2 ? resultOf(candidate, "dead", "gateway.fd_exhausted") : resultOf(candidate, "works");
  };
  const tally = await runChecks(ports(50), check, optionsWith({ concurrency }));
  assert.deepEqual([tally.states.works, tally.states.dead], [50, 0]);
  assert.ok(concurrency.limit < 100);
});

test("a machine that never has a socket is told so, rather than waited for", { timeout: 20_000 }, async () => {
  const check: Check = async (candidate) => resultOf(candidate, "dead", "gateway.fd_exhausted");
  const tally = await runChecks(ports(1), check, optionsWith());
  assert.deepEqual(
    tally.reasons.map(({ fault, count }) => [fault, count]),
    [["gateway.fd_exhausted", 1]],
  );
});

test("the signal ends checks under way, whose results do not count, and reads no further", async () => {
  const signal = new Cancellation();
  let results = 0;
  const check: Check = (candidate, cancel) => {
    if (results < 5) return works(candidate, cancel);
    return new Promise((resolve) => cancel.addEventListener("abort", () => resolve(resultOf(candidate, "dead", "connect.timeout"))));
  };
  const onResult = () => {
    if (++results === 5) setImmediate(() => signal.cancel());
  };
  const tally = await runChecks(ports(1000), check, optionsWith({ signal, onResult }));
  assert.deepEqual([results, tally.done, tally.states.dead], [5, 5, 0]);
});

test("a bug at one proxy is told, and the others are checked", async () => {
  const bugs: unknown[] = [];
  const check: Check = (candidate, signal) =>
    candidate.exit.hops[0]?.port === 3 ? Promise.reject(new TypeError("oops")) : works(candidate, signal);
  const tally = await runChecks(ports(5), check, optionsWith({ onBug: (error) => bugs.push(String(error)) }));
  assert.deepEqual([tally.done, bugs], [4, ["TypeError: oops"]]);
});

test("what an earlier run has checked is told with its mark, once, and not checked again", async () => {
  const seen = new Seen(1);
  for await (const item of ports(3)) {
    if (!("exit" in item)) continue;
    seen.mark(keyOfResult(resultOf(item, "works")), SEEN + 4);
    assert.equal(keyOfResult(resultOf(item, "works")), keyOfEarlier(item));
  }
  const known: number[] = [];
  const list = candidatesOf("192.0.2.1:1\n192.0.2.1:9\n192.0.2.1:2\n192.0.2.1:2\n");
  const tally = await runChecks(list, works, optionsWith({ seen, onKnown: (mark) => known.push(mark) }));
  assert.deepEqual([tally.done, tally.duplicates, known], [1, 1, [SEEN + 4, SEEN + 4]]);
});

test("proxies that differ in nothing but the password are each checked", async () => {
  const list = candidatesOf("192.0.2.1:1:u:a\n192.0.2.1:1:u:b\nu:a@192.0.2.1:1\nhttp://u@192.0.2.1:1\n");
  const passwords: unknown[] = [];
  const onResult: RunOptions["onResult"] = (_, { exit }) => passwords.push(exit.hops[0]?.password);
  const tally = await runChecks(list, works, optionsWith({ onResult }));
  assert.deepEqual([tally.done, tally.duplicates, passwords], [3, 1, ["a", "b", null]]);
});

test("a result of an earlier run, which tells no password, is that of the line with a user that it stood in", async () => {
  const text = "192.0.2.1:1:u:a\n192.0.2.1:1:u:b\n192.0.2.1:1:u:c\n192.0.2.1:1:u:b\n";
  const seen = new Seen(1);
  let read = 0;
  for await (const item of candidatesOf(text))
    if ("exit" in item && ++read === 2) seen.mark(keyOfResult({ ...resultOf(item, "works"), source: "../list" }), SEEN + 4);
  const checked: unknown[] = [];
  const known: unknown[] = [];
  const options = optionsWith({
    seen,
    onResult: (_, { exit }) => checked.push(exit.hops[0]?.password),
    onKnown: (_, { exit }) => known.push(exit.hops[0]?.password),
  });
  const tally = await runChecks(candidatesOf(text), works, options);
  assert.deepEqual([checked, known, tally.duplicates], [["a", "c"], ["b"], 1]);
});

test("what is tried again begins in no larger crowds than what is read", async () => {
  let turn = 0;
  let isOver = false;
  const count = () => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  count();
  const begun = new Map<number, number>();
  const tried = new Set<string>();
  const allTried = Promise.withResolvers<void>();
  const check: Check = async (candidate) => {
    begun.set(turn, (begun.get(turn) ?? 0) + 1);
    if (tried.has(candidate.exit.id)) return resultOf(candidate, "works");
    if (tried.add(candidate.exit.id).size === 200) allTried.resolve();
    await allTried.promise;
    return resultOf(candidate, "dead", "gateway.source_port_exhausted");
  };
  const concurrency = new Concurrency({ start: 200, max: 200 });
  const tally = await runChecks(ports(200), check, optionsWith({ concurrency }));
  isOver = true;
  assert.equal(tally.states.works, 200);
  assert.ok(Math.max(...begun.values()) <= 32, [...begun.values()].join(" "));
});

test("the summary groups the dead by their faults, the most frequent first", () => {
  const tally = new Tally();
  const candidate = { exit: { id: "a", hops: [] }, source: null, line: null, scheme: null } as unknown as Candidate;
  for (const fault of ["connect.timeout", "connect.refused", "connect.refused"] as const) tally.add(resultOf(candidate, "dead", fault));
  tally.add(resultOf(candidate, "lies", "honesty.fake_answer"));
  tally.add(resultOf(candidate, "works"));
  assert.deepEqual(
    [...tally.reasons, ...tally.lies].map(({ fault, count }) => [fault, count]),
    [
      ["connect.refused", 2],
      ["connect.timeout", 1],
      ["honesty.fake_answer", 1],
    ],
  );
  assert.deepEqual([tally.done, tally.alive], [5, 1]);
});

/** A clock that only a test moves. */
function createStandingClock(): { readonly clock: RunOptions["clock"]; pass(ms: number): void } {
  let now = 0;
  return {
    clock: { now: () => now, wall: () => 0 },
    pass: (ms) => {
      now += ms;
    },
  };
}

test("a proxy whose silence may be this process's own, which was late, is checked again and counted once", async () => {
  const { clock, pass } = createStandingClock();
  const tries = new Map<string, number>();
  const check: Check = async (candidate) => {
    const { port } = candidate.exit.hops[0] as ExitHop;
    const count = (tries.get(String(port)) ?? 0) + 1;
    tries.set(String(port), count);
    pass(5000); // in one turn of the event loop
    if (port === 1) return count === 1 ? silentInSocks(resultOf(candidate, "dead", "head.closed_empty")) : resultOf(candidate, "works");
    return resultOf(candidate, "dead", port === 2 ? "connect.refused" : "handshake.timeout");
  };
  const results: string[] = [];
  const onResult: RunOptions["onResult"] = ({ state, fault }, { exit }) => {
    results.push(`${exit.hops[0]?.port} ${state} ${fault?.id}`);
  };
  const tally = await runChecks(ports(3), check, optionsWith({ clock, onResult }));
  assert.deepEqual(results.sort(), ["1 works undefined", "2 dead connect.refused", "3 dead handshake.timeout"]);
  assert.deepEqual([tally.done, tally.alive, tries.get("1"), tries.get("2"), tries.get("3")], [3, 1, 2, 1, 3]);
});

test("a proxy that this process, which was late, had no time to look at as a whole is checked again", async () => {
  const { clock, pass } = createStandingClock();
  let checks = 0;
  const check: Check = async (candidate) => {
    pass(5000);
    const result = resultOf(candidate, "works");
    return ++checks === 1 ? { ...result, can: { ...result.can, https: NO_TIME } } : result;
  };
  const tally = await runChecks(ports(1), check, optionsWith({ clock }));
  assert.deepEqual([tally.done, tally.alive, checks], [1, 1, 2]);
});

test("a proxy that is silent while this process keeps up is checked once", async () => {
  const { clock } = createStandingClock();
  let checks = 0;
  const check: Check = async (candidate) => {
    checks++;
    return resultOf(candidate, "dead", "handshake.timeout");
  };
  assert.equal((await runChecks(ports(3), check, optionsWith({ clock }))).done, 3);
  assert.equal(checks, 3);
});

/** What was silent is not what was told. */
function silentInSocks(result: CheckResult): CheckResult {
  const fault: CheckedFault = { ...(result.fault as CheckedFault), id: "handshake.timeout" };
  return { ...result, tried: [{ scheme: "socks5", works: false, fault }] };
}
