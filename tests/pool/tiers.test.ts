import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import { NO_PARAMS } from "../../src/core/params.ts";
import { DIRECT_TIER, Tiers } from "../../src/pool/tiers.ts";
import { exitOf, failed, poolOf, REFUSED, seeded, TARGET } from "./fakes.ts";

const MINUTE = 60_000;
const SITE = "site.example:443";
const CHEAP = "datacenter";
const DEAR = "residential";

function tiersOf(order: readonly string[] = [CHEAP, DEAR], max?: number): Tiers {
  return new Tiers({ order, upAfter: 3, downAfter: 10 * MINUTE }, max);
}

function fail(tiers: Tiers, tier: string, times: number, now: number, target: string = SITE): void {
  for (let i = 0; i < times; i++) tiers.failed(target, tier, now);
}

test("a target moves up after so many failures, and no other target does", () => {
  const tiers = tiersOf();
  fail(tiers, CHEAP, 2, 0);
  assert.equal(tiers.startOf(SITE, 0), 0);
  fail(tiers, CHEAP, 1, 0);
  assert.equal(tiers.startOf(SITE, 0), 1);
  assert.equal(tiers.startOf("other.example:443", 0), 0);
  fail(tiers, DEAR, 20, 0);
  assert.equal(tiers.startOf(SITE, 0), 1, "there is none above");
});

test("failures wear off with time, and each answer halves them", () => {
  const tiers = tiersOf();
  for (let i = 0; i < 20; i++) fail(tiers, CHEAP, 1, i * 5 * MINUTE);
  assert.equal(tiers.startOf(SITE, 100 * MINUTE), 0);
  for (let i = 0; i < 60; i++) {
    fail(tiers, CHEAP, 1, 100 * MINUTE);
    tiers.answered(SITE, CHEAP, 100 * MINUTE);
    tiers.answered(SITE, CHEAP, 100 * MINUTE);
  }
  assert.equal(tiers.startOf(SITE, 100 * MINUTE), 0, "one request in three is refused");
  fail(tiers, CHEAP, 3, 100 * MINUTE);
  assert.equal(tiers.startOf(SITE, 100 * MINUTE), 1);
});

test("what fails in another tier, or in none that is named, does not count", () => {
  const tiers = tiersOf();
  fail(tiers, DEAR, 9, 0);
  fail(tiers, "mobile", 9, 0);
  tiers.failed(SITE, undefined, 0);
  assert.equal(tiers.startOf(SITE, 0), 0);
  fail(tiers, "Datacenter", 3, 0);
  assert.equal(tiers.startOf(SITE, 0), 1, "case is no difference");
  fail(tiers, CHEAP, 9, 0);
  assert.equal(tiers.startOf(SITE, 0), 1, "what was under way in the cheaper tier");
});

test("a target comes down after a time, on trial: one failure sends it back for twice as long, an answer lets it stay", () => {
  const tiers = tiersOf();
  fail(tiers, CHEAP, 3, 0);
  assert.equal(tiers.startOf(SITE, 10 * MINUTE - 1), 1);
  assert.equal(tiers.startOf(SITE, 10 * MINUTE), 0);
  fail(tiers, CHEAP, 1, 10 * MINUTE);
  assert.equal(tiers.startOf(SITE, 30 * MINUTE - 1), 1, "twenty minutes now");
  assert.equal(tiers.startOf(SITE, 30 * MINUTE), 0);
  tiers.answered(SITE, CHEAP, 30 * MINUTE);
  fail(tiers, CHEAP, 1, 30 * MINUTE);
  assert.equal(tiers.startOf(SITE, 30 * MINUTE), 0, "it stood its trial");
});

test("a target that does well in the first tier for long is forgotten", () => {
  const tiers = tiersOf();
  fail(tiers, CHEAP, 3, 0);
  assert.equal(tiers.startOf(SITE, 10 * MINUTE), 0);
  tiers.answered(SITE, CHEAP, 15 * MINUTE);
  assert.equal(tiers.size, 1);
  tiers.answered(SITE, CHEAP, 20 * MINUTE);
  assert.equal(tiers.size, 0);
});

test("a rule moves a target up at once", () => {
  const tiers = tiersOf();
  tiers.moveUp(SITE, CHEAP, 0);
  assert.equal(tiers.startOf(SITE, 0), 1);
  tiers.moveUp(SITE, CHEAP, 0);
  assert.equal(tiers.startOf(SITE, 0), 1);
});

test("so many targets are remembered, and the one that failed longest ago is dropped", () => {
  const tiers = tiersOf(undefined, 3);
  for (const target of ["a", "b", "c", "d"]) fail(tiers, CHEAP, 3, 0, target);
  assert.equal(tiers.size, 3);
  assert.deepEqual(
    ["a", "b", "d"].map((target) => tiers.startOf(target, 0)),
    [0, 1, 1],
  );
  fail(tiers, DEAR, 1, 0, "b");
  fail(tiers, CHEAP, 3, 0, "e");
  assert.deepEqual(
    ["b", "c", "e"].map((target) => tiers.startOf(target, 0)),
    [1, 0, 1],
  );
});

