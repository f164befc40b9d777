import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DEFAULTS } from "../../src/config/defaults.ts";
import type { Lease } from "../../src/pool/lease.ts";
import { ANSWERED, exitOf, poolOf, REFUSED, seeded, UNJUDGED } from "./fakes.ts";

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
