import type { ExitGroup } from "./exit-group.ts";
import type { Shortlist } from "./exit-index.ts";
import type { LimitsLook } from "./limits-in-force.ts";
import type { PoolExit } from "./pool-exit.ts";
import { better, type Choosing, isAnother, isBlocked, isLessBad } from "./selection.ts";
import { USABLE } from "./zone.ts";

/** Up to so many exits are all looked at; of more, so many that may be taken. */
const LOOKED_AT_MAX = 128;
/** And so many that are out: where nothing else is left, each choice looks at these. */
const LOOKED_AT_OUT_MAX = 32;
/** From the next rank on candidates are out. */
const LAST_USABLE = 3;
/** Of no rank: not to be taken. */
const NONE = 8;

/**
 * The best of what is left where every exit in the groups fits, by these ranks; among equals that may be taken, power of two choices, else
 * the least bad:
 *
 * 0. not tried in this exchange, and of no kin of those that were;
 * 1. not tried;
 * 2. tried, but rotating: a new connection is a new exit;
 * 3. blocked by the target;
 * 4. out (benched, or on probation and busy), not tried;
 * 5. out, tried, rotating;
 * 6. out, and blocked by the target;
 * 7. tried, but the only one that matches.
 */
export function chooseAmongAll(choosing: Choosing): PoolExit | null {
  const candidates = gather(choosing.shortlist, choosing.random);
  if (choosing.limits !== null) meetHeld(choosing, choosing.limits);
  const isOnly = candidates.size === 1;
  let best: PoolExit[] = [];
  let bestRank = NONE;
  for (const candidate of candidates.values()) {
    const rank = rankOf(candidate, isOnly, choosing);
    if (rank > bestRank || rank === NONE) continue;
    if (rank < bestRank) best = [];
    bestRank = rank;
    best.push(candidate);
  }
  if (bestRank > LAST_USABLE) return leastBad(best);
  const pick = () => best[Math.floor(choosing.random() * best.length)] as PoolExit;
  return best.length === 1 ? (best[0] as PoolExit) : better(pick(), pick(), choosing);
}

function rankOf(candidate: PoolExit, isOnly: boolean, choosing: Choosing): number {
  const { tried, triedKin, blocks, limits, now } = choosing;
  const { zone } = candidate;
  const isTried = tried.has(candidate.id);
  if (isTried && !isAnother(candidate, choosing)) return isOnly ? 7 : NONE;
  if (limits?.holdsBack(candidate)) return NONE;
  const blocked = isBlocked(candidate, blocks, now);
  if (zone === USABLE) {
    if (blocked) return 3;
    if (isTried) return 2;
    return tried.size > 0 && triedKin.has(candidate.kin) ? 1 : 0;
  }
  if (blocked) return 6;
  limits?.meetOut(candidate.benchedUntil);
  return isTried ? 5 : 4;
}

/** Who waits at a limit is to look again when an operator's bench is over, too. */
function meetHeld(choosing: Choosing, limits: LimitsLook): void {
  const { shortlist, tried } = choosing;
  for (const group of shortlist.groups) {
    const first = group.usable + group.out;
    for (let place = first; place < Math.min(group.size, first + LOOKED_AT_MAX); place++) {
      const held = group.at(place);
      const { id, hold, benchedUntil } = held;
      if (hold !== null && !hold.isDraining && (!tried.has(id) || isAnother(held, choosing))) limits.meetOut(benchedUntil);
    }
  }
}

/** All exits of the groups, but barred ones, where they are few; else some that may be taken and some that are out. */
function gather({ groups }: Shortlist, random: () => number): ReadonlyMap<number, PoolExit> {
  const found = new Map<number, PoolExit>();
  const add = (candidate: PoolExit) => found.set(candidate.number, candidate);
  let size = 0;
  for (const group of groups) size += group.usable + group.out;
  for (const group of groups) {
    if (size <= LOOKED_AT_MAX) for (let place = 0; place < group.usable + group.out; place++) add(group.at(place));
    else drawSome(group, groups.length, random, add);
  }
  return found;
}

function drawSome(group: ExitGroup, groups: number, random: () => number, add: (candidate: PoolExit) => void): void {
  const { usable, out } = group;
  if (usable > 0) for (let draw = 0; draw < LOOKED_AT_MAX / groups; draw++) add(group.at(Math.floor(random() * usable)));
  if (out > 0) for (let draw = 0; draw < LOOKED_AT_OUT_MAX / groups; draw++) add(group.at(usable + Math.floor(random() * out)));
}

function leastBad(candidates: readonly PoolExit[]): PoolExit | null {
  let least: PoolExit | null = null;
  for (const candidate of candidates) if (least === null || isLessBad(candidate, least)) least = candidate;
  return least;
}
