import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_PARAMS } from "../../src/core/params.ts";
import type { Target } from "../../src/core/route.ts";
import type { Lease } from "../../src/pool/lease.ts";
import { PairMemory } from "../../src/pool/pair-memory.ts";
import { ANSWERED, exitOf, type Fixture, failed, poolOf, UNJUDGED } from "./fakes.ts";

const MINUTE = 60_000;
const DENIED = failed("handshake.policy_denied", "exit");
const SHOP: Target = { scheme: "tcp", host: "shop.example", port: 443 };
const NEWS: Target = { scheme: "tcp", host: "news.example", port: 443 };
const FEW = ["a", "b", "c"].map((id) => exitOf(id));

/** Settles with the outcome whichever attempt at the target goes over the exit. */
function settleFor({ pool }: Fixture, target: Target, id: string, outcome: Parameters<Fixture["pool"]["settle"]>[1]): void {
  pool.settle(pool.take({ target, params: { ...NO_PARAMS, filter: { exit: id, tags: {} } } }, new Set()) as Lease, outcome);
}

function takenFor({ pool }: Fixture, target: Target, turns = 60): Set<string> {
  const ids = new Set<string>();
  for (let i = 0; i < turns; i++) {
    const lease = pool.take({ target, params: NO_PARAMS }, new Set()) as Lease;
    ids.add(lease.exit.id);
    pool.settle(lease, UNJUDGED);
  }
  return ids;
}

test("an exit whose rules forbid one target still serves the others, and is not benched", () => {
  const fixture = poolOf(FEW);
  settleFor(fixture, SHOP, "a", DENIED);
  assert.deepEqual(takenFor(fixture, SHOP), new Set(["b", "c"]));
  assert.deepEqual(takenFor(fixture, NEWS), new Set(["a", "b", "c"]));
  assert.equal(fixture.stateOf("a"), "untried");
});

test("a target that blocks every exit gets one of them all the same", () => {
  const fixture = poolOf(FEW);
  for (const { id } of FEW) settleFor(fixture, SHOP, id, DENIED);
  assert.ok(fixture.pool.take({ target: SHOP, params: NO_PARAMS }, new Set()) !== null);
});

test("a blocked pair is tried again after a time, and a success forgets it", () => {
  const fixture = poolOf(FEW);
  // Slower than the one in question, which so is taken whenever it may be.
  for (const id of ["b", "c"]) settleFor(fixture, SHOP, id, { kind: "answered", ms: 400 });
  settleFor(fixture, SHOP, "a", DENIED);
  fixture.clock.ms += MINUTE;
  assert.ok(takenFor(fixture, SHOP).has("a"));
  settleFor(fixture, SHOP, "a", DENIED);
  fixture.clock.ms += 25_000;
  assert.ok(!takenFor(fixture, SHOP).has("a"));
  settleFor(fixture, SHOP, "a", ANSWERED);
  assert.ok(takenFor(fixture, SHOP).has("a"));
});

test("a big pool most of which a target blocks finds the others", () => {
  const exits = Array.from({ length: 400 }, (_, i) => exitOf(`e${i}`));
  const fixture = poolOf(exits);
  for (let i = 0; i < 340; i++) settleFor(fixture, SHOP, `e${i}`, DENIED);
  for (const id of takenFor(fixture, SHOP)) assert.ok(Number(id.slice(1)) >= 340, id);
});

test("doubles the time of a pair that fails again and again, up to an hour, and forgets a level in each quiet hour", () => {
  const pairs = new PairMemory(() => 1);
  const until = () => (pairs.of("t")?.get("a")?.until ?? 0) - now;
  let now = 0;
  const times: number[] = [];
  for (let i = 0; i < 9; i++) {
    pairs.fail("t", "a", now, 0);
    times.push(until() / 1000);
    now += until();
  }
  assert.deepEqual(times, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
  now += 6 * 60 * MINUTE;
  pairs.fail("t", "a", now, 0);
  assert.equal(until() / 1000, 120);
  pairs.fail("t", "b", now, 5 * MINUTE);
  assert.equal((pairs.of("t")?.get("b")?.until ?? 0) - now, 5 * MINUTE);
});

test("keeps a bounded number of pairs: the oldest of the target that failed longest ago goes first", () => {
  const pairs = new PairMemory(() => 1, 3);
  for (const [target, exit] of [
    ["t", "a"],
    ["t", "b"],
    ["u", "a"],
    ["u", "b"],
  ] as const)
    pairs.fail(target, exit, 0, 0);
  assert.equal(pairs.size, 3);
  assert.deepEqual([...(pairs.of("t")?.keys() ?? [])], ["b"]);
  for (const _ of pairs.forget(new Set(["b"])));
  assert.equal(pairs.of("t"), null);
  assert.deepEqual([...(pairs.of("u")?.keys() ?? [])], ["a"]);
  pairs.work("u", "a");
  assert.equal(pairs.size, 0);
});

test("what an exit did under another route is forgotten with it", () => {
  const fixture = poolOf(FEW);
  settleFor(fixture, SHOP, "a", DENIED);
  const [hop] = exitOf("a").hops;
  fixture.pool.load([exitOf("a", { hops: [{ ...(hop as NonNullable<typeof hop>), port: 8081 }] }), ...FEW.slice(1)]);
  assert.ok(takenFor(fixture, SHOP).has("a"));
});
