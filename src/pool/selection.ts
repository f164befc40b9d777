import type { Random } from "../core/clock.ts";
import type { SelectStrategy } from "../core/pool-settings.ts";
import type { ExitGroup } from "./exit-group.ts";
import type { Shortlist } from "./exit-index.ts";
import { chooseAmongAll } from "./last-resort.ts";
import type { LimitsLook } from "./limits-in-force.ts";
import type { Blocks } from "./pair-memory.ts";
import type { PoolExit } from "./pool-exit.ts";
import { STRATEGIES } from "./strategies.ts";

export interface Choosing {
  readonly shortlist: Shortlist;
  readonly strategy: SelectStrategy;
  /** Ids of exits that this exchange has tried, and the kin of these. */
  readonly tried: ReadonlySet<string>;
  readonly triedKin: ReadonlySet<string>;
  /** Of those that it has tried, those that it is not to try again though they rotate. */
  readonly spent: ReadonlySet<string>;
  /** What the target blocks. */
  readonly blocks: Blocks | null;
  /** What is at a limit; null: nothing is limited. */
  readonly limits: LimitsLook | null;
  /** `host:port`, for strategies that go by it. */
  readonly target: string;
  /** Too little of the pool is usable: exits that are out are candidates too. */
  readonly isBelowFloor: boolean;
  readonly now: number;
  readonly random: Random;
  /** What an exit is taken to need that has not answered yet. */
  readonly unknownMs: number;
}

/**
 * The exit to take: by the strategy, among those that may be taken, were not tried in this exchange and are of no kin of those, and are not
 * blocked by the target. Where a handful of draws find none, the next best (see `chooseAmongAll`). Costs the same in a pool of any size.
 */
export function choose(choosing: Choosing): PoolExit | null {
  const found = STRATEGIES[choosing.strategy](choosing);
  if (found !== null) return considerOthers(found, choosing);
  const shortlist = choosing.shortlist.narrow();
  return shortlist === choosing.shortlist ? chooseAmongAll(choosing) : choose({ ...choosing, shortlist });
}

function considerOthers(first: PoolExit, choosing: Choosing): PoolExit {
  // Where a good one will have a turn, none that is out is admitted.
  const isAsked = choosing.isBelowFloor && !choosing.limits?.isGoodHeldBack;
  return isAsked ? better(first, leastBadOfFew(choosing) ?? first, choosing) : first;
}

/** A good candidate: what a first choice may be. */
export function isFree(candidate: PoolExit, { tried, triedKin, blocks, limits, shortlist, now }: Choosing): boolean {
  if (!shortlist.fits(candidate)) return false;
  if (tried.size > 0 && (tried.has(candidate.id) || triedKin.has(candidate.kin))) return false;
  if (blocks !== null && isBlocked(candidate, blocks, now)) return false;
  return limits === null || !limits.holdsBack(candidate);
}

/** To try it again is to try another exit. */
export function isAnother({ id, kind }: PoolExit, { spent }: Choosing): boolean {
  return kind.rotating && !spent.has(id);
}

export function isBlocked(candidate: PoolExit, blocks: Blocks | null, now: number): boolean {
  const pair = blocks?.get(candidate.id);
  return pair !== undefined && pair.until > now;
}

/** `a` was drawn first: it stays where `b` promises nothing that would be noticed. */
export function better(a: PoolExit, b: PoolExit, { unknownMs, now }: Choosing): PoolExit {
  return b.cost(unknownMs, now) < NOTICED * a.cost(unknownMs, now) ? b : a;
}

const NOTICED = 0.9;
/** Draws from those that are out, of which the least bad one counts. */
const DRAWS_OF_OUT = 4;

/** One that is out but may do, since too few others are left. */
function leastBadOfFew(choosing: Choosing): PoolExit | null {
  const { groups } = choosing.shortlist;
  let least: PoolExit | null = null;
  for (let draw = 0; draw < DRAWS_OF_OUT; draw++) {
    const group = groups[Math.floor(choosing.random() * groups.length)] as ExitGroup;
    if (group.out === 0) continue;
    const candidate = group.at(group.usable + Math.floor(choosing.random() * group.out));
    if (isFree(candidate, choosing) && (least === null || isLessBad(candidate, least))) least = candidate;
  }
  return least;
}

/** The one with the fewest failures to wear off, and of these the one whose bench ends first. */
export function isLessBad({ health: a }: PoolExit, { health: b }: PoolExit): boolean {
  return a.level === b.level ? a.benchedUntil < b.benchedUntil : a.level < b.level;
}
