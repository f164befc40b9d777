import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { GivenExits } from "../../src/core/exit-rows.ts";
import { fault } from "../../src/core/fault.ts";
import { NO_PARAMS } from "../../src/core/params.ts";
import type { Exit } from "../../src/core/route.ts";
import type { Pool } from "../../src/pool/pool.ts";
import { ANSWERED, exitOf, poolOf, REFUSED, TARGET, UNJUDGED } from "./fakes.ts";

/** Ids that a user name writes differently, and ids that are eight hex digits. */
const IDS = ["e0", "E-1", "0badcafe", "ffffffff", "exit 4", "00000005"];
const COUNTRIES = ["de", "fr", "us"];

const exits = fc.record({ id: fc.constantFrom(...IDS), country: fc.constantFrom(...COUNTRIES), weight: fc.integer({ min: 1, max: 3 }) });
const someExits = fc.uniqueArray(
  exits.map(({ id, country, weight }) => exitOf(id, { tags: { country }, weight })),
  { selector: ({ id }) => id },
);
const steps = fc.array(fc.oneof(fc.record({ put: someExits, gone: fc.subarray(IDS) }), fc.record({ load: someExits })), { maxLength: 12 });

test("whatever was put in, taken out and loaded before, the pool is as if its last exits were loaded at once", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const { pool } = poolOf([]);
      const model = new Map<string, Exit>();
      for (const step of all) {
        if ("load" in step) {
          const loading = pool.loading(new GivenExits(step.load));
          while (loading.next().done !== true);
          model.clear();
        } else {
          pool.change(step.put, step.gone);
          for (const id of step.gone) model.delete(id);
        }
        for (const exit of "load" in step ? step.load : step.put) model.set(exit.id, exit);
      }
      const fresh = poolOf([...model.values()]).pool;
      assert.deepEqual(pool.snapshot(), fresh.snapshot());
      assert.equal(pool.size, model.size);
      for (const country of COUNTRIES) {
        const params = { ...NO_PARAMS, filter: { exit: null, tags: { country: [country] } } };
        const isThere = [...model.values()].some(({ tags }) => tags["country"] === country);
        const taken = pool.take({ target: TARGET, params }, new Set())?.exit ?? null;
        assert.equal(taken === null ? null : model.get(taken.id)?.tags["country"], isThere ? country : null);
      }
    }),
    { numRuns: 100 },
  );
});

test("a bench survives loads and changes around it, and a lease of an exit that is gone is settled", () => {
  const { pool, takeExit, stateOf } = poolOf(["a", "b", "c"].map((id) => exitOf(id)));
  pool.settle(takeExit("a"), REFUSED);
  const open = takeExit("b");
  assert.deepEqual(pool.change([exitOf("d")], ["b"]), { added: 1, removed: 1, kept: 2 });
  pool.load(["d", "c", "a"].map((id) => exitOf(id, { tags: { country: "de" } })));
  assert.equal(stateOf("a"), "benched");
  pool.settle(open, REFUSED);
  assert.equal(pool.find("b"), null);
  assert.deepEqual(
    pool.snapshot().map(({ id }) => id),
    ["d", "c", "a"],
  );
});

test("what began over a route that an exit had before tells nothing of the route that it has now", () => {
  const { pool, takeExit, stateOf } = poolOf(["a", "b", "c"].map((id) => exitOf(id)));
  const [ofLoad, ofChange, late] = [takeExit("a"), takeExit("b"), takeExit("a")];
  const check = pool.beginCheck();
  const renewed = (id: string) => exitOf(id, { hops: exitOf(`new-${id}`).hops });
  pool.change([renewed("b")], []);
  pool.load([renewed("a"), renewed("b"), exitOf("c")]);
  pool.settle(ofLoad, REFUSED);
  pool.settle(ofChange, REFUSED);
  pool.record({ exit: "a", over: exitOf("a"), target: TARGET, outcome: REFUSED }, check);
  pool.settle(late, ANSWERED);
  assert.deepEqual(["a", "b"].map(stateOf), ["untried", "untried"]);
  pool.settle(takeExit("a"), REFUSED);
  assert.equal(stateOf("a"), "benched");
});

const LOST = { kind: "failed", fault: fault("handshake.timeout", "nothing for 5 s"), culprit: "exit", role: "exit" } as const;

/** A failure over this exit of the pool is weighed as one over an exit that nobody has met. */
function assertUnknown(pool: Pool, exit: Exit): void {
  const target = { ...TARGET, host: "other.example" };
  assert.equal(pool.leadsStill(exit), true);
  assert.deepEqual(pool.weigh({ exit, target }, LOST), pool.weigh({ exit: { ...exit, id: "never met" }, target }, LOST));
}

test("what fails over a route that is no more is not held against the one that has its exit's id now", () => {
  const { pool, takeExit } = poolOf(["a", "b"].map((id) => exitOf(id)));
  const began = Array.from({ length: 6 }, () => takeExit("a"));
  const renewed = exitOf("a", { hops: exitOf("new-a").hops });
  pool.load([renewed, exitOf("b")]);
  for (const lease of began) assert.deepEqual(pool.settle(lease, LOST)?.evidence, []);
  for (let request = 0; request < 5; request++) pool.settle(takeExit("b"), LOST);
  assertUnknown(pool, renewed);
});

test("what is answered over a route that is no more says nothing for the one that has its exit's id now", () => {
  const { pool, takeExit } = poolOf(["a", "b"].map((id) => exitOf(id)));
  const began = [takeExit("a"), takeExit("b")];
  const check = pool.beginCheck();
  const now = [exitOf("a", { hops: exitOf("new-a").hops }), exitOf("b")];
  pool.change(now.slice(0, 1), ["b"]);
  pool.change(now.slice(1), []);
  for (const lease of began) pool.settle(lease, ANSWERED);
  pool.record({ exit: "a", over: exitOf("a"), target: TARGET, outcome: ANSWERED }, check);
  for (const exit of now) {
    const { state, successes, ewmaMs, inFlight } = pool.find(exit.id) ?? {};
    assert.deepEqual({ state, successes, ewmaMs, inFlight }, { state: "untried", successes: 0, ewmaMs: null, inFlight: 0 });
    assertUnknown(pool, exit);
  }
});

test("an exit on probation has its turn once the last attempt over its former route has ended, however that ends", () => {
  for (const end of [REFUSED, ANSWERED, UNJUDGED]) {
    const { pool, clock, take, takeExit, stateOf } = poolOf(["a", "b"].map((id) => exitOf(id)));
    pool.settle(takeExit("b"), ANSWERED);
    const former = takeExit("a");
    pool.change([exitOf("a", { hops: exitOf("new-a").hops })], []);
    pool.settle(takeExit("a"), REFUSED);
    clock.ms += 3_600_000;
    assert.equal(pool.countByState().probation, 1);
    pool.settle(former, end);
    assert.equal(stateOf("a"), "probation");
    const next = new Set(Array.from({ length: 40 }, () => take()?.exit.id));
    assert.deepEqual(next, new Set(["a", "b"]));
  }
});

test("what began before an operator ended a bench does not bring it back", () => {
  const { pool, takeExit, stateOf } = poolOf(["a", "b"].map((id) => exitOf(id)));
  const early = takeExit("a");
  pool.settle(takeExit("a"), REFUSED);
  const later = takeExit("a");
  pool.unbench("a");
  for (const lease of [early, later]) pool.settle(lease, REFUSED);
  assert.equal(stateOf("a"), "untried");
});
