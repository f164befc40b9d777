/**
 * How long a target's answers take: a share of them is faster than so many milliseconds. Counts by size, each class a fifth wider than the
 * one before, so that what it says is at most that much too high; older answers count half as much as twice as many come after them.
 */
export class LatencyQuantile {
  /** Answers by class, recent ones. */
  readonly #counts = new Uint16Array(CLASSES_MAX);
  #total = 0;

  add(ms: number): void {
    const at = classOf(ms);
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#total += 1;
    if (this.#total >= RECENT_MAX) this.#halve();
  }

  /** Milliseconds within which a share (0 to 1) of the recent answers came; null: too few are known to say. */
  at(quantile: number): number | null {
    if (this.#total < ANSWERS_MIN) return null;
    let above = this.#total * (1 - quantile);
    for (let at = CLASSES_MAX - 1; at > 0; at--) {
      above -= this.#counts[at] as number;
      if (above < 0) return upperEnd(at);
    }
    return upperEnd(0);
  }

  #halve(): void {
    this.#total = 0;
    for (let at = 0; at < CLASSES_MAX; at++) {
      const half = (this.#counts[at] as number) >> 1;
      this.#counts[at] = half;
      this.#total += half;
    }
  }
}

/** The same for each of many targets: of those beyond a bound, the one that has not answered for longest is forgotten. */
export class LatencyQuantiles {
  readonly #targets = new Map<string, LatencyQuantile>();

  get size(): number {
    return this.#targets.size;
  }

  add(target: string, ms: number): void {
    this.#touch(target).add(ms);
  }

  at(target: string, quantile: number): number | null {
    return this.#targets.get(target)?.at(quantile) ?? null;
  }

  #touch(target: string): LatencyQuantile {
    const known = this.#targets.get(target) ?? new LatencyQuantile();
    this.#targets.delete(target);
    this.#targets.set(target, known);
    if (this.#targets.size > TARGETS_MAX) {
      const [oldest] = this.#targets.keys();
      if (oldest !== undefined) this.#targets.delete(oldest);
    }
    return known;
  }
}

/** Each some 200 bytes. */
const TARGETS_MAX = 10_000;
const CLASSES_MAX = 72;
const WIDER = 1.2;
/** Answers after which all before them count half. */
const RECENT_MAX = 400;
/** Answers before anything is said: fewer have no 95th percentile. */
const ANSWERS_MIN = 20;

/** From one millisecond to over seven minutes. */
function classOf(ms: number): number {
  if (ms <= 1) return 0;
  return Math.min(CLASSES_MAX - 1, Math.ceil(Math.log(ms) / Math.log(WIDER)));
}

function upperEnd(at: number): number {
  return WIDER ** at;
}
