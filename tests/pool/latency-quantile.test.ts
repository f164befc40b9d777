import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LatencyQuantile, LatencyQuantiles } from "../../src/pool/latency-quantile.ts";
import { seeded } from "./fakes.ts";

test("says nothing of a target with few answers", () => {
  const answers = new LatencyQuantile();
  for (let i = 0; i < 19; i++) answers.add(50);
  assert.equal(answers.at(0.95), null);
  answers.add(50);
  assert.notEqual(answers.at(0.95), null);
});

test("is the quantile, or at most a fifth above it", () => {
  const times = fc.array(fc.double({ min: 1, max: 100_000, noNaN: true }), { minLength: 20, maxLength: 399 });
  fc.assert(
    fc.property(times, fc.integer({ min: 10, max: 99 }), (all, percent) => {
      const answers = new LatencyQuantile();
      for (const ms of all) answers.add(ms);
      const sorted = all.toSorted((a, b) => a - b);
      const told = answers.at(percent / 100) as number;
      const faster = sorted.filter((ms) => ms <= told).length;
      assert.ok(faster >= Math.floor((all.length * percent) / 100), `${faster} of ${all.length} are within ${told} ms`);
      const clearlyFaster = sorted.filter((ms) => ms <= told / 1.21).length;
      assert.ok(clearlyFaster <= Math.ceil((all.length * percent) / 100), `${clearlyFaster} of ${all.length} are well within ${told} ms`);
    }),
  );
});

test("follows a target that has become slower, and one that has become faster", () => {
  const random = seeded(3);
  const answers = new LatencyQuantile();
  const addAround = (ms: number) => {
    for (let i = 0; i < 2000; i++) answers.add(ms * (0.9 + 0.2 * random()));
  };
  for (const ms of [100, 2000, 30]) {
    addAround(ms);
    const told = answers.at(0.95) as number;
    assert.ok(told > ms && told < ms * 1.4, `${told} ms around ${ms}`);
  }
});

test("a time beyond all classes is the longest, and none below the first", () => {
  const answers = new LatencyQuantile();
  for (let i = 0; i < 20; i++) answers.add(0);
  assert.equal(answers.at(0.95), 1);
  for (let i = 0; i < 100; i++) answers.add(1e9);
  assert.ok((answers.at(0.95) as number) > 400_000);
});

test("remembers a bounded number of targets, the recent ones", () => {
  const targets = new LatencyQuantiles();
  for (let i = 0; i < 20; i++) targets.add("busy:80", 50);
  for (let i = 0; i < 20_000; i++) {
    targets.add(`t${i}:80`, 10);
    if (i % 1000 === 0) targets.add("busy:80", 50);
  }
  assert.equal(targets.size, 10_000);
  assert.notEqual(targets.at("busy:80", 0.95), null);
  assert.equal(targets.at("t0:80", 0.95), null);
});
