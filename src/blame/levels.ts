import { refusingLately, type Usual, unexplainedByPair } from "./pair-levels.ts";
import type { Cell, Kin, Track, View } from "./tracks.ts";
import { type Base, fade, Witnesses } from "./witnesses.ts";

/** What an exit that nobody has seen is taken to break of its attempts, and how many witnesses that is worth. */
export const EXIT_BASE = 0.02;
const EXIT_WITNESSES = 6;
/** The same of a target. */
export const TARGET_BASE = 0.01;
const TARGET_WITNESSES = 3;
/** No end is taken to be so much better than usual: it may change. */
export const HABIT_MIN = 0.25;
/** No end is so good that one refusal proves a pair. */
const USUAL_MIN = 0.05;
const USUAL_MAX = 0.95;
const UNSEEN_EXIT: Level = { level: EXIT_BASE, bad: 0, ok: 0, changed: 0 };
const UNSEEN_TARGET: Level = { level: TARGET_BASE, bad: 0, ok: 0, changed: 0 };
/** A failure through an exit of the same kin is no independent witness. */
const SAME_KIN = 0.5;

/** What witnesses say of one end; each counts at most 1, less the older it is and the better another end explains what it saw. */
export interface Level {
  /** Probability that this end breaks an attempt now. */
  readonly level: number;
  /** Witnesses against it, and for it. */
  readonly bad: number;
  readonly ok: number;
  /** How likely it is that it has changed since its last success, 0 to 1. */
  readonly changed: number;
}

/** How an exit does with targets other than `except`. */
export function exitLevel(exit: Track | null, except: Track | null, now: number): Level {
  return exit === null ? UNSEEN_EXIT : levelOfExit(exit, ofExit(exit, except, now, true), now);
}

/** The same by what others saw alone, without how the pair itself did. */
export function exitLevelByOthers(exit: Track | null, except: Track | null, now: number): Level {
  return exit === null ? UNSEEN_EXIT : levelOfExit(exit, ofExit(exit, except, now, true, false), now);
}

/** The same where its whole kin may be down, 0 to 1: that the exit did well before tells nothing then. */
export function withKin(exit: Level, kinIsDown: number): Level {
  return { ...exit, level: exit.level + Math.max(0, KIN_DOWN - exit.level) * kinIsDown };
}

/** What an exit of a kin that is down breaks of its attempts. */
const KIN_DOWN = 0.6;

/**
 * How likely it is that a whole kin is down: the more so the more of its exits failed for several targets, where none has done well since.
 * Targets that fail through others too explain that away.
 */
export function kinIsDown(kin: Kin | undefined, exceptExit: Track | null, exceptTarget: Track | null, now: number): number {
  if (kin === undefined || kin.lost.length === 0) return 0;
  const exits = new Set<Track>();
  const told = new Map<Track, number>();
  for (const { exit, target, at } of kin.lost) {
    if (at <= kin.okAt || exit === exceptExit || target === exceptTarget) continue;
    exits.add(exit);
    const left = leftByTarget(exit, target, now);
    told.set(target, Math.max(told.get(target) ?? 0, fade(at, now) * left));
  }
  let lost = 0;
  for (const each of told.values()) lost += each;
  // However many targets an exit failed for, it tells of itself alone.
  const odds = KIN_ODDS * (KIN_USUAL ** -Math.min(exits.size, lost) - 1);
  return odds / (1 + odds);
}

/** How likely it is, before anything is seen, that a whole kin has just gone down. */
const KIN_ODDS = 0.002;
/** How often exits fail one by one: the less, the more each tells that failed since the last success of any. */
const KIN_USUAL = 0.05;

function levelOfTarget(target: Track, witnesses: Witnesses, now: number): Level {
  const usual = target.habit.share(TARGET_BASE, now);
  return witnesses.level(baseOf(Math.max(HABIT_MIN * TARGET_BASE, usual), TARGET_WITNESSES, target), usual);
}

function levelOfExit(exit: Track, witnesses: Witnesses, now: number): Level {
  const usual = exit.habit.share(EXIT_BASE, now);
  return witnesses.level(baseOf(Math.max(HABIT_MIN * EXIT_BASE, usual), EXIT_WITNESSES, exit), usual);
}

function baseOf(share: number, least: number, { habit }: Track): Base {
  return { share, least, settled: least * (1 + HABIT_WORTH * habit.known) };
}

/** A habit that is well known is worth so many times more witnesses than what is usual. */
const HABIT_WORTH = 3;

/** How a target does through exits other than `except`. Exits of one kin are one witness; those of `kin` are half a one. */
export function targetLevel(target: Track, except: Track | null, kin: string | null, now: number): Level & { readonly exits: number } {
  const witnesses = ofTarget(target, except, kin, now, true);
  return { ...levelOfTarget(target, witnesses, now), exits: witnesses.exits };
}

/** Of two ends, each with the uncertainty of its own level. */
export function usualOf(exit: Level | null, target: Level | null): Usual {
  const ofExit = exit ?? UNSEEN_EXIT;
  const ofTarget = target ?? UNSEEN_TARGET;
  const share = Math.min(USUAL_MAX, Math.max(USUAL_MIN, ofExit.level + ofTarget.level));
  const variance = varianceOf(ofExit, EXIT_WITNESSES) + varianceOf(ofTarget, TARGET_WITNESSES);
  return { share, witnesses: Math.max(1, (share * (1 - share)) / variance - 1) };
}

