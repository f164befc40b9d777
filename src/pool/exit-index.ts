import type { ExitFilter } from "../core/params.ts";
import type { CommonExits } from "./common-exits.ts";
import { ANY_VALUE, normalize } from "./exit-filter.ts";
import { type ExitGroup, FewExits } from "./exit-group.ts";
import type { PoolKind } from "./exit-kinds.ts";
import { type FilterKey, Gatherings } from "./gatherings.ts";
import type { PoolExit } from "./pool-exit.ts";
import { EVERY_EXIT, type Matching, type TagLists } from "./tag-lists.ts";
import type { Zone } from "./zone.ts";

/** Exits that a filter wants: those in the groups that `fits` says yes to. */
export interface Shortlist {
  readonly groups: readonly ExitGroup[];
  fits(member: PoolExit): boolean;
  /** Another one, for where a few draws from this find none: itself, where every exit in the groups fits and nothing is left out that matters. */
  narrow(): Shortlist;
}

/** While exits that match are being gathered, so many must be at hand to choose from: as many as a choice among all looks at. */
const AT_HAND_MIN = 128;

/** Finds the exits that a filter wants without looking at the others. */
export class ExitIndex {
  readonly #lists: TagLists;
  readonly #gatherings: Gatherings;

  constructor(lists: TagLists) {
    this.#lists = lists;
    this.#gatherings = new Gatherings(lists);
  }

  /** The group of every exit. */
  get all(): ExitGroup {
    return this.#lists.all;
  }

  find(filter: ExitFilter): Shortlist {
    if (this.all.size === 0) return NOBODY;
    const wanted = this.#setsOf(filter);
    if (filter.exit !== null) return this.#findOne(filter.exit, wanted);
    return wanted.length === 0 ? new Exact([this.all]) : this.#findTagged(wanted);
  }

  enter(row: number, kind: PoolKind, zone: Zone): void {
    this.#lists.enter(row, kind, zone);
    this.#gatherings.forgetThoseOf(row);
  }

  leave(row: number, zone: Zone): void {
    this.#gatherings.forgetThoseOf(row);
    // The number of a list that is gone will be another one's.
    if (this.#lists.leave(row, zone)) this.#gatherings.clear();
  }

  move(row: number, from: Zone, to: Zone): void {
    this.#lists.move(row, from, to);
    this.#gatherings.move(row, from, to);
  }

  #findOne(id: string, wanted: readonly (readonly number[])[]): Shortlist {
    const row = this.#lists.book.findWritten(id);
    if (row < 0 || !wanted.every((lists) => this.#lists.isIn(row, lists))) return NOBODY;
    return new Exact([new FewExits([this.#lists.view(row)])]);
  }

  /**
   * The exits that match all tags, where they were gathered; else the groups of the tag that leaves the fewest, and the other tags are asked of
   * each candidate. They are gathered once a few draws found none, step by step with each choice, since there may be hundreds of thousands.
   */
  #findTagged(wanted: readonly (readonly number[])[]): Shortlist {
    const key = wanted.length === 1 ? null : keyOf(wanted);
    const gathered = key === null ? undefined : this.#gatherings.find(key);
    if (gathered?.isWhole === true) return new Exact([gathered]);
    let smallest = wanted[0] as readonly number[];
    for (const lists of wanted) if (this.#count(lists) < this.#count(smallest)) smallest = lists;
    const groups = smallest.map((list) => this.#lists.list(list));
    if (key === null || groups.length === 0) return new Exact(groups);
    const others = wanted.filter((lists) => lists !== smallest);
    return {
      groups,
      fits: ({ number }) => others.every((lists) => this.#lists.isIn(number, lists)),
      narrow: () => this.#narrowTo(gathered ?? this.#gatherings.begin(key, wanted)),
    };
  }

  /** What was gathered so far; where none of it will do, with some of the others that may be taken. */
  #narrowTo(exits: CommonExits): Shortlist {
    while (!exits.isWhole && exits.usable + exits.out <= AT_HAND_MIN) this.#gatherings.grow(exits);
    const exact = new Exact([exits]);
    if (exits.isWhole) return exact;
    const more = () => new FewExits(exits.usableBehind(AT_HAND_MIN).map((row) => this.#lists.view(row)));
    return { groups: exact.groups, fits: exact.fits, narrow: () => new Exact([exits, more()]) };
  }

  /** The sets of lists, of each of which an exit must be in one. */
  #setsOf({ tags }: ExitFilter): readonly (readonly number[])[] {
    return Object.keys(tags).map((name) => this.#listsOf(name, tags[name] as readonly string[]));
  }

  /** The lists that exits with one of these values are in; none given: any will do. */
  #listsOf(name: string, values: readonly string[]): readonly number[] {
    const any = this.#lists.listOf(name, ANY_VALUE);
    if (values.length === 0) return EVERYBODY;
    if (values.length === 1 && any === undefined) {
      const list = this.#listOf(name, values[0] as string);
      return list === undefined ? [] : [list];
    }
    const lists: number[] = [];
    for (const value of values) {
      const list = this.#listOf(name, value);
      if (list !== undefined && !lists.includes(list)) lists.push(list);
    }
    if (any !== undefined && !lists.includes(any)) lists.push(any);
    return lists;
  }

  #listOf(name: string, value: string): number | undefined {
    return this.#lists.listOf(name, value) ?? this.#lists.listOf(name, normalize(value));
  }

  /** Looks at the kind of every row where not all that match are gathered. Else an exit with several of the values of one tag counts for each. */
  count(filter: ExitFilter): Matching {
    const shortlist = this.find(filter);
    if (!(shortlist instanceof Exact)) return this.#lists.count(this.#setsOf(filter));
    let [count, inService] = [0, 0];
    for (const { size, usable, out } of shortlist.groups) {
      count += size;
      inService += usable + out;
    }
    return { count, inService };
  }

  #count(lists: readonly number[]): number {
    let count = 0;
    for (const list of lists) count += this.#lists.list(list).size;
    return count;
  }
}

const KEY_BITS = 13;
const KEY_LISTS_MAX = 4;

function keyOf(wanted: readonly (readonly number[])[]): FilterKey {
  let key = 1;
  for (const lists of wanted) {
    const [list] = lists;
    if (lists.length !== 1 || list === undefined || list >> KEY_BITS !== 0 || wanted.length > KEY_LISTS_MAX) return textKeyOf(wanted);
    key = key * 2 ** KEY_BITS + list;
  }
  return key;
}

function textKeyOf(wanted: readonly (readonly number[])[]): string {
  let key = "";
  for (const lists of wanted) key += `${lists.join()};`;
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

const EVERYBODY: readonly number[] = [EVERY_EXIT];
const NOBODY: Shortlist = new Exact([]);
