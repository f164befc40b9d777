import { type ExitKind, ExitKinds, type ExitRows, exitKey } from "../core/exit-rows.ts";
import type { Exit } from "../core/route.ts";
import type { ExitList } from "../wire/exit-list.ts";

/** Exits that one step looks for in the list: about a millisecond. */
const STEP_EXITS_MAX = 250;

/** The exits of a list with others in the place of some of them, and more behind them. */
export class LayeredExits implements ExitRows {
  #kinds: readonly ExitKind[];
  readonly #list: ExitList;
  /** By the row of the list that they replace. */
  readonly #replaced = new Map<number, Exit>();
  readonly #more: Exit[] = [];
  readonly #ownKinds = new ExitKinds();

  constructor(list: ExitList) {
    this.#list = list;
    this.#kinds = list.kinds;
  }

  /** Puts exits in, step by step; to be run to its end before anything is asked. */
  *adding(exits: Iterable<Exit>): Generator<void, void> {
    let count = 0;
    for (const exit of exits) {
      if (++count % STEP_EXITS_MAX === 0) yield;
      const row = this.#list.rowOf(exit);
      if (row < 0) this.#more.push(exit);
      else this.#replaced.set(row, exit);
      this.#ownKinds.numberOf(exit);
    }
    this.#kinds = [...this.#list.kinds, ...this.#ownKinds.all];
  }

  get kinds(): readonly ExitKind[] {
    return this.#kinds;
  }

  get size(): number {
    return this.#list.size + this.#more.length;
  }

  at(row: number): Exit {
    return this.#own(row) ?? this.#list.at(row);
  }

  readAhead(row: number): number {
    return this.#own(row) === undefined ? this.#list.readAhead(row) : 0;
  }

  keyOf(row: number): number {
    const own = this.#own(row);
    return own === undefined ? this.#list.keyOf(row) : exitKey(own.id);
  }

  kindOf(row: number): number {
    const own = this.#own(row);
    return own === undefined ? this.#list.kindOf(row) : this.#list.kinds.length + this.#ownKinds.numberOf(own);
  }

  #own(row: number): Exit | undefined {
    return this.#replaced.get(row) ?? this.#more[row - this.#list.size];
  }
}
