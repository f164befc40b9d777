import type { ExitKind } from "../core/exit-rows.ts";
import { IntColumn } from "../core/number-column.ts";
import type { ExitBook } from "./exit-book.ts";
import { tagValues } from "./exit-filter.ts";
import { ExitGroup } from "./exit-group.ts";
import { type PoolKind, PoolKinds } from "./exit-kinds.ts";
import { FIRST_SLOT, NONE } from "./exit-store.ts";
import { PoolExit } from "./pool-exit.ts";
import { isInOne, WantedKinds } from "./wanted-kinds.ts";
import { BARRED, type Zone } from "./zone.ts";

/** How many exits match, and how many of them no operator has taken out. */
export interface Matching {
  readonly count: number;
  readonly inService: number;
}

/** The list of every exit. */
export const EVERY_EXIT = 0;

/**
 * Which exit is in which list: one list of all exits, and one for each value of each tag. An exit has a slot in each of its lists, where its
 * place there stands: so that to come, to go and to change the zone cost the same in lists of any length.
 */
export class TagLists {
  readonly book: ExitBook;
  readonly kinds: PoolKinds = new PoolKinds((tags) => this.#open(tags));
  /** Slot to the place in its list. */
  readonly places: IntColumn = new IntColumn();
  readonly #lists: (TagList | null)[] = [];
  readonly #unused: number[] = [];
  readonly #byTag = new Map<string, Map<string, number>>();
  #slotsEnd = 0;
  /** By how many slots are together: the first such free slot, which tells the next one. */
  readonly #freeSlots: number[] = [];

  constructor(book: ExitBook) {
    this.book = book;
    this.#lists.push(new TagList(this, EVERY_EXIT));
  }

  get all(): ExitGroup {
    return this.list(EVERY_EXIT);
  }

  list(number: number): ExitGroup {
    return this.#lists[number] as TagList;
  }

  view(row: number): PoolExit {
    return this.book.kept(row) ?? new PoolExit(this, row);
  }

  /** The number of the list of a tag's value; undefined: no exit has it. */
  listOf(name: string, value: string): number | undefined {
    return this.#byTag.get(name)?.get(value);
  }

  /** Whether an exit is in one of the lists. */
  isIn(row: number, lists: readonly number[]): boolean {
    return isInOne(this.kinds.get(this.book.store.kindOf(row)).lists, lists);
  }

  weightOf(row: number): number {
    return this.kinds.get(this.book.store.kindOf(row)).weight;
  }

  /** The rows of the exits in a list, rising. Looks at the kind of every row of the pool. */
  rowsOf(list: number, size: number): Int32Array {
    const { store } = this.book;
    const wanted = new WantedKinds(this.kinds, [[list]]);
    const rows = new Int32Array(size);
    for (let row = 0, found = 0; found < size; row++) if (wanted.has(store.kindOf(row))) rows[found++] = row;
    return rows;
  }

  /** The exits that are in one list of each of these sets. Looks at the kind of every row of the pool. */
  count(sets: readonly (readonly number[])[]): Matching {
    const { store } = this.book;
    const wanted = new WantedKinds(this.kinds, sets);
    let [count, inService] = [0, 0];
    for (let row = 0; row < store.end; row++) {
      if (!wanted.has(store.kindOf(row))) continue;
      count++;
      if (store.zoneInTurn(row) !== BARRED) inService++;
    }
    return { count, inService };
  }

  enter(row: number, kind: PoolKind, zone: Zone): void {
    const slot = this.#takeSlots(kind.lists.length);
    this.book.store.set(row, FIRST_SLOT, slot);
    this.book.store.enterLists(row, kind.number, zone);
    this.kinds.enter(kind);
    for (const [i, list] of kind.lists.entries()) (this.#lists[list] as TagList).enter(row, slot + i, zone);
  }

  /** True where values of tags went with it, which no other exit has. */
  leave(row: number, zone: Zone): boolean {
    const { store } = this.book;
    const kind = this.kinds.get(store.kindOf(row));
    const slot = store.get(row, FIRST_SLOT);
    for (const [i, list] of kind.lists.entries()) (this.#lists[list] as TagList).leave(this.places.get(slot + i), zone);
    this.#freeSlotsOf(slot, kind.lists.length);
    store.leaveLists(row);
    return this.kinds.leave(kind) && this.#close(kind);
  }

  move(row: number, from: Zone, to: Zone): void {
    const { store } = this.book;
    const { lists, number } = this.kinds.get(store.kindOf(row));
    const slot = store.get(row, FIRST_SLOT);
    store.enterLists(row, number, to);
    for (let i = 0; i < lists.length; i++) (this.#lists[lists[i] as number] as TagList).move(this.places.get(slot + i), from, to);
  }

  #takeSlots(count: number): number {
    const free = this.#freeSlots[count] ?? NONE;
    if (free >= 0) {
      this.#freeSlots[count] = this.places.get(free);
      return free;
    }
    const slot = this.#slotsEnd;
    this.#slotsEnd += count;
    this.places.reserve(this.#slotsEnd);
    return slot;
  }

  #freeSlotsOf(slot: number, count: number): void {
    while (this.#freeSlots.length <= count) this.#freeSlots.push(NONE);
    this.places.set(slot, this.#freeSlots[count] as number);
    this.#freeSlots[count] = slot;
  }

  #open(tags: ExitKind["tags"]): readonly number[] {
    const lists = [EVERY_EXIT];
    for (const name in tags) {
      let values = this.#byTag.get(name);
      if (values === undefined) this.#byTag.set(name, (values = new Map()));
      for (const value of tagValues(tags[name] as string)) {
        let number = values.get(value);
        if (number === undefined) {
          number = this.#unused.pop() ?? this.#lists.length;
          values.set(value, number);
          this.#lists[number] = new TagList(this, number);
        }
        (this.#lists[number] as TagList).kinds++;
        lists.push(number);
      }
    }
    return lists;
  }

  #close({ tags, lists }: PoolKind): boolean {
    let isAnyGone = false;
    for (const number of lists) {
      const list = this.#lists[number] as TagList;
      if (number === EVERY_EXIT || --list.kinds > 0) continue;
      isAnyGone = true;
      this.#lists[number] = null;
      this.#unused.push(number);
    }
    if (!isAnyGone) return false;
    for (const name in tags) {
      const values = this.#byTag.get(name) as Map<string, number>;
      for (const value of tagValues(tags[name] as string)) if (this.#lists[values.get(value) as number] === null) values.delete(value);
      if (values.size === 0) this.#byTag.delete(name);
    }
    return true;
  }
}

/** One list. */
class TagList extends ExitGroup {
  /** How many kinds of exits are in it. */
  kinds = 0;
  readonly #number: number;
  readonly #lists: TagLists;
  /** Rows, ordered by zone. */
  readonly #rows = new IntColumn();
  /** Rows in an order that no zone changes; made when somebody asks, for as long as no exit comes or goes. */
  #loaded: Int32Array | null = null;

  constructor(lists: TagLists, number: number) {
    super();
    this.#lists = lists;
    this.#number = number;
  }

  rowAt(place: number): number {
    return this.#rows.get(place);
  }

  view(row: number): PoolExit {
    return this.#lists.view(row);
  }

  readAhead(rowA: number, rowB: number): void {
    this.#lists.book.readAhead(rowA, rowB);
  }

  loadedAt(place: number): PoolExit {
    this.#loaded ??= this.#lists.rowsOf(this.#number, this.size);
    return this.#lists.view(this.#loaded[place] as number);
  }

  enter(row: number, slot: number, zone: Zone): void {
    this.#loaded = null;
    this.#rows.reserve(this.size + 1);
    this.#rows.set(this.size, row);
    this.#lists.places.set(slot, this.size);
    this.enterLast(zone);
  }

  leave(place: number, zone: Zone): void {
    this.#loaded = null;
    this.leaveLast(place, zone);
  }

  move(place: number, from: Zone, to: Zone): void {
    this.shift(place, from, to);
  }

  protected weightAt(place: number): number {
    return this.#lists.weightOf(this.#rows.get(place));
  }

  protected swap(a: number, b: number): void {
    const [rowA, rowB] = [this.#rows.get(a), this.#rows.get(b)];
    this.#rows.set(a, rowB);
    this.#rows.set(b, rowA);
    this.#lists.places.set(this.#slotOf(rowA), b);
    this.#lists.places.set(this.#slotOf(rowB), a);
  }

  #slotOf(row: number): number {
    const { book, kinds } = this.#lists;
    return book.store.get(row, FIRST_SLOT) + kinds.get(book.store.kindOf(row)).lists.indexOf(this.#number);
  }
}
