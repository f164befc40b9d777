import { ExitGroup } from "./exit-group.ts";
import type { PoolExit } from "./pool-exit.ts";
import type { TagLists } from "./tag-lists.ts";
import { OUT, USABLE, type Zone } from "./zone.ts";

/** Exits that match several tags together, looked for once and kept. Twelve bytes an exit. */
export class CommonExits extends ExitGroup {
  readonly #lists: TagLists;
  readonly #wanted: readonly (readonly number[])[];
  /** Rows of the exits that are in, rising; an exit's index here is what `#places` speaks of. */
  readonly #rows: Int32Array;
  /** The same rows, ordered by zone. */
  readonly #order: Int32Array;
  readonly #places: Int32Array;

  /** @param wanted those are in that are in one list of each of these sets. */
  constructor(lists: TagLists, wanted: readonly (readonly number[])[]) {
    super();
    this.#lists = lists;
    this.#wanted = wanted;
    const { rows, weight } = lists.common(wanted);
    this.#rows = rows;
    this.#order = new Int32Array(rows.length);
    this.#places = new Int32Array(rows.length);
    this.enterAll(this.#sortByZone(), weight);
  }

  /** Whether an exit with a row in the pool belongs here. */
  wants(row: number): boolean {
    return this.#wanted.every((lists) => this.#lists.isIn(row, lists));
  }

  rowAt(place: number): number {
    return this.#order[place] as number;
  }

  view(row: number): PoolExit {
    return this.#lists.view(row);
  }

  fetch(rowA: number, rowB: number): void {
    this.#lists.book.fetch(rowA, rowB);
  }

  loadedAt(index: number): PoolExit {
    return this.#lists.view(this.#rows[index] as number);
  }

  move(row: number, from: Zone, to: Zone): void {
    const index = this.#indexOf(row);
    if (this.#rows[index] === row) this.shift(this.#places[index] as number, from, to);
  }

  protected weightAt(place: number): number {
    return this.at(place).kind.weight;
  }

  protected swap(a: number, b: number): void {
    const [first, second] = [this.#order[a] as number, this.#order[b] as number];
    this.#order[a] = second;
    this.#order[b] = first;
    this.#places[this.#indexOf(second)] = a;
    this.#places[this.#indexOf(first)] = b;
  }

  /** How many are in each zone. Looks at no more of an exit than where it is: there may be hundreds of thousands. */
  #sortByZone(): readonly [number, number, number] {
    const { store } = this.#lists.book;
    const zones = new Uint8Array(this.#rows.length);
    const counts: [number, number, number] = [0, 0, 0];
    for (let index = 0; index < zones.length; index++) {
      const zone = store.zoneInTurn(this.#rows[index] as number);
      zones[index] = zone;
      counts[zone]++;
    }
    const next: [number, number, number] = [0, counts[USABLE], counts[USABLE] + counts[OUT]];
    for (let index = 0; index < zones.length; index++) {
      const place = next[zones[index] as Zone]++;
      this.#order[place] = this.#rows[index] as number;
      this.#places[index] = place;
    }
    return counts;
  }

  /** Where a row stands among the rising ones, or would. */
  #indexOf(row: number): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#rows[middle] as number) < row) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
