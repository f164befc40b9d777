import type { Random } from "../core/clock.ts";
import { BARRED, OUT, type PoolExit, USABLE, type Zone } from "./pool-exit.ts";
import { WeightSums } from "./weight-sums.ts";

/**
 * Exits to draw from, ordered by zone: first those that may be taken, then those that are out, then the barred ones. An exit that changes its
 * zone swaps places with one at the border, so that neither a draw nor a change costs more in a larger group.
 */
export abstract class ExitGroup {
  abstract readonly size: number;
  /** How many may be taken, and how many are out. */
  usable = 0;
  out = 0;
  /** Whose turn it is, for strategies that take turns. */
  turn = 0;
  #weights: WeightSums | null = null;
  #evenWeight = 1;

  abstract at(place: number): PoolExit;
  /** In the order in which they were loaded, which no zone changes. */
  abstract loadedAt(place: number): PoolExit;
  protected abstract swap(a: number, b: number): void;

  /** Of all that may be taken. */
  get weight(): number {
    return this.#weights === null ? this.usable * this.#evenWeight : this.#weights.sumOf(this.usable);
  }

  /** One of those that may be taken, by weight. There must be one. */
  draw(random: Random): PoolExit {
    const drawn = this.#weights === null ? Math.floor(random() * this.usable) : this.#weights.find(random() * this.weight);
    return this.at(Math.min(drawn, this.usable - 1));
  }

  /**
   * To be called once all are in, as if all were usable.
   * @param evenWeight what all weigh, where that is known.
   */
  protected settleIn(evenWeight: number | null): void {
    this.usable = this.size;
    if (evenWeight !== null) this.#evenWeight = evenWeight;
    else this.#weigh();
  }

  #weigh(): void {
    if (this.size > 0) this.#evenWeight = this.at(0).exit.weight;
    for (let place = 1; place < this.size; place++) {
      if (this.at(place).exit.weight === this.#evenWeight) continue;
      this.#weights = new WeightSums(Float64Array.from({ length: this.size }, (_, each) => this.at(each).exit.weight));
      return;
    }
  }

  /** Moves the exit at a place to another zone. */
  protected shift(place: number, from: Zone, to: Zone): void {
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
  }

  #trade(a: number, b: number): number {
    if (a === b) return b;
    if (this.#weights !== null) {
      const change = this.at(a).exit.weight - this.at(b).exit.weight;
      this.#weights.add(b, change);
      this.#weights.add(a, -change);
    }
    this.swap(a, b);
    return b;
  }
}

/** One exit, asked for by its id. */
export class OneExit extends ExitGroup {
  readonly size = 1;
  readonly #member: PoolExit;

  constructor(member: PoolExit) {
    super();
    this.#member = member;
    this.settleIn(member.exit.weight);
    this.shift(0, USABLE, member.zone);
  }

  at(): PoolExit {
    return this.#member;
  }

  loadedAt(): PoolExit {
    return this.#member;
  }

  protected swap(): void {}
}

/** Exits that match several tags together, looked for once and kept. Twelve bytes an exit. */
export class CommonExits extends ExitGroup {
  readonly size: number;
  readonly #members: readonly PoolExit[];
  /** Numbers of the members that are in, rising; an exit's index here is what the other two speak of. */
  readonly #numbers: Int32Array;
  readonly #order: Int32Array;
  readonly #place: Int32Array;

  /**
   * @param numbers of those of the members that are in, rising.
   * @param evenWeight what all members weigh, in or not; null: they differ.
   */
  constructor(members: readonly PoolExit[], numbers: Int32Array, evenWeight: number | null) {
    super();
    this.#members = members;
    this.#numbers = numbers;
    this.size = numbers.length;
    this.#order = numbers.map((_, index) => index);
    this.#place = this.#order.slice();
    this.settleIn(evenWeight);
    for (let index = 0; index < this.size; index++) {
      const member = this.loadedAt(index);
      if (member.zone !== USABLE) this.shift(this.#place[index] as number, USABLE, member.zone);
    }
  }

  at(place: number): PoolExit {
    return this.loadedAt(this.#order[place] as number);
  }

  loadedAt(index: number): PoolExit {
    return this.#members[this.#numbers[index] as number] as PoolExit;
  }

  move({ number }: PoolExit, from: Zone, to: Zone): void {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#numbers[middle] as number) < number) low = middle + 1;
      else high = middle;
    }
    if (this.#numbers[low] === number) this.shift(this.#place[low] as number, from, to);
  }

  protected swap(a: number, b: number): void {
    const [first, second] = [this.#order[a] as number, this.#order[b] as number];
    this.#order[a] = second;
    this.#order[b] = first;
    this.#place[second] = a;
    this.#place[first] = b;
  }
}
