import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_FOR_CHECKS, Gate, YIELDING } from "../../src/check/gate.ts";

test("Work begins in the order in which it came, and leaves turns of the event loop to others in between.", async () => {
  const gate = new Gate(YIELDING);
  const begun: { readonly work: number; readonly turn: number }[] = [];
  let turn = 0;
  const works = [0, 1, 2, 3].map((work) => gate.pass().then(() => begun.push({ work, turn })));
  for (; begun.length < works.length; turn++) await new Promise(setImmediate);
  assert.deepEqual(
    begun.map(({ work }) => work),
    [0, 1, 2, 3],
  );
  assert.equal(begun[0]?.turn, 0);
  const gaps = begun.slice(1).map((one, i) => one.turn - (begun[i]?.turn ?? 0));
  assert.ok(Math.min(...gaps) >= 3, gaps.join());
});

test("A gate is busy while many wait, and what comes later begins at once again.", async () => {
  const gate = new Gate(YIELDING);
  const works = Array.from({ length: 20 }, () => gate.pass());
  assert.ok(gate.isBusy);
  await Promise.all(works);
  assert.ok(!gate.isBusy);
  await gate.pass();
});

test("A process that does nothing but check begins one in every second turn of the event loop.", async () => {
  const gate = new Gate(ALL_FOR_CHECKS);
  let begun = 0;
  for (let i = 0; i < 5; i++) void gate.pass().then(() => begun++);
  await Promise.resolve();
  const counts = [begun];
  for (let turn = 0; turn < 5; turn++) {
    await new Promise(setImmediate);
    counts.push(begun);
  }
  assert.deepEqual(counts, [1, 1, 2, 2, 3, 3]);
});
