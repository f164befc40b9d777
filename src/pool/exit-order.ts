import { IntColumn } from "../core/number-column.ts";
import type { ExitBook } from "./exit-book.ts";
import { LIST, NONE, POSITION } from "./exit-store.ts";

/** Positions that may be empty before they are closed up, besides as many as there are exits. */
const EMPTY_MAX = 1024;

/** Of fewer, most are among the first few in any order. */
const SCATTERED_MIN = 64;
/** Of a list, steps of this share of it come to every part soon (the golden ratio). */
const STRIDE = 0.618;

/**
 * The order in which exits are listed: that of their list, and behind it those that came one by one. While a new list is loaded, the exits
 * that are still in the one before come first, in its order. Positions may be empty.
 */
export class ExitOrder {
  readonly #book: ExitBook;
  /** Of each of the book's two lists, the row at each position, and below which position there may be one. */
  readonly #rows: readonly [IntColumn, IntColumn] = [new IntColumn(), new IntColumn()];
  readonly #ends: [number, number] = [0, 0];

  constructor(book: ExitBook) {
    this.#book = book;
  }

  /**
   * The rows behind this one, or all; `NONE` for each empty position. The pool may change meanwhile: an exit that moves to a newer list
   * may come twice, but none is left out.
   */
  *rows(after: number = NONE): Generator<number, void> {
    let list = after === NONE ? this.#book.older : this.#listOf(after);
    let position = after === NONE ? 0 : this.#book.store.get(after, POSITION) + 1;
    for (;;) {
      for (; position < this.#ends[list]; position++) yield this.#rowAt(list, position);
      if (list === this.#book.newest) return;
      list = this.#book.newest;
      position = 0;
    }
  }

  /** The same, with those that stand together in the list far apart, so that the first few are like the whole. */
  *scattered(): Generator<number, void> {
    const list = this.#book.newest;
    const end = this.#ends[list];
    // While a new list is being loaded, most exits are in the one before.
    const isOne = this.#ends[this.#book.older] === 0;
    if (!isOne || end < SCATTERED_MIN) return yield* this.rows();
    const step = strideOf(end);
    for (let count = 0, position = 0; count < end; count++, position = (position + step) % end) yield this.#rowAt(list, position);
    if (list !== this.#book.newest) return yield* this.rows();
    for (let position = end; position < this.#ends[list]; position++) yield this.#rowAt(list, position);
  }

  /** Gives an exit of the newest list its position there. */
  put(row: number, position: number): void {
    const { newest, store } = this.#book;
    if (position >= this.#ends[newest]) {
      this.#ends[newest] = position + 1;
      this.#rows[newest].reserve(position + 1);
    }
    this.#rows[newest].set(position, row);
    store.set(row, POSITION, position);
  }

  putLast(row: number): void {
    this.put(row, this.#ends[this.#book.newest]);
  }

  /** No exit is left in the list before. */
  end(): void {
    this.#ends[this.#book.older] = 0;
  }

  /** Closes empty positions up, where there are many more than exits. */
  closeUp(exits: number): void {
    const { newest } = this.#book;
    if (this.#ends[newest] <= 2 * exits + EMPTY_MAX) return;
    let position = 0;
    for (const row of this.rows()) if (row !== NONE) this.put(row, position++);
    this.#ends[newest] = position;
  }

  #listOf(row: number): 0 | 1 {
    return this.#book.store.has(row, LIST) ? 1 : 0;
  }

  #rowAt(list: 0 | 1, position: number): number {
    const { store } = this.#book;
    const row = this.#rows[list].get(position);
    return store.kindOf(row) >= 0 && store.get(row, POSITION) === position && this.#listOf(row) === list ? row : NONE;
  }
}

/** Steps of so many, around and around, come to each of `count` positions once. */
function strideOf(count: number): number {
  let stride = Math.max(1, Math.floor(count * STRIDE));
  while (commonDivisor(stride, count) > 1) stride++;
  return stride;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
