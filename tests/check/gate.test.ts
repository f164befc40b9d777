import assert from "node:assert/strict";
import { test } from "node:test";
import { Gate } from "../../src/check/gate.ts";

/** As many turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

test("Work begins in the order in which it came, and leaves turns of the event loop to others in between.", async () => {
  const gate = new Gate();
  const begun: { readonly work: number; readonly turn: number }[] = [];
  let turn = 0;
  const works = [0, 1, 2, 3].map((work) => gate.pass(false).then(() => begun.push({ work, turn })));
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
  const gate = new Gate();
  const works = Array.from({ length: 20 }, () => gate.pass(false));
  assert.ok(gate.isBusy);
  await Promise.all(works);
  assert.ok(!gate.isBusy);
  await gate.pass(false);
});

test("Of the proxies of this machine only some are measured at once: another begins where one is done, or takes long.", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const gate = new Gate();
  const leaves: (() => void)[] = [];
  const begun = () => leaves.length;
  for (let i = 0; i < 30; i++) void gate.pass(true).then((leave) => leaves.push(leave));
  await turns(200);
  assert.equal(begun(), 24);
  leaves[0]?.();
  leaves[0]?.(); // once is enough
  await turns(20);
  assert.equal(begun(), 25);
  t.mock.timers.tick(150);
  await turns(100);
  assert.equal(begun(), 30);
});

test("Those of other machines begin however many are under way, and wait for none of this one.", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const gate = new Gate();
  const begun = { here: 0, away: 0 };
  for (let i = 0; i < 30; i++) void gate.pass(true).then(() => begun.here++);
  for (let i = 0; i < 30; i++) void gate.pass(false).then(() => begun.away++);
  await turns(400);
  assert.deepEqual(begun, { here: 24, away: 30 });
});
