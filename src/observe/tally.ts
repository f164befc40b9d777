import type { Exposition, Labels } from "./exposition.ts";

/** A counter whose label values are not known beforehand (faults by id, culprit and stage). Not for the path of every exchange. */
export class Tally {
  readonly #cells = new Map<string, { labels: Labels; count: number }>();

  /** The labels of one tally always have the same names in the same order. */
  add(labels: Labels): void {
    const key = Object.values(labels).join("\n");
    const cell = this.#cells.get(key);
    if (cell === undefined) this.#cells.set(key, { labels, count: 1 });
    else cell.count += 1;
  }

  write(name: string, to: Exposition): void {
    for (const { labels, count } of this.#cells.values()) to.sample(name, labels, count);
  }
}
