import assert from "node:assert/strict";
import { test } from "node:test";
import { ANSWERED, exitOf, failed, poolOf } from "./fakes.ts";

test("exits that were benched before our own connection was known to be lost are back as soon as it is, and none is benched since", () => {
  const ids = ["a", "b", "c", "d", "e"];
  const { pool, clock, takeExit, stateOf, events } = poolOf(ids.map((id) => exitOf(id)));
  for (const id of ids) pool.settle(takeExit(id), ANSWERED);
  clock.ms += 1000;
  const leases = ids.map(takeExit);
  const states = leases.map((lease) => {
    const weighed = pool.settle(lease, failed("connect.timeout", "exit"));
    return `${weighed?.culprit} ${ids.map(stateOf).filter((state) => state === "benched").length}`;
  });
  assert.deepEqual(states, ["exit 1", "exit 2", "network 0", "network 0", "network 0"]);
  const reasons = events.flatMap((event) => (event.type === "hop-changed" && event.from === "benched" ? [event.reason] : []));
  assert.deepEqual(reasons, ["our own connection was lost", "our own connection was lost"]);
});
