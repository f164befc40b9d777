import type { Exposition, Labels } from "./exposition.ts";

/** Upper bounds in seconds: from a refused connection on loopback to a tunnel of five minutes. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const BOUNDS_MS = Float64Array.from(BOUNDS, (seconds) => seconds * 1000);

/** Durations, counted by bucket. Recording one costs a short scan and no memory; buckets are summed up when they are read. */
export class Histogram {
  readonly #counts = new Float64Array(BOUNDS.length + 1);
  #sumMs = 0;

  observe(ms: number): void {
    let bucket = 0;
    while (bucket < BOUNDS_MS.length && ms > (BOUNDS_MS[bucket] as number)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sumMs += ms;
  }

  write(name: string, labels: Labels, to: Exposition): void {
    let total = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      total += count;
      to.sample(`${name}_bucket`, { ...labels, le: bucket < BOUNDS.length ? String(BOUNDS[bucket]) : "+Inf" }, total);
    }
    to.sample(`${name}_sum`, labels, this.#sumMs / 1000).sample(`${name}_count`, labels, total);
  }
}
