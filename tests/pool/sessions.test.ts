import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_PARAMS, type RequestParams } from "../../src/core/params.ts";
import { Sessions } from "../../src/pool/sessions.ts";
import { ANSWERED, exitOf, poolOf, REFUSED, seeded } from "./fakes.ts";

const MANY = Array.from({ length: 20 }, (_, i) => exitOf(`e${i}`));

/** As many hard sessions as a pool holds. */
const HELD_MAX = 100_000;

function session(key: string, hard: boolean, durationMs = 60_000): Partial<RequestParams> {
  return { session: { key, hard, durationMs } };
}

for (const hard of [false, true]) {
  test(`holds a ${hard ? "hard" : "soft"} session to one exit for its duration`, () => {
    const { pool, clock, take } = poolOf(MANY);
    const first = take(session("s", hard));
    assert.equal(first?.session, "s");
    for (let i = 0; i < 10; i++) {
      const lease = take(session("s", hard));
      assert.equal(lease?.exit.id, first?.exit.id);
      if (lease !== null) pool.settle(lease, ANSWERED);
    }
    clock.ms += 60_000;
    const later = new Set(
      Array.from({ length: 10 }, () => {
        clock.ms += 60_000;
        return take(session("s", hard))?.exit.id;
      }),
    );
    assert.ok(later.size > 1);
  });
}

test("gives two sessions exits of their own", () => {
  const { take } = poolOf(MANY, seeded(5));
  const ids = new Set(Array.from({ length: 30 }, (_, i) => take(session(`s${i}`, false))?.exit.id));
  assert.ok(ids.size > 5);
});

test("moves a soft session when its exit is benched, tried or gone, and holds it to the new one", () => {
  const { pool, take } = poolOf(MANY);
  const soft = session("s", false);
  const first = take(soft);
  assert.ok(first !== null);
  pool.settle(first, REFUSED);
  const second = take(soft);
  assert.ok(second !== null && second.exit.id !== first.exit.id);
  assert.equal(take(soft)?.exit.id, second.exit.id);
  const third = take(soft, new Set([second.exit.id]));
  assert.ok(third !== null && third.exit.id !== second.exit.id);
  pool.load(MANY.filter(({ id }) => id !== third.exit.id));
  assert.notEqual(take(soft)?.exit.id, third.exit.id);
});

test("keeps a hard session on its exit when that is benched or was tried", () => {
  const { pool, take } = poolOf(MANY);
  const hard = session("s", true);
  const first = take(hard);
  assert.ok(first !== null);
  pool.settle(first, REFUSED);
  assert.equal(take(hard)?.exit.id, first.exit.id);
  assert.equal(take(hard, new Set([first.exit.id]))?.exit.id, first.exit.id);
});

test("says that a hard session is lost when its exit is gone, and finds it again when the exit comes back", () => {
  const { pool, take } = poolOf(MANY);
  const params = { ...NO_PARAMS, ...session("s", true) };
  const first = take(params);
  assert.ok(first !== null);
  pool.load(MANY.filter(({ id }) => id !== first.exit.id));
  assert.equal(take(params), null);
  assert.equal(pool.faultOfEmpty(params).id, "handshake.session_lost");
  assert.match(pool.explainEmpty(params), new RegExp(`exit ${first.exit.id} is gone`));
  pool.load(MANY);
  assert.equal(take(params)?.exit.id, first.exit.id);
});

test("survives a reload", () => {
  const { pool, take } = poolOf(MANY);
  const first = take(session("s", false));
  pool.load(MANY.map((exit) => ({ ...exit, tags: { country: "de" } })));
  assert.equal(take(session("s", false))?.exit.id, first?.exit.id);
});

test("keeps sessions with different filters apart", () => {
  const exits = [exitOf("a", { tags: { country: "de" } }), exitOf("b", { tags: { country: "fr" } })];
  const { take } = poolOf(exits);
  const inCountry = (country: string) => take({ ...session("s", true), filter: { exit: null, tags: { country: [country] } } })?.exit.id;
  assert.deepEqual([inCountry("de"), inCountry("fr"), inCountry("de")], ["a", "b", "a"]);
});

test("drops the oldest soft sessions at the bound, and no hard one before its end", () => {
  const soft = new Sessions(2);
  for (const key of ["a", "b", "c"]) {
    assert.ok(soft.makeRoom(key, 0, true));
    soft.hold(key, key, 100);
  }
  assert.deepEqual([soft.size, soft.exitOf("a", 0), soft.exitOf("c", 0)], [2, null, "c"]);

  const hard = new Sessions(1);
  assert.ok(hard.makeRoom("a", 0, false));
  hard.hold("a", "a", 100);
  assert.equal(hard.makeRoom("b", 50, false), false);
  assert.equal(hard.makeRoom("b", 100, false), true);
});

