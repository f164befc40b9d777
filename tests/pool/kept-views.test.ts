import assert from "node:assert/strict";
import { test } from "node:test";
import { ANSWERED, exitOf, type Fixture, poolOf, REFUSED } from "./fakes.ts";

/** Of a pool that is larger than that, exits share the places where their views are kept: each with those so many rows away. */
const ALL_KEPT = 16_384;
const SHARED = 2048;

/** A large pool, and two exits of it that share a place. */
function large(): Fixture & { readonly ids: readonly [string, string] } {
  const exits = Array.from({ length: ALL_KEPT + 2 * SHARED }, (_, i) => exitOf(i.toString(16).padStart(8, "0")));
  const idOf = (row: number) => (exits[row] as { id: string }).id;
  return { ...poolOf(exits), ids: [idOf(ALL_KEPT + 5), idOf(ALL_KEPT + SHARED + 5)] };
}

test("what is learned over an exit stays where another has taken the place of its view", () => {
  const { pool, takeExit, ids } = large();
  const [a, b] = ids;
  const first = takeExit(a);
  pool.settle(takeExit(b), ANSWERED);
  const second = takeExit(a);
  assert.equal(pool.find(a)?.inFlight, 2);
  pool.settle(first, ANSWERED);
  assert.deepEqual([pool.find(a)?.inFlight, pool.find(a)?.successes], [1, 1]);
  pool.settle(takeExit(b), ANSWERED);
  pool.settle(second, ANSWERED);
  pool.settle(takeExit(a), REFUSED);
  assert.deepEqual([pool.find(a)?.state, pool.find(a)?.successes, pool.find(a)?.failures], ["benched", 2, 1]);
  assert.deepEqual([pool.find(b)?.state, pool.find(b)?.successes, pool.find(b)?.failures], ["healthy", 2, 0]);
});

test("an exit that goes while it is used over several views is let go once, and its row serves another", () => {
  const { pool, takeExit, ids } = large();
  const [a, b] = ids;
  const first = takeExit(a);
  pool.settle(takeExit(b), ANSWERED);
  const second = takeExit(a);
  const carrier = pool.carry(second.exit);
  pool.change([], [a]);
  pool.change([exitOf("c")], []);
  pool.settle(first, REFUSED);
  pool.settle(second, ANSWERED);
  assert.equal(second.exit.id, a);
  pool.letGo(carrier);
  pool.change([exitOf("d"), exitOf("e")], []);
  assert.deepEqual(
    ["c", "d", "e"].map((id) => takeExit(id).exit.id),
    ["c", "d", "e"],
  );
  assert.equal(pool.find(a), null);
  for (const id of ["c", "d", "e"]) assert.deepEqual([pool.find(id)?.state, pool.find(id)?.inFlight], ["untried", 1]);
});

test("a lease goes over the route of its time, the next one over the route that the exit has then", () => {
  const { pool, takeExit, ids } = large();
  const [a, b] = ids;
  const first = takeExit(a);
  pool.settle(takeExit(b), ANSWERED);
  pool.change([exitOf(a, { hops: exitOf("other").hops })], []);
  assert.deepEqual([first.exit.hops[0]?.host, takeExit(a).exit.hops[0]?.host], [`${a}.example`, "other.example"]);
});
