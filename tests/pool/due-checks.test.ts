import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import type { LeaseOutcome } from "../../src/pool/lease.ts";
import { ANSWERED, exitOf, type Fixture, failed, poolOf, REFUSED, seeded, TARGET, UNJUDGED } from "./fakes.ts";

const IDLE_MS = 60_000;
const HONEST_MS = 3_600_000;
const TIMES = { idleMs: IDLE_MS, honestMs: HONEST_MS, vainBefore: Number.NEGATIVE_INFINITY };
const CHECKED = { ...DEFAULTS.pool, checked: true };

function dueOf({ pool }: Fixture): string[] {
  return [...pool.dueForCheck({ ...TIMES, honestMs: Number.POSITIVE_INFINITY })].flatMap((due) => (due === null ? [] : [due.exit.id]));
}

test("due are exits that nothing is known of, those whose bench is over, and those that nobody used for a while", () => {
  const fixture = poolOf(["new", "used", "benched", "held"].map((id) => exitOf(id)));
  const { pool, clock } = fixture;
  assert.deepEqual(dueOf(fixture), ["new", "used", "benched", "held"]);
  pool.settle(fixture.takeExit("used"), ANSWERED);
  pool.settle(fixture.takeExit("benched"), REFUSED);
  pool.drain("held", true);
  assert.deepEqual(dueOf(fixture), ["new"]);
  clock.ms += 1001;
  assert.deepEqual(dueOf(fixture), ["new", "benched"]);
  clock.ms += IDLE_MS;
  assert.deepEqual(dueOf(fixture), ["new", "used", "benched"]);
  pool.record({ exit: "used", target: TARGET, outcome: ANSWERED });
  assert.deepEqual(dueOf(fixture), ["new", "benched"]);
});

test("a round comes to every part of the list soon, and to each exit once", () => {
  for (const count of [64, 65, 97, 1000, 4770, 5000]) {
    const ids = Array.from({ length: count }, (_, i) => `e${i}`);
    const due = dueOf(poolOf(ids.map((id) => exitOf(id))));
    assert.deepEqual(new Set(due), new Set(ids));
    assert.equal(due.length, count);
    const parts = new Set(due.slice(0, 32).map((id) => Math.floor((10 * Number(id.slice(1))) / count)));
    assert.equal(parts.size, 10, `${count}: ${[...parts]}`);
  }
});

test("an exit is not taken before a check has passed it, while one that has passed is there", () => {
  const { pool, take } = poolOf(
    ["a", "b", "c"].map((id) => exitOf(id)),
    seeded(3),
    CHECKED,
  );
  pool.record({ exit: "b", target: TARGET, outcome: ANSWERED });
  for (let i = 0; i < 30; i++) assert.equal(take()?.exit.id, "b");
  pool.record({ exit: "c", target: TARGET, outcome: ANSWERED });
  const taken = new Set(Array.from({ length: 40 }, () => take()?.exit.id));
  assert.deepEqual([...taken].sort(), ["b", "c"]);
});

test("where no exit has passed a check, those that nothing is known of are taken rather than none", () => {
  const { pool, take } = poolOf(
    ["a", "b"].map((id) => exitOf(id)),
    seeded(3),
    CHECKED,
  );
  assert.notEqual(take(), null);
  pool.record({ exit: "a", target: TARGET, outcome: REFUSED });
  for (let i = 0; i < 10; i++) assert.equal(take()?.exit.id, "b");
});

test("an exit whose check could find nothing out is taken like others", () => {
  const fixture = poolOf(
    ["a", "b"].map((id) => exitOf(id)),
    seeded(3),
    CHECKED,
  );
  const { pool, take } = fixture;
  for (const exit of ["a", "b"]) pool.record({ exit, target: TARGET, outcome: UNJUDGED });
  const taken = new Set(Array.from({ length: 40 }, () => take()?.exit.id));
  assert.deepEqual([...taken].sort(), ["a", "b"]);
});

