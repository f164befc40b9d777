import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_PARAMS, type RequestParams } from "../../src/core/params.ts";
import type { ExitPage, ExitsWanted } from "../../src/pool/listing.ts";
import type { Pool } from "../../src/pool/pool.ts";
import { ANSWERED, exitOf, poolOf, REFUSED } from "./fakes.ts";

const HARD: Partial<RequestParams> = { session: { key: "s", hard: true, durationMs: 600_000 } };
const SOFT: Partial<RequestParams> = { session: { key: "s", hard: false, durationMs: 600_000 } };

test("an exit that an operator benched is not taken, not even as the last one, until its time is over", () => {
  const { pool, clock, take, takeExit, stateOf } = poolOf([exitOf("a"), exitOf("b")]);
  assert.equal(pool.bench("a", 60_000, "rents are due"), true);
  assert.deepEqual([stateOf("a"), pool.find("a")?.operatorBench, pool.find("a")?.benchedForMs], ["benched", "rents are due", 60_000]);
  for (let i = 0; i < 20; i++) assert.equal(take()?.exit.id, "b");
  assert.equal(take({}, new Set(["b"]))?.exit.id, "b", "the tried one rather than the benched one");
  pool.settle(takeExit("b"), REFUSED);
  assert.equal(take()?.exit.id, "b");
  assert.equal(takeExit("a"), null);
  clock.ms += 60_000;
  assert.equal(takeExit("a")?.exit.id, "a");
  assert.deepEqual([pool.find("a")?.operatorBench, stateOf("a")], [null, "untried"]);
});

test("an operator's bench that ends before one that the exit earned leaves it as the last one from then on", () => {
  const { pool, clock, take, takeExit, stateOf } = poolOf([exitOf("a")]);
  pool.settle(takeExit("a"), REFUSED);
  const earnedMs = pool.find("a")?.benchedForMs ?? 0;
  pool.bench("a", 1, "");
  assert.equal(take(), null);
  clock.ms += 1;
  assert.ok(earnedMs > 1 && stateOf("a") === "benched");
  const lease = take();
  assert.equal(lease?.exit.id, "a");
  clock.ms += earnedMs;
  assert.equal(pool.countByState().probation, 1);
});

test("a success of what was in flight does not end an operator's bench", () => {
  const { pool, takeExit, stateOf } = poolOf([exitOf("a")]);
  const lease = takeExit("a");
  pool.bench("a", 60_000, "");
  pool.settle(lease, ANSWERED);
  assert.equal(stateOf("a"), "benched");
});

test("unbench ends an operator's bench, and one that the exit earned", () => {
  const { pool, takeExit, stateOf } = poolOf([exitOf("a"), exitOf("b")]);
  pool.bench("a", 60_000, "");
  pool.unbench("a");
  assert.equal(stateOf("a"), "untried");
  pool.settle(takeExit("a"), REFUSED);
  assert.equal(stateOf("a"), "benched");
  pool.unbench("a");
  assert.notEqual(stateOf("a"), "benched");
  assert.equal(takeExit("a").exit.id, "a");
});

test("a draining exit takes nothing new, and what is in flight is settled as ever", () => {
  const { pool, take, takeExit, stateOf } = poolOf([exitOf("a"), exitOf("b")]);
  const lease = takeExit("a");
  pool.drain("a", true);
  for (let i = 0; i < 20; i++) assert.equal(take()?.exit.id, "b");
  pool.settle(lease, ANSWERED);
  const drained = pool.find("a");
  assert.deepEqual([drained?.draining, drained?.inFlight, drained?.successes, stateOf("a")], [true, 0, 1, "healthy"]);
  pool.drain("a", false);
  assert.equal(pool.find("a")?.draining, false);
  assert.equal(takeExit("a").exit.id, "a");
});

test("bench and drain of one exit do not undo each other", () => {
  const { pool, clock, takeExit } = poolOf([exitOf("a")]);
  pool.drain("a", true);
  pool.bench("a", 1000, "");
  pool.unbench("a");
  assert.equal(pool.find("a")?.draining, true);
  pool.bench("a", 1000, "");
  pool.drain("a", false);
  assert.equal(takeExit("a"), null);
  pool.drain("a", true);
  clock.ms += 1000;
  assert.equal(takeExit("a"), null);
  assert.equal(pool.find("a")?.draining, true);
});

