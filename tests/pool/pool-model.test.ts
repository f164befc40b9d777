import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NO_PARAMS } from "../../src/core/params.ts";
import type { Target } from "../../src/core/route.ts";
import type { Lease, LeaseOutcome } from "../../src/pool/lease.ts";
import type { ExitSnapshot } from "../../src/pool/snapshot.ts";
import { ANSWERED, exitOf, type Fixture, failed, poolOf, REFUSED, seeded, TARGET, UNJUDGED } from "./fakes.ts";

/** What the pool must be true to, kept in the plainest way. */
interface Model {
  loaded: Set<string>;
  readonly open: Map<Lease, string>;
  readonly hard: Map<string, { exit: string; until: number }>;
  /** Pairs that a target blocks at least so long, as `target exit`. */
  readonly blocked: Map<string, number>;
  readonly drained: Set<string>;
}

type Step =
  | {
      readonly do: "take";
      readonly target: Target;
      readonly tried: readonly number[];
      readonly country: string | null;
      readonly hard: string | null;
    }
  | { readonly do: "drain"; readonly exit: number; readonly isOn: boolean }
  | { readonly do: "settle"; readonly which: number; readonly outcome: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "load"; readonly ids: readonly number[] };

const EXITS = 6;
const TARGETS: readonly Target[] = [TARGET, { ...TARGET, host: "other.example" }];
/** A first block lasts at least so long. Milliseconds. */
const BLOCK_MS = 15_000;
const OUTCOMES: readonly LeaseOutcome[] = [
  ANSWERED,
  UNJUDGED,
  REFUSED,
  failed("handshake.policy_denied", "exit"),
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
      target: fc.constantFrom(...TARGETS),
      tried: someExits,
      country: fc.option(fc.constantFrom("de", "FR", "xx"), { freq: 2 }),
      hard: fc.option(fc.constantFrom("s1", "s2"), { freq: 4 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("settle" as const), which: fc.nat(50), outcome: fc.nat(OUTCOMES.length - 1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("drain" as const), exit: fc.nat(EXITS - 1), isOn: fc.boolean() }) },
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
        blocked: new Map(),
        drained: new Set(),
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
  else if (each.do === "drain") {
    const id = `e${each.exit}`;
    assert.equal(fixture.pool.drain(id, each.isOn), model.loaded.has(id));
    if (each.isOn && model.loaded.has(id)) model.drained.add(id);
    else model.drained.delete(id);
  } else {
    fixture.pool.load(each.ids.map(exitAt));
    model.loaded = new Set(each.ids.map((i) => `e${i}`));
    assert.equal(fixture.pool.size, model.loaded.size);
    const isGone = (id: string) => !model.loaded.has(id);
    for (const id of [...model.drained]) if (isGone(id)) model.drained.delete(id);
    for (const pair of [...model.blocked.keys()]) if (isGone(pair.split(" ")[1] as string)) model.blocked.delete(pair);
  }
}

function take({ target, tried, country, hard }: Extract<Step, { do: "take" }>, { pool, clock }: Fixture, model: Model): void {
  const triedIds = new Set(tried.map((i) => `e${i}`));
  const now = clock.ms;
  const matching = pool.snapshot().filter(({ tags: { country: own } }) => country === null || own === country.toLowerCase());
  const session = hard === null ? null : { key: hard, hard: true, durationMs: 30_000 };
  const filter = { exit: null, tags: country === null ? {} : { country: [country] } };
  const lease = pool.take({ target, params: { ...NO_PARAMS, filter, session } }, triedIds);

  const sessionKey = `${hard}/${country}`;
  const held = hard === null ? undefined : model.hard.get(sessionKey);
  if (held !== undefined && held.until > now) {
    assert.equal(lease?.exit.id ?? null, model.loaded.has(held.exit) ? held.exit : null);
  } else {
    const isBlocked = (id: string) => (model.blocked.get(`${target.host} ${id}`) ?? 0) > now;
    judgeChoice(
      lease,
      matching.filter(({ id }) => !model.drained.has(id)),
      { tried: triedIds, isBlocked },
    );
    if (hard !== null && lease !== null) model.hard.set(sessionKey, { exit: lease.exit.id, until: now + 30_000 });
  }
  if (lease !== null) model.open.set(lease, target.host);
}

interface Excluded {
  readonly tried: ReadonlySet<string>;
  readonly isBlocked: (id: string) => boolean;
}

function judgeChoice(lease: Lease | null, matching: readonly ExitSnapshot[], { tried, isBlocked }: Excluded): void {
  const untried = matching.filter(({ id }) => !tried.has(id));
  const again = matching.filter(({ id, rotating }) => tried.has(id) && rotating);
  if (lease === null) {
    assert.ok(untried.length === 0 && again.length === 0 && matching.length !== 1);
    return;
  }
  const taken = matching.find(({ id }) => id === lease.exit.id);
  assert.ok(taken !== undefined, "a lease of an exit that does not match, or that an operator drains");
  const open = (exits: readonly ExitSnapshot[]) => exits.filter((exit) => isUsable(exit) && !isBlocked(exit.id));
  if (open(untried).length + open(again).length > 0) assert.ok(!isBlocked(taken.id), "a blocked exit was taken");
  if (untried.some(isUsable) || again.some(isUsable)) assert.ok(isUsable(taken), "a usable exit was passed over");
  if (open(untried).length > 0) assert.ok(!tried.has(taken.id), "an exit was tried again");
  if (untried.length > 0) assert.ok(!tried.has(taken.id) || taken.rotating);
}

/** Benched ones are not, nor is one on probation that has its one attempt. */
function isUsable({ state, inFlight }: ExitSnapshot): boolean {
  return state === "untried" || state === "healthy" || (state === "probation" && inFlight === 0);
}

function settle({ which, outcome }: Extract<Step, { do: "settle" }>, { pool, clock }: Fixture, model: Model): void {
  const leases = [...model.open.keys()];
  const lease = leases[which % Math.max(1, leases.length)];
  if (lease === undefined) return;
  const told = OUTCOMES[outcome] as LeaseOutcome;
  const { id: exit } = lease.exit;
  const pair = `${model.open.get(lease)} ${exit}`;
  const before = pool.snapshot().find(({ id }) => id === exit);
  const weighed = pool.settle(lease, told);
  assert.equal(pool.settle(lease, REFUSED), null, "settled twice");
  model.open.delete(lease);
  if (told.kind === "answered") model.blocked.delete(pair);
  const isBlock = weighed?.side === "pair" && model.loaded.has(exit);
  if (isBlock) model.blocked.set(pair, clock.ms + BLOCK_MS);
  const after = pool.snapshot().find(({ id }) => id === lease.exit.id);
  if (before === undefined || after === undefined || after.inFlight === before.inFlight) return;
  assert.equal(after.inFlight, before.inFlight - 1);
  if (told.kind === "failed" && told.culprit === "origin") {
    assert.ok(after.benchedForMs <= before.benchedForMs, "benched for the target's failure");
    assert.equal(after.failures, before.failures);
  }
  if (told.kind !== "answered") return;
  assert.equal(after.successes, before.successes + 1);
  if (before.state === "untried") assert.equal(after.state, "healthy");
}
