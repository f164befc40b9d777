import assert from "node:assert/strict";
import { test } from "node:test";
import { Concurrency, LATE_MS_MAX } from "../../src/check/concurrency.ts";

const FULL = { isFull: true, lateMs: 0 };
const LATE = { isFull: true, lateMs: LATE_MS_MAX + 1 };

function steps(concurrency: Concurrency, count: number, step: Parameters<Concurrency["step"]>[0]): number {
  for (let i = 0; i < count; i++) concurrency.step(step);
  return concurrency.limit;
}

test("grows up to its cap while all checks are used and the process keeps up, and not otherwise", () => {
  const concurrency = new Concurrency({ start: 512, max: 4000 });
  assert.equal(steps(concurrency, 50, { isFull: false, lateMs: 0 }), 512);
  assert.equal(steps(concurrency, 50, { isFull: true, lateMs: LATE_MS_MAX / 2 }), 512);
  assert.ok(steps(concurrency, 5, FULL) > 1000);
  assert.equal(steps(concurrency, 50, FULL), 4000);
});

test("a cap below the start is kept from the beginning", () => {
  assert.equal(new Concurrency({ start: 512, max: 3 }).limit, 3);
  assert.equal(steps(new Concurrency({ start: 512, max: 3 }), 50, LATE), 3);
});

test("is halved once for one delay, again where it lasts, never to nothing, and recovers", () => {
  const concurrency = new Concurrency({ start: 512, max: 4000 });
  assert.equal(steps(concurrency, 2, LATE), 256);
  assert.ok(steps(concurrency, 200, LATE) >= 16);
  assert.equal(steps(concurrency, 200, FULL), 4000);
});

test("what the system has no room for is never asked of it again, however many tell so at once", () => {
  const concurrency = new Concurrency({ start: 1000, max: 4000 });
  for (let i = 0; i < 500; i++) concurrency.lacking(1000 - i);
  assert.equal(concurrency.limit, 500);
  assert.equal(steps(concurrency, 200, FULL), 800);
});
