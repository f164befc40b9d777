import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_PARAMS } from "../../src/core/params.ts";
import { ANSWERED, exitOf, failed, poolOf, REFUSED, seeded, TARGET, UNJUDGED } from "./fakes.ts";

test("takes an exit that this exchange has not tried while there is one", () => {
  const { pool, take } = poolOf([exitOf("a"), exitOf("b"), exitOf("c")]);
  const tried = new Set<string>();
  for (let i = 0; i < 3; i++) {
    const lease = take({}, tried);
    assert.ok(lease !== null && !tried.has(lease.exit.id));
    tried.add(lease.exit.id);
    pool.settle(lease, UNJUDGED);
  }
  assert.equal(take({}, tried), null);
});

test("takes a tried exit again where it is the only one that matches", () => {
  const { take } = poolOf([exitOf("a", { tags: { country: "de" } }), exitOf("b", { tags: { country: "fr" } })]);
  const filter = { exit: null, tags: { country: ["de"] } };
  assert.equal(take({ filter }, new Set(["a"]))?.exit.id, "a");
});

test("takes a rotating exit again once nothing untried is usable", () => {
  const { pool, take, takeExit } = poolOf([exitOf("vendor", { rotating: true }), exitOf("b")]);
  assert.equal(take({}, new Set(["vendor"]))?.exit.id, "b");
  assert.equal(take({}, new Set(["vendor", "b"]))?.exit.id, "vendor");
  pool.settle(takeExit("b"), REFUSED);
  assert.equal(take({}, new Set(["vendor"]))?.exit.id, "vendor");
});

test("leaves a benched exit out until its bench is over", () => {
  const { pool, clock, take, takeExit, stateOf } = poolOf([exitOf("a"), exitOf("b")], () => 0.5);
  pool.settle(takeExit("a"), REFUSED);
  assert.equal(stateOf("a"), "benched");
  for (let i = 0; i < 20; i++) assert.equal(take()?.exit.id, "b");
  clock.ms += 500;
  assert.equal(stateOf("a"), "probation");
  assert.equal(take({}, new Set(["b"]))?.exit.id, "a");
});

test("takes the least bad exit when all are benched", () => {
  const { pool, take, takeExit } = poolOf([exitOf("a"), exitOf("b"), exitOf("c")]);
  pool.settle(takeExit("a"), REFUSED);
  pool.settle(takeExit("a"), REFUSED);
  pool.settle(takeExit("b"), REFUSED);
  pool.settle(takeExit("c"), REFUSED);
  pool.settle(takeExit("c"), REFUSED);
  assert.equal(take()?.exit.id, "b");
  assert.notEqual(take({}, new Set(["b"])), null);
});

test("benches twice as long at each failure, at most five minutes, and half as long after three successes in a row", () => {
  const { pool, clock, takeExit } = poolOf([exitOf("a"), exitOf("b")], () => 0);
  const benchedMs = () => pool.snapshot().find(({ id }) => id === "a")?.benchedForMs;
  for (const expected of [1000, 2000, 4000, 8000]) {
    pool.settle(takeExit("a"), REFUSED);
    assert.equal(benchedMs(), expected);
    clock.ms += expected;
  }
  for (let i = 0; i < 3; i++) pool.settle(takeExit("a"), ANSWERED);
  assert.equal(benchedMs(), 0);
  pool.settle(takeExit("a"), REFUSED);
  assert.equal(benchedMs(), 4000);
  clock.ms += 4000;
  for (let i = 0; i < 2; i++) pool.settle(takeExit("a"), ANSWERED);
  pool.settle(takeExit("a"), REFUSED);
  assert.equal(benchedMs(), 8000);
  for (let i = 0; i < 20; i++) pool.settle(takeExit("a"), REFUSED);
  assert.equal(benchedMs(), 300_000);
});

