/**
 * Sums of weights up to each place, kept while weights move (a Fenwick tree): drawing and moving cost the logarithm of the number. It doubles
 * where there are more places.
 */
export class WeightSums {
  #sums: Float64Array;

  /** @param places how many there are. */
  constructor(places: number, weightAt: (place: number) => number) {
    const sums = new Float64Array(2 ** Math.ceil(Math.log2(Math.max(1, places))));
    for (let place = 0; place < places; place++) sums[place] = weightAt(place);
    for (let at = 1; at < sums.length; at++) {
      const above = at + (at & -at);
      sums[above - 1] = (sums[above - 1] as number) + (sums[at - 1] as number);
    }
    this.#sums = sums;
  }

  /** Memory that they take. */
  get bytes(): number {
    return this.#sums.byteLength;
  }

  add(place: number, change: number): void {
    while (place >= this.#sums.length) this.#grow();
    for (let at = place + 1; at <= this.#sums.length; at += at & -at) this.#sums[at - 1] = (this.#sums[at - 1] as number) + change;
  }

  /** The weight of the first `count` places. */
  sumOf(count: number): number {
    let sum = 0;
    for (let at = count; at > 0; at -= at & -at) sum += this.#sums[at - 1] as number;
    return sum;
  }

  /** The place where the sum first exceeds `drawn`. */
  find(drawn: number): number {
    let at = 0;
    let left = drawn;
    for (let step = this.#sums.length; step >= 1; step /= 2) {
      const next = at + step;
      if (next > this.#sums.length || (this.#sums[next - 1] as number) > left) continue;
      at = next;
      left -= this.#sums[next - 1] as number;
    }
    return at;
  }

  /** Of the sums that come in addition, only the last one, which is that of all, holds anything. */
  #grow(): void {
    const before = this.#sums;
    this.#sums = new Float64Array(2 * before.length);
    this.#sums.set(before);
    this.#sums[this.#sums.length - 1] = before[before.length - 1] as number;
  }
}
