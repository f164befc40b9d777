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

  /** To be called once all are in, in any order, with what is known of their weights. */
  protected settleIn(weights: Float64Array | null, evenWeight: number): void {
    this.usable = this.size;
    this.#evenWeight = evenWeight;
    if (weights !== null) this.#weights = new WeightSums(weights);
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
    this.settleIn(null, 1);
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

/** Exits that match several tags together, looked for once and kept. */
export class CommonExits extends ExitGroup {
  readonly #members: PoolExit[];
  readonly #loaded: readonly PoolExit[];
  readonly #places = new Map<PoolExit, number>();

  constructor(members: PoolExit[]) {
    super();
    this.#members = members;
    this.#loaded = [...members];
    for (const [place, member] of members.entries()) this.#places.set(member, place);
    const evenWeight = members[0]?.exit.weight ?? 1;
    const isEven = members.every(({ exit }) => exit.weight === evenWeight);
    this.settleIn(isEven ? null : Float64Array.from(members, ({ exit }) => exit.weight), evenWeight);
    for (const member of this.#loaded) this.move(member, USABLE, member.zone);
  }

  get size(): number {
    return this.#members.length;
  }

  at(place: number): PoolExit {
    return this.#members[place] as PoolExit;
  }

  loadedAt(place: number): PoolExit {
    return this.#loaded[place] as PoolExit;
  }

  move(member: PoolExit, from: Zone, to: Zone): void {
    const place = this.#places.get(member);
    if (place !== undefined) this.shift(place, from, to);
  }

  protected swap(a: number, b: number): void {
    const [first, second] = [this.at(a), this.at(b)];
    this.#members[a] = second;
    this.#members[b] = first;
    this.#places.set(second, a).set(first, b);
  }
}
