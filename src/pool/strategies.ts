import type { SelectStrategy } from "../core/pool-settings.ts";
import type { ExitGroup } from "./exit-group.ts";
import type { PoolExit } from "./pool-exit.ts";
import { better, type Choosing, isFree } from "./selection.ts";
import { chooseByHash } from "./sticky-hash.ts";

/** Takes a free exit from those that may be taken; null where a bounded number of looks found none. */
type Strategy = (choosing: Choosing) => PoolExit | null;

/** The ways to choose, each at a cost that does not grow with the pool. */
export const STRATEGIES: Readonly<Record<SelectStrategy, Strategy>> = {
  /** Power of two choices: of two exits drawn by weight the one that promises the earlier success. */
  p2c(choosing) {
    const two = drawTwo(choosing);
    if (two !== null) return two;
    const first = drawByWeight(choosing, null);
    if (first === null || isAlone(choosing.shortlist.groups)) return first;
    const second = drawByWeight(choosing, first);
    return second === null ? first : better(first, second, choosing);
  },
  weighted: (choosing) => drawByWeight(choosing, null),
  random: (choosing) => look(choosing, DRAWS, () => Math.floor(choosing.random() * countUsable(choosing.shortlist.groups))),
  "round-robin"(choosing) {
    const [first] = choosing.shortlist.groups;
    return first === undefined ? null : look(choosing, DRAWS, (usable) => first.turn++ % usable);
  },
  "least-in-flight": (choosing) => bestOfSample(choosing, (a, b) => a.inFlight - b.inFlight || a.lastLease - b.lastLease),
  "least-recently-used": (choosing) => bestOfSample(choosing, (a, b) => a.lastLease - b.lastLease),
  "sticky-hash": chooseByHash,
};

/** Draws before the other ways to find a candidate are asked. */
const DRAWS = 16;
/** Up to so many exits are all looked at where the best one counts; of more, so many are drawn. */
const LOOKED_AT_MAX = 64;

/** The one exit of all: there is no second to draw. */
function isAlone(groups: readonly ExitGroup[]): boolean {
  return groups.length === 1 && groups[0]?.usable === 1;
}

/**
 * The better of the first two that are drawn, where both will do: nearly always. In a pool of a million either is a wait for memory, and as
 * both are drawn before one of them is looked at, these pass together.
 */
function drawTwo(choosing: Choosing): PoolExit | null {
  const { shortlist, random } = choosing;
  const [group] = shortlist.groups;
  if (group === undefined || shortlist.groups.length > 1 || group.usable < 2) return null;
  const [rowA, rowB] = [group.draw(random), group.draw(random)];
  if (rowA === rowB) return null;
  group.readAhead(rowA, rowB);
  const [a, b] = [group.view(rowA), group.view(rowB)];
  return isFree(a, choosing) && isFree(b, choosing) ? better(a, b, choosing) : null;
}

function drawByWeight(choosing: Choosing, other: PoolExit | null): PoolExit | null {
  const { shortlist, random } = choosing;
  const { groups } = shortlist;
  const [only] = groups;
  if (only === undefined) return null;
  let total = 0;
  if (groups.length > 1) for (const group of groups) total += group.weight;
  if (groups.length > 1 ? total === 0 : only.usable === 0) return null;
  for (let draw = 0; draw < DRAWS; draw++) {
    const group = groups.length === 1 ? only : groupAt(groups, random() * total);
    const candidate = group.view(group.draw(random));
    if (candidate.number !== other?.number && isFree(candidate, choosing)) return candidate;
  }
  return null;
}

function groupAt(groups: readonly ExitGroup[], drawn: number): ExitGroup {
  let left = drawn;
  let last = groups[0] as ExitGroup;
  for (const group of groups) {
    if (group.usable === 0) continue;
    last = group;
    left -= group.weight;
    if (left < 0) break;
  }
  return last;
}

function countUsable(groups: readonly ExitGroup[]): number {
  let count = 0;
  for (const group of groups) count += group.usable;
  return count;
}

/** The first free one at the places that `next` gives. */
function look(choosing: Choosing, looks: number, next: (usable: number) => number): PoolExit | null {
  const { groups } = choosing.shortlist;
  const usable = countUsable(groups);
  for (let count = 0; usable > 0 && count < looks; count++) {
    const candidate = usableAt(groups, next(usable));
    if (isFree(candidate, choosing)) return candidate;
  }
  return null;
}

/** The usable ones of all groups, as if they were one. */
function usableAt(groups: readonly ExitGroup[], place: number): PoolExit {
  let left = place;
  for (const group of groups) {
    if (left < group.usable) return group.at(left);
    left -= group.usable;
  }
  throw new RangeError("no exit at this place");
}

/** The first in the given order; all are looked at where they are few, else as many as are drawn. */
function bestOfSample(choosing: Choosing, compare: (a: PoolExit, b: PoolExit) => number): PoolExit | null {
  const { groups } = choosing.shortlist;
  const usable = countUsable(groups);
  const start = Math.floor(choosing.random() * usable); // among equals, not always the same
  let best: PoolExit | null = null;
  for (let count = 0; count < Math.min(usable, LOOKED_AT_MAX); count++) {
    const place = usable <= LOOKED_AT_MAX ? (start + count) % usable : Math.floor(choosing.random() * usable);
    const candidate = usableAt(groups, place);
    if (isFree(candidate, choosing) && (best === null || compare(candidate, best) < 0)) best = candidate;
  }
  return best;
}
