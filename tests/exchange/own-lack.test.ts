import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_CHECK, DEFAULTS } from "../../src/config/defaults.ts";
import type { GatewayEvent } from "../../src/core/event.ts";
import { fault } from "../../src/core/fault.ts";
import type { Probed } from "../../src/core/probe.ts";
import { OwnLack } from "../../src/exchange/own-lack.ts";
import { Patrol } from "../../src/exchange/patrol.ts";
import { exitOf, poolOf, seeded, TARGET } from "../pool/fakes.ts";

const SETTINGS = { ...DEFAULT_CHECK, judges: ["http://judge.example/"], target: null, concurrent: 64 };
const PASSED: Probed = { target: TARGET, outcome: { kind: "answered", ms: 20 }, summary: "" };
const LACK = fault("gateway.fd_exhausted", "this process has no file descriptor left (EMFILE)");
const LACKING: Probed = { target: TARGET, outcome: { kind: "failed", fault: LACK, culprit: "gateway", role: "exit" }, summary: "" };

test("where the system has no more sockets, exits that could not be asked do not pass, fewer checks run, and all have theirs", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const ids = Array.from({ length: 100 }, (_, i) => `e${i}`);
  const { pool, clock } = poolOf(
    ids.map((id) => exitOf(id)),
    seeded(1),
    { ...DEFAULTS.pool, checked: true },
  );
  const events: GatewayEvent[] = [];
  const random = seeded(2);
  await using patrol = new Patrol({ pool, clock, random, report: (event) => events.push(event), onBug: (bug) => assert.fail(String(bug)) });
  let open = 0;
  let most = 0;
  const probe = async (): Promise<Probed> => {
    if (open >= 20) return LACKING;
    most = Math.max(most, ++open);
    await new Promise(setImmediate);
    open--;
    return PASSED;
  };
  const passed = () => pool.countByState().healthy;
  const turns = async () => {
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  };
  patrol.configure({ settings: SETTINGS, probe });
  await turns();
  const unasked = pool.snapshot().filter(({ state }) => state === "untried");
  assert.ok(unasked.length > 0);
  assert.ok(unasked.every(({ checkedMsAgo, lastFault }) => checkedMsAgo === null && lastFault === null));
  const lacks = () => events.filter((event) => event.type === "exit-checked" && event.fault === LACK.id).length;
  const lacksThen = lacks();
  for (let round = 0; round < 20 && passed() < ids.length; round++) {
    clock.ms += 500;
    t.mock.timers.tick(500);
    await turns();
  }
  assert.equal(passed(), ids.length);
  assert.ok(most <= 20);
  assert.ok(lacks() - lacksThen < ids.length - 20, `${lacks()} lacks, ${lacksThen} of them at first`);
  const warnings = events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /^check: this process has no file descriptor left .*ulimit -n/);
});

test("half of the checks that ran may run after the system had nothing left, and twice as many each minute after that", () => {
  const { clock } = poolOf([]);
  const warnings: string[] = [];
  const lack = new OwnLack(clock, (message) => warnings.push(message));
  assert.equal(lack.room, Number.POSITIVE_INFINITY);
  const startedAt = clock.now();
  assert.equal(lack.explains(PASSED.outcome, { startedAt, running: 100 }), false);
  assert.equal(lack.room, Number.POSITIVE_INFINITY);
  assert.equal(lack.explains(LACKING.outcome, { startedAt, running: 100 }), true);
  lack.explains(LACKING.outcome, { startedAt, running: 10 });
  assert.equal(lack.room, 50, "those that ran at the same time tell the same");
  clock.ms += 60_000;
  assert.equal(lack.room, 100);
  lack.explains(LACKING.outcome, { startedAt: clock.now(), running: 1 });
  assert.deepEqual([lack.room, warnings.length], [1, 1]);
});