test("spreads the ends of benches over the whole time", () => {
  const random = seeded(7);
  const ends = Array.from({ length: 200 }, () => {
    const { pool, takeExit } = poolOf([exitOf("a")], random);
    pool.settle(takeExit("a"), REFUSED);
    return pool.snapshot()[0]?.benchedForMs ?? 0;
  });
  assert.ok(Math.min(...ends) > 0 && Math.min(...ends) < 100);
  assert.ok(Math.max(...ends) > 900 && Math.max(...ends) <= 1000);
});

test("ends a bench at the first success", () => {
  const { pool, takeExit, stateOf } = poolOf([exitOf("a"), exitOf("b")]);
  pool.settle(takeExit("a"), REFUSED);
  pool.settle(takeExit("a"), ANSWERED);
  assert.equal(stateOf("a"), "healthy");
});

test("counts many attempts that run into one failure once", () => {
  const { pool, takeExit } = poolOf([exitOf("a"), exitOf("b")], () => 0);
  const leases = Array.from({ length: 50 }, () => takeExit("a"));
  for (const lease of leases) pool.settle(lease, REFUSED);
  const [first] = pool.snapshot();
  assert.equal(first?.benchedForMs, 1000);
  assert.equal(first?.failures, 50);
});

test("benches for as long as the exit asks", () => {
  const { pool, takeExit } = poolOf([exitOf("a"), exitOf("b")]);
  pool.settle(takeExit("a"), failed("handshake.rate_limited", "exit", "exit", { retryAfterMs: 30_000 }));
  assert.equal(pool.snapshot()[0]?.benchedForMs, 30_000);
});

test("prefers the faster of two exits, and the one with less to do", () => {
  const { pool, take, takeExit } = poolOf([exitOf("fast"), exitOf("slow")]);
  pool.settle(takeExit("fast"), { kind: "answered", ms: 50 });
  pool.settle(takeExit("slow"), { kind: "answered", ms: 120 });
  const first = take();
  assert.equal(first?.exit.id, "fast");
  assert.equal(take()?.exit.id, "fast");
  assert.equal(take()?.exit.id, "slow");
});

test("prefers an exit that succeeds over one that fails in ways which prove nothing", () => {
  const { pool, take, takeExit } = poolOf([exitOf("good"), exitOf("odd")]);
  for (const id of ["good", "odd"]) pool.settle(takeExit(id), ANSWERED);
  const reply1 = failed("handshake.connect_rejected", "exit", "exit", { confidence: 0.5 });
  for (let i = 0; i < 3; i++) pool.settle(takeExit("odd"), reply1);
  assert.equal(pool.snapshot().find(({ id }) => id === "odd")?.state, "healthy");
  for (let i = 0; i < 10; i++) {
    const lease = take();
    assert.equal(lease?.exit.id, "good");
    if (lease !== null) pool.settle(lease, ANSWERED);
  }
});

test("looks again at an exit that was slow or failed, once that is long ago", () => {
  const { pool, clock, take, takeExit } = poolOf([exitOf("good"), exitOf("bad")]);
  pool.settle(takeExit("good"), { kind: "answered", ms: 100 });
  pool.settle(takeExit("bad"), { kind: "answered", ms: 5000 });
  const taken = () => {
    const ids = new Set<string | undefined>();
    for (let i = 0; i < 20; i++) {
      const lease = take();
      ids.add(lease?.exit.id);
      if (lease !== null) pool.settle(lease, UNJUDGED);
    }
    return [...ids].sort();
  };
  assert.deepEqual(taken(), ["good"]);
  clock.ms += 30 * 60_000;
  assert.deepEqual(taken(), ["bad", "good"]);
});

