/** Shards, each of which grows alone: a table of a million rows is never moved at once. */
const SHARD_BITS = 9;
/** Places of a new shard: a power of two. */
const PLACES_MIN = 8;

/**
 * Finds rows by 32 bits of a hash of what they hold: a Map for what there may be a million of, without an object for each.
 * @typeParam K what rows are asked for by.
 */
export class HashedRows<K> {
  readonly #isIt: (row: number, wanted: K) => boolean;
  readonly #shards: (Shard | undefined)[] = [];

  /** @param isIt whether a row with the right hash is the one that is wanted. */
  constructor(isIt: (row: number, wanted: K) => boolean) {
    this.#isIt = isIt;
  }

  add(hash: number, row: number): void {
    const at = hash >>> (32 - SHARD_BITS);
    let shard = this.#shards[at];
    if (shard === undefined) {
      while (this.#shards.length <= at) this.#shards.push(undefined);
      this.#shards[at] = shard = new Shard();
    }
    shard.add(hash | 0, row);
  }

  /** -1: there is none. */
  find(hash: number, wanted: K): number {
    const shard = this.#shards[hash >>> (32 - SHARD_BITS)];
    if (shard === undefined) return -1;
    for (let place = shard.first(hash); ; place = shard.after(place)) {
      const row = shard.rowAt(place);
      if (row < 0 || (shard.hashAt(place) === (hash | 0) && this.#isIt(row, wanted))) return row;
    }
  }

  delete(hash: number, row: number): void {
    this.#shards[hash >>> (32 - SHARD_BITS)]?.delete(hash, row);
  }
}

/** Open addressing, one place after the other. A place holds a hash, and its row plus one; 0: it is free. */
class Shard {
  #places = new Int32Array(2 * PLACES_MIN);
  #mask = PLACES_MIN - 1;
  #size = 0;

  first(hash: number): number {
    return hash & this.#mask;
  }

  after(place: number): number {
    return (place + 1) & this.#mask;
  }

  hashAt(place: number): number {
    return this.#places[2 * place] as number;
  }

  /** -1: the place is free. */
  rowAt(place: number): number {
    return (this.#places[2 * place + 1] as number) - 1;
  }

  add(hash: number, row: number): void {
    if (4 * (this.#size + 1) > 3 * (this.#mask + 1)) this.#grow();
    let place = this.first(hash);
    while (this.rowAt(place) >= 0) place = this.after(place);
    this.#put(place, hash, row);
    this.#size++;
  }

  delete(hash: number, row: number): void {
    let hole = this.first(hash);
    while (this.rowAt(hole) !== row) {
      if (this.rowAt(hole) < 0) return;
      hole = this.after(hole);
    }
    this.#size--;
    // What stands behind moves up, unless it would come before the place where it is looked for.
    for (let place = this.after(hole); this.rowAt(place) >= 0; place = this.after(place)) {
      const home = this.first(this.hashAt(place));
      if (((place - home) & this.#mask) < ((place - hole) & this.#mask)) continue;
      this.#put(hole, this.hashAt(place), this.rowAt(place));
      hole = place;
    }
    this.#places[2 * hole + 1] = 0;
  }

  #put(place: number, hash: number, row: number): void {
    this.#places[2 * place] = hash;
    this.#places[2 * place + 1] = row + 1;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Int32Array(2 * before.length);
    this.#mask = 2 * this.#mask + 1;
    for (let at = 0; at < before.length; at += 2) {
      const row = (before[at + 1] as number) - 1;
      if (row < 0) continue;
      let place = this.first(before[at] as number);
      while (this.rowAt(place) >= 0) place = this.after(place);
      this.#put(place, before[at] as number, row);
    }
  }
}
