import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import { NO_PARAMS, type RequestParams } from "../../src/core/params.ts";
import { SELECT_STRATEGIES, type SelectStrategy } from "../../src/core/pool-settings.ts";
import type { Exit, Target } from "../../src/core/route.ts";
import type { Lease } from "../../src/pool/lease.ts";
import { ANSWERED, exitOf, type Fixture, poolOf, REFUSED, seeded, TARGET, UNJUDGED } from "./fakes.ts";

const NONE: ReadonlySet<string> = new Set();

function poolBy(select: SelectStrategy, exits: readonly Exit[]): Fixture {
  return poolOf(exits, seeded(11), { ...DEFAULTS.pool, select });
}

function many(count: number): Exit[] {
  return Array.from({ length: count }, (_, i) =>
    exitOf(`e${i}`, { tags: { country: i % 2 === 0 ? "de" : "fr", tier: i % 5 === 0 ? "a" : "b" } }),
  );
}

/** How often each exit is taken in so many turns, each settled at once. */
function countTaken({ pool, take }: Fixture, turns: number, params: Partial<RequestParams> = {}): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i < turns; i++) {
    const lease = take(params) as Lease;
    counts.set(lease.exit.id, (counts.get(lease.exit.id) ?? 0) + 1);
    pool.settle(lease, UNJUDGED);
  }
  return counts;
}

for (const select of SELECT_STRATEGIES) {
  test(`${select}: takes no benched exit and none that was tried while there is another, of any number of exits`, () => {
    for (const count of [5, 300]) {
      const fixture = poolBy(select, many(count));
      const benched = new Set<string>();
      for (let i = 0; i < count - 2; i++) {
        benched.add(`e${i}`);
        fixture.pool.settle(fixture.takeExit(`e${i}`), REFUSED);
      }
      for (let i = 0; i < 20; i++) {
        const lease = fixture.take() as Lease;
        const other = fixture.take({}, new Set([lease.exit.id])) as Lease;
        assert.ok(!benched.has(lease.exit.id) && !benched.has(other.exit.id), "a benched one was taken");
        assert.notEqual(other.exit.id, lease.exit.id);
        for (const each of [lease, other]) fixture.pool.settle(each, UNJUDGED);
      }
    }
  });

  test(`${select}: finds the exits of a filter that few match, and nothing where none does`, () => {
    const fixture = poolBy(select, many(400));
    const filter = { exit: null, tags: { country: ["fr", "de"], tier: ["a"] } };
    for (let i = 0; i < 50; i++) {
      const lease = fixture.take({ filter }) as Lease;
      assert.equal(lease.exit.tags["tier"], "a");
      fixture.pool.settle(lease, UNJUDGED);
    }
    assert.equal(fixture.take({ filter: { exit: null, tags: { country: ["de"], tier: ["c"] } } }), null);
  });
}

test("round-robin: takes one after the other", () => {
  const counts = countTaken(poolBy("round-robin", many(7)), 70);
  assert.deepEqual(new Set(counts.values()), new Set([10]));
  assert.equal(counts.size, 7);
});

test("random: takes all alike whatever they weigh, weighted: by weight", () => {
  const exits = [exitOf("light"), exitOf("heavy", { weight: 9 })];
  const random = countTaken(poolBy("random", exits), 1000);
  const weighted = countTaken(poolBy("weighted", exits), 1000);
  assert.ok((random.get("light") ?? 0) > 400, `${random.get("light")}`);
  assert.ok((weighted.get("light") ?? 0) < 200 && (weighted.get("light") ?? 0) > 20, `${weighted.get("light")}`);
});

test("weighted: weighs only those that may be taken", () => {
  const fixture = poolBy("weighted", [exitOf("a", { weight: 100 }), exitOf("b", { weight: 3 }), exitOf("c")]);
  fixture.pool.settle(fixture.takeExit("a"), REFUSED);
  const counts = countTaken(fixture, 400);
  assert.equal(counts.get("a"), undefined);
  assert.ok((counts.get("b") ?? 0) > 2 * (counts.get("c") ?? 0));
});

test("least-in-flight: takes the one with the least to do", () => {
  const { take } = poolBy("least-in-flight", many(10));
  const first = new Set(Array.from({ length: 10 }, () => take()?.exit.id));
  assert.equal(first.size, 10);
});