test("exits that were checked in vain are due again once something can be found out, whoever used them meanwhile", () => {
  const fixture = poolOf(["vain", "used", "found"].map((id) => exitOf(id)));
  const { pool, clock, takeExit } = fixture;
  for (const exit of ["vain", "used"]) pool.record({ exit, target: TARGET, outcome: UNJUDGED, closely: true });
  pool.record({ exit: "found", target: TARGET, outcome: ANSWERED, closely: true });
  pool.settle(takeExit("used"), ANSWERED);
  clock.ms++;
  assert.deepEqual(dueOf(fixture), []);
  const vainBefore = clock.now();
  const due = () => [...pool.dueForCheck({ ...TIMES, vainBefore })].map((one) => one && [one.exit.id, one.closely]);
  assert.deepEqual(due(), [["vain", true], ["used", true], null]);
  for (const exit of ["vain", "used"]) pool.record({ exit, target: TARGET, outcome: UNJUDGED, closely: true });
  assert.deepEqual(due(), [null, null, null]);
});

test("an exit whose check failed is not taken while one that passed is there, whoever was to blame", () => {
  for (const [silence, culprit] of [
    [failed("head.timeout", "exit"), "exit"],
    [failed("head.timeout", "origin", "target"), "origin"],
  ] as const) {
    const ids = Array.from({ length: 40 }, (_, i) => `silent${i}`);
    const { pool, take, clock, stateOf } = poolOf(
      [...ids, "good"].map((id) => exitOf(id)),
      seeded(3),
      CHECKED,
    );
    for (const exit of ids) pool.record({ exit, target: TARGET, outcome: silence });
    pool.record({ exit: "good", target: TARGET, outcome: ANSWERED });
    for (let i = 0; i < 30; i++) assert.equal(take()?.exit.id, "good", culprit);
    clock.ms += IDLE_MS;
    pool.record({ exit: "silent3", target: TARGET, outcome: UNJUDGED });
    assert.equal(take({}, new Set(["good"]))?.exit.id.startsWith("silent"), true);
    for (let i = 0; i < 30; i++) assert.equal(take()?.exit.id, "good", "what finds nothing out clears nobody");
    pool.record({ exit: "silent3", target: TARGET, outcome: ANSWERED });
    assert.equal(stateOf("silent3"), "healthy");
  }
});

test("exits that are silent while what they were asked for does well are benched, though they are most of the pool", () => {
  const ids = Array.from({ length: 100 }, (_, i) => `silent${i}`);
  const { pool } = poolOf(
    [...ids, "good"].map((id) => exitOf(id)),
    () => 0,
    CHECKED,
  );
  pool.record({ exit: "good", target: TARGET, outcome: ANSWERED });
  const silence = { ...failed("head.timeout", "exit", "exit", { confidence: 0.95 }), isTargetUp: true };
  for (const exit of ids) pool.record({ exit, target: TARGET, outcome: silence });
  assert.deepEqual(pool.countByState(), { untried: 0, healthy: 1, probation: 0, benched: 100, dead: 0 });
});

test("an exit's snapshot says when it was last checked, and when it was last found honest", () => {
  const { pool, clock } = poolOf([exitOf("a")], seeded(1), CHECKED);
  const shown = () => [pool.find("a")?.checkedMsAgo, pool.find("a")?.honestMsAgo];
  assert.deepEqual(shown(), [null, null]);
  pool.record({ exit: "a", target: TARGET, outcome: ANSWERED, closely: true });
  clock.ms += 5000;
  assert.deepEqual(shown(), [5000, 5000]);
  pool.record({ exit: "a", target: TARGET, outcome: ANSWERED });
  assert.deepEqual(shown(), [0, 5000]);
  pool.record({ exit: "a", target: TARGET, outcome: failed("honesty.fake_answer", "exit") });
  assert.deepEqual(shown(), [0, null]);
});

