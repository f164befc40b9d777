/** Sums of weights up to each place, kept while weights move (a Fenwick tree): drawing and moving cost the logarithm of the number. */
export class WeightSums {
  readonly #sums: Float64Array;

  constructor(weights: Float64Array) {
    this.#sums = weights;
    for (let at = 1; at <= weights.length; at++) {
      const above = at + (at & -at);
      if (above <= weights.length) weights[above - 1] = (weights[above - 1] as number) + (weights[at - 1] as number);
    }
  }

  add(place: number, change: number): void {
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
    for (let step = 2 ** Math.floor(Math.log2(this.#sums.length)); step >= 1; step /= 2) {
      const next = at + step;
      if (next > this.#sums.length || (this.#sums[next - 1] as number) > left) continue;
      at = next;
      left -= this.#sums[next - 1] as number;
    }
    return at;
  }
}
