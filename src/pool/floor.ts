/** Usable again by so much more than the floor before it counts as over: else a pool at the floor would warn again and again. */
const RECOVERED = 1.5;

/** A single exit is no pool: that it is benched says all. */
const POOL_MIN = 2;

/** Watches that enough of the pool is usable. Below, the least bad exits are used too. */
export class Floor {
  /** The share of the pool that must be usable, 0 to 1. */
  share: number;
  #isBelow = false;

  constructor(share: number) {
    this.share = share;
  }

  get isBelow(): boolean {
    return this.#isBelow;
  }

  /** Looks again; the warning to give where the pool has just fallen below, else null. */
  look(usable: number, size: number): string | null {
    if (size < POOL_MIN) this.#isBelow = false;
    if (size < POOL_MIN) return null;
    const least = this.share * size;
    if (usable >= (this.#isBelow ? Math.min(size, RECOVERED * least) : least)) {
      this.#isBelow = false;
      return null;
    }
    if (this.#isBelow) return null;
    this.#isBelow = true;
    return usable === 0
      ? `none of ${size} exits is usable: the least bad are used all the same`
      : `only ${usable} of ${size} exits ${usable === 1 ? "is" : "are"} usable: the least bad of the others are used too`;
  }
}
