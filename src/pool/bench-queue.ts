import { FloatColumn, IntColumn } from "../core/number-column.ts";
import { type ExitStore, NONE } from "./exit-store.ts";

/** When which exit's bench is over: a binary heap of rows, each in it at most once. The store has where each stands. */
export class BenchQueue {
  readonly #store: ExitStore;
  readonly #rows = new IntColumn();
  readonly #ends = new FloatColumn();
  #size = 0;

  constructor(store: ExitStore) {
    this.#store = store;
  }

  /** Puts a row in, or moves it. */
  set(row: number, end: number): void {
    let at = this.#store.queuedAt(row);
    if (at < 0) {
      at = this.#size++;
      this.#rows.reserve(this.#size);
      this.#ends.reserve(this.#size);
    }
    this.#put(at, row, end);
    this.#sink(this.#rise(at));
  }

  delete(row: number): void {
    const at = this.#store.queuedAt(row);
    if (at < 0) return;
    const last = --this.#size;
    this.#store.setQueuedAt(row, NONE);
    if (at === last) return;
    this.#put(at, this.#rows.get(last), this.#ends.get(last));
    this.#sink(this.#rise(at));
  }

  /** Whether any end has come. */
  isAnyDue(now: number): boolean {
    return this.#size > 0 && this.#ends.get(0) <= now;
  }

  /** Whether the end of this row has come; false also where it is not in the queue. */
  isDue(row: number, now: number): boolean {
    const at = this.#store.queuedAt(row);
    return at >= 0 && this.#ends.get(at) <= now;
  }

  /** Takes out one whose end has come; `NONE`: there is none. */
  takeDue(now: number): number {
    if (!this.isAnyDue(now)) return NONE;
    const first = this.#rows.get(0);
    this.delete(first);
    return first;
  }

  #rise(from: number): number {
    const [row, end] = [this.#rows.get(from), this.#ends.get(from)];
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#ends.get(parent) <= end) break;
      this.#put(at, this.#rows.get(parent), this.#ends.get(parent));
      at = parent;
    }
    if (at !== from) this.#put(at, row, end);
    return at;
  }

  #sink(from: number): void {
    const [row, end] = [this.#rows.get(from), this.#ends.get(from)];
    let at = from;
    for (let child = this.#earlierChild(at); child >= 0 && this.#ends.get(child) < end; child = this.#earlierChild(at)) {
      this.#put(at, this.#rows.get(child), this.#ends.get(child));
      at = child;
    }
    if (at !== from) this.#put(at, row, end);
  }

  #earlierChild(at: number): number {
    const left = 2 * at + 1;
    if (left >= this.#size) return NONE;
    const right = left + 1;
    return right < this.#size && this.#ends.get(right) < this.#ends.get(left) ? right : left;
  }

  #put(at: number, row: number, end: number): void {
    this.#rows.set(at, row);
    this.#ends.set(at, end);
    this.#store.setQueuedAt(row, at);
  }
}