test("a soft session moves off a draining exit, a hard one stays, and neither stays on a benched one", () => {
  const { pool, take } = poolOf([exitOf("a"), exitOf("b")]);
  const held = take(SOFT)?.exit.id as string;
  pool.drain(held, true);
  assert.notEqual(take(SOFT)?.exit.id, held);
  pool.drain(held, false);
  const hard = take(HARD)?.exit.id as string;
  pool.drain(hard, true);
  assert.equal(take(HARD)?.exit.id, hard);
  pool.bench(hard, 1000, "");
  assert.equal(take(HARD), null);
  const lost = pool.faultOfEmpty({ ...NO_PARAMS, ...HARD });
  assert.deepEqual(
    [lost.id, lost.details],
    ["handshake.session_lost", `the session's exit ${hard} was benched by an operator, and a hard session does not move`],
  );
});

test("where operators took out all exits, the fault says so", () => {
  const { pool, take } = poolOf([exitOf("a"), exitOf("b")]);
  pool.drain("a", true);
  pool.bench("b", 1000, "");
  assert.equal(take(), null);
  assert.equal(pool.explainEmpty(NO_PARAMS), "an operator has taken out all 2 exits that match");
});

test("what an operator said of an exit outlives a load, and an exit that nobody has is none", () => {
  const { pool } = poolOf([exitOf("a"), exitOf("b")]);
  pool.drain("a", true);
  pool.load([exitOf("a", { tags: { country: "de" } })]);
  assert.equal(pool.find("a")?.draining, true);
  assert.deepEqual([pool.bench("x", 1, ""), pool.unbench("x"), pool.drain("b", true), pool.find("b")], [false, false, false, null]);
});

const ALL: ExitsWanted = { limit: 10, after: null, state: null, draining: null, tags: {} };

function page(pool: Pool, wanted: Partial<ExitsWanted>): { ids: string[]; next: string | null } | null {
  const steps = pool.list({ ...ALL, ...wanted });
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  const found: ExitPage = step.value;
  return found && { ids: found.exits.map(({ id }) => id), next: found.next };
}

test("lists exits page by page, in the order of the lists", () => {
  const { pool } = poolOf(["a", "b", "c", "d", "e"].map((id) => exitOf(id)));
  assert.deepEqual(page(pool, { limit: 2 }), { ids: ["a", "b"], next: "b" });
  assert.deepEqual(page(pool, { limit: 2, after: "b" }), { ids: ["c", "d"], next: "d" });
  assert.deepEqual(page(pool, { limit: 2, after: "d" }), { ids: ["e"], next: null });
  assert.deepEqual(page(pool, { limit: 5 }), { ids: ["a", "b", "c", "d", "e"], next: null });
  assert.equal(page(pool, { after: "gone" }), null);
});

test("lists exits by state, by tag, and by whether they drain", () => {
  const { pool } = poolOf([exitOf("a", { tags: { country: "de" } }), exitOf("b", { tags: { country: "fr" } }), exitOf("c")]);
  pool.bench("b", 1000, "");
  pool.drain("c", true);
  assert.deepEqual(page(pool, { state: "benched" })?.ids, ["b"]);
  assert.deepEqual(page(pool, { draining: true })?.ids, ["c"]);
  assert.deepEqual(page(pool, { draining: false })?.ids, ["a", "b"]);
  assert.deepEqual(page(pool, { tags: { country: ["de", "fr"] } })?.ids, ["a", "b"]);
  assert.deepEqual(page(pool, { tags: { country: ["fr"] }, state: "untried" })?.ids, []);
});

test("a list of many exits gives way before it has looked at all of them", () => {
  const { pool } = poolOf(Array.from({ length: 12_000 }, (_, i) => exitOf(`e${i}`)));
  const steps = [...pool.list({ ...ALL, state: "dead" })];
  assert.equal(steps.length, 12);
});

test("counts exits by state as they change", () => {
  const { pool, clock, takeExit } = poolOf([exitOf("a"), exitOf("b"), exitOf("c")]);
  const none = { untried: 0, healthy: 0, probation: 0, benched: 0, dead: 0 };
  assert.deepEqual(pool.countByState(), { ...none, untried: 3 });
  pool.settle(takeExit("a"), REFUSED);
  pool.settle(takeExit("b"), ANSWERED);
  assert.deepEqual(pool.countByState(), { ...none, untried: 1, healthy: 1, benched: 1 });
  clock.ms += 60_000;
  assert.deepEqual(pool.countByState(), { ...none, untried: 1, healthy: 1, probation: 1 });
  pool.bench("c", 1000, "");
  pool.load([exitOf("c"), exitOf("a"), exitOf("d")]);
  assert.deepEqual(pool.countByState(), { ...none, untried: 1, probation: 1, benched: 1 });
});