test("the filters begin with the target's tier, go on upwards, then downwards, then with any exit", () => {
  const tiers = tiersOf(["a", "b", "c"]);
  const filter = { exit: null, tags: { country: ["de"] } };
  const asked = () => tiers.filtersFor(filter, SITE, 0)?.map(({ tags }) => tags["tier"]?.join() ?? "any");
  assert.deepEqual(asked(), ["a", "b", "c", "any"]);
  assert.deepEqual(tiers.filtersFor(filter, SITE, 0)?.[0]?.tags, { country: ["de"], tier: ["a"] });
  assert.equal(tiers.filtersFor(filter, SITE, 0), tiers.filtersFor(filter, SITE, 0), "made once");
  fail(tiers, "a", 3, 0);
  assert.deepEqual(asked(), ["b", "c", "a", "any"]);
  fail(tiers, "b", 3, 0);
  assert.deepEqual(asked(), ["c", "b", "a", "any"]);
});

test("a client that names a tier or an exit gets that", () => {
  const tiers = tiersOf();
  assert.equal(tiers.filtersFor({ exit: null, tags: { tier: [DEAR] } }, SITE, 0), null);
  assert.equal(tiers.filtersFor({ exit: "de-7", tags: {} }, SITE, 0), null);
  assert.notEqual(tiers.filtersFor(NO_PARAMS.filter, SITE, 0), null);
});

test("direct is the first tier until a target needs more", () => {
  const tiers = tiersOf([DIRECT_TIER, CHEAP, DEAR]);
  const first = () => tiers.filtersFor(NO_PARAMS.filter, SITE, 0)?.[0]?.tags["tier"]?.join();
  assert.equal(tiers.startsDirect(SITE, 0), true);
  assert.equal(first(), CHEAP);
  fail(tiers, DIRECT_TIER, 3, 0);
  assert.equal(tiers.startsDirect(SITE, 0), false);
  assert.equal(first(), CHEAP);
  fail(tiers, CHEAP, 3, 0);
  assert.equal(first(), DEAR);
  assert.equal(tiersOf().startsDirect(SITE, 0), false);
});

test("exits that name no tier are of the first that exits can be in", () => {
  const exits = [exitOf("a"), exitOf("b", { tags: { tier: DEAR } })];
  const tiersIn = (order: readonly string[]) => {
    const { pool } = poolOf(exits, seeded(1), { ...DEFAULTS.pool, tiers: { ...DEFAULTS.pool.tiers, order } });
    return pool.snapshot().map(({ tags }) => tags["tier"]);
  };
  assert.deepEqual(tiersIn([DIRECT_TIER, CHEAP, DEAR]), [CHEAP, DEAR]);
  assert.deepEqual(tiersIn([]), [undefined, DEAR]);
});

test("another order of tiers forgets what was learned of the one before", () => {
  const tiers = tiersOf();
  fail(tiers, CHEAP, 3, 0);
  tiers.configure({ order: [CHEAP, DEAR], upAfter: 5, downAfter: MINUTE });
  assert.equal(tiers.startOf(SITE, 0), 1);
  tiers.configure({ order: [DEAR, CHEAP], upAfter: 5, downAfter: MINUTE });
  assert.equal(tiers.startOf(SITE, 0), 0);
  assert.equal(tiers.filtersFor(NO_PARAMS.filter, SITE, 0)?.[0]?.tags["tier"]?.join(), DEAR);
});

const BLOCKED = failed("relay.blocked", "edge", "target");
const TIERED = { ...DEFAULTS.pool, tiers: { order: [CHEAP, DEAR], upAfter: 3, downAfter: 10 * MINUTE } };
const EXITS = [
  ...Array.from({ length: 20 }, (_, i) => exitOf(`c${i}`)),
  ...Array.from({ length: 20 }, (_, i) => exitOf(`d${i}`, { tags: { tier: DEAR } })),
];

test("the pool takes exits of the target's tier while one of them is good, then of the next", () => {
  const { pool, take, takeExit } = poolOf(EXITS, seeded(3), TIERED);
  const tried = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const id = take({}, tried)?.exit.id ?? "";
    assert.match(id, /^c/);
    tried.add(id);
  }
  assert.match(take({}, tried)?.exit.id ?? "", /^d/, "all cheap ones were tried in this exchange");
  for (let i = 0; i < 20; i++) pool.settle(takeExit(`c${i}`), REFUSED);
  assert.match(take()?.exit.id ?? "", /^d/, "all cheap ones are benched");
});

test("exits that a target blocks move it up; what is the target's own, and exits that are surely broken, do not", () => {
  const { pool, takeExit, take } = poolOf(EXITS, seeded(4), TIERED);
  for (let i = 0; i < 10; i++) pool.settle(takeExit(`c${i}`), failed("relay.origin_5xx", "origin", "target"));
  assert.equal(pool.tiers.startOf("site.example:443", 0), 0);
  for (let i = 0; i < 5; i++) pool.settle(takeExit(`c${i}`), REFUSED);
  assert.equal(pool.tiers.size, 0);
  for (let i = 10; i < 13; i++) pool.settle(takeExit(`c${i}`), BLOCKED);
  assert.match(take()?.exit.id ?? "", /^d/);
  const other = pool.take({ target: { ...TARGET, host: "other.example" }, params: NO_PARAMS }, new Set());
  assert.match(other?.exit.id ?? "", /^c/);
});

test("a hard session does not move when its target does", () => {
  const { pool, takeExit, take } = poolOf(EXITS, seeded(5), TIERED);
  const hard = { session: { key: "s", hard: true, durationMs: MINUTE } };
  const held = take(hard)?.exit.id;
  for (let i = 0; i < 5; i++) pool.settle(takeExit(`c${i}`), BLOCKED);
  assert.equal(take(hard)?.exit.id, held);
  assert.match(take({ session: { ...hard.session, key: "new" } })?.exit.id ?? "", /^d/);
});
