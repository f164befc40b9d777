import { CommonExits } from "./common-exits.ts";
import type { TagLists } from "./tag-lists.ts";
import type { Zone } from "./zone.ts";

/** Filters whose exits are kept, and the memory that these take together. Bytes. */
const GATHERINGS_MAX = 64;
const GATHERED_BYTES_MAX = 48 * 1024 * 1024;

/** Tells filters apart: a number where it is small enough, since a text for each choice would cost more than the look for its lists. */
export type FilterKey = number | string;

/**
 * The exits of filters of several tags, gathered for those that a few draws do not find. Where there are too many, those that nobody has asked
 * for longest go; those that were asked for last stay, however many exits they are.
 */
export class Gatherings {
  readonly #lists: TagLists;
  readonly #bytesMax: number;
  readonly #byKey = new Map<FilterKey, CommonExits>();
  #uses = 0;

  constructor(lists: TagLists, bytesMax: number = GATHERED_BYTES_MAX) {
    this.#lists = lists;
    this.#bytesMax = bytesMax;
  }

  /** How many filters have theirs. */
  get size(): number {
    return this.#byKey.size;
  }

  /** Memory that all take together. */
  get bytes(): number {
    let bytes = 0;
    for (const exits of this.#byKey.values()) bytes += exits.bytes;
    return bytes;
  }

  /** What was gathered for a filter, with some more where that is not all. */
  find(key: FilterKey): CommonExits | undefined {
    const exits = this.#byKey.get(key);
    if (exits === undefined) return undefined;
    exits.usedAt = ++this.#uses;
    if (!exits.isWhole) this.grow(exits);
    return exits;
  }

  /** Begins to gather. @param wanted those that are in one list of each of these sets. */
  begin(key: FilterKey, wanted: readonly (readonly number[])[]): CommonExits {
    if (this.#byKey.size >= GATHERINGS_MAX) this.#dropOne();
    const exits = new CommonExits(this.#lists, wanted);
    exits.usedAt = ++this.#uses;
    this.#byKey.set(key, exits);
    this.grow(exits);
    return exits;
  }

  /** Gathers some more of those that were asked for last. */
  grow(exits: CommonExits): void {
    exits.grow();
    while (this.#byKey.size > 1 && this.bytes > this.#bytesMax) this.#dropOne();
  }

  /** An exit of the pool has changed its zone. */
  move(row: number, from: Zone, to: Zone): void {
    for (const exits of this.#byKey.values()) exits.move(row, from, to);
  }

  /** An exit comes or goes: what it belongs to is to be gathered anew. */
  forgetThoseOf(row: number): void {
    for (const [key, exits] of this.#byKey) if (exits.wants(row)) this.#byKey.delete(key);
  }

  clear(): void {
    this.#byKey.clear();
  }

  #dropOne(): void {
    let [longestAgo, least]: [FilterKey | null, number] = [null, Number.POSITIVE_INFINITY];
    for (const [key, { usedAt }] of this.#byKey) if (usedAt < least) [longestAgo, least] = [key, usedAt];
    if (longestAgo !== null) this.#byKey.delete(longestAgo);
  }
}
