import assert from "node:assert/strict";
import { test } from "node:test";
import { exitOf, failed, poolOf, REFUSED, TARGET } from "./fakes.ts";

const OTHER = { ...TARGET, host: "other.example" };

test("exits that are out for a fault of their own, drained or blocked by the target tell nothing of it", () => {
  const { pool, takeExit } = poolOf(["a", "b", "c", "d"].map((id) => exitOf(id)));
  assert.equal(pool.waysTo(TARGET).count(3), 3, "no more are counted than are asked for");
  pool.settle(takeExit("a"), REFUSED);
  pool.drain("b", true);
  pool.record({ exit: "c", target: TARGET, outcome: failed("relay.blocked", "origin", "target") });
  const ways = pool.waysTo(TARGET);
  assert.equal(ways.count(8), 1);
  assert.deepEqual(
    ["a", "b", "c", "d", "gone"].map((id) => ways.includes(id)),
    [false, false, false, true, false],
  );
  assert.equal(pool.waysTo(OTHER).count(8), 2, "c is blocked by one target only");
});

test("an exit that is out for a doubtful failure on the target may yet tell of it, and nothing of other targets", () => {
  const { pool, takeExit } = poolOf(["a", "b"].map((id) => exitOf(id)));
  pool.settle(takeExit("a"), failed("handshake.timeout", "exit", "exit", { confidence: 0.99 }));
  assert.equal(pool.find("a")?.state, "benched");
  assert.equal(pool.waysTo(TARGET).count(8), 2);
  assert.equal(pool.waysTo(OTHER).count(8), 1);
});
