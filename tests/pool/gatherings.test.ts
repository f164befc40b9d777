import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ExitBook } from "../../src/pool/exit-book.ts";
import { Gatherings } from "../../src/pool/gatherings.ts";
import { TagLists } from "../../src/pool/tag-lists.ts";
import { USABLE } from "../../src/pool/zone.ts";
import { exitOf } from "./fakes.ts";

const EXITS = 4000;
/** Whole, each of them takes between one and twelve parts of all. */
const KEYS = 12;
const GATHERINGS_MAX = 64;

/** Exits of which the first few have the tag `n=0`, more have `n=1`, and so on. */
function listsOf(isWeighted: boolean): TagLists {
  const lists = new TagLists(new ExitBook());
  for (let i = 0; i < EXITS; i++) {
    const values = Array.from({ length: KEYS }, (_, n) => n).filter((n) => i * KEYS < EXITS * (n + 1));
    const exit = exitOf(i.toString(16).padStart(8, "0"), { tags: { n: values.join() }, weight: isWeighted ? 1 + (i % 3) : 1 });
    lists.enter(lists.book.addOwn(exit), lists.kinds.of(exit), USABLE);
  }
  return lists;
}

function wantedBy(lists: TagLists, key: number): readonly (readonly number[])[] {
  return [[lists.listOf("n", String(key % KEYS)) as number], [0]];
}

test("gathered exits take no more memory than they may, unless it is those that were asked for last, and who was not asked for longest goes", () => {
  const plain = listsOf(false);
  const weighted = listsOf(true);
  fc.assert(
    fc.property(
      fc.array(fc.nat(KEYS - 1), { maxLength: 80 }),
      fc.integer({ min: 1000, max: 400_000 }),
      fc.boolean(),
      (asked, bytesMax, isWeighted) => {
        const lists = isWeighted ? weighted : plain;
        const gatherings = new Gatherings(lists, bytesMax);
        /** Those that must be there, the last one that was asked for at the end. */
        let kept: number[] = [];
        for (const key of asked) {
          const known = gatherings.find(key);
          assert.equal(known !== undefined, kept.includes(key));
          const exits = known ?? gatherings.begin(key, wantedBy(lists, key));
          while (!exits.isWhole) gatherings.grow(exits);
          assert.equal(exits.size, Math.ceil((EXITS * (key + 1)) / KEYS));
          kept = [...kept.filter((other) => other !== key), key].slice(-gatherings.size);
          assert.ok(gatherings.bytes <= bytesMax || gatherings.size === 1);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("no more than so many filters have their exits gathered, however few these are", () => {
  const lists = listsOf(false);
  const gatherings = new Gatherings(lists);
  for (let key = 0; key < 2 * GATHERINGS_MAX; key++) {
    gatherings.begin(`${key}`, wantedBy(lists, 0));
    gatherings.find("0");
    assert.ok(gatherings.size <= GATHERINGS_MAX);
  }
  assert.notEqual(gatherings.find("0"), undefined, "it was asked for again and again");
  assert.equal(gatherings.find("1"), undefined);
});

test("the memory that counts is that of the columns and of the weights", () => {
  const lists = listsOf(true);
  const gatherings = new Gatherings(lists);
  const exits = gatherings.begin(1, wantedBy(lists, KEYS - 1));
  while (!exits.isWhole) gatherings.grow(exits);
  const least = EXITS * (3 * Int32Array.BYTES_PER_ELEMENT + Float64Array.BYTES_PER_ELEMENT);
  assert.ok(gatherings.bytes >= least && gatherings.bytes < 3 * least, `${gatherings.bytes}`);
});
