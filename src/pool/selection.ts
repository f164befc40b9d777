import type { Random } from "../core/clock.ts";
import type { Exit } from "../core/route.ts";
import type { Candidates, PoolExit } from "./exit-index.ts";

export interface Choosing {
  /** Lists that hold all exits which match. */
  readonly lists: readonly Candidates[];
  readonly matches: (exit: Exit) => boolean;
  /** Ids of exits that this exchange has tried. */
  readonly tried: ReadonlySet<string>;
  readonly now: number;
  readonly random: Random;
  /** What an exit is taken to need that has not answered yet. */
  readonly unknownMs: number;
}

/**
 * Power of two choices: of two random exits the one that promises the earlier success. In this order of preference:
 *
 * 1. not tried in this exchange, not benched;
 * 2. tried, but rotating (a new connection is a new exit), not benched;
 * 3. not tried, benched: the least bad of them;
 * 4. tried, rotating, benched: the least bad;
 * 5. tried, but the only one that matches.
 *
 * Costs a few draws as long as most exits are usable; else one pass over the lists.
 */
export function choose(choosing: Choosing): PoolExit | null {
  const isFree = (candidate: PoolExit) => isUsable(candidate, choosing) && !choosing.tried.has(candidate.exit.id);
  const first = drawWhere(choosing, isFree);
  if (first === null) return scan(choosing);
  if (isAlone(choosing)) return first;
  const second = drawWhere(choosing, (candidate) => candidate !== first && isFree(candidate));
  return second === null ? first : better(first, second, choosing);
}

const DRAWS = 16;

/** The one exit of all: there is no second to draw. */
function isAlone({ lists: [only, ...others] }: Choosing): boolean {
  return only !== undefined && others.length === 0 && only.members.length === 1;
}

/** A random member that will do; null where a handful of draws found none, which proves nothing. */
function drawWhere({ lists, random }: Choosing, isWanted: (candidate: PoolExit) => boolean): PoolExit | null {
  const [only] = lists;
  if (only === undefined) return null;
  const total = lists.length === 1 ? 0 : lists.reduce((sum, { weight }) => sum + weight, 0);
  for (let draw = 0; draw < DRAWS; draw++) {
    const candidate = (lists.length === 1 ? only : listAt(lists, random() * total)).draw(random);
    if (isWanted(candidate)) return candidate;
  }
  return null;
}

function listAt(lists: readonly Candidates[], drawn: number): Candidates {
  let left = drawn;
  for (const list of lists) {
    left -= list.weight;
    if (left < 0) return list;
  }
  return lists.at(-1) as Candidates;
}

/** Looks at every candidate. */
function scan(choosing: Choosing): PoolExit | null {
  const { tried, random } = choosing;
  const all = new Set(choosing.lists.flatMap(({ members }) => members).filter(({ exit }) => choosing.matches(exit)));
  const tiers: [PoolExit[], PoolExit[], PoolExit[], PoolExit[]] = [[], [], [], []];
  for (const candidate of all) {
    const isTried = tried.has(candidate.exit.id);
    if (isTried && !candidate.exit.rotating) continue;
    const tier = (candidate.health.isBenched(choosing.now) ? 2 : 0) + (isTried ? 1 : 0);
    (tiers[tier] as PoolExit[]).push(candidate);
  }
  const [free, rotating, benched, benchedRotating] = tiers;
  const usable = free.length > 0 ? free : rotating;
  if (usable.length > 0) {
    const pick = () => usable[Math.floor(random() * usable.length)] as PoolExit;
    return better(pick(), pick(), choosing);
  }
  const least = leastBad(benched.length > 0 ? benched : benchedRotating);
  if (least !== null) return least;
  const [only] = all;
  return all.size === 1 && only !== undefined ? only : null;
}

function isUsable({ exit, health }: PoolExit, { matches, now }: Choosing): boolean {
  return !health.isBenched(now) && matches(exit);
}

/** `a` was drawn first: it stays where `b` promises nothing that would be noticed. */
function better(a: PoolExit, b: PoolExit, { unknownMs, now }: Choosing): PoolExit {
  return b.health.cost(b.inFlight, unknownMs, now) < NOTICED * a.health.cost(a.inFlight, unknownMs, now) ? b : a;
}

const NOTICED = 0.9;

/** The one with the fewest failures to wear off, and of these the one whose bench ends first. */
function leastBad(benched: readonly PoolExit[]): PoolExit | null {
  let least: PoolExit | null = null;
  for (const candidate of benched) {
    if (least === null || isLessBad(candidate, least)) least = candidate;
  }
  return least;
}

function isLessBad({ health: a }: PoolExit, { health: b }: PoolExit): boolean {
  return a.level === b.level ? a.benchedUntil < b.benchedUntil : a.level < b.level;
}