test("shares traffic by weight", () => {
  const { pool, take } = poolOf([exitOf("heavy", { weight: 3 }), exitOf("light"), exitOf("other")]);
  const counts = new Map<string, number>();
  for (let i = 0; i < 2000; i++) {
    const lease = take();
    assert.ok(lease !== null);
    counts.set(lease.exit.id, (counts.get(lease.exit.id) ?? 0) + 1);
    pool.settle(lease, UNJUDGED);
  }
  const [heavy = 0, light = 0, other = 0] = ["heavy", "light", "other"].map((id) => counts.get(id));
  assert.ok(heavy > 1.5 * light && light > 100 && other > 100, `${heavy}, ${light}, ${other}`);
});

test("filters by tags without regard to case, several values of one tag being alternatives", () => {
  const exits = [
    exitOf("a", { tags: { country: "DE", tier: "residential", city: "New York" } }),
    exitOf("b", { tags: { country: "fr", tier: "residential" } }),
    exitOf("c", { tags: { country: "us", tier: "datacenter", tag: "x,fast" } }),
  ];
  const { pool, take } = poolOf(exits);
  const takenWith = (tags: Record<string, string[]>) => {
    const seen = new Set<string | undefined>();
    for (let i = 0; i < 40; i++) {
      const lease = take({ filter: { exit: null, tags } });
      seen.add(lease?.exit.id);
      if (lease !== null) pool.settle(lease, UNJUDGED);
    }
    return [...seen].sort();
  };
  assert.deepEqual(takenWith({ country: ["de"] }), ["a"]);
  assert.deepEqual(takenWith({ country: ["de", "fr"] }), ["a", "b"]);
  assert.deepEqual(takenWith({ country: ["de", "fr", "us"], tier: ["residential"] }), ["a", "b"]);
  assert.deepEqual(takenWith({ city: ["new_york"] }), ["a"]);
  assert.deepEqual(takenWith({ tag: ["fast"] }), ["c"]);
  assert.deepEqual(takenWith({ country: ["us"], tier: ["residential"] }), [undefined]);
  assert.deepEqual(takenWith({ country: ["xx"] }), [undefined]);
  assert.deepEqual(takenWith({ constructor: ["xx"] }), [undefined]);
});

test("takes one exit by its id, written as a user name can carry it", () => {
  const { take } = poolOf([exitOf("de-7"), exitOf("de-8")]);
  assert.equal(take({ filter: { exit: "de_7", tags: {} } })?.exit.id, "de-7");
  assert.equal(take({ filter: { exit: "DE-8", tags: {} } })?.exit.id, "de-8");
  assert.equal(take({ filter: { exit: "de-9", tags: {} } }), null);
});

test("says which part of the filter matches nothing", () => {
  const { pool } = poolOf([exitOf("a", { tags: { country: "de", tier: "dc" } }), exitOf("b", { tags: { country: "fr", tier: "res" } })]);
  const explain = (exit: string | null, tags: Record<string, string[]>) => pool.explainEmpty({ ...NO_PARAMS, filter: { exit, tags } });
  assert.equal(explain(null, { country: ["xx"] }), "no exit has country=xx");
  assert.equal(explain(null, { tier: ["dc"], country: ["fr"] }), "no exit has tier=dc and country=fr together");
  assert.equal(explain("nope", {}), "no exit has the id nope");
  assert.equal(explain(null, {}), "all 2 exits that match were tried");
  assert.equal(explain(null, { country: ["de"] }), "the only exit that matches was tried");
  assert.equal(poolOf([]).pool.explainEmpty(NO_PARAMS), "the pool has no exits");
  assert.equal(poolOf([]).pool.faultOfEmpty(NO_PARAMS).id, "gateway.no_exit");
});

test("keeps health by id when the list is loaded again", () => {
  const { pool, takeExit, stateOf } = poolOf([exitOf("a"), exitOf("b")]);
  pool.settle(takeExit("a"), REFUSED);
  assert.deepEqual(pool.load([exitOf("a"), exitOf("c")]), { added: 1, removed: 1, kept: 1 });
  assert.equal(pool.size, 2);
  assert.equal(stateOf("a"), "benched");
  assert.equal(stateOf("b"), undefined);
});

