/** How often something happened over time, in a bounded number of bars that grow wider as time goes on. */
export class RateBars {
  #widthMs = WIDTH_MS_MIN;
  #from = 0;
  #counts: number[] = [];

  /** @param at in any order. */
  add(at: number, count = 1): void {
    if (this.#counts.length === 0) this.#from = Math.floor(at / this.#widthMs) * this.#widthMs;
    while (this.#spanWith(at) > BARS_MAX) this.#widen();
    const place = Math.floor((at - this.#from) / this.#widthMs);
    if (place < 0) {
      this.#counts.unshift(...new Array<number>(-place).fill(0));
      this.#from += place * this.#widthMs;
    }
    const index = Math.max(0, place);
    while (this.#counts.length <= index) this.#counts.push(0);
    this.#counts[index] = (this.#counts[index] ?? 0) + count;
  }

  addAll({ fromMs, widthMs, counts }: Bars): void {
    for (const [index, count] of counts.entries()) if (count > 0) this.add(fromMs + index * widthMs, count);
  }

  read(): Bars {
    return { fromMs: this.#from, widthMs: this.#widthMs, counts: [...this.#counts] };
  }

  #spanWith(at: number): number {
    const first = Math.min(at, this.#from);
    const last = Math.max(at, this.#from + (this.#counts.length - 1) * this.#widthMs);
    return Math.floor(last / this.#widthMs) - Math.floor(first / this.#widthMs) + 1;
  }

  #widen(): void {
    const { fromMs, widthMs, counts } = this.read();
    this.#widthMs = widthMs * 2;
    this.#from = Math.floor(fromMs / this.#widthMs) * this.#widthMs;
    this.#counts = [];
    for (const [index, count] of counts.entries()) {
      const place = Math.floor((fromMs + index * widthMs - this.#from) / this.#widthMs);
      this.#counts[place] = (this.#counts[place] ?? 0) + count;
    }
  }
}

/** Counts of equally long times, from the first on. */
export interface Bars {
  readonly fromMs: number;
  readonly widthMs: number;
  readonly counts: readonly number[];
}

const WIDTH_MS_MIN = 1000;
const BARS_MAX = 40;
