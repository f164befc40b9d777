import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HashedRows } from "../../src/core/hashed-rows.ts";

/** Hashes that fall into a few shards, and into few places there: those of one end wrap around to the other. */
const hash = fc
  .record({ shard: fc.constantFrom(0, 1, 511), place: fc.constantFrom(0, 1, 6, 7, 15, 8388607) })
  .map(({ shard, place }) => shard * 2 ** 23 + place);
const step = fc.record({ do: fc.constantFrom("add" as const, "add" as const, "delete" as const), row: fc.nat(60), hash });

test("finds what was added and not deleted, whatever shares its hash or its place", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const model = new Map<number, number>();
      const table = new HashedRows<number>((row, wanted) => row === wanted);
      for (const { do: what, row, hash: given } of steps) {
        const known = model.get(row);
        if (what === "add" && known === undefined) {
          table.add(given, row);
          model.set(row, given);
        } else if (what === "delete" && known !== undefined) {
          table.delete(known, row);
          model.delete(row);
        } else if (what === "delete") table.delete(given, row);
        for (let each = 0; each <= 60; each++) {
          const at = model.get(each);
          assert.equal(table.find(at ?? given, each), at === undefined ? -1 : each);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test("a hash is the same whether it is written as a number with a sign or without", () => {
  const table = new HashedRows<string>((row, wanted) => wanted === `e${row}`);
  table.add(0xffffffff, 7);
  assert.equal(table.find(-1, "e7"), 7);
  assert.equal(table.find(0xffffffff, "e8"), -1);
  table.delete(-1, 7);
  assert.equal(table.find(0xffffffff, "e7"), -1);
});

test("keys above 32 bits are told apart by what they are keys of", () => {
  const table = new HashedRows<string>((row, wanted) => wanted === `e${row}`);
  table.add(2 ** 32 + 5, 1);
  table.add(5, 2);
  assert.equal(table.find(5, "e1"), 1);
  assert.equal(table.find(2 ** 32 + 5, "e2"), 2);
});

test("grows to many rows and shrinks to none", () => {
  const table = new HashedRows<number>((row, wanted) => row === wanted);
  const hashOf = (row: number) => Math.imul(row, 0x9e3779b1);
  for (let row = 0; row < 20_000; row++) table.add(hashOf(row), row);
  for (let row = 0; row < 20_000; row += 2) table.delete(hashOf(row), row);
  for (let row = 0; row < 20_000; row++) assert.equal(table.find(hashOf(row), row), row % 2 === 0 ? -1 : row);
  for (let row = 1; row < 20_000; row += 2) table.delete(hashOf(row), row);
  for (let row = 0; row < 20_000; row++) assert.equal(table.find(hashOf(row), row), -1);
});
