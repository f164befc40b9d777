import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Pace, Pacing } from "../../src/core/pool-settings.ts";
import type { Exit } from "../../src/core/route.ts";
import { isPaced, type Limited, Limits, ownConcurrency, type Slot } from "../../src/pool/limits.ts";
import { exitOf } from "./fakes.ts";

const UNLIMITED: Pace = { concurrent: null, perSecond: null };
const TARGET = "site.example:443";

function pacingOf(changes: Partial<Pacing>): Pacing {
  return { perExit: UNLIMITED, perTarget: UNLIMITED, perExitAndTarget: UNLIMITED, queue: 10, wait: 1000, ...changes };
}

function limitsOf(changes: Partial<Pacing>, onRoom: () => void = () => {}): Limits {
  return new Limits(pacingOf(changes), onRoom);
}

/** As the pool asks: the target first, then the exit. */
function takeFrom(limits: Limits, exit: Exit, target: string, now: number): Slot | Limited {
  return limits.refusalOfTarget(target, now) ?? limits.refusalOf(exit, target, now) ?? limits.take(exit, target, now);
}

function isSlot(taken: Slot | Limited): taken is Slot {
  return !("retryInMs" in taken);
}

test("an exit gets so many at once, and the next when one is given back", () => {
  let room = 0;
  const limits = limitsOf({ perExit: { concurrent: 2, perSecond: null } }, () => {
    room += 1;
  });
  const exit = exitOf("a");
  const first = takeFrom(limits, exit, TARGET, 0);
  const second = takeFrom(limits, exit, "other.example:80", 0);
  assert.ok(isSlot(first) && isSlot(second));
  assert.deepEqual(takeFrom(limits, exit, TARGET, 0), { retryInMs: Number.POSITIVE_INFINITY, limit: "perExit.concurrent 2" });
  assert.ok(isSlot(takeFrom(limits, exitOf("b"), TARGET, 0)));
  first.release();
  first.release();
  assert.equal(room, 1);
  assert.ok(isSlot(takeFrom(limits, exit, TARGET, 0)));
  assert.ok(!isSlot(takeFrom(limits, exit, TARGET, 0)));
});

test("a target gets so many over all exits, a direct route included", () => {
  const limits = limitsOf({ perTarget: { concurrent: 2, perSecond: null } });
  limits.take(null, TARGET, 0);
  assert.ok(isSlot(takeFrom(limits, exitOf("a"), TARGET, 0)));
  assert.deepEqual(takeFrom(limits, exitOf("b"), TARGET, 0), { retryInMs: Number.POSITIVE_INFINITY, limit: "perTarget.concurrent 2" });
  assert.ok(isSlot(takeFrom(limits, exitOf("b"), "other.example:80", 0)));
});

test("an exit at its limit towards one target serves the others", () => {
  const limits = limitsOf({ perExitAndTarget: { concurrent: 1, perSecond: null } });
  assert.ok(isSlot(takeFrom(limits, exitOf("a"), TARGET, 0)));
  assert.deepEqual(takeFrom(limits, exitOf("a"), TARGET, 0), {
    retryInMs: Number.POSITIVE_INFINITY,
    limit: "perExitAndTarget.concurrent 1",
  });
  assert.ok(isSlot(takeFrom(limits, exitOf("a"), "other.example:80", 0)));
  assert.ok(isSlot(takeFrom(limits, exitOf("b"), TARGET, 0)));
});

test("a rate says when the next one is due, and may be below one a second", () => {
  const limits = limitsOf({ perExit: { concurrent: null, perSecond: 0.5 } });
  const exit = exitOf("a");
  assert.ok(isSlot(takeFrom(limits, exit, TARGET, 1000)));
  assert.deepEqual(takeFrom(limits, exit, TARGET, 1500), { retryInMs: 1500, limit: "perExit.perSecond 0.5" });
  assert.ok(isSlot(takeFrom(limits, exit, TARGET, 3000)));
});

