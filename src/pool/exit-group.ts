import type { Random } from "../core/clock.ts";
import type { PoolExit } from "./pool-exit.ts";
import { WeightSums } from "./weight-sums.ts";
import { BARRED, OUT, USABLE, type Zone } from "./zone.ts";

/**
 * Exits to draw from, ordered by zone: first those that may be taken, then those that are out, then the barred ones. An exit that changes its
 * zone swaps places with one at the border, so that neither a draw nor a change costs more in a larger group.
 */
export abstract class ExitGroup {
  size = 0;
  /** How many may be taken, and how many are out. */
  usable = 0;
  out = 0;
  /** Whose turn it is, for strategies that take turns. */
  turn = 0;
  /** Null: all weigh the same. */
  #weights: WeightSums | null = null;
  #evenWeight = 1;

  at(place: number): PoolExit {
    return this.view(this.rowAt(place));
  }

  abstract rowAt(place: number): number;
  abstract view(row: number): PoolExit;
  /** Both are going to be looked at. */
  abstract readAhead(rowA: number, rowB: number): void;
  /** In an order that no zone changes. */
  abstract loadedAt(place: number): PoolExit;
  protected abstract swap(a: number, b: number): void;
  protected abstract weightAt(place: number): number;

  /** Of all that may be taken. */
  get weight(): number {
    return this.#weights === null ? this.usable * this.#evenWeight : this.#weights.sumOf(this.usable);
  }

  /** Memory that the weights take. */
  protected get weightBytes(): number {
    return this.#weights?.bytes ?? 0;
  }

  /** The row of one of those that may be taken, by weight. There must be one. */
  draw(random: Random): number {
    const drawn = this.#weights === null ? Math.floor(random() * this.usable) : this.#weights.find(random() * this.weight);
    return this.rowAt(Math.min(drawn, this.usable - 1));
  }

  /** Counts the exit that was put at the last place in. */
  protected enterLast(zone: Zone): void {
    const place = this.size++;
    this.#weigh(place);
    this.shift(place, BARRED, zone);
  }

  /** Moves the exit at a place to the last one, where it does not count any more. */
  protected leaveLast(place: number, zone: Zone): void {
    this.#trade(this.shift(place, zone, BARRED), this.size - 1);
    const last = --this.size;
    this.#weights?.add(last, -this.weightAt(last));
    if (this.size === 0) this.#weights = null;
  }

  /** Moves the exit at a place to another zone; the place where it is then. */
  protected shift(place: number, from: Zone, to: Zone): number {
    let at = place;
    for (let zone = from; zone < to; zone++) {
      at = this.#trade(at, zone === USABLE ? this.usable - 1 : this.usable + this.out - 1);
      if (zone === USABLE) this.usable--;
      this.out += zone === USABLE ? 1 : -1;
    }
    for (let zone = from; zone > to; zone--) {
      at = this.#trade(at, zone === BARRED ? this.usable + this.out : this.usable);
      if (zone === OUT) this.usable++;
      this.out += zone === BARRED ? 1 : -1;
    }
    return at;
  }

  #weigh(place: number): void {
    const weight = this.weightAt(place);
    if (place === 0) this.#evenWeight = weight;
    if (this.#weights !== null) this.#weights.add(place, weight);
    else if (weight !== this.#evenWeight) this.#weights = new WeightSums(this.size, (each) => this.weightAt(each));
  }

  #trade(a: number, b: number): number {
    if (a === b) return b;
    if (this.#weights !== null) {
      const change = this.weightAt(a) - this.weightAt(b);
      this.#weights.add(b, change);
      this.#weights.add(a, -change);
    }
    this.swap(a, b);
    return b;
  }
}

/** A few exits, for one choice: one that was asked for by its id, or some of a group that is not whole yet. */
export class FewExits extends ExitGroup {
  readonly #given: readonly PoolExit[];
  readonly #ordered: PoolExit[];

  constructor(members: readonly PoolExit[]) {
    super();
    this.#given = members;
    this.#ordered = [...members];
    for (const { zone } of members) this.enterLast(zone);
  }

  rowAt(place: number): number {
    return (this.#ordered[place] as PoolExit).number;
  }

  view(row: number): PoolExit {
    return this.#given.find(({ number }) => number === row) as PoolExit;
  }

  readAhead(): void {}

  loadedAt(place: number): PoolExit {
    return this.#given[place] as PoolExit;
  }

  protected weightAt(place: number): number {
    return (this.#ordered[place] as PoolExit).kind.weight;
  }

  protected swap(a: number, b: number): void {
    const [first, second] = [this.#ordered[a] as PoolExit, this.#ordered[b] as PoolExit];
    this.#ordered[a] = second;
    this.#ordered[b] = first;
  }
}
