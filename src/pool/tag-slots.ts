import { tagValues } from "./exit-filter.ts";
import { ExitGroup } from "./exit-group.ts";
import { type PoolExit, USABLE, type Zone } from "./pool-exit.ts";

/** The list of every exit. */
export const EVERY_EXIT = 0;

/**
 * Which exit is in which list: one list of all exits, and one for each value of each tag. An exit has a slot in each of its lists. All is kept
 * in a few arrays of numbers, 16 bytes a slot, since there may be a million exits with half a dozen tags each.
 */
export class TagSlots {
  readonly lists: ExitGroup[];
  readonly members: readonly PoolExit[];
  /** What every exit weighs; null: they differ. */
  readonly evenWeight: number | null;
  readonly #byTag: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Member number to its first slot; the next one's first slot is its end. */
  readonly #first: Int32Array;
  /** Slot to its list, its place there, and its member's number. */
  readonly #list: Int32Array;
  readonly place: Int32Array;
  readonly owner: Int32Array;
  /** Slots, list after list, each ordered by zone. */
  readonly order: Int32Array;

  constructor(members: readonly PoolExit[]) {
    const reader = new TagReader();
    const first = new Int32Array(members.length + 1);
    const list = new GrowingNumbers(members.length * 4);
    let evenWeight = members[0]?.exit.weight ?? null;
    for (let number = 0; number < members.length; number++) {
      const { exit } = members[number] as PoolExit;
      if (exit.weight !== evenWeight) evenWeight = null;
      first[number] = list.size;
      list.push(EVERY_EXIT);
      reader.read(exit.tags, list);
    }
    this.evenWeight = evenWeight;
    first[members.length] = list.size;
    this.members = members;
    this.#byTag = reader.byTag;
    this.#first = first;
    this.#list = list.toArray();
    this.place = new Int32Array(list.size);
    this.owner = new Int32Array(list.size);
    this.order = new Int32Array(list.size);
    this.lists = this.#fill(reader.count);
    for (const member of members) if (member.zone !== USABLE) this.move(member, USABLE, member.zone);
  }

  /** The number of the list of a tag's value; undefined: no exit has it. */
  listOf(name: string, value: string): number | undefined {
    return this.#byTag.get(name)?.get(value);
  }

  /** Numbers of the members, rising, that are in one list of each of these sets. */
  common(wanted: readonly (readonly number[])[], groups: readonly ExitGroup[]): Int32Array {
    const found = new GrowingNumbers(groups.reduce((sum, { size }) => sum + size, 0));
    for (const group of groups) {
      for (let place = 0; place < group.size; place++) {
        const number = (group as TagList).numberAt(place);
        if (wanted.every((lists) => this.isIn(number, lists))) found.push(number);
      }
    }
    const rising = found.toArray().sort();
    return groups.length === 1 ? rising : rising.filter((number, i) => number !== rising[i - 1]);
  }

  /** True where the member is in one of the lists. */
  isIn(number: number, lists: readonly number[]): boolean {
    const end = this.#first[number + 1] as number;
    for (let slot = this.#first[number] as number; slot < end; slot++) if (lists.includes(this.#list[slot] as number)) return true;
    return false;
  }

  move({ number }: PoolExit, from: Zone, to: Zone): void {
    const end = this.#first[number + 1] as number;
    for (let slot = this.#first[number] as number; slot < end; slot++) {
      (this.lists[this.#list[slot] as number] as TagList).moveSlot(slot, from, to);
    }
  }

  #fill(count: number): ExitGroup[] {
    const starts = new Int32Array(count + 1);
    for (const list of this.#list) starts[list + 1] = (starts[list + 1] as number) + 1;
    for (let list = 1; list <= count; list++) starts[list] = (starts[list] as number) + (starts[list - 1] as number);
    const filled = new Int32Array(count);
    for (let number = 0; number < this.members.length; number++) {
      (this.members[number] as PoolExit).number = number;
      for (let slot = this.#first[number] as number; slot < (this.#first[number + 1] as number); slot++) {
        const list = this.#list[slot] as number;
        const place = filled[list] as number;
        filled[list] = place + 1;
        this.owner[slot] = number;
        this.place[slot] = place;
        this.order[(starts[list] as number) + place] = slot;
      }
    }
    return Array.from({ length: count }, (_, list) => new TagList(this, starts[list] as number, starts[list + 1] as number));
  }
}

/** One list: a stretch of the slots' order. */
class TagList extends ExitGroup {
  readonly size: number;
  readonly #slots: TagSlots;
  readonly #start: number;
  /** Its slots as they were numbered; made when somebody asks. */
  #loaded: Int32Array | null = null;

  constructor(slots: TagSlots, start: number, end: number) {
    super();
    this.#slots = slots;
    this.#start = start;
    this.size = end - start;
    this.settleIn(slots.evenWeight);
  }

  at(place: number): PoolExit {
    const { order, owner, members } = this.#slots;
    return members[owner[order[this.#start + place] as number] as number] as PoolExit;
  }

  numberAt(place: number): number {
    return this.#slots.owner[this.#slots.order[this.#start + place] as number] as number;
  }

  loadedAt(place: number): PoolExit {
    const { order, owner, members } = this.#slots;
    this.#loaded ??= order.slice(this.#start, this.#start + this.size).sort();
    return members[owner[this.#loaded[place] as number] as number] as PoolExit;
  }

  moveSlot(slot: number, from: Zone, to: Zone): void {
    this.shift(this.#slots.place[slot] as number, from, to);
  }

  protected swap(a: number, b: number): void {
    const { order, place } = this.#slots;
    const [slotA, slotB] = [order[this.#start + a] as number, order[this.#start + b] as number];
    order[this.#start + a] = slotB;
    order[this.#start + b] = slotA;
    place[slotB] = a;
    place[slotA] = b;
  }
}

/** Numbers the values of tags. A text that was read before is not taken apart again. */
class TagReader {
  readonly byTag = new Map<string, Map<string, number>>();
  count: number = EVERY_EXIT + 1;
  readonly #byText: Map<string, Map<string, readonly number[]>> = new Map();

  read(tags: Readonly<Record<string, string>>, to: GrowingNumbers): void {
    for (const name in tags) {
      const text = tags[name] as string;
      let texts = this.#byText.get(name);
      if (texts === undefined) this.#byText.set(name, (texts = new Map()));
      let lists = texts.get(text);
      if (lists === undefined) texts.set(text, (lists = this.#number(name, text)));
      for (const list of lists) to.push(list);
    }
  }

  #number(name: string, text: string): readonly number[] {
    let values = this.byTag.get(name);
    if (values === undefined) this.byTag.set(name, (values = new Map()));
    const lists: number[] = [];
    for (const value of tagValues(text)) {
      const list = values.get(value) ?? this.count++;
      values.set(value, list);
      lists.push(list);
    }
    return lists;
  }
}

class GrowingNumbers {
  size = 0;
  #numbers: Int32Array;

  constructor(expected: number) {
    this.#numbers = new Int32Array(expected + 1);
  }

  push(number: number): void {
    if (this.size === this.#numbers.length) {
      const longer = new Int32Array(2 * this.size);
      longer.set(this.#numbers);
      this.#numbers = longer;
    }
    this.#numbers[this.size++] = number;
  }

  toArray(): Int32Array {
    return this.#numbers.slice(0, this.size);
  }
}
