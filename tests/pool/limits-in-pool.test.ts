import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DEFAULTS } from "../../src/config/defaults.ts";
import type { Lease } from "../../src/pool/lease.ts";
import { ANSWERED, exitOf, failed, poolOf, REFUSED, seeded, UNJUDGED } from "./fakes.ts";

const ofExit = (concurrent: number) => ({ ...DEFAULTS.pacing, perExit: { concurrent, perSecond: null } });

test("without limits nothing is counted, and nothing was ever limited", () => {
  const { pool, take } = poolOf([exitOf("a")]);
  pool.limits.configure(DEFAULTS.pacing);
  assert.equal(take()?.slot, null);
  assert.equal(take({ filter: { exit: "b", tags: {} } }), null);
  assert.equal(pool.limits.limited, null);
});

test("an exit never has more leases than it may, and none is refused while another is free", () => {
  const step = fc.record({ giveBack: fc.boolean(), at: fc.nat(1000), fails: fc.integer({ min: 0, max: 9 }) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 }), fc.nat(), fc.array(step, { maxLength: 120 }), (most, seed, steps) => {
      const ids = ["a", "b", "c"];
      const { pool, take } = poolOf(
        ids.map((id) => exitOf(id)),
        seeded(seed),
      );
      pool.limits.configure(ofExit(most));
      const held: Lease[] = [];
      for (const { giveBack, at, fails } of steps) {
        const [back] = giveBack && held.length > 0 ? held.splice(at % held.length, 1) : [];
        if (back !== undefined) pool.settle(back, fails === 0 ? REFUSED : ANSWERED);
        const lease = take();
        if (lease !== null) held.push(lease);
        else assert.equal(pool.limits.limited?.limit, `perExit.concurrent ${most}`);
        const inFlight = ids.map((id) => held.filter(({ exit }) => exit.id === id).length);
        assert.ok(Math.max(...inFlight) <= most, inFlight.join());
        const isUsable = (id: string) => ["untried", "healthy"].includes(pool.find(id)?.state ?? "");
        if (lease === null)
          assert.ok(
            ids.every((id, i) => !isUsable(id) || inFlight[i] === most),
            inFlight.join(),
          );
      }
      for (const lease of held) pool.settle(lease, UNJUDGED);
      assert.ok(pool.snapshot().every(({ inFlight }) => inFlight === 0));
    }),
  );
});

test("no benched exit is taken in the place of a good one that will soon have a turn", () => {
  const { pool, take, takeExit, stateOf } = poolOf([exitOf("a"), exitOf("b")]);
  pool.limits.configure(ofExit(1));
  pool.settle(takeExit("a"), REFUSED);
  assert.equal(stateOf("a"), "benched");
  const lease = take();
  assert.equal(lease?.exit.id, "b");
  assert.equal(take(), null);
  assert.deepEqual(pool.limits.limited, { retryInMs: Number.POSITIVE_INFINITY, limit: "perExit.concurrent 1" });
  let room = 0;
  pool.limits.onRoom = () => {
    room += 1;
  };
  pool.settle(lease as Lease, UNJUDGED);
  assert.equal(room, 1);
  assert.equal(take()?.exit.id, "b");
});

test("where none has passed a check yet, an exit that has a turn is taken, whichever others have none", () => {
  const ids = Array.from({ length: 20 }, (_, i) => `e${i}`);
  const { pool, take } = poolOf(
    ids.map((id) => exitOf(id)),
    seeded(5),
    { ...DEFAULTS.pool, checked: true },
  );
  pool.limits.configure(ofExit(1));
  const taken = ids.map(() => take()?.exit.id);
  assert.deepEqual(new Set(taken), new Set(ids));
  assert.equal(take(), null);
  assert.equal(pool.limits.limited?.limit, "perExit.concurrent 1");
});

test("a lease whose slot was taken away counts until that is released", () => {
  const { pool, take } = poolOf([exitOf("a")]);
  pool.limits.configure(ofExit(1));
  const lease = take() as Lease;
  const { slot } = lease;
  lease.slot = null;
  pool.settle(lease, ANSWERED);
  assert.equal(take(), null);
  slot?.release();
  assert.notEqual(take(), null);
});

test("where a good exit is at a limit and others are benched, it is worth asking again when the first of these is back", () => {
  const { pool, clock, take, takeExit } = poolOf(["a", "b", "c"].map((id) => exitOf(id)));
  pool.limits.configure(ofExit(1));
  const refuse = (id: string, retryAfterMs: number) =>
    pool.settle(takeExit(id), failed("connect.refused", "exit", "exit", { retryAfterMs }));
  // The least bad one is not the first to be back.
  refuse("b", 5000);
  clock.ms += 5000;
  refuse("b", 5000);
  refuse("c", 20_000);
  const held = takeExit("a");
  assert.equal(take(), null);
  assert.equal(pool.limits.limited?.limit, "perExit.concurrent 1");
  assert.equal(pool.limits.backInMs, 5000);
  clock.ms += 5000;
  assert.equal(take()?.exit.id, "b");
  assert.equal(take(), null);
  assert.equal(pool.limits.backInMs, 15_000);
  pool.settle(held, UNJUDGED);
  assert.equal(take()?.exit.id, "a");
});

test("who waits at a limit is looked after when an operator gives another exit back", () => {
  const { pool, take, takeExit } = poolOf(["a", "b"].map((id) => exitOf(id)));
  pool.limits.configure(ofExit(1));
  takeExit("a");
  const found: (string | undefined)[] = [];
  pool.limits.onRoom = () => found.push(take()?.exit.id);
  pool.bench("b", 60_000, "");
  assert.equal(take(), null);
  pool.unbench("b");
  assert.deepEqual(found, ["b"]);
});

test("where a good exit is at a limit, it is worth asking again when an operator's bench of another is over", () => {
  const { pool, clock, take, takeExit } = poolOf(
    ["a", "b", "c", "d"].map((id) => exitOf(id, { tags: { country: id === "d" ? "fr" : "de" } })),
  );
  pool.limits.configure(ofExit(1));
  takeExit("a");
  pool.bench("b", 5000, "");
  pool.bench("c", 3000, "");
  pool.drain("c", true);
  pool.bench("d", 1000, "");
  const german = { filter: { exit: null, tags: { country: ["de"] } } };
  assert.equal(take(german), null);
  assert.equal(pool.limits.backInMs, 5000);
  clock.ms += 5000;
  assert.equal(take(german)?.exit.id, "b");
});

test("in a pool below its floor an exit that is free is taken, whoever else is at a limit or benched", () => {
  const { pool, take, takeExit } = poolOf(
    ["busy", "free", "benched"].map((id) => exitOf(id)),
    seeded(3),
    { ...DEFAULTS.pool, floor: 1 },
  );
  pool.limits.configure(ofExit(1));
  for (const [id, ms] of [
    ["free", 1000],
    ["benched", 1],
  ] as const)
    pool.settle(takeExit(id), { kind: "answered", ms });
  pool.settle(takeExit("benched"), REFUSED);
  takeExit("busy");
  for (let i = 0; i < 50; i++) {
    const lease = take();
    assert.equal(lease?.exit.id, "free");
    if (lease !== null) pool.settle(lease, UNJUDGED);
  }
});
