import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestParams } from "../../src/core/params.ts";
import { exitOf, type Fixture, failed, poolOf, TARGET } from "./fakes.ts";

const BENCHED_MS = 60_000;
const SOFT = { key: "s", hard: false, durationMs: BENCHED_MS } as const;

/** Exits of which the last few are wanted, all benched by an operator, the wanted ones for longest; their benches are over. */
function allBenchesOver(exits: number, wanted: number): Fixture & { readonly lastId: string } {
  const ids = Array.from({ length: exits }, (_, i) => `e${i}`);
  const fixture = poolOf(ids.map((id, i) => exitOf(id, { tags: { site: i < exits - wanted ? "other" : "wanted", plan: `p${i % 2}` } })));
  for (const [i, id] of ids.entries()) fixture.pool.bench(id, BENCHED_MS + i, "");
  fixture.clock.ms += BENCHED_MS + exits;
  return { ...fixture, lastId: `e${exits - 1}` };
}

function tagged(tags: Readonly<Record<string, readonly string[]>>): Partial<RequestParams> {
  return { filter: { exit: null, tags } };
}

for (const exits of [500, 20_000]) {
  test(`where the benches of ${exits} exits end in one moment, each choice finds those that would do`, () => {
    const byTag = allBenchesOver(exits, 3);
    assert.equal(byTag.take(tagged({ site: ["wanted"] }))?.exit.tags["site"], "wanted");
    const byTwo = allBenchesOver(exits, 3);
    assert.equal(byTwo.take(tagged({ site: ["wanted"], plan: ["p0"] }))?.exit.id, `e${exits - 2}`);
    const byId = allBenchesOver(exits, 3);
    assert.equal(byId.take({ filter: { exit: byId.lastId, tags: {} } })?.exit.id, byId.lastId);
    const inSession = allBenchesOver(exits, 3);
    assert.equal(inSession.take({ ...tagged({ site: ["wanted"] }), session: SOFT })?.exit.tags["site"], "wanted");
  });
}

test("a choice ends the benches of few exits, however many are over, and the next ones go on with the others", () => {
  const { pool, take } = allBenchesOver(5000, 2500);
  const before = 5000;
  assert.equal(take(tagged({ site: ["wanted"] }))?.exit.tags["site"], "wanted");
  const after = pool.snapshot().length - usableOf(pool.countByState());
  assert.ok(after < before && after >= before - 3 * 32, `${before - after} have ended`);
});

test("an exit whose bench is over is rather taken than one that is still benched, however many others are over", () => {
  const others = Array.from({ length: 400 }, (_, i) => `e${i}`);
  const { pool, clock, take } = poolOf(
    [...others, "back", "out"].map((id) => exitOf(id, { tags: { site: id.startsWith("e") ? "other" : "wanted" } })),
  );
  const bench = (id: string, ms: number) =>
    pool.record({ exit: id, target: TARGET, outcome: failed("connect.refused", "exit", "exit", { retryAfterMs: ms }) });
  bench("back", 1000);
  clock.ms += 2000;
  // It has failed twice: of two that are out, the other one would be taken.
  bench("back", 5000);
  bench("out", 200_000);
  for (const id of others) bench(id, 4000);
  clock.ms += 5000;
  assert.equal(take(tagged({ site: ["wanted"] }))?.exit.id, "back");
});

function usableOf({ untried, healthy, probation }: ReturnType<Fixture["pool"]["countByState"]>): number {
  return untried + healthy + probation;
}