test("an exit's own concurrent=N wins over the config's, and counts without one", () => {
  const vendor = exitOf("v", { tags: { concurrent: "2" } });
  for (const limits of [limitsOf({}), limitsOf({ perExit: { concurrent: 1, perSecond: null } })]) {
    assert.ok(isSlot(takeFrom(limits, vendor, TARGET, 0)));
    assert.ok(isSlot(takeFrom(limits, vendor, TARGET, 0)));
    assert.ok(!isSlot(takeFrom(limits, vendor, TARGET, 0)));
  }
  for (const text of ["0", "-1", "2.5", "many", ""]) assert.equal(ownConcurrency(exitOf("x", { tags: { concurrent: text } })), null, text);
});

test("a config limits something if any of its limits is set", () => {
  assert.equal(isPaced(pacingOf({})), false);
  for (const pace of [
    { concurrent: 1, perSecond: null },
    { concurrent: null, perSecond: 1 },
  ]) {
    for (const what of ["perExit", "perTarget", "perExitAndTarget"]) assert.equal(isPaced(pacingOf({ [what]: pace })), true);
  }
});

const count = fc.integer({ min: 1, max: 4 });
const step = fc.record({
  exit: fc.integer({ min: 0, max: 3 }),
  target: fc.integer({ min: 0, max: 2 }),
  giveBack: fc.boolean(),
  at: fc.integer({ min: 0, max: 1000 }),
});

test("never more at once than the limits allow, and never refused below them", () => {
  fc.assert(
    fc.property(count, count, count, fc.array(step, { maxLength: 200 }), (perExit, perTarget, perPair, steps) => {
      const of = (concurrent: number): Pace => ({ concurrent, perSecond: null });
      const limits = limitsOf({ perExit: of(perExit), perTarget: of(perTarget), perExitAndTarget: of(perPair) });
      const held: { exit: string; target: string; slot: Slot }[] = [];
      for (const { exit, target, giveBack, at } of steps) {
        if (giveBack && held.length > 0) held.splice(at % held.length, 1)[0]?.slot.release();
        const [exitId, host] = [`e${exit}`, `t${target}:80`];
        const inFlight = (e: string | null, t: string | null) =>
          held.filter((one) => (e === null || one.exit === e) && (t === null || one.target === t)).length;
        const isFree = inFlight(exitId, null) < perExit && inFlight(null, host) < perTarget && inFlight(exitId, host) < perPair;
        const taken = takeFrom(limits, exitOf(exitId), host, 0);
        assert.equal(isSlot(taken), isFree);
        if (isSlot(taken)) held.push({ exit: exitId, target: host, slot: taken });
      }
    }),
  );
});

test("never more in any time than the rate, with what a tenth of a second allows at once", () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 150 });
  fc.assert(
    fc.property(fc.double({ min: 0.2, max: 200, noNaN: true }), gaps, (perSecond, waits) => {
      const limits = limitsOf({ perTarget: { concurrent: null, perSecond } });
      const passed: number[] = [];
      let now = 5000;
      for (const wait of waits) {
        now += wait;
        const taken = takeFrom(limits, exitOf("a"), TARGET, now);
        if (!isSlot(taken)) {
          assert.ok(taken.retryInMs > 0 && taken.retryInMs <= 1000 / perSecond + 1e-6);
          continue;
        }
        taken.release();
        passed.push(now);
      }
      const burst = Math.max(1, 1 + (100 * perSecond) / 1000);
      for (const [first, from] of passed.entries()) {
        for (let last = first; last < passed.length; last++) {
          const spanMs = (passed[last] as number) - from;
          assert.ok(last - first + 1 <= burst + (spanMs * perSecond) / 1000 + 1e-6);
        }
      }
    }),
  );
});

