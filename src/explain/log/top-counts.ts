import { detach } from "./line-cutter.ts";

/** Which texts came most often, with a bound: where there are more, those that came least give way, and counts are at least right in order. */
export class TopCounts {
  /** Every text that came is in it. */
  complete = true;
  readonly #counts = new Map<string, number>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  add(text: string, count = 1): void {
    const before = this.#counts.get(text);
    if (before !== undefined) this.#counts.set(text, before + count);
    else {
      if (this.#counts.size >= this.#max) this.#dropLeast();
      this.#counts.set(detach(text), count);
    }
  }

  addAll(others: TopCounts): void {
    for (const { text, count } of others.read()) this.add(text, count);
    this.complete &&= others.complete;
  }

  /** Whether a text came in both. */
  sharesWith(other: TopCounts): boolean {
    if (other.#counts.size < this.#counts.size) return other.sharesWith(this);
    for (const text of this.#counts.keys()) if (other.#counts.has(text)) return true;
    return false;
  }

  get size(): number {
    return this.#counts.size;
  }

  /** The commonest first. */
  read(): { text: string; count: number }[] {
    return [...this.#counts].map(([text, count]) => ({ text, count })).sort((one, other) => other.count - one.count);
  }

  /** A quarter at a time: to look for the least at each new text would cost as much as reading the log. */
  #dropLeast(): void {
    this.complete = false;
    for (const { text } of this.read().slice(Math.ceil(this.#max * KEPT_SHARE))) this.#counts.delete(text);
  }
}

const KEPT_SHARE = 0.75;
