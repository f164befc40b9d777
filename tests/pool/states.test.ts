import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import { Health } from "../../src/pool/health.ts";
import { beginHistory, beginOutlook, HISTORY_NUMBERS, OUTLOOK_NUMBERS } from "../../src/pool/health-numbers.ts";
import type { Lease } from "../../src/pool/lease.ts";
import { ANSWERED, exitOf, type Fixture, failed, poolOf, REFUSED, TARGET, UNJUDGED } from "./fakes.ts";

const MINUTE = 60_000;

test("an exit on probation gets one attempt at a time until it has succeeded", () => {
  const { pool, clock, take, takeExit, stateOf } = poolOf([exitOf("a"), exitOf("b")], () => 0);
  pool.settle(takeExit("a"), REFUSED);
  clock.ms += 1000;
  const probe = take({}, new Set(["b"])) as Lease;
  assert.equal(probe.exit.id, "a");
  for (let i = 0; i < 20; i++) assert.equal(take()?.exit.id, "b");
  pool.settle(probe, UNJUDGED);
  assert.equal(stateOf("a"), "probation");
  const again = take({}, new Set(["b"])) as Lease;
  pool.settle(again, ANSWERED);
  assert.equal(stateOf("a"), "healthy");
  const both = [take({}, new Set(["b"])), take({}, new Set(["b"]))];
  assert.deepEqual(
    both.map((lease) => lease?.exit.id),
    ["a", "a"],
  );
});

test("a failure on probation benches for longer, and what began before the bench neither lengthens nor ends it", () => {
  const { pool, clock, take, takeExit, stateOf } = poolOf([exitOf("a"), exitOf("b")], () => 0);
  const early = [takeExit("a"), takeExit("a")] as const;
  pool.settle(takeExit("a"), REFUSED);
  pool.settle(early[0], ANSWERED);
  pool.settle(early[1], REFUSED);
  assert.equal(stateOf("a"), "benched");
  assert.equal(pool.find("a")?.benchedForMs, 1000);
  clock.ms += 1000;
  pool.settle(take({}, new Set(["b"])) as Lease, REFUSED);
  assert.equal(pool.find("a")?.benchedForMs, 2000);
});

test("an exit that fails every other time is out for longer and longer", () => {
  const { pool, clock, takeExit } = poolOf([exitOf("a"), exitOf("b")], () => 0);
  const benches: number[] = [];
  for (let i = 0; i < 6; i++) {
    pool.settle(takeExit("a"), REFUSED);
    benches.push(pool.find("a")?.benchedForMs ?? 0);
    clock.ms += benches.at(-1) ?? 0;
    pool.settle(takeExit("a"), ANSWERED);
  }
  assert.deepEqual(benches, [1000, 2000, 4000, 8000, 16_000, 32_000]);
});

test("an exit that only fails for half an hour is dead: tried less often, but tried, and one success brings it back", () => {
  const { pool, clock, takeExit, stateOf } = poolOf([exitOf("a"), exitOf("b")], () => 0);
  const benchedMs = () => pool.find("a")?.benchedForMs ?? 0;
  const started = clock.ms;
  while (stateOf("a") !== "dead") {
    pool.settle(takeExit("a"), REFUSED);
    if (stateOf("a") !== "dead") assert.ok(benchedMs() <= 5 * MINUTE);
    clock.ms += stateOf("a") === "dead" ? 0 : benchedMs();
    assert.ok(clock.ms - started < 60 * MINUTE, "never dead");
  }
  assert.ok(clock.ms - started >= 30 * MINUTE);
  assert.equal(benchedMs(), 30 * MINUTE);
  clock.ms += 30 * MINUTE;
  assert.equal(stateOf("a"), "probation");
  pool.settle(takeExit("a"), ANSWERED);
  assert.equal(stateOf("a"), "healthy");
});

test("an attempt that nobody judged leaves an exit on probation where it was", () => {
  const [outlook, history] = [new Float64Array(OUTLOOK_NUMBERS), new Float64Array(HISTORY_NUMBERS)];
  beginOutlook(outlook, 0);
  beginHistory(history, 0);
  const health = new Health(outlook, 0, history, 0);
  health.fail("connect.refused", { target: null, now: 0, random: () => 0, leasedAt: 1, attempts: 1, atLeastMs: 0 });
  assert.deepEqual([health.state(999), health.state(1000)], ["benched", "probation"]);
  health.suspect("handshake.closed", 1000);
  assert.equal(health.state(1000), "probation");
  health.succeed(null, 1000, 2);
  assert.deepEqual([health.state(1000), health.ewmaMs], ["healthy", null]);
});