test("an exit is looked at closely until it was found honest, and when that is too long ago, however much it is used", () => {
  const fixture = poolOf([exitOf("a")], () => 0, CHECKED);
  const { pool, clock, takeExit } = fixture;
  const due = () => [...pool.dueForCheck(TIMES)].map((one) => one?.closely ?? null);
  const record = (outcome: LeaseOutcome, closely: boolean) => pool.record({ exit: "a", target: TARGET, outcome, closely });
  const use = () => pool.settle(takeExit("a"), ANSWERED);
  assert.deepEqual(due(), [true]);
  for (const outcome of [UNJUDGED, REFUSED]) {
    record(outcome, true);
    assert.deepEqual(due(), [null]);
    clock.ms += IDLE_MS;
    use();
    assert.deepEqual(due(), [true], outcome.kind);
  }
  record(ANSWERED, true);
  clock.ms += IDLE_MS;
  assert.deepEqual(due(), [false], "it was not used");
  use();
  assert.deepEqual(due(), [null]);
  clock.ms += HONEST_MS;
  use();
  assert.deepEqual(due(), [true]);
  record(failed("honesty.content_changed", "exit"), false);
  clock.ms += 2000;
  assert.deepEqual(due(), [true], "its bench for the lie is over");
  record(ANSWERED, false);
  clock.ms += IDLE_MS;
  use();
  assert.deepEqual(due(), [true], "that it works takes no lie back");
});

test("an exit whose route has changed waits for its check like a new one", () => {
  const fixture = poolOf(
    ["a", "b"].map((id) => exitOf(id)),
    seeded(4),
    CHECKED,
  );
  const { pool, take, stateOf } = fixture;
  for (const exit of ["a", "b"]) pool.record({ exit, target: TARGET, outcome: ANSWERED, closely: true });
  pool.change([exitOf("a", { hops: exitOf("new-a").hops })], []);
  assert.equal(stateOf("a"), "untried");
  assert.deepEqual(
    [...pool.dueForCheck(TIMES)].map((due) => due && [due.exit.id, due.closely]),
    [["a", true], null],
  );
  for (let i = 0; i < 30; i++) assert.equal(take()?.exit.id, "b");
});

test("an exit whose bench is over waits for its check, while another is there", () => {
  const { pool, clock, take, takeExit } = poolOf(
    ["a", "b"].map((id) => exitOf(id)),
    () => 0,
    CHECKED,
  );
  for (const exit of ["a", "b"]) pool.record({ exit, target: TARGET, outcome: ANSWERED });
  pool.settle(takeExit("a"), REFUSED);
  clock.ms += 1001;
  for (let i = 0; i < 20; i++) assert.equal(take()?.exit.id, "b");
  pool.record({ exit: "a", target: TARGET, outcome: ANSWERED });
  assert.equal(take({}, new Set(["b"]))?.exit.id, "a");
});

test("a reload switches the rule on and off", () => {
  const { pool, take } = poolOf(
    ["a", "b"].map((id) => exitOf(id)),
    seeded(3),
    CHECKED,
  );
  pool.record({ exit: "a", target: TARGET, outcome: ANSWERED });
  pool.configure(DEFAULTS.pool);
  assert.equal(take({}, new Set(["a"]))?.exit.id, "b");
  pool.configure(CHECKED);
  for (let i = 0; i < 20; i++) assert.equal(take()?.exit.id, "a");
});

test("a check uses no more than a share of an exit's limits", () => {
  const { pool, clock, takeExit } = poolOf(["a"].map((id) => exitOf(id, { tags: { concurrent: "4" } })));
  pool.limits.configure({ ...DEFAULTS.pacing, perExit: { concurrent: 4, perSecond: 10 } });
  const [exit] = pool.snapshot().map(({ id }) => exitOf(id, { tags: { concurrent: "4" } }));
  assert.ok(exit);
  const use = { share: 0.5, connections: 1 };
  const check = pool.limits.takeForCheck(exit, use, clock.now());
  assert.notEqual(check, null);
  check?.release();
  assert.equal(pool.limits.takeForCheck(exit, use, clock.now()), null, "10 a second, of which checks have 5: none for 200 ms");
  clock.ms += 199;
  assert.equal(pool.limits.takeForCheck(exit, use, clock.now()), null);
  clock.ms += 2;
  const leases = Array.from({ length: 4 }, () => {
    clock.ms += 100;
    return takeExit("a");
  });
  clock.ms += 1000;
  assert.equal(pool.limits.takeForCheck(exit, use, clock.now()), null, "traffic has all four connections");
  for (const lease of leases) pool.settle(lease, ANSWERED);
  assert.notEqual(pool.limits.takeForCheck(exit, use, clock.now()), null);
});

