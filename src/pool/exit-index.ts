import type { Random } from "../core/clock.ts";
import type { HopState } from "../core/event.ts";
import type { ExitFilter } from "../core/params.ts";
import type { Exit } from "../core/route.ts";
import { Health } from "./health.ts";

/** An exit of the pool with what is known of it. */
export class PoolExit {
  exit: Exit;
  readonly health: Health = new Health();
  inFlight = 0;
  /** The state that was last reported. */
  reported: HopState = "untried";

  constructor(exit: Exit) {
    this.exit = exit;
  }
}

/** Exits to draw from, each with its weight. */
export class Candidates {
  readonly members: readonly PoolExit[];
  /** Sums of weights up to and with each member; null where all weigh the same. */
  readonly #sums: Float64Array | null;

  constructor(members: readonly PoolExit[]) {
    this.members = members;
    this.#sums = members.some(({ exit }) => exit.weight !== members[0]?.exit.weight) ? sumWeights(members) : null;
  }

  get weight(): number {
    return this.#sums === null ? this.members.length * (this.members[0]?.exit.weight ?? 0) : (this.#sums.at(-1) ?? 0);
  }

  /** One member, by weight. There must be one. */
  draw(random: Random): PoolExit {
    const at = this.#sums === null ? Math.floor(random() * this.members.length) : indexOfSum(this.#sums, random() * this.weight);
    return this.members[Math.min(at, this.members.length - 1)] as PoolExit;
  }
}

/** Finds the exits that a filter wants without looking at the others. Rebuilt whenever the pool is loaded. */
export class ExitIndex {
  /** One list of every exit; none where there are no exits. */
  readonly all: readonly Candidates[];
  readonly #byId = new Map<string, PoolExit>();
  readonly #byTag: ReadonlyMap<string, Candidates>;

  constructor(members: readonly PoolExit[]) {
    this.all = members.length === 0 ? [] : [new Candidates(members)];
    const tagged = new Map<string, PoolExit[]>();
    for (const member of members) {
      if (!this.#byId.has(normalize(member.exit.id))) this.#byId.set(normalize(member.exit.id), member);
      for (const key of tagKeys(member.exit)) {
        const list = tagged.get(key);
        if (list === undefined) tagged.set(key, [member]);
        else list.push(member);
      }
    }
    this.#byTag = new Map([...tagged].map(([key, list]) => [key, new Candidates(list)]));
  }

  /** Lists that together hold every exit the filter wants, and as few others as one tag allows. */
  lists({ exit, tags }: ExitFilter): readonly Candidates[] {
    if (exit !== null) {
      const found = this.#byId.get(normalize(exit));
      return found === undefined ? [] : [new Candidates([found])];
    }
    let smallest = this.all;
    for (const [name, values] of Object.entries(tags)) {
      if (values.length === 0) continue;
      const lists = values.map((value) => this.#byTag.get(tagKey(name, value))).filter((list) => list !== undefined);
      if (count(lists) < count(smallest)) smallest = lists;
    }
    return smallest.filter(({ members }) => members.length > 0);
  }
}

/** Each tag that the filter names must have one of the wanted values; values ignore case, and `_` stands for `-` and space. */
export function matches({ id, tags: own }: Exit, { exit, tags }: ExitFilter): boolean {
  if (exit !== null && normalize(exit) !== normalize(id)) return false;
  return Object.entries(tags).every(([name, values]) => values.length === 0 || hasOneOf(own, name, values));
}

function hasOneOf(own: Exit["tags"], name: string, values: readonly string[]): boolean {
  const text = Object.hasOwn(own, name) ? own[name] : undefined;
  return text !== undefined && tagValues(text).some((value) => values.some((wanted) => normalize(wanted) === value));
}

function tagKeys({ tags }: Exit): string[] {
  return Object.entries(tags).flatMap(([name, text]) => tagValues(text).map((value) => tagKey(name, value)));
}

function tagKey(name: string, value: string): string {
  return `${name}=${normalize(value)}`;
}

/** Several values of one tag are joined by commas. */
function tagValues(text: string): string[] {
  return text.includes(",") ? text.split(",").map(normalize) : [normalize(text)];
}

/** A user name's parameter cannot carry `-` or a space. */
function normalize(text: string): string {
  return text.trim().toLowerCase().replace(/[- ]/g, "_");
}

function count(lists: readonly Candidates[]): number {
  return lists.reduce((sum, { members }) => sum + members.length, 0);
}

function sumWeights(members: readonly PoolExit[]): Float64Array {
  const sums = new Float64Array(members.length);
  let sum = 0;
  for (const [at, { exit }] of members.entries()) {
    sum += exit.weight;
    sums[at] = sum;
  }
  return sums;
}

/** The first sum that is larger than the drawn one. */
function indexOfSum(sums: Float64Array, drawn: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] as number) > drawn) high = middle;
    else low = middle + 1;
  }
  return low;
}
