import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_PARAMS } from "../../src/core/params.ts";
import { DIRECT_TIER, Tiers } from "../../src/pool/tiers.ts";
import { exitOf } from "./fakes.ts";

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

test("so many targets are remembered, and the oldest is dropped", () => {
  const tiers = tiersOf(undefined, 3);
  for (const target of ["a", "b", "c", "d"]) fail(tiers, CHEAP, 3, 0, target);
  assert.equal(tiers.size, 3);
  assert.deepEqual(
    ["a", "b", "d"].map((target) => tiers.startOf(target, 0)),
    [0, 1, 1],
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
  const tiersIn = (order: readonly string[]) =>
    tiersOf(order)
      .label(exits)
      .map(({ tags }) => tags["tier"]);
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
