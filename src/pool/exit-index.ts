import type { ExitFilter } from "../core/params.ts";
import { ANY_VALUE, normalize } from "./exit-filter.ts";
import { CommonExits, type ExitGroup, OneExit } from "./exit-group.ts";
import type { PoolExit, Zone } from "./pool-exit.ts";
import { EVERY_EXIT, TagSlots } from "./tag-slots.ts";

/** Exits that a filter wants: all that match are in the groups, and those in the groups that `fits` says yes to. */
export interface Shortlist {
  readonly groups: readonly ExitGroup[];
  fits(member: PoolExit): boolean;
  /** The same, where every exit in the groups fits. Costs a look at each, once; then it is kept. */
  narrow(): Shortlist;
}

/** Filters of several tags whose exits are kept: those that a few draws do not find. */
const COMMON_MAX = 64;

/** Finds the exits that a filter wants without looking at the others. Rebuilt whenever the pool is loaded. */
export class ExitIndex {
  readonly #slots: TagSlots;
  readonly #byId: ReadonlyMap<string, PoolExit>;
  /** Ids that a user name writes differently. */
  readonly #byWrittenId = new Map<string, PoolExit>();
  readonly #everyone: Shortlist;
  /** By the numbers of the wanted lists; oldest first. */
  readonly #common = new Map<string, CommonExits>();

  constructor(members: readonly PoolExit[], byId: ReadonlyMap<string, PoolExit>) {
    this.#slots = new TagSlots(members);
    this.#byId = byId;
    for (const member of members) {
      const written = normalize(member.exit.id);
      if (written !== member.exit.id && !this.#byWrittenId.has(written)) this.#byWrittenId.set(written, member);
    }
    this.#everyone = members.length === 0 ? NOBODY : new Exact([this.all]);
  }

  /** The group of every exit. */
  get all(): ExitGroup {
    return this.#slots.lists[EVERY_EXIT] as ExitGroup;
  }

  find({ exit, tags }: ExitFilter): Shortlist {
    const wanted: number[][] = [];
    for (const name in tags) {
      const values = tags[name] as readonly string[];
      if (values.length > 0) wanted.push(this.#listsOf(name, values));
    }
    if (exit !== null) return this.#findOne(exit, wanted);
    return wanted.length === 0 ? this.#everyone : this.#findTagged(wanted);
  }

  move(member: PoolExit, from: Zone, to: Zone): void {
    this.#slots.move(member, from, to);
    for (const group of this.#common.values()) group.move(member, from, to);
  }

  #findOne(id: string, wanted: readonly (readonly number[])[]): Shortlist {
    const member = this.#byId.get(id) ?? this.#byWrittenId.get(normalize(id)) ?? this.#byId.get(normalize(id));
    if (member === undefined || !wanted.every((lists) => this.#slots.isIn(member.number, lists))) return NOBODY;
    return new Exact([new OneExit(member)]);
  }

  /** The groups of the tag that leaves the fewest; the other tags are asked of each candidate. */
  #findTagged(wanted: readonly (readonly number[])[]): Shortlist {
    const key = wanted.length === 1 ? null : keyOf(wanted);
    const common = key === null ? undefined : this.#common.get(key);
    if (common !== undefined) return new Exact([common]);
    let smallest = wanted[0] as readonly number[];
    for (const lists of wanted) if (this.#count(lists) < this.#count(smallest)) smallest = lists;
    const groups = smallest.map((list) => this.#slots.lists[list] as ExitGroup);
    if (key === null || groups.length === 0) return new Exact(groups);
    const others = wanted.filter((lists) => lists !== smallest);
    const fits = ({ number }: PoolExit) => others.every((lists) => this.#slots.isIn(number, lists));
    return {
      groups,
      fits,
      narrow: () => new Exact([this.#keep(key, this.#findCommon(others, groups))]),
    };
  }

  #findCommon(others: readonly (readonly number[])[], groups: readonly ExitGroup[]): CommonExits {
    return new CommonExits(this.#slots.members, this.#slots.common(others, groups), this.#slots.evenWeight);
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
      const list = this.#slots.listOf(name, value) ?? this.#slots.listOf(name, normalize(value));
      if (list !== undefined && !lists.includes(list)) lists.push(list);
    }
    const any = this.#slots.listOf(name, ANY_VALUE);
    if (any !== undefined && !lists.includes(any)) lists.push(any);
    return lists;
  }

  #count(lists: readonly number[]): number {
    let count = 0;
    for (const list of lists) count += (this.#slots.lists[list] as ExitGroup).size;
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
