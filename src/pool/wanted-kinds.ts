import type { PoolKind, PoolKinds } from "./exit-kinds.ts";

const YES = 1;
const NO = 2;

/**
 * Which kinds of exits are in one list of each of some sets of lists. Looked at once each, of those that there are by now: numbers of kinds
 * that are gone are given to others, but who keeps this drops it when an exit that is in comes or goes.
 */
export class WantedKinds {
  readonly #kinds: PoolKinds;
  readonly #wanted: readonly (readonly number[])[];
  readonly #known: Uint8Array;

  constructor(kinds: PoolKinds, wanted: readonly (readonly number[])[]) {
    this.#kinds = kinds;
    this.#wanted = wanted;
    this.#known = new Uint8Array(kinds.end);
  }

  /** Memory that it takes. */
  get bytes(): number {
    return this.#known.byteLength;
  }

  /** Whether a kind is in; `number` may be `NONE`. */
  has(number: number): boolean {
    const known = number < 0 ? NO : this.#known[number];
    return known === 0 ? this.#look(number) : known === undefined ? this.hasNow(this.#kinds.get(number)) : known === YES;
  }

  /** The same, whatever was known. */
  hasNow({ lists }: PoolKind): boolean {
    for (const set of this.#wanted) if (!isInOne(lists, set)) return false;
    return true;
  }

  #look(number: number): boolean {
    const isIn = this.hasNow(this.#kinds.get(number));
    this.#known[number] = isIn ? YES : NO;
    return isIn;
  }
}

export function isInOne(lists: readonly number[], set: readonly number[]): boolean {
  for (const list of set) if (lists.includes(list)) return true;
  return false;
}
