import { IntColumn } from "../core/number-column.ts";
import { ExitGroup } from "./exit-group.ts";
import type { PoolExit } from "./pool-exit.ts";
import type { TagLists } from "./tag-lists.ts";
import { WantedKinds } from "./wanted-kinds.ts";
import { USABLE, type Zone } from "./zone.ts";

/** Rows that one step looks at, and exits that it puts in: a fraction of a millisecond. */
const STEP_LOOKS_MAX = 16_384;
const STEP_EXITS_MAX = 1024;

/**
 * Exits that match several tags together. There may be hundreds of thousands, so they are gathered step by step, in the order of their rows; an
 * exit behind those that were looked at is not in yet.
 */
export class CommonExits extends ExitGroup {
  /** All that match are in. */
  isWhole = false;
  /** When it was asked for last: a count of all such questions. */
  usedAt = 0;
  readonly #lists: TagLists;
  readonly #kinds: WantedKinds;
  /** Rows of the exits that are in, rising; an exit's index here is what `#places` speaks of. */
  readonly #rows = new IntColumn();
  /** The same rows, ordered by zone. */
  readonly #order = new IntColumn();
  readonly #places = new IntColumn();
  /** Rows below this were looked at. */
  #lookedBelow = 0;
  /** None of those that are not in yet may be taken. */
  #isNoneBehind = false;

  /** @param wanted those are in that are in one list of each of these sets. */
  constructor(lists: TagLists, wanted: readonly (readonly number[])[]) {
    super();
    this.#lists = lists;
    this.#kinds = new WantedKinds(lists.kinds, wanted);
  }

  /** Memory that it takes: twelve bytes an exit, up to twice that while it grows, and as much again where exits have different weights. */
  get bytes(): number {
    return this.#rows.bytes + this.#order.bytes + this.#places.bytes + this.#kinds.bytes + this.weightBytes;
  }

  /** Whether an exit with a row in the pool belongs here. */
  wants(row: number): boolean {
    return this.#kinds.hasNow(this.#lists.kinds.get(this.#lists.book.store.kindOf(row)));
  }

  /** Gathers some more. */
  grow(): void {
    const { store } = this.#lists.book;
    const end = Math.min(store.end, this.#lookedBelow + STEP_LOOKS_MAX);
    const sizeMax = this.size + STEP_EXITS_MAX;
    let row = this.#lookedBelow;
    for (; row < end && this.size < sizeMax; row++) if (this.#kinds.has(store.kindOf(row))) this.#enter(row, store.zoneInTurn(row));
    this.#lookedBelow = row;
    this.isWhole = row === store.end;
  }

  /** Some of those that may be taken and are not in yet: so many, or all. */
  usableBehind(max: number): number[] {
    const { store } = this.#lists.book;
    const found: number[] = [];
    if (this.#isNoneBehind) return found;
    for (let row = this.#lookedBelow; row < store.end && found.length < max; row++) {
      if (store.zoneInTurn(row) === USABLE && this.#kinds.has(store.kindOf(row))) found.push(row);
    }
    this.#isNoneBehind = found.length === 0;
    return found;
  }

  rowAt(place: number): number {
    return this.#order.get(place);
  }

  view(row: number): PoolExit {
    return this.#lists.view(row);
  }

  readAhead(rowA: number, rowB: number): void {
    this.#lists.book.readAhead(rowA, rowB);
  }

  loadedAt(index: number): PoolExit {
    return this.#lists.view(this.#rows.get(index));
  }

  /** An exit of the pool has changed its zone. */
  move(row: number, from: Zone, to: Zone): void {
    if (!this.#kinds.has(this.#lists.book.store.kindOf(row))) return;
    if (row >= this.#lookedBelow) this.#isNoneBehind = false;
    else this.shift(this.#places.get(this.#indexOf(row)), from, to);
  }

  protected weightAt(place: number): number {
    return this.#lists.weightOf(this.#order.get(place));
  }

  protected swap(a: number, b: number): void {
    const [first, second] = [this.#order.get(a), this.#order.get(b)];
    this.#order.set(a, second);
    this.#order.set(b, first);
    this.#places.set(this.#indexOf(second), a);
    this.#places.set(this.#indexOf(first), b);
  }

  #enter(row: number, zone: Zone): void {
    const place = this.size;
    for (const column of [this.#rows, this.#order, this.#places]) column.reserve(place + 1);
    this.#rows.set(place, row);
    this.#order.set(place, row);
    this.#places.set(place, place);
    this.enterLast(zone);
  }

  /** Where a row stands among the rising ones. */
  #indexOf(row: number): number {
    let low = 0;
    let high = this.size - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#rows.get(middle) < row) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