test("least-recently-used: takes the one that was not taken for longest", () => {
  const { pool, take, takeExit } = poolBy("least-recently-used", many(4));
  for (const id of ["e2", "e0", "e3", "e1"]) pool.settle(takeExit(id), ANSWERED);
  const taken = Array.from({ length: 4 }, () => {
    const lease = take() as Lease;
    pool.settle(lease, ANSWERED);
    return lease.exit.id;
  });
  assert.deepEqual(taken, ["e2", "e0", "e3", "e1"]);
});

for (const count of [20, 500]) {
  test(`sticky-hash: leads a target to the same of ${count} exits, to another while that is benched, and back`, () => {
    const { pool, clock, takeExit } = poolBy("sticky-hash", many(count));
    const site = (host: string): Target => ({ ...TARGET, host });
    const exitFor = (host: string): string => {
      const lease = pool.take({ target: site(host), params: NO_PARAMS }, NONE) as Lease;
      pool.settle(lease, UNJUDGED);
      return lease.exit.id;
    };
    const before = new Map(Array.from({ length: 100 }, (_, i) => [`site${i}.example`, exitFor(`site${i}.example`)]));
    assert.ok(new Set(before.values()).size > 10, "all targets have the same exits");
    for (const [host, id] of before) assert.equal(exitFor(host), id);
    const lost = before.get("site0.example") as string;
    pool.settle(takeExit(lost), REFUSED);
    for (const [host, id] of before) assert.equal(exitFor(host) === id, id !== lost, host);
    clock.ms += 2000;
    for (const [host, id] of before) assert.equal(exitFor(host), id);
  });
}

test("p2c: gives exits that nobody has tried a turn beside a good one", () => {
  const fixture = poolBy("p2c", many(10));
  fixture.pool.settle(fixture.takeExit("e0"), ANSWERED);
  const counts = countTaken(fixture, 200);
  assert.equal(counts.size, 10);
});

test("p2c: takes a slow exit less often than a fast one", () => {
  const fixture = poolBy("p2c", many(10));
  for (let i = 0; i < 10; i++) {
    for (let turn = 0; turn < 5; turn++) fixture.pool.settle(fixture.takeExit(`e${i}`), { kind: "answered", ms: i < 5 ? 50 : 500 });
  }
  let slow = 0;
  for (const [id, count] of countTaken(fixture, 400)) if (Number(id.slice(1)) >= 5) slow += count;
  assert.ok(slow < 200 && slow > 20, `${slow}`);
});

test("another attempt goes to an exit that shares no network or provider with those that failed", () => {
  const at = (id: string, host: string, tags: Record<string, string> = {}) =>
    exitOf(id, { tags, hops: [{ scheme: "http", host, port: 8080, username: null, password: null, insecure: false }] });
  const exits = [
    ...Array.from({ length: 200 }, (_, i) => at(`same${i}`, `192.0.2.${i}`)),
    at("other", "198.51.100.1"),
    at("vendor1", "203.0.113.1", { provider: "v" }),
    at("vendor2", "203.0.113.2", { provider: "w" }),
  ];
  const few = poolOf([...exits.slice(0, 20), ...exits.slice(200)]);
  for (let i = 0; i < 20; i++) {
    const lease = few.take({}, new Set(["same0", "vendor1"])) as Lease;
    assert.ok(["other", "vendor2"].includes(lease.exit.id), lease.exit.id);
    few.pool.settle(lease, UNJUDGED);
  }
  assert.match(few.take({}, new Set(["same0", "other", "vendor1", "vendor2"]))?.exit.id ?? "", /^same/);
  assert.equal(poolOf(exits).take({}, new Set(["same1"])) === null, false);
});

test("exits that have not answered yet get their part of what comes, however soon the others answer", () => {
  for (const ms of [2, 100, 900]) {
    const { pool, take } = poolBy("p2c", many(3));
    const taken = new Set<string>();
    for (let request = 0; request < 30; request++) {
      const lease = take() as Lease;
      taken.add(lease.exit.id);
      pool.settle(lease, { kind: "answered", ms });
    }
    assert.equal(taken.size, 3, `${ms} ms`);
  }
});