function varianceOf({ level, bad, ok }: Level, base: number): number {
  return (level * (1 - level)) / (base + bad + ok + 1);
}

function ofExit(exit: Track, except: Track | null, now: number, isDeep: boolean, withRun = true): Witnesses {
  const witnesses = new Witnesses();
  for (const cell of exit.cells) {
    const { target, asExit } = cell;
    if (target === except) {
      if (cell.exitRun > 0 && withRun)
        witnesses.again(cell.exitRun * (isDeep ? unexplainedByTarget(cell, now) : 1) * fadeOfFailure(asExit.badAt, exit, now));
      continue;
    }
    // Each target is a witness of its own.
    const place = witnesses.add();
    witnesses.well(place, wellness(asExit, now));
    if (target.cells.length === 1) witnesses.alone(place, asExit);
    if (asExit.badAt === Number.NEGATIVE_INFINITY) continue;
    const own = isDeep ? unexplainedByTarget(cell, now) : 1;
    const left = own * unexplainedByPair(refusingLately(target, now), cell, now);
    witnesses.badly(place, asExit, left * fadeOfFailure(asExit.badAt, exit, now), asExit.badAt > exit.okAt);
  }
  return witnesses;
}

function ofTarget(target: Track, except: Track | null, kin: string | null, now: number, isDeep: boolean): Witnesses {
  const witnesses = new Witnesses();
  let refused: number | null = null;
  for (const cell of target.cells) {
    const { exit, asTarget } = cell;
    if (exit === except) {
      if (cell.targetRun > 0)
        witnesses.again(cell.targetRun * (isDeep ? unexplainedByExit(cell, now) : 1) * fadeOfFailure(asTarget.badAt, target, now));
      continue;
    }
    const place = witnesses.place(exit.kin);
    witnesses.well(place, wellness(asTarget, now));
    if (asTarget.row > 0) witnesses.wellInARow(place, asTarget.row * fade(asTarget.okAt, now));
    if (asTarget.badAt === Number.NEGATIVE_INFINITY) continue;
    refused ??= refusingLately(target, now);
    const own = (isDeep ? unexplainedByExit(cell, now) : 1) * (kin === exit.kin ? SAME_KIN : 1);
    const left = own * unexplainedByPair(refused, cell, now);
    witnesses.badly(place, asTarget, left * fadeOfFailure(asTarget.badAt, target, now), asTarget.badAt > target.okAt);
  }
  return witnesses;
}

/** How much of a pair's failures its target leaves to its exit, by what other exits saw. Computed anew when it is old. */
function unexplainedByTarget({ exit, target, leftToExit }: Cell, now: number): number {
  if (now - leftToExit.at >= LEFT_MS || now < leftToExit.at) {
    leftToExit.share = leftAnew(exit, target, now);
    leftToExit.at = now;
  }
  return leftToExit.share;
}

/** The same of two that may be no pair any more. */
function leftByTarget(exit: Track, target: Track, now: number): number {
  for (const cell of exit.cells) if (cell.target === target) return unexplainedByTarget(cell, now);
  return leftAnew(exit, target, now);
}

function leftAnew(exit: Track, target: Track, now: number): number {
  return unexplainedBy(levelOfTarget(target, ofTarget(target, exit, exit.kin, now, false), now), TARGET_BASE);
}

/** The same the other way round. */
function unexplainedByExit(cell: Cell, now: number): number {
  const { exit, target, leftToTarget } = cell;
  if (now - leftToTarget.at >= LEFT_MS || now < leftToTarget.at) {
    leftToTarget.share = unexplainedBy(levelOfExit(exit, ofExit(exit, target, now, false), now), EXIT_BASE);
    leftToTarget.at = now;
  }
  return leftToTarget.share;
}

/** In a storm of failures each is weighed by what was known so long ago at most. Milliseconds. */
const LEFT_MS = 200;

/** How much of a failure is left to one end where the other fails so often. */
function unexplainedBy({ level }: Level, base: number): number {
  return EXPLAINS / (EXPLAINS + Math.max(0, level - base));
}

/** An end that fails by so much more often than usual explains half of the failures that it was part of. */
const EXPLAINS = 0.05;

function wellness({ okAt, share }: View, now: number): number {
  return okAt === Number.NEGATIVE_INFINITY ? 0 : (1 - share) * fade(okAt, now);
}

/** How much more a pair's successes tell than its failures, -1 to 1. */
export function ownSuccess({ asExit, exit }: Cell, now: number): number {
  const failed = asExit.badAt === Number.NEGATIVE_INFINITY ? 0 : asExit.share * fadeOfFailure(asExit.badAt, exit, now);
  return wellness(asExit, now) - failed;
}

/** Who has not done well since is more likely still as it was. */
function fadeOfFailure(badAt: number, { okAt }: Track, now: number): number {
  return fade(badAt > okAt ? now - (now - badAt) / UNCONTRADICTED : badAt, now);
}

/** What nothing has contradicted lasts so many times longer. */
const UNCONTRADICTED = 4;
