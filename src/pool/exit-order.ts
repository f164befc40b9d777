import { IntColumn } from "../core/number-column.ts";
import { type ExitStore, NONE, POSITION } from "./exit-store.ts";

/** Positions that may be empty before they are closed up, besides as many as there are exits. */
const EMPTY_MAX = 1024;

/** The order in which exits are listed: that of their list, and behind it those that came one by one. Positions may be empty. */
export class ExitOrder {
  /** Positions below this may hold an exit. */
  end = 0;
  readonly #store: ExitStore;
  readonly #rows = new IntColumn();

  constructor(store: ExitStore) {
    this.#store = store;
  }

  /** The row at a position; `NONE`: it is empty. */
  rowAt(position: number): number {
    const row = this.#rows.get(position);
    return this.#store.kindOf(row) >= 0 && this.#store.get(row, POSITION) === position ? row : NONE;
  }

  *rows(): Generator<number, void> {
    for (let position = 0; position < this.end; position++) {
      const row = this.rowAt(position);
      if (row >= 0) yield row;
    }
  }

  put(row: number, position: number): void {
    if (position >= this.end) {
      this.end = position + 1;
      this.#rows.reserve(this.end);
    }
    this.#rows.set(position, row);
    this.#store.set(row, POSITION, position);
  }

  putLast(row: number): void {
    this.put(row, this.end);
  }

  /** Nothing is left behind this position. */
  endAt(position: number): void {
    this.end = position;
  }

  /** Closes empty positions up, where there are many more than exits. */
  closeUp(exits: number): void {
    if (this.end <= 2 * exits + EMPTY_MAX) return;
    let position = 0;
    for (const row of this.rows()) this.put(row, position++);
    this.end = position;
  }
}