test("an exit on probation whose check found nothing out is not checked again at once", () => {
  const fixture = poolOf([exitOf("a")], seeded(1), CHECKED);
  const { pool, clock } = fixture;
  pool.record({ exit: "a", target: TARGET, outcome: REFUSED });
  clock.ms += 1001;
  assert.deepEqual(dueOf(fixture), ["a"]);
  pool.record({ exit: "a", target: TARGET, outcome: UNJUDGED });
  assert.deepEqual(dueOf(fixture), []);
  clock.ms += 10_000;
  assert.deepEqual(dueOf(fixture), ["a"]);
});

test("while no judge tells who is honest, an exit whose bench is over comes back once it works, unless it lied", () => {
  const fixture = poolOf([exitOf("a"), exitOf("liar"), exitOf("failing")], seeded(1), CHECKED);
  const { pool, clock, stateOf } = fixture;
  const due = () =>
    [...pool.dueForCheck({ ...TIMES, idleMs: 600_000, honestMs: 3_600_000 })].flatMap((found) =>
      found === null ? [] : [[found.exit.id, found.closely]],
    );
  const record = (exit: string, outcome: LeaseOutcome, closely: boolean) => pool.record({ exit, target: TARGET, outcome, closely });
  for (const id of ["a", "liar", "failing"]) record(id, ANSWERED, true);
  clock.ms += 2 * 3_600_000;
  record("a", REFUSED, false);
  record("liar", failed("honesty.content_changed", "exit"), true);
  record("failing", REFUSED, false);
  clock.ms += 600_000;
  const closely = ["a", "liar", "failing"].map((id) => [id, true]);
  assert.deepEqual(due(), closely);
  record("a", UNJUDGED, true);
  record("liar", UNJUDGED, true);
  record("failing", failed("head.timeout", "origin", "target"), true);
  clock.ms += 10_000;
  assert.deepEqual(due(), [["a", false], ...closely.slice(1)]);
  record("a", ANSWERED, false);
  assert.deepEqual([stateOf("a"), pool.find("a")?.honestMsAgo === 0], ["healthy", false]);
  clock.ms += 600_000;
  assert.deepEqual(due(), closely);
});

test("a long answer that began before its exit was benched keeps it neither from its check nor from its next attempt", () => {
  const fixture = poolOf([exitOf("a"), exitOf("b")]);
  const { pool, clock, take, takeExit } = fixture;
  pool.settle(takeExit("b"), ANSWERED);
  const long = takeExit("a");
  pool.settle(takeExit("a"), REFUSED);
  clock.ms += 1001;
  assert.deepEqual(dueOf(fixture), ["a"]);
  const taken = new Set<string | undefined>();
  for (let i = 0; i < 20 && !taken.has("a"); i++) taken.add(take()?.exit.id);
  assert.ok(taken.has("a"));
  assert.deepEqual(dueOf(fixture), [], "one that proves it is under way");
  pool.settle(long, ANSWERED);
});

test("a check over a route that is no more leaves the exit that has its id now unchecked", () => {
  for (const outcome of [ANSWERED, REFUSED, UNJUDGED]) {
    const fixture = poolOf(
      ["a", "b"].map((id) => exitOf(id)),
      seeded(4),
      CHECKED,
    );
    const { pool, take } = fixture;
    pool.record({ exit: "b", target: TARGET, outcome: ANSWERED });
    const begunAt = pool.beginCheck();
    pool.change([exitOf("a", { hops: exitOf("new-a").hops })], []);
    pool.record({ exit: "a", over: exitOf("a"), target: TARGET, outcome }, begunAt);
    assert.deepEqual(dueOf(fixture), ["a"]);
    assert.deepEqual(new Set(Array.from({ length: 40 }, () => take()?.exit.id)), new Set(["b"]));
  }
});
