import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RepeatBudget } from "../../src/pool/repeat-budget.ts";

const SITE = { host: "site.lab", port: 80 };
const RULES = { budget: 0.2, budgetFloor: 5 };

function takeAll(budget: RepeatBudget, target: typeof SITE, now: number, rules: typeof RULES = RULES): number {
  let taken = 0;
  while (budget.take(target, rules, now)) taken++;
  return taken;
}

test("repeats are a share of a target's recent requests", () => {
  const budget = new RepeatBudget();
  for (let i = 0; i < 1000; i++) budget.request(SITE, i / 100);
  assert.equal(takeAll(budget, SITE, 10), 200);
  assert.equal(takeAll(budget, SITE, 10), 0);
});

test("a target with little traffic has a few repeats, and they come back with time", () => {
  const budget = new RepeatBudget();
  budget.request(SITE, 0);
  assert.equal(takeAll(budget, SITE, 0), 5);
  assert.equal(takeAll(budget, SITE, 1000), 0);
  assert.equal(takeAll(budget, SITE, 10_000), 2);
  assert.equal(takeAll(budget, SITE, 1_000_000), 5);
});

test("one target's storm costs another nothing", () => {
  const budget = new RepeatBudget();
  takeAll(budget, SITE, 0);
  assert.equal(takeAll(budget, { ...SITE, port: 8080 }, 0), 5);
  assert.equal(takeAll(budget, { ...SITE, host: "other.lab" }, 0), 5);
  assert.equal(takeAll(budget, SITE, 0), 0);
});

test("a budget of 1 lets each request be repeated once, one of 0 only the floor", () => {
  const budget = new RepeatBudget();
  for (let i = 0; i < 100; i++) budget.request(SITE, 0);
  assert.equal(takeAll(budget, SITE, 0, { budget: 0, budgetFloor: 1 }), 1);
  assert.equal(takeAll(budget, SITE, 0, { budget: 1, budgetFloor: 1 }), 99);
});

test("targets are forgotten beyond a bound, those first that are longest without a request", () => {
  const budget = new RepeatBudget(3);
  const targets = ["a", "b", "c"].map((host) => ({ host, port: 80 }));
  for (const [i, target] of targets.entries()) {
    budget.request(target, i * 1000);
    takeAll(budget, target, i * 1000);
  }
  budget.request({ host: "a", port: 80 }, 3000);
  budget.request({ host: "d", port: 80 }, 3000);
  assert.equal(budget.size, 3);
  assert.equal(takeAll(budget, { host: "a", port: 80 }, 3000), 0, "a was in use");
  assert.equal(takeAll(budget, { host: "b", port: 80 }, 3000), 5, "b was forgotten");
});

test("never are more repeats taken in a short time than the share of all requests and the floor", () => {
  const event = fc.record({ isRequest: fc.boolean(), host: fc.constantFrom("a", "b"), afterMs: fc.integer({ min: 0, max: 50 }) });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), (events) => {
      const budget = new RepeatBudget();
      const sums = { a: { requests: 0, repeats: 0 }, b: { requests: 0, repeats: 0 } };
      let now = 0;
      for (const { isRequest, host, afterMs } of events) {
        now += afterMs;
        const sum = sums[host as "a" | "b"];
        if (isRequest) {
          budget.request({ host, port: 1 }, now);
          sum.requests++;
        } else if (budget.take({ host, port: 1 }, RULES, now)) sum.repeats++;
      }
      // Ten seconds at most: what is counted half by then lets as many again be taken.
      for (const { requests, repeats } of Object.values(sums)) assert.ok(repeats <= 2 * Math.max(5, 0.2 * requests));
    }),
    { numRuns: 200 },
  );
});
