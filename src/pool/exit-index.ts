import type { ExitFilter } from "../core/params.ts";
import { CommonExits } from "./common-exits.ts";
import { ANY_VALUE, normalize } from "./exit-filter.ts";
import { type ExitGroup, OneExit } from "./exit-group.ts";
import type { PoolKind } from "./exit-kinds.ts";
import type { PoolExit, Zone } from "./pool-exit.ts";
import type { TagLists } from "./tag-lists.ts";

/** Exits that a filter wants: all that match are in the groups, and those in the groups that `fits` says yes to. */
export interface Shortlist {
  readonly groups: readonly ExitGroup[];
  fits(member: PoolExit): boolean;
  /** The same, where every exit in the groups fits. Costs a look at each, once; then it is kept. */
  narrow(): Shortlist;
}

/** Filters of several tags whose exits are kept: those that a few draws do not find. */
const COMMON_MAX = 64;

/** Finds the exits that a filter wants without looking at the others. */
export class ExitIndex {
  readonly #lists: TagLists;
  /** By the numbers of the wanted lists; oldest first. */
  readonly #common = new Map<string, CommonExits>();

  constructor(lists: TagLists) {
    this.#lists = lists;
  }

  /** The group of every exit. */
  get all(): ExitGroup {
    return this.#lists.all;
  }

  find({ exit, tags }: ExitFilter): Shortlist {
    if (this.all.size === 0) return NOBODY;
    const wanted: number[][] = [];
    for (const name in tags) {
      const values = tags[name] as readonly string[];
      if (values.length > 0) wanted.push(this.#listsOf(name, values));
    }
    if (exit !== null) return this.#findOne(exit, wanted);
    return wanted.length === 0 ? new Exact([this.all]) : this.#findTagged(wanted);
  }

  enter(row: number, kind: PoolKind, zone: Zone): void {
    this.#lists.enter(row, kind, zone);
    this.#forgetCommonOf(row);
  }

  leave(row: number, zone: Zone): void {
    this.#forgetCommonOf(row);
    // The number of a list that is gone will be another one's.
    if (this.#lists.leave(row, zone)) this.#common.clear();
  }

  move(row: number, from: Zone, to: Zone): void {
    this.#lists.move(row, from, to);
    for (const group of this.#common.values()) group.move(row, from, to);
  }

  #forgetCommonOf(row: number): void {
    for (const [key, group] of this.#common) if (group.wants(row)) this.#common.delete(key);
  }

  #findOne(id: string, wanted: readonly (readonly number[])[]): Shortlist {
    const row = this.#lists.book.findWritten(id);
    if (row < 0 || !wanted.every((lists) => this.#lists.isIn(row, lists))) return NOBODY;
    return new Exact([new OneExit(this.#lists.view(row))]);
  }

  /** The groups of the tag that leaves the fewest; the other tags are asked of each candidate. */
  #findTagged(wanted: readonly (readonly number[])[]): Shortlist {
    const key = wanted.length === 1 ? null : keyOf(wanted);
    const common = key === null ? undefined : this.#common.get(key);
    if (common !== undefined) return new Exact([common]);
    let smallest = wanted[0] as readonly number[];
    for (const lists of wanted) if (this.#count(lists) < this.#count(smallest)) smallest = lists;
    const groups = smallest.map((list) => this.#lists.list(list));
    if (key === null || groups.length === 0) return new Exact(groups);
    const others = wanted.filter((lists) => lists !== smallest);
    return {
      groups,
      fits: ({ number }) => others.every((lists) => this.#lists.isIn(number, lists)),
      narrow: () => new Exact([this.#keep(key, new CommonExits(this.#lists, wanted))]),
    };
  }

  #keep(key: string, common: CommonExits): CommonExits {
    const [oldest] = this.#common.keys();
    if (this.#common.size >= COMMON_MAX && oldest !== undefined) this.#common.delete(oldest);
    this.#common.set(key, common);
    return common;
  }

  #listsOf(name: string, values: readonly string[]): number[] {
    const lists: number[] = [];
    for (const value of values) {
      const list = this.#lists.listOf(name, value) ?? this.#lists.listOf(name, normalize(value));
      if (list !== undefined && !lists.includes(list)) lists.push(list);
    }
    const any = this.#lists.listOf(name, ANY_VALUE);
    if (any !== undefined && !lists.includes(any)) lists.push(any);
    return lists;
  }

  #count(lists: readonly number[]): number {
    let count = 0;
    for (const list of lists) count += this.#lists.list(list).size;
    return count;
  }
}

function keyOf(wanted: readonly (readonly number[])[]): string {
  let key = "";
  for (const lists of wanted) {
    for (const list of lists) key += `${list},`;
    key += ";";
  }
  return key;
}

/** Groups in which every exit fits. */
class Exact implements Shortlist {
  readonly groups: readonly ExitGroup[];

  constructor(groups: readonly ExitGroup[]) {
    this.groups = groups;
  }

  fits(): boolean {
    return true;
  }

  narrow(): Shortlist {
    return this;
  }
}

const NOBODY: Shortlist = new Exact([]);
