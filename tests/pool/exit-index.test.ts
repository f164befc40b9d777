import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ExitBook } from "../../src/pool/exit-book.ts";
import { ExitIndex, type Shortlist } from "../../src/pool/exit-index.ts";
import { TagLists } from "../../src/pool/tag-lists.ts";
import { BARRED, OUT, USABLE, type Zone } from "../../src/pool/zone.ts";
import { exitOf } from "./fakes.ts";

/** Several steps of gathering look at them. */
const EXITS = 40_000;
/** The least steps that surely gather them all. */
const STEPS = 60;
const FILTERS = ["x", "y"].flatMap((a) => ["x", "y"].map((b) => ({ exit: null, tags: { a: [a], b: [b] } })));

interface Held {
  readonly tags: { readonly a: string; readonly b: string; readonly c: string };
  zone: Zone;
}

/** An index, and beside it what must be found there, kept in the plainest way. */
class Twice {
  readonly lists: TagLists = new TagLists(new ExitBook());
  readonly index: ExitIndex = new ExitIndex(this.lists);
  /** By row. */
  readonly held = new Map<number, Held>();
  #count = 0;

  enter(tags: Held["tags"], zone: Zone): void {
    const number = this.#count++;
    const exit = exitOf(number.toString(16).padStart(8, "0"), { tags, weight: 1 + (number % 2) });
    const row = this.lists.book.addOwn(exit);
    this.index.enter(row, this.lists.kinds.of(exit), zone);
    this.held.set(row, { tags, zone });
  }

  leave(row: number): void {
    this.index.leave(row, (this.held.get(row) as Held).zone);
    this.lists.book.remove(row, false);
    this.lists.book.free(row);
    this.held.delete(row);
  }

  move(row: number, zone: Zone): void {
    const held = this.held.get(row) as Held;
    this.index.move(row, held.zone, zone);
    held.zone = zone;
  }

  rowsOf({ tags: { a, b } }: (typeof FILTERS)[number], zone: Zone): number[] {
    const isWanted = ({ tags, zone: own }: Held) => own === zone && tags.a === a[0] && tags.b === b[0];
    return [...this.held].filter(([, held]) => isWanted(held)).map(([row]) => row);
  }
}

/** All that stands in a zone of the groups, rising. */
function rowsIn({ groups }: Shortlist, zone: Zone): number[] {
  const rows: number[] = [];
  for (const group of groups) {
    const from = [0, group.usable, group.usable + group.out][zone] as number;
    const to = [group.usable, group.usable + group.out, group.size][zone] as number;
    for (let place = from; place < to; place++) rows.push(group.rowAt(place));
  }
  return rows.sort((a, b) => a - b);
}

const value = fc.constantFrom("x", "y");
const tags = fc.record({ a: value, b: value, c: fc.constantFrom("1", "2", "3", "4", "5") });
const zone = fc.constantFrom<Zone>(USABLE, OUT, BARRED);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("ask" as const), filter: fc.constantFrom(...FILTERS) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("move" as const), at: fc.nat(EXITS - 1), zone }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("leave" as const), at: fc.nat(EXITS - 1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("enter" as const), tags, zone }) },
);

test("whatever comes, goes and changes while exits are gathered, those that match are found in the end, each in its zone", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), fc.constantFrom(2, 50, 5000), (steps, rare) => {
      const twice = new Twice();
      for (let i = 0; i < EXITS; i++) twice.enter(tagsOf(i, rare), (i % 7) % 3 === 1 ? OUT : USABLE);
      for (const each of steps) {
        const at = "at" in each ? each.at : 0;
        if (each.do === "ask") assertSound(twice, each.filter);
        else if (each.do === "enter") twice.enter(each.tags, each.zone);
        else if (!twice.held.has(at)) continue;
        else if (each.do === "leave") twice.leave(at);
        else twice.move(at, each.zone);
      }
      for (const filter of FILTERS) assertFound(twice, filter);
    }),
    { numRuns: 12 },
  );
});

test("an exit of a kind that takes the place of one that is gone is found, and no other in its stead", () => {
  const twice = new Twice();
  for (let i = 0; i < 100; i++) twice.enter({ a: "x", b: i % 2 === 0 ? "x" : "y", c: "1" }, USABLE);
  twice.enter({ a: "x", b: "x", c: "2" }, USABLE);
  twice.enter({ a: "y", b: "y", c: "2" }, USABLE); // so that no list goes with the one before
  for (const filter of FILTERS) assertFound(twice, filter);
  twice.leave(100);
  twice.enter({ a: "x", b: "y", c: "2" }, USABLE);
  for (const filter of FILTERS) assertFound(twice, filter);
  twice.move(100, OUT);
  for (const filter of FILTERS) assertFound(twice, filter);
});

/** One in so many has the values of both tags that are asked for together. */
function tagsOf(i: number, rare: number): Held["tags"] {
  const a = i % 2 === 0 ? "x" : "y";
  const other = a === "x" ? "y" : "x";
  return { a, b: (i >> 1) % rare === rare - 1 ? a : other, c: String(1 + (i % 5)) };
}

/** What was gathered so far matches, stands in its zone, and leaves no usable one out where it has none. */
function assertSound(twice: Twice, filter: (typeof FILTERS)[number]): void {
  let shortlist = twice.index.find(filter).narrow();
  for (const each of [USABLE, OUT, BARRED] as const) assertAmong(rowsIn(shortlist, each), twice.rowsOf(filter, each));
  shortlist = shortlist.narrow();
  for (const each of [USABLE, OUT, BARRED] as const) assertAmong(rowsIn(shortlist, each), twice.rowsOf(filter, each));
  const usable = twice.rowsOf(filter, USABLE);
  assert.equal(rowsIn(shortlist, USABLE).length > 0, usable.length > 0);
  if (usable.length === 0) assert.equal(rowsIn(shortlist, OUT).length > 0, twice.rowsOf(filter, OUT).length > 0);
}

function assertAmong(rows: readonly number[], all: readonly number[]): void {
  const known = new Set(all);
  assert.equal(new Set(rows).size, rows.length, "one is in twice");
  assert.deepEqual(
    rows.filter((row) => !known.has(row)),
    [],
  );
}

function assertFound(twice: Twice, filter: (typeof FILTERS)[number]): void {
  let shortlist = twice.index.find(filter);
  for (let turn = 0; turn < STEPS && shortlist.narrow() !== shortlist; turn++) shortlist = twice.index.find(filter);
  assert.equal(shortlist.narrow(), shortlist, "they are still being gathered");
  const sorted = (each: Zone) => twice.rowsOf(filter, each).sort((a, b) => a - b);
  for (const each of [USABLE, OUT, BARRED] as const) assert.deepEqual(rowsIn(shortlist, each), sorted(each));
  const all = rowsIn(shortlist, USABLE).length + rowsIn(shortlist, OUT).length;
  assert.deepEqual(twice.index.count(filter), { count: all + sorted(BARRED).length, inService: all });
}
