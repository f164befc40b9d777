import { brokenAlike } from "./common-cause.ts";
import { type FaultSides, PROVED, type Side } from "./fault-sides.ts";
import {
  EXIT_BASE,
  exitLevel,
  exitLevelByOthers,
  HABIT_MIN,
  kinIsDown,
  type Level,
  ownSuccess,
  TARGET_BASE,
  targetLevel,
  usualOf,
  withKin,
} from "./levels.ts";
import type { Manner } from "./manners.ts";
import { PAIR_BASE, pairLevel } from "./pair-levels.ts";
import type { Cell, Kin, Track } from "./tracks.ts";

/** Both ends of an attempt, as far as they are known. */
export interface Ends {
  /** Undefined: never met. */
  readonly exit: Track | undefined;
  readonly target: Track | undefined;
  readonly cell: Cell | null;
  readonly kin: string;
  readonly family: Kin | undefined;
}

/** What the failure says by itself. */
export interface Seen {
  readonly sides: FaultSides;
  readonly manner: Manner;
}

/** Who is to blame, and how the blame is shared. */
export interface Shares {
  readonly side: Side;
  readonly confidence: number;
  readonly exit: number;
  readonly target: number;
  /** How likely it is that the target has just changed: then it is down for a while, which tells nothing of its habits. */
  readonly outage: number;
}

/**
 * Noisy-or of three causes: what the fault says of each, times how much more often than others it breaks attempts, times how well the manner
 * is its own.
 */
export function compare({ sides, manner }: Seen, { exit, target, cell, kin, family }: Ends, now: number): Shares {
  const isDown = kinIsDown(family, exit ?? null, target ?? null, now);
  const alike = exit === undefined ? 0 : brokenAlike(exit, now);
  const ownExit = worse(exitLevel(exit ?? null, target ?? null, now), alike);
  const seenExit = withKin(ownExit, isDown);
  const seenTarget = target === undefined ? null : worse(targetLevel(target, exit ?? null, kin, now), -alike);
  const ofPair = pairLevel(target, { cell, kin, manner }, usualOf(seenExit, seenTarget), now);
  const byExit = (sides.exit * seenExit.level * fit(exit, seenExit, FIT_MAX, manner)) / EXIT_BASE;
  // In the manner in which a target fails it refuses exits too: that speaks for neither.
  const byTarget = (sides.target * (seenTarget?.level ?? TARGET_BASE) * fit(target, seenTarget, 1, manner)) / TARGET_BASE;
  const byPair = (sides.pair * ofPair) / PAIR_BASE;
  // What is weighed is never certain.
  const sum = (byExit + byTarget + byPair) / WEIGHED_MAX;
  const shares = { exit: byExit / sum, target: byTarget / sum, outage: seenTarget?.changed ?? 0 };
  if (byTarget > byExit && byTarget > byPair) return { side: "target", confidence: shares.target, ...shares };
  if (byPair > byExit) return { side: "pair", confidence: byPair / sum, ...shares };
  const speaksForExit = ownExit.ok + (cell === null ? 0 : ownSuccess(cell, now)) > ownExit.bad;
  const byOthers = cell !== null && cell.exitRun > 0 ? exitLevelByOthers(exit ?? null, target ?? null, now) : ownExit;
  const isSlip = byOthers.level < SLIP_LEVEL && (sides.exit < PROVED || speaksForExit) && isDown < DOWN_FROM;
  return { side: "exit", confidence: Math.min(isSlip ? SLIP_MAX : 1, shares.exit), ...shares };
}

const WEIGHED_MAX = 0.99;

/** The same end where it breaks so much more of its attempts, or less. */
function worse<L extends Level>(end: L, more: number): L {
  return more === 0 ? end : { ...end, level: Math.min(1, Math.max(HABIT_MIN * TARGET_BASE, end.level + more)) };
}

/** One doubtful failure does not convict an exit that does well elsewhere: it may as well be the first of its target's outage. */
const SLIP_LEVEL = 0.15;
const SLIP_MAX = 0.7;
/** From here on it does well no more: its kin is down. */
const DOWN_FROM = 0.9;

/** How much likelier than another this end fails in this manner, `max` at most; what has just changed may fail in any. */
function fit(end: Track | undefined, level: Level | null, max: number, manner: Manner): number {
  if (end === undefined || level === null) return 1;
  const own = Math.min(max, end.habit.fit(manner));
  return own + (1 - own) * level.changed;
}

/** That an exit fails in this manner alone makes it so much likelier at most: so may the first failure of its target look. */
const FIT_MAX = 1.5;

/** What its fault proves. */
export function proved({ proved: side, confidence, exit, target }: FaultSides): Shares {
  return { side: side as Side, confidence, exit, target, outage: 0 };
}
