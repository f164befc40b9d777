import type { Random } from "../../src/core/clock.ts";

/** The same numbers for the same seed, on every machine (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Pareto with this mean, tail index 1.5: long quiet times, then crowds. */
export function heavyTailed(mean: number, random: Random): number {
  return Math.min((mean / 3) * (1 - random()) ** (-1 / 1.5), mean * 1000);
}

/** Log-normal around a median. */
export function spread(median: number, sigma: number, random: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(sigma * normal);
}

/** Draws 0..count-1, the first by far the most often (Zipf, exponent 1). */
export function popularity(count: number): (random: Random) => number {
  const sums: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= count; rank++) sums.push((sum += 1 / rank));
  return (random) => {
    const drawn = random() * sum;
    const found = sums.findIndex((upTo) => drawn < upTo);
    return found === -1 ? count - 1 : found;
  };
}

export function pick<T>(values: readonly T[], random: Random): T {
  return values[Math.floor(random() * values.length)] as T;
}
