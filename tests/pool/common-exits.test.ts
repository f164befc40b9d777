import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NO_PARAMS } from "../../src/core/params.ts";
import type { Exit } from "../../src/core/route.ts";
import type { Lease } from "../../src/pool/lease.ts";
import type { Pool } from "../../src/pool/pool.ts";
import { ANSWERED, exitOf, poolOf, REFUSED, seeded, TARGET, UNJUDGED } from "./fakes.ts";

/** More than one step of gathering looks at. */
const EXITS = 40_000;
const NONE: ReadonlySet<string> = new Set();
const LONG_MS = 3_600_000;

/** Half of the exits have each value of `a`, and half have each of `b`, but hardly any have those two that are asked for together. */
function exitAt(i: number, isWanted: boolean, more: Partial<Exit> = {}): Exit {
  const a = isWanted ? "x" : i % 2 === 0 ? "x" : "y";
  const b = isWanted ? "x" : i % 2 === 0 ? "y" : "x";
  return exitOf(i.toString(16).padStart(8, "0"), { tags: { a, b }, ...more });
}

function idAt(i: number): string {
  return i.toString(16).padStart(8, "0");
}

function largePool(isWanted: (i: number) => boolean, seed = 1) {
  return poolOf(
    Array.from({ length: EXITS }, (_, i) => exitAt(i, isWanted(i))),
    seeded(seed),
  );
}

function takeBoth(pool: Pool, tried: ReadonlySet<string> = NONE): Lease | null {
  return pool.take({ target: TARGET, params: { ...NO_PARAMS, filter: { exit: null, tags: { a: ["x"], b: ["x"] } } } }, tried);
}

/** The ids that so many choices lead to. */
function taken(pool: Pool, choices: number): Set<string | null> {
  const ids = new Set<string | null>();
  for (let choice = 0; choice < choices; choice++) {
    const lease = takeBoth(pool);
    ids.add(lease?.exit.id ?? null);
    if (lease !== null) pool.settle(lease, UNJUDGED);
  }
  return ids;
}

function bench(pool: Pool, id: string): void {
  pool.record({ exit: id, target: TARGET, outcome: REFUSED });
}

test("the only exit of a large pool that has both tags is found by the first choice, wherever it stands", () => {
  for (const at of [0, EXITS >> 1, EXITS - 1]) {
    const { pool } = largePool((i) => i === at);
    assert.deepEqual(taken(pool, 5), new Set([idAt(at)]));
  }
});

test("the only exit that has both tags is taken while it is benched, too", () => {
  const { pool } = largePool((i) => i === EXITS - 1);
  bench(pool, idAt(EXITS - 1));
  assert.deepEqual(taken(pool, 3), new Set([idAt(EXITS - 1)]));
});

test("where no exit of a large pool has both tags, a choice finds none, and says so", () => {
  const { pool } = largePool(() => false);
  assert.equal(takeBoth(pool), null);
  const filter = { exit: null, tags: { a: ["x"], b: ["x"] } };
  assert.equal(pool.explainEmpty({ ...NO_PARAMS, filter }), "no exit has a=x and b=x together");
});

test("the only usable one of thousands that have both tags is found before all of them were gathered", () => {
  const { pool } = largePool((i) => i % 8 === 0);
  for (let i = 0; i < EXITS - 8; i += 8) bench(pool, idAt(i));
  assert.deepEqual(taken(pool, 20), new Set([idAt(EXITS - 8)]));
});

test("where all of thousands are benched, each choice has one of them, until one is back", () => {
  const { pool } = largePool((i) => i % 8 === 0);
  for (let i = 0; i < EXITS; i += 8) bench(pool, idAt(i));
  for (let choice = 0; choice < 2; choice++) assert.equal(takeBoth(pool)?.exit.tags["b"], "x");
  pool.unbench(idAt(EXITS - 8));
  assert.deepEqual(taken(pool, 20), new Set([idAt(EXITS - 8)]));
});

test("what an operator takes out while exits are gathered is not taken, and all of them are counted", () => {
  const { pool } = largePool((i) => i % 2000 === 0);
  assert.notEqual(takeBoth(pool), null);
  for (let i = 0; i < EXITS; i += 2000) pool.drain(idAt(i), true);
  assert.equal(takeBoth(pool), null);
  const filter = { exit: null, tags: { a: ["x"], b: ["x"] } };
  assert.equal(pool.explainEmpty({ ...NO_PARAMS, filter }), "an operator has taken out all 20 exits that match");
});

test("once all are gathered, draws come to each of those that match", () => {
  const { pool } = largePool((i) => i % 2000 === 0);
  assert.equal(taken(pool, 500).size, EXITS / 2000);
});

type Step =
  | { readonly do: "bench" | "drain" | "release" | "remove" | "add" | "answer"; readonly which: number }
  | { readonly do: "take"; readonly times: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("take" as const), times: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("bench" as const, "drain" as const, "release" as const, "remove" as const, "add" as const, "answer" as const),
      which: fc.nat(EXITS - 1),
    }),
  },
);

test("whatever changes while exits are gathered, a choice matches, and is benched only where no usable one matches", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), fc.integer(), (steps, share, seed) => {
      // A few at the end, some everywhere, or more than one step gathers.
      const isWanted = (i: number) => (share === 1 ? i > EXITS - 5 : i % (share === 2 ? 1000 : 9) === 0);
      const { pool, clock } = largePool(isWanted, seed);
      const wanted = new Set(Array.from({ length: EXITS }, (_, i) => i).filter(isWanted));
      for (const each of steps) {
        if (each.do === "take") for (let times = 0; times < each.times; times++) judge(pool, wanted);
        else change(pool, each.do, nearest(wanted, each.which), wanted);
        clock.ms += 1;
      }
      judge(pool, wanted);
    }),
    { numRuns: 25 },
  );
});

/** One that matches, so that changes are of those that are gathered; where there is none, any. */
function nearest(wanted: ReadonlySet<number>, which: number): number {
  const all = [...wanted];
  return all[which % all.length] ?? which;
}

function change(pool: Pool, what: Step["do"], i: number, wanted: Set<number>): void {
  const id = idAt(i);
  if (what === "bench") bench(pool, id);
  else if (what === "drain") pool.bench(id, LONG_MS, "");
  else if (what === "release") pool.unbench(id);
  else if (what === "answer") pool.record({ exit: id, target: TARGET, outcome: ANSWERED });
  else if (what === "remove") {
    pool.change([], [id]);
    wanted.delete(i);
  } else {
    pool.change([exitAt(i + EXITS, true, { weight: 1 + (i % 2) })], []);
    wanted.add(i + EXITS);
  }
}

function judge(pool: Pool, wanted: ReadonlySet<number>): void {
  const lease = takeBoth(pool);
  const states = Array.from(wanted, (i) => pool.find(idAt(i)));
  const inService = states.filter((state) => state !== null && state.operatorBench === null);
  if (lease === null) {
    assert.equal(inService.length, 0, "none was found, though one matches");
    return;
  }
  const chosen = inService.find((state) => state?.id === lease.exit.id);
  assert.ok(chosen !== undefined && chosen !== null, "it does not match, or an operator has taken it out");
  const isAnyUsable = inService.some((state) => state !== null && state.state !== "benched" && state.id !== lease.exit.id);
  if (isAnyUsable) assert.notEqual(chosen.state, "benched", "a benched one was taken, though a usable one matches");
  pool.settle(lease, UNJUDGED);
  assert.equal(pool.find(lease.exit.id)?.inFlight, 0);
}
