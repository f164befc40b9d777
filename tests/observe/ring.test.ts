import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ExchangeRing } from "../../src/observe/ring.ts";
import { attemptRecord, exchangeRecord, failedRecord, refusedAttempt } from "./records.ts";

const any = { outcome: null, fault: null, exit: null };
const ids = (records: readonly { id: string }[]) => records.map((record) => record.id);

test("finds an exchange by its id, and answers null for one it does not have", () => {
  const ring = new ExchangeRing();
  const record = exchangeRecord({ id: "A" });
  ring.add(record);
  assert.equal(ring.get("A"), record);
  assert.equal(ring.get("B"), null);
});

test("gives the latest first and at most as many as asked for", () => {
  const ring = new ExchangeRing();
  for (const id of ["A", "B", "C"]) ring.add(exchangeRecord({ id }));
  assert.deepEqual(ids(ring.recent(2, any)), ["C", "B"]);
  assert.deepEqual(ring.recent(0, any), []);
});

test("forgets the oldest when it is full, by id too", () => {
  const ring = new ExchangeRing(2);
  for (const id of ["A", "B", "C"]) ring.add(exchangeRecord({ id }));
  assert.equal(ring.get("A"), null);
  assert.deepEqual(ids(ring.recent(10, any)), ["C", "B"]);
});

test("keeps a newer exchange findable when an older one with the same id falls out", () => {
  const ring = new ExchangeRing(2);
  const newer = exchangeRecord({ id: "A", status: 204 });
  ring.add(exchangeRecord({ id: "A" }));
  ring.add(newer);
  ring.add(exchangeRecord({ id: "B" }));
  assert.equal(ring.get("A"), newer);
});

test("filters by outcome, by fault or family of the verdict or any attempt, and by exit", () => {
  const ring = new ExchangeRing();
  ring.add(exchangeRecord({ id: "fine" }));
  ring.add(failedRecord({ id: "failed" }));
  ring.add(exchangeRecord({ id: "rescued", outcome: "rescued", attempts: [refusedAttempt({ exit: "us-1" }), attemptRecord()] }));
  ring.add(exchangeRecord({ id: "denied", outcome: "failed", attempts: [] }));
  const found = (filter: Partial<typeof any> | object) => ids(ring.recent(10, { ...any, ...filter }));
  assert.deepEqual(found({ outcome: "failed" }), ["denied", "failed"]);
  assert.deepEqual(found({ fault: "connect.refused" }), ["rescued", "failed"]);
  assert.deepEqual(found({ fault: "handshake" }), ["failed"]);
  assert.deepEqual(found({ fault: "connect.ref" }), []);
  assert.deepEqual(found({ exit: "us-1" }), ["rescued"]);
  assert.deepEqual(found({ exit: "de-7", outcome: "ok" }), ["fine"]);
});

test("does not take a capacity that holds nothing", () => {
  assert.throws(() => new ExchangeRing(0), RangeError);
});

test("property: holds exactly the last exchanges, in order, for any number of them", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 60 }), (capacity, count) => {
      const ring = new ExchangeRing(capacity);
      const added = Array.from({ length: count }, (_, i) => String(i));
      for (const id of added) ring.add(exchangeRecord({ id }));
      assert.deepEqual(ids(ring.recent(count, any)), added.slice(-capacity).reverse());
      assert.deepEqual(
        added.filter((id) => ring.get(id) !== null),
        added.slice(-capacity),
      );
    }),
    { numRuns: 100 },
  );
});

test("a record keeps what was learned after its end", () => {
  const ring = new ExchangeRing(2);
  ring.add(exchangeRecord({ id: "a" }));
  const revision = { attempt: 1, from: "exit", to: "origin", reason: "the target turned out to be down" } as const;
  ring.revise("a", revision);
  ring.revise("gone", revision);
  assert.deepEqual(ring.get("a")?.revised, [revision]);
});
