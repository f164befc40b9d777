import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExchangeRecord } from "../../src/core/ledger.ts";
import { Accounting } from "../../src/pool/accounting.ts";
import { failedRecord } from "../observe/records.ts";

const GIB = 1024 ** 3;

interface Went {
  readonly exit: string | null;
  readonly bytesIn?: number;
  readonly bytesOut?: number;
  readonly target?: string;
}

function recordOf(...attempts: readonly Went[]): ExchangeRecord {
  const record = failedRecord();
  const [like] = record.attempts;
  assert.ok(like !== undefined);
  return {
    ...record,
    attempts: attempts.map(({ exit, bytesIn = 0, bytesOut = 0, target = "site.example:443" }) => ({
      ...like,
      exit,
      bytesIn,
      bytesOut,
      route: [...(exit === null ? [] : [`${exit}.example:8080`]), target],
    })),
  };
}

const TAGS: Record<string, Record<string, string>> = {
  dc: { tier: "datacenter", provider: "vendor_a" },
  res: { tier: "Residential", provider: "vendor_b" },
  own: { tier: "residential", provider: "vendor_b", price: "2" },
  bare: {},
  endless: { tier: "residential", price: "1e999" },
  odd: { tier: "constructor" },
};

function accountingOf(limits?: { exits: number; targets: number }): Accounting {
  return new Accounting((id) => (TAGS[id] === undefined ? null : { tags: TAGS[id] }), { residential: 8 }, limits);
}

test("counts each attempt, failed ones too, by exit, tier, provider and target", () => {
  const accounting = accountingOf();
  accounting.add(recordOf({ exit: "dc", bytesOut: 10 }, { exit: "bare", bytesIn: 100, bytesOut: 10 }));
  accounting.add(recordOf({ exit: null, bytesIn: 7, target: "other.example:80" }));
  const { total, tiers, providers, exits, targets, otherExits, otherTargets } = accounting.usage(10);
  assert.deepEqual(total, { requests: 3, bytesIn: 107, bytesOut: 20, cost: 0 });
  assert.deepEqual(
    tiers.map(({ tier, requests, bytesIn }) => [tier, requests, bytesIn]),
    [
      ["direct", 1, 7],
      ["datacenter", 1, 0],
      ["none", 1, 100],
    ],
  );
  assert.deepEqual(
    providers.map(({ provider, requests }) => [provider, requests]),
    [
      ["none", 2],
      ["vendor_a", 1],
    ],
  );
  assert.deepEqual(
    exits.map(({ exit, bytesIn, bytesOut }) => [exit, bytesIn + bytesOut]),
    [
      ["bare", 110],
      ["dc", 10],
    ],
  );
  assert.deepEqual(
    targets.map(({ target, requests }) => [target, requests]),
    [
      ["site.example:443", 2],
      ["other.example:80", 1],
    ],
  );
  assert.deepEqual([otherExits, otherTargets], [null, null]);
});

test("costs what the exit's own tag says, else its tier's price, for bytes both ways", () => {
  const accounting = accountingOf();
  accounting.add(recordOf({ exit: "res", bytesIn: GIB, bytesOut: GIB / 2 }, { exit: "own", bytesIn: GIB }, { exit: "dc", bytesIn: GIB }));
  const { total, exits } = accounting.usage(10);
  assert.deepEqual(Object.fromEntries(exits.map(({ exit, cost }) => [exit, cost])), { res: 12, own: 2, dc: 0 });
  assert.equal(total.cost, 14);
});

test("a new price holds from then on, and an exit that is gone ends as what it was", () => {
  const accounting = accountingOf();
  accounting.add(recordOf({ exit: "res", bytesIn: GIB }));
  accounting.renew({ residential: 4 });
  accounting.add(recordOf({ exit: "res", bytesIn: GIB }));
  assert.equal(accounting.usage(1).total.cost, 12);
  TAGS["leaving"] = { tier: "residential" };
  accounting.add(recordOf({ exit: "leaving", bytesIn: GIB }));
  delete TAGS["leaving"];
  accounting.renew({ residential: 4 });
  accounting.add(recordOf({ exit: "leaving", bytesIn: GIB }));
  assert.equal(accounting.usage(1).total.cost, 20);
});

test("names those with most bytes, and adds up the others", () => {
  const accounting = accountingOf();
  for (let i = 0; i < 100; i++) accounting.add(recordOf({ exit: `e${i}`, bytesIn: i, target: `t${i}:80` }));
  const { exits, otherExits, targets, otherTargets, total } = accounting.usage(3);
  assert.deepEqual(
    exits.map(({ exit }) => exit),
    ["e99", "e98", "e97"],
  );
  assert.deepEqual(
    targets.map(({ target }) => target),
    ["t99:80", "t98:80", "t97:80"],
  );
  assert.equal(total.bytesIn, 4950);
  assert.deepEqual([otherExits?.requests, otherExits?.bytesIn], [97, 4950 - 99 - 98 - 97]);
  assert.equal(otherTargets?.requests, 97);
});

test("keeps so many accounts, lets small ones go first, and loses no byte", () => {
  const accounting = accountingOf({ exits: 4, targets: 4 });
  accounting.add(recordOf({ exit: "big", bytesIn: 1000, target: "big:80" }));
  for (let i = 0; i < 200; i++) accounting.add(recordOf({ exit: `e${i}`, bytesIn: 1, target: `t${i}:80` }));
  const { exits, otherExits, targets, otherTargets, tiers } = accounting.usage(10);
  assert.deepEqual([exits.length, exits[0]?.exit, targets.length, targets[0]?.target], [4, "big", 4, "big:80"]);
  assert.deepEqual([otherExits?.bytesIn, otherTargets?.bytesIn], [197, 197]);
  assert.equal(tiers[0]?.bytesIn, 1200);
});

test("so many tiers and providers are told apart, since each is a series of the metrics", () => {
  const accounting = new Accounting((id) => ({ tags: { tier: id, provider: id } }), {});
  for (let i = 0; i < 1000; i++) accounting.add(recordOf({ exit: `k${i}`, bytesIn: 1 }));
  const kinds = [...accounting.kinds()];
  assert.ok(kinds.length <= 201, String(kinds.length));
  assert.equal(kinds.at(-1)?.tier, "other");
  assert.equal(accounting.usage(1).total.requests, 1000);
});

test("a price that is no number of money, and a tier called like what every object has, leave the costs numbers", () => {
  const accounting = accountingOf();
  accounting.add(recordOf({ exit: "endless", bytesIn: GIB }, { exit: "odd", bytesIn: GIB }));
  assert.equal(accounting.usage(10).total.cost, 8);
});
