import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Lease, LeaseOutcome } from "../../src/pool/lease.ts";
import type { ExitSnapshot } from "../../src/pool/snapshot.ts";
import { ANSWERED, exitOf, type Fixture, failed, poolOf, REFUSED, seeded, UNJUDGED } from "./fakes.ts";

/** What the pool must be true to, kept in the plainest way. */
interface Model {
  loaded: Set<string>;
  readonly open: Map<Lease, string>;
  readonly hard: Map<string, { exit: string; until: number }>;
  successes: number;
  failures: number;
}

type Step =
  | { readonly do: "take"; readonly tried: readonly number[]; readonly country: string | null; readonly hard: string | null }
  | { readonly do: "settle"; readonly which: number; readonly outcome: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "load"; readonly ids: readonly number[] };

const EXITS = 6;
const OUTCOMES: readonly LeaseOutcome[] = [
  ANSWERED,
  UNJUDGED,
  REFUSED,
  failed("handshake.target_refused", "origin"),
  failed("relay.origin_5xx", "origin", "target"),
  failed("handshake.auth_failed", "gateway"),
];

function exitAt(i: number) {
  return exitOf(`e${i}`, { rotating: i === 0, weight: 1 + (i % 3), tags: { country: i % 2 === 0 ? "de" : "fr" } });
}

const someExits = fc.uniqueArray(fc.nat(EXITS - 1), { maxLength: EXITS });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("take" as const),
      tried: someExits,
      country: fc.option(fc.constantFrom("de", "FR", "xx"), { freq: 2 }),
      hard: fc.option(fc.constantFrom("s1", "s2"), { freq: 4 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("settle" as const), which: fc.nat(50), outcome: fc.nat(OUTCOMES.length - 1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(20_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("load" as const), ids: someExits }) },
);

test("never leases an excluded or benched exit while a usable one exists, settles once, and holds hard sessions", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer(), (steps, seed) => {
      const fixture = poolOf(
        Array.from({ length: EXITS }, (_, i) => exitAt(i)),
        seeded(seed),
      );
      const model: Model = {
        loaded: new Set(fixture.pool.snapshot().map(({ id }) => id)),
        open: new Map(),
        hard: new Map(),
        successes: 0,
        failures: 0,
      };
      for (const each of steps) run(each, fixture, model);
      for (const lease of model.open.keys()) fixture.pool.settle(lease, UNJUDGED);
      assert.ok(fixture.pool.snapshot().every(({ inFlight }) => inFlight === 0));
    }),
    { numRuns: 200 },
  );
});

function run(each: Step, fixture: Fixture, model: Model): void {
  if (each.do === "take") take(each, fixture, model);
  else if (each.do === "settle") settle(each, fixture, model);
  else if (each.do === "wait") fixture.clock.ms += each.ms;
  else {
    fixture.pool.load(each.ids.map(exitAt));
    model.loaded = new Set(each.ids.map((i) => `e${i}`));
    assert.equal(fixture.pool.size, model.loaded.size);
  }
}

function take({ tried, country, hard }: Extract<Step, { do: "take" }>, { pool, clock, take: takeOne }: Fixture, model: Model): void {
  const triedIds = new Set(tried.map((i) => `e${i}`));
  const now = clock.ms;
  const before = pool.snapshot().filter(({ tags: { country: own } }) => country === null || own === country.toLowerCase());
  const session = hard === null ? null : { key: hard, hard: true, durationMs: 30_000 };
  const filter = { exit: null, tags: country === null ? {} : { country: [country] } };
  const lease = takeOne({ filter, session }, triedIds);

  const sessionKey = `${hard}/${country}`;
  const held = hard === null ? undefined : model.hard.get(sessionKey);
  if (held !== undefined && held.until > now) {
    assert.equal(lease?.exit.id ?? null, model.loaded.has(held.exit) ? held.exit : null);
  } else {
    judgeChoice(lease, before, triedIds);
    if (hard !== null && lease !== null) model.hard.set(sessionKey, { exit: lease.exit.id, until: now + 30_000 });
  }
  if (lease !== null) model.open.set(lease, lease.exit.id);
}

function judgeChoice(lease: Lease | null, matching: ReturnType<Fixture["pool"]["snapshot"]>, tried: ReadonlySet<string>): void {
  const untried = matching.filter(({ id }) => !tried.has(id));
  const usable = untried.filter(isUsable);
  const again = matching.filter(({ id, rotating }) => tried.has(id) && rotating);
  if (lease === null) {
    assert.ok(untried.length === 0 && again.length === 0 && matching.length !== 1);
    return;
  }
  const taken = matching.find(({ id }) => id === lease.exit.id);
  assert.ok(taken !== undefined, "a lease of an exit that does not match");
  if (usable.length > 0) assert.ok(usable.includes(taken), "a usable exit was passed over");
  else if (again.some(isUsable)) assert.ok(again.includes(taken));
  else if (untried.length > 0) assert.ok(untried.includes(taken));
}

/** Benched ones are not, nor is one on probation that has its one attempt. */
function isUsable({ state, inFlight }: ExitSnapshot): boolean {
  return state === "untried" || state === "healthy" || (state === "probation" && inFlight === 0);
}

function settle({ which, outcome }: Extract<Step, { do: "settle" }>, { pool }: Fixture, model: Model): void {
  const leases = [...model.open.keys()];
  const lease = leases[which % Math.max(1, leases.length)];
  if (lease === undefined) return;
  const told = OUTCOMES[outcome] as LeaseOutcome;
  const before = pool.snapshot().find(({ id }) => id === lease.exit.id);
  pool.settle(lease, told);
  pool.settle(lease, REFUSED);
  model.open.delete(lease);
  const after = pool.snapshot().find(({ id }) => id === lease.exit.id);
  if (before === undefined || after === undefined || after.inFlight === before.inFlight) return;
  assert.equal(after.inFlight, before.inFlight - 1);
  if (told.kind === "failed" && told.culprit === "origin") {
    assert.deepEqual([after.benchedForMs, after.failures], [before.benchedForMs, before.failures], "benched for the target's failure");
  }
  if (told.kind !== "answered") return;
  assert.equal(after.successes, before.successes + 1);
  if (before.state === "untried") assert.equal(after.state, "healthy");
}