test("a 5xx of the target proves that the exit works", () => {
  const { pool, clock, takeExit, stateOf } = poolOf([exitOf("a"), exitOf("b")], () => 0);
  pool.settle(takeExit("a"), REFUSED);
  clock.ms += 1000;
  pool.settle(takeExit("a"), failed("relay.edge_5xx", "edge", "target"));
  assert.equal(stateOf("a"), "healthy");
  assert.equal(pool.find("a")?.ewmaMs, null);
});

test("ends thousands of benches that end together, a few with each choice", () => {
  const fixture = poolOf(
    Array.from({ length: 500 }, (_, i) => exitOf(`e${i}`)),
    () => 0.5,
  );
  const { pool, clock, take, takeExit, events } = fixture;
  for (let i = 0; i < 500; i++) pool.settle(takeExit(`e${i}`), REFUSED);
  clock.ms += 5000;
  events.length = 0;
  pool.settle(take() as Lease, UNJUDGED);
  assert.equal(events.length, 32);
  for (let i = 0; i < 20; i++) pool.settle(take() as Lease, UNJUDGED);
  assert.equal(countEvents(fixture, "its bench is over"), 500);
});

function countEvents({ events }: Fixture, reason: string): number {
  return events.filter((event) => event.type === "hop-changed" && event.reason === reason).length;
}

function warnings({ events }: Fixture): string[] {
  return events.flatMap((event) => (event.type === "warning" ? event.message : []));
}

test("warns that none of a small pool is usable", () => {
  const fixture = poolOf([exitOf("e0"), exitOf("e1")], () => 0, { ...DEFAULTS.pool, floor: 0.1 });
  for (const id of ["e0", "e1"]) fixture.pool.settle(fixture.takeExit(id), REFUSED);
  assert.deepEqual(warnings(fixture), ["none of 2 exits is usable: the least bad are used all the same"]);
});

test("warns once when too few exits are left, uses the least bad too, and warns anew once they had recovered", () => {
  const fixture = poolOf(
    Array.from({ length: 40 }, (_, i) => exitOf(`e${i}`)),
    () => 0,
    { ...DEFAULTS.pool, floor: 0.1 },
  );
  const { pool, clock, takeExit } = fixture;
  const benchOne = (i: number) => pool.settle(takeExit(`e${i}`), REFUSED);
  for (let i = 0; i < 36; i++) benchOne(i);
  assert.deepEqual(warnings(fixture), []);
  for (let i = 36; i < 39; i++) benchOne(i);
  assert.deepEqual(warnings(fixture), ["only 3 of 40 exits are usable: the least bad of the others are used too"]);
  clock.ms += 1000;
  for (let i = 0; i < 10; i++) pool.settle(takeExit(`e${i}`), ANSWERED);
  for (let i = 0; i < 10; i++) benchOne(i);
  assert.equal(warnings(fixture).length, 2);
});

test("below the floor a benched exit takes its share once the others have much to do, above it never", () => {
  const busy = (floor: number) => {
    const { pool, take, takeExit } = poolOf(
      Array.from({ length: 20 }, (_, i) => exitOf(`e${i}`)),
      undefined,
      { ...DEFAULTS.pool, floor },
    );
    for (let i = 1; i < 20; i++) pool.settle(takeExit(`e${i}`), REFUSED);
    return new Set(Array.from({ length: 50 }, () => take()?.exit.id)).size;
  };
  assert.equal(busy(0), 1);
  assert.ok(busy(0.1) > 5);
});

test("what a check found counts as what traffic found", () => {
  const { pool, clock, stateOf } = poolOf([exitOf("a"), exitOf("b")], () => 0);
  assert.equal(pool.record({ exit: "a", target: TARGET, outcome: REFUSED })?.side, "exit");
  assert.equal(stateOf("a"), "benched");
  clock.ms += 1000;
  assert.equal(pool.record({ exit: "a", target: TARGET, outcome: ANSWERED }), null);
  assert.equal(stateOf("a"), "healthy");
  assert.equal(pool.find("a")?.inFlight, 0);
  assert.equal(pool.record({ exit: "gone", target: TARGET, outcome: REFUSED }), null);
});

test("an attempt without an exit is weighed too", () => {
  const { pool } = poolOf([exitOf("a")]);
  assert.equal(pool.recordDirect(TARGET, ANSWERED), null);
  assert.equal(pool.recordDirect(TARGET, failed("connect.refused", "origin", "target"))?.side, "target");
});