test("forgets the bench of an exit whose credentials have changed", () => {
  const { pool, takeExit, stateOf } = poolOf([exitOf("a")]);
  pool.settle(takeExit("a"), failed("handshake.auth_failed", "gateway"));
  assert.equal(stateOf("a"), "benched");
  const [hop] = exitOf("a").hops;
  pool.load([exitOf("a", { hops: [{ ...(hop as NonNullable<typeof hop>), username: "u", password: "new" }] })]);
  assert.notEqual(stateOf("a"), "benched");
});

test("settles leases of exits that are gone", () => {
  const { pool, takeExit } = poolOf([exitOf("a"), exitOf("b")]);
  const lease = takeExit("a");
  pool.load([exitOf("b")]);
  pool.settle(lease, REFUSED);
  assert.deepEqual(
    pool.snapshot().map(({ id, inFlight }) => [id, inFlight]),
    [["b", 0]],
  );
});

test("leaves out the second of two exits with one id, and says so", () => {
  const { pool, events } = poolOf([exitOf("a"), exitOf("a", { weight: 2 })]);
  assert.equal(pool.size, 1);
  assert.deepEqual(events, [{ type: "warning", message: "two exits have the id a: the second is left out" }]);
});

test("settles a lease once", () => {
  const { pool, takeExit } = poolOf([exitOf("a")]);
  const lease = takeExit("a");
  pool.settle(lease, ANSWERED);
  pool.settle(lease, REFUSED);
  const [only] = pool.snapshot();
  assert.deepEqual([only?.inFlight, only?.successes, only?.failures, only?.state], [0, 1, 0, "healthy"]);
});

test("reports each change of state once, with its reason and duration", () => {
  const { pool, clock, events, take, takeExit } = poolOf([exitOf("a")], () => 0);
  pool.settle(takeExit("a"), ANSWERED);
  pool.settle(takeExit("a"), ANSWERED);
  pool.settle(takeExit("a"), REFUSED);
  clock.ms += 1000;
  const lease = take();
  assert.ok(lease !== null);
  pool.settle(lease, REFUSED);
  const changed = (from: string, to: string, reason: string, forMs: number) => ({
    type: "hop-changed",
    exit: "a",
    from,
    to,
    reason,
    forMs,
  });
  assert.deepEqual(events, [
    changed("untried", "healthy", "it answered", 0),
    changed("healthy", "benched", "connect.refused: seen", 1000),
    changed("benched", "probation", "its bench is over", 0),
    changed("probation", "benched", "connect.refused: seen", 2000),
  ]);
});

test("shows no password in a snapshot", () => {
  const [hop] = exitOf("a").hops;
  const hops = [{ ...(hop as NonNullable<typeof hop>), username: "user name", password: "secret" }];
  const { pool } = poolOf([exitOf("a", { hops })]);
  assert.equal(pool.snapshot()[0]?.url, "http://user%20name@a.example:8080");
  assert.doesNotMatch(JSON.stringify(pool.snapshot()), /secret/);
});

test("takes from a hundred thousand exits in a time that does not grow with them", () => {
  const draws = { count: 0 };
  const random = seeded(3);
  const counting = () => {
    draws.count++;
    return random();
  };
  const exits = Array.from({ length: 100_000 }, (_, i) => exitOf(`e${i}`, { tags: { country: i % 50 === 0 ? "de" : "us" } }));
  const { pool, take } = poolOf(exits, counting);
  draws.count = 0;
  for (let i = 0; i < 1000; i++) {
    const lease = take({ filter: { exit: null, tags: { country: ["de"] } } });
    assert.deepEqual(lease?.exit.tags, { country: "de" });
    if (lease !== null) pool.settle(lease, UNJUDGED);
  }
  assert.ok(draws.count <= 3000, `${draws.count} draws`);
  assert.equal(pool.take({ target: TARGET, params: NO_PARAMS }, new Set())?.session, null);
});
