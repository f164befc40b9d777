import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DEFAULTS } from "../../src/config/defaults.ts";
import type { RequestParams } from "../../src/core/params.ts";
import { exitOf, type Fixture, failed, poolOf, seeded, TARGET, UNJUDGED } from "./fakes.ts";

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

/** Exits by which of four values of one tag and which of five of another they have, with when each is back. */
class Watched {
  readonly fixture: Fixture;
  readonly #heldUntil = new Float64Array(EXITS);
  readonly #benchedUntil = new Float64Array(EXITS);

  constructor(seed: number) {
    const exits = Array.from({ length: EXITS }, (_, i) => exitOf(`e${i}`, { tags: { a: `${i % 4}`, b: `${(i >> 2) % 5}` } }));
    this.fixture = poolOf(exits, seeded(seed), { ...DEFAULTS.pool, floor: 0 });
  }

  hold(i: number, forMs: number): void {
    this.fixture.pool.bench(`e${i}`, forMs, "");
    this.#heldUntil[i] = this.fixture.clock.ms + forMs;
  }

  fail(i: number, retryAfterMs: number): void {
    const { pool, clock } = this.fixture;
    pool.record({ exit: `e${i}`, target: TARGET, outcome: failed("connect.refused", "exit", "exit", { retryAfterMs }) });
    this.#benchedUntil[i] = clock.ms + (pool.find(`e${i}`)?.benchedForMs ?? 0);
  }

  /** Asks for an exit with these tags, or for this one, and judges which comes. */
  ask({ a, b, only }: Asked): void {
    const { pool, clock, take } = this.fixture;
    const tags = { ...(a === null ? {} : { a: [`${a}`] }), ...(b === null ? {} : { b: [`${b}`] }) };
    const lease = take({ filter: only === null ? { exit: null, tags } : { exit: `e${only}`, tags: {} } });
    const fits = Array.from({ length: EXITS }, (_, i) => i).filter((i) =>
      only === null ? (a ?? i % 4) === i % 4 && (b ?? (i >> 2) % 5) === (i >> 2) % 5 : i === only,
    );
    const free = fits.filter((i) => (this.#heldUntil[i] as number) <= clock.ms);
    const sound = free.filter((i) => (this.#benchedUntil[i] as number) <= clock.ms);
    const taken = lease === null ? null : Number(lease.exit.id.slice(1));
    assert.ok(taken === null ? free.length === 0 : (sound.length > 0 ? sound : free).includes(taken), `${taken} of ${sound} of ${free}`);
    if (lease !== null) pool.settle(lease, UNJUDGED);
  }
}

const EXITS = 300;

interface Asked {
  readonly a: number | null;
  readonly b: number | null;
  readonly only: number | null;
}

type Step = (watched: Watched) => void;

const ms = fc.integer({ min: 1, max: 3000 });
const many = fc.record({ from: fc.nat(EXITS - 1), count: fc.nat(EXITS), forMs: ms, isHeld: fc.boolean() });
const step: fc.Arbitrary<Step> = fc.oneof(
  many.map(
    ({ from, count, forMs, isHeld }): Step =>
      (watched) => {
        for (let i = from; i < Math.min(EXITS, from + count); i++) isHeld ? watched.hold(i, forMs + i) : watched.fail(i, forMs);
      },
  ),
  ms.map(
    (passed): Step =>
      ({ fixture: { clock } }) => {
        clock.ms += passed;
      },
  ),
  fc.record({ a: fc.option(fc.nat(3)), b: fc.option(fc.nat(4)), only: fc.option(fc.nat(EXITS - 1)) }).map(
    (asked): Step =>
      (watched) =>
        watched.ask(asked),
  ),
);

test("whichever benches are over, a choice finds an exit where one is not held, and one that is not benched where there is one", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer(), (steps, seed) => {
      const watched = new Watched(seed);
      for (const each of steps) each(watched);
    }),
    { numRuns: 60 },
  );
});

function usableOf({ untried, healthy, probation }: ReturnType<Fixture["pool"]["countByState"]>): number {
  return untried + healthy + probation;
}
