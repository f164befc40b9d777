import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import type { LeaseOutcome } from "../../src/pool/lease.ts";
import { ANSWERED, exitOf, failed, poolOf, seeded, TARGET } from "./fakes.ts";

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

test("checks that fail while our own connection is lost keep no exit out: they found nothing out", () => {
  const ids = ["a", "b", "c", "d", "e", "new"];
  const { pool, clock, take, stateOf } = poolOf(
    ids.map((id) => exitOf(id)),
    seeded(1),
    { ...DEFAULTS.pool, checked: true },
  );
  const record = (id: string, outcome: LeaseOutcome) => pool.record({ exit: id, target: TARGET, outcome, closely: true });
  for (const id of ids.slice(0, -1)) record(id, ANSWERED);
  clock.ms += 1000;
  for (const id of ids) record(id, failed("connect.timeout", "exit"));
  assert.deepEqual(ids.map(stateOf), ["untried", "untried", "healthy", "healthy", "healthy", "untried"]);
  const taken = new Set<string | undefined>();
  for (let i = 0; i < 100; i++) {
    const lease = take();
    taken.add(lease?.exit.id);
    if (lease !== null) pool.settle(lease, ANSWERED);
  }
  assert.deepEqual([...taken].sort(), ids);
});
