import { ExitGroup } from "./exit-group.ts";
import type { PoolExit, Zone } from "./pool-exit.ts";
import type { TagLists } from "./tag-lists.ts";

/** Exits that match several tags together, looked for once and kept. Twelve bytes an exit. */
export class CommonExits extends ExitGroup {
  readonly #lists: TagLists;
  readonly #wanted: readonly (readonly number[])[];
  /** Rows of the exits that are in, rising; an exit's index here is what the other two speak of. */
  readonly #rows: Int32Array;
  readonly #order: Int32Array;
  readonly #place: Int32Array;

  /** @param wanted those are in that are in one list of each of these sets. */
  constructor(lists: TagLists, wanted: readonly (readonly number[])[]) {
    super();
    this.#lists = lists;
    this.#wanted = wanted;
    this.#rows = lists.common(wanted);
    this.#order = new Int32Array(this.#rows.length);
    this.#place = new Int32Array(this.#rows.length);
    for (let index = 0; index < this.#rows.length; index++) {
      this.#order[index] = index;
      this.#place[index] = index;
      this.enterLast(this.loadedAt(index).zone);
    }
  }

  /** Whether an exit with a row in the pool belongs here. */
  wants(row: number): boolean {
    return this.#wanted.every((lists) => this.#lists.isIn(row, lists));
  }

  at(place: number): PoolExit {
    return this.loadedAt(this.#order[place] as number);
  }

  loadedAt(index: number): PoolExit {
    return this.#lists.view(this.#rows[index] as number);
  }

  move(row: number, from: Zone, to: Zone): void {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#rows[middle] as number) < row) low = middle + 1;
      else high = middle;
    }
    if (this.#rows[low] === row) this.shift(this.#place[low] as number, from, to);
  }

  protected weightAt(place: number): number {
    return this.at(place).kind.weight;
  }

  protected swap(a: number, b: number): void {
    const [first, second] = [this.#order[a] as number, this.#order[b] as number];
    this.#order[a] = second;
    this.#order[b] = first;
    this.#place[second] = a;
    this.#place[first] = b;
  }
}