test("a rate is used up where there is demand: no turn is lost", () => {
  const limits = limitsOf({ perTarget: { concurrent: null, perSecond: 40 } });
  let passed = 0;
  for (let now = 0; now < 10_000; now += 25) {
    for (let taken = takeFrom(limits, exitOf("a"), TARGET, now); isSlot(taken); taken = takeFrom(limits, exitOf("a"), TARGET, now)) {
      taken.release();
      passed += 1;
    }
  }
  assert.ok(passed >= 400 && passed <= 405, `${passed} in ten seconds`);
});

test("what is idle is forgotten", () => {
  const limits = limitsOf({ perExit: { concurrent: 5, perSecond: 10 }, perTarget: { concurrent: 5, perSecond: 10 } });
  for (let i = 0; i < 5000; i++) {
    const taken = takeFrom(limits, exitOf(`e${i}`), `t${i}:80`, i * 10);
    assert.ok(isSlot(taken));
    taken.release();
  }
  assert.ok(limits.size < 100, `${limits.size} are remembered`);
});

test("traffic that takes every turn of an exit's rate at once keeps no check from its own, and both together keep to the rate", () => {
  const clock = { ms: 1_000_000 };
  const limits = limitsOf({ perExit: { concurrent: null, perSecond: 5 } });
  const exit = exitOf("a");
  const starts: number[] = [];
  let checks = 0;
  let slot: ReturnType<Limits["takeForCheck"]> = null;
  for (const end = clock.ms + 60_000; clock.ms < end; clock.ms++) {
    if (limits.refusalOf(exit, TARGET, clock.ms) === null) {
      limits.take(exit, TARGET, clock.ms).release();
      starts.push(clock.ms);
    }
    slot ??= limits.takeForCheck(exit, { share: 0.25, connections: 1 }, clock.ms);
    if (slot === null || slot.askTurn(clock.ms) > 0) continue;
    starts.push(clock.ms);
    checks++;
    slot.release();
    slot = null;
  }
  assert.equal(starts.length, 300, "no turn is lost");
  assert.ok(checks >= 60 && checks <= 75, `${checks} of 300, of which checks may have a quarter`);
  assert.ok(starts.every((at, i) => i === 0 || at - (starts[i - 1] as number) >= 200));
});

test("traffic that has every connection of an exit leaves one to a check that found none, and has it back in any case", () => {
  for (const [concurrent, share] of [
    [1, 0.5],
    [3, 0.5],
    [3, 0.2],
  ] as const) {
    const limits = limitsOf({ perExit: { concurrent, perSecond: null } });
    const exit = exitOf("a");
    const use = { share, connections: 4 };
    const slots = Array.from({ length: concurrent }, () => limits.take(exit, TARGET, 0));
    assert.equal(limits.takeForCheck(exit, use, 0), null);
    slots.pop()?.release();
    assert.equal(limits.refusalOf(exit, TARGET, 400)?.retryInMs, 600);
    const check = limits.takeForCheck(exit, use, 500);
    assert.equal(check?.connections, 1);
    check?.release();
    assert.equal(limits.refusalOf(exit, TARGET, 600), null);
    slots.push(limits.take(exit, TARGET, 600));
    assert.equal(limits.takeForCheck(exit, use, 700), null);
    slots.pop()?.release();
    assert.equal(limits.refusalOf(exit, TARGET, 1700), null, "the check did not come again");
    for (const slot of slots) slot.release();
  }
});

test("what traffic leaves for a check is not forgotten when all that was in flight ends at once", () => {
  const limits = limitsOf({ perExit: { concurrent: 2, perSecond: null } });
  const exit = exitOf("a");
  const use = { share: 0.5, connections: 4 };
  const slots = [0, 0].map((at) => limits.take(exit, TARGET, at));
  assert.equal(limits.takeForCheck(exit, use, 0), null);
  for (const slot of slots) slot.release();
  for (let i = 0; i < 10; i++) limits.take(exitOf(`other${i}`), TARGET, 100).release();
  limits.take(exit, TARGET, 100);
  assert.equal(limits.refusalOf(exit, TARGET, 100)?.retryInMs, 900);
  assert.equal(limits.takeForCheck(exit, use, 500)?.connections, 1);
});
