import assert from "node:assert/strict";
import { test } from "node:test";
import { GivenExits } from "../../src/core/exit-rows.ts";
import type { Exit } from "../../src/core/route.ts";
import type { PoolChange } from "../../src/pool/exit-loader.ts";
import type { Pool } from "../../src/pool/pool.ts";
import { ANSWERED, exitOf, type Fixture, poolOf, REFUSED, TARGET } from "./fakes.ts";

/** Several steps of the load. */
const MANY = 2200;

/** Ids that are numbers themselves, and ids that are not. */
function idOf(i: number): string {
  return i % 3 === 0 ? `E-${i}` : i.toString(16).padStart(8, "0");
}

function listOf(from: number, to: number): Exit[] {
  return Array.from({ length: to - from }, (_, i) => exitOf(idOf(from + i), { tags: { country: i % 2 === 0 ? "de" : "fr" } }));
}

/** Runs a load step by step; how many steps it was, and what it did. */
function loadInSteps(pool: Pool, exits: readonly Exit[], afterStep: () => void): { readonly steps: number; readonly change: PoolChange } {
  const loading = pool.loading(new GivenExits(exits));
  for (let steps = 1; ; steps++) {
    const { value, done } = loading.next();
    afterStep();
    if (done === true) return { steps, change: value };
  }
}

function idsOfPages(pool: Pool): string[] {
  const ids: string[] = [];
  for (let after: string | null = null; ; ) {
    const listing = pool.list({ limit: 700, after, state: null, draining: null, tags: {} });
    let step = listing.next();
    while (step.done !== true) step = listing.next();
    ids.push(...(step.value?.exits ?? []).map(({ id }) => id));
    after = step.value?.next ?? null;
    if (after === null) return ids;
  }
}

function assertWhole({ pool, take, takeExit }: Fixture, staying: readonly string[]): void {
  const ids = pool.snapshot().map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(ids.length, pool.size);
  const found = new Set(ids);
  for (const id of staying) assert.ok(found.has(id), `${id} is missing`);
  assert.deepEqual(idsOfPages(pool), ids);
  assert.equal([...pool.dueForCheck({ idleMs: 0, honestMs: Number.POSITIVE_INFINITY, vainBefore: 0 })].length, ids.length);
  assert.equal(pool.waysTo(TARGET).count(ids.length + 1), 1024 < ids.length ? ids.length + 1 : ids.length);
  const counts = Object.values(pool.countByState());
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    ids.length,
  );
  const lease = take();
  assert.ok(lease !== null && found.has(lease.exit.id));
  pool.settle(lease, ANSWERED);
  const some = takeExit(staying[0] as string);
  assert.equal(some.exit.id, staying[0]);
  pool.settle(some, ANSWERED);
}

test("after each step of a load the pool has every exit that stays, once, in whatever order the new list has them", () => {
  const fixture = poolOf(listOf(0, MANY));
  const { pool } = fixture;
  const next = listOf(300, MANY + 700).reverse();
  const staying = listOf(300, MANY).map(({ id }) => id);
  const { steps, change } = loadInSteps(pool, next, () => assertWhole(fixture, staying));
  assert.ok(steps > 5, `${steps} steps`);
  assert.deepEqual(change, { added: 700, removed: 300, kept: MANY - 300 });
  assert.deepEqual(
    pool.snapshot().map(({ id }) => id),
    next.map(({ id }) => id),
  );
});

test("a round over the exits that began before a load comes to every exit that stays, and to those that came", () => {
  const { pool } = poolOf(listOf(0, MANY));
  const seen = new Set<string>();
  const round = pool.dueForCheck({ idleMs: 0, honestMs: Number.POSITIVE_INFINITY, vainBefore: 0 });
  const look = (exits: number) => {
    for (let i = 0; i < exits; i++) {
      const { value } = round.next();
      if (value) seen.add(value.exit.id);
    }
  };
  look(1000);
  const next = listOf(0, MANY + 500).reverse();
  loadInSteps(pool, next, () => look(100));
  look(2 * next.length);
  assert.equal(seen.size, next.length);
});

test("benches and leases live through each step of a load", () => {
  const { pool, takeExit, stateOf } = poolOf(listOf(0, MANY));
  const [benched, gone, kept] = [idOf(MANY - 1), idOf(7), idOf(1500)] as const;
  pool.settle(takeExit(benched), REFUSED);
  const leases = [takeExit(gone), takeExit(kept)] as const;
  const next = listOf(10, MANY).reverse();
  loadInSteps(pool, next, () => assert.equal(stateOf(benched), "benched"));
  for (const lease of leases) pool.settle(lease, REFUSED);
  assert.equal(pool.find(gone), null);
  assert.equal(stateOf(kept), "benched");
});