test("a hard session that lasts does not keep new ones out once those behind it have ended, and one that ended may begin anew", () => {
  const hard = new Sessions(3);
  for (const [key, until] of [
    ["long", 1000],
    ["short", 10],
    ["other", 1000],
  ] as const) {
    hard.hold(key, "a", until);
  }
  assert.equal(hard.makeRoom("new", 9, false), false);
  assert.equal(hard.exitOf("short", 10), null);
  assert.ok(hard.makeRoom("short", 10, false));
  assert.equal(hard.size, 3, "nothing had to go for it");
  assert.ok(hard.makeRoom("new", 10, false));
  assert.deepEqual([hard.exitOf("long", 10), hard.exitOf("other", 10), hard.size], ["a", "a", 2]);
});

test("where no further hard session may be held, that is the reason that is told", () => {
  const { pool, clock, take } = poolOf(MANY);
  const params = (key: string, durationMs: number): RequestParams => ({ ...NO_PARAMS, ...session(key, true, durationMs) });
  const open = (key: string, durationMs: number) => {
    const lease = take(params(key, durationMs));
    if (lease !== null) pool.settle(lease, ANSWERED);
    return lease;
  };
  assert.ok(open("long", 3_600_000));
  for (let i = 1; i < HELD_MAX; i++) assert.ok(open(`s${i}`, 60_000));
  assert.equal(open("new", 60_000), null);
  assert.equal(pool.faultOfEmpty(params("new", 60_000)).id, "gateway.no_exit");
  assert.match(pool.explainEmpty(params("new", 60_000)), /^100000 hard sessions are held/);
  clock.ms += 60_000;
  assert.ok(open("new", 60_000));
  assert.ok(open("long", 3_600_000));
});

for (const hard of [false, true]) {
  test(`a rotated ${hard ? "hard" : "soft"} session takes another exit, holds that, and begins anew`, () => {
    const { pool, clock, take } = poolOf([exitOf("a"), exitOf("b")]);
    const first = take(session("s", hard))?.exit.id;
    const other = take(session("s2", hard))?.exit.id;
    clock.ms += 59_000;
    assert.equal(pool.rotateSession("s"), 1);
    const second = take(session("s", hard))?.exit.id;
    assert.notEqual(second, first);
    clock.ms += 59_000;
    assert.equal(take(session("s", hard))?.exit.id, second);
    assert.equal(pool.rotateSession("s2"), 0, "its time was over");
    assert.ok(other !== undefined);
  });
}

test("rotates a session under all filters that it was used with, and no other whose key begins alike", () => {
  const { pool, take } = poolOf(MANY.map((exit) => ({ ...exit, tags: { country: "de" } })));
  const filter = { exit: null, tags: { country: ["de"] } };
  take(session("s", false));
  take({ ...session("s", false), filter });
  take(session("s1", false));
  take(session('s","x', false));
  assert.equal(pool.rotateSession("s"), 2);
  assert.equal(pool.rotateSession("s"), 0);
});

test("a rotated session stays where there is no other exit", () => {
  const { pool, take } = poolOf([exitOf("a")]);
  take(session("s", true));
  pool.rotateSession("s");
  assert.equal(take(session("s", true))?.exit.id, "a");
});

test("on an exit that stands for many, a soft session that failed there or was rotated gets another name, and keeps it", () => {
  const vendor = { ...exitOf("v"), rotating: true };
  const { pool, take } = poolOf([vendor]);
  const soft = session("s", false);
  assert.equal(take(soft)?.session, "s");
  const second = take(soft, new Set(["v"]));
  assert.equal(second?.session, "s\n1");
  assert.equal(take(soft)?.session, "s\n1");
  pool.rotateSession("s");
  assert.equal(take(soft)?.session, "s\n2");
  assert.equal(take(session("other", false))?.session, "other");
});

test("on an exit that stands for many, a hard session keeps its name", () => {
  const { take } = poolOf([{ ...exitOf("v"), rotating: true }]);
  assert.equal(take(session("s", true))?.session, "s");
  assert.equal(take(session("s", true), new Set(["v"]))?.session, "s");
});

test("on an exit that stands for many, a session that has ended begins anew with another name", () => {
  const { clock, take } = poolOf([{ ...exitOf("v"), rotating: true }]);
  for (const hard of [false, true]) {
    assert.equal(take(session("s", hard))?.session, "s");
    clock.ms += 60_000;
    assert.equal(take(session("s", hard))?.session, "s\n1");
    clock.ms += 59_999;
    assert.equal(take(session("s", hard))?.session, "s\n1");
  }
});

test("spreads new sessions over the exits, though one of them is known to be fast", () => {
  const { pool, take, takeExit } = poolOf([exitOf("a"), exitOf("b"), exitOf("c")]);
  for (let i = 0; i < 20; i++) pool.settle(takeExit("a"), { kind: "answered", ms: 1 });
  const sessions = new Map<string, number>();
  for (let i = 0; i < 300; i++) {
    const lease = take(session(`s${i}`, true));
    assert.ok(lease !== null);
    sessions.set(lease.exit.id, (sessions.get(lease.exit.id) ?? 0) + 1);
    pool.settle(lease, ANSWERED);
  }
  for (const id of ["a", "b", "c"]) assert.ok((sessions.get(id) ?? 0) > 60, JSON.stringify([...sessions]));
});
