import { refusingLately, type Usual, unexplainedByPair } from "./pair-levels.ts";
import type { Cell, Kin, Track, View } from "./tracks.ts";
import { fade, Witnesses } from "./witnesses.ts";

/** What an exit that nobody has seen is taken to break of its attempts, and how many witnesses that is worth. */
export const EXIT_BASE = 0.02;
const EXIT_WITNESSES = 6;
/** The same of a target. */
export const TARGET_BASE = 0.01;
const TARGET_WITNESSES = 3;
/** No end is taken to be so much better than usual: it may change. */
const HABIT_MIN = 0.25;
/** No end is so good that one refusal proves a pair. */
const USUAL_MIN = 0.05;
const USUAL_MAX = 0.95;
const UNSEEN_EXIT: Level = { level: EXIT_BASE, bad: 0, ok: 0 };
const UNSEEN_TARGET: Level = { level: TARGET_BASE, bad: 0, ok: 0 };
/** A failure through an exit of the same kin is no independent witness. */
const SAME_KIN = 0.5;

/** What witnesses say of one end; each counts at most 1, less the older it is and the better another end explains what it saw. */
export interface Level {
  /** Probability that this end breaks an attempt now. */
  readonly level: number;
  /** Witnesses against it, and for it. */
  readonly bad: number;
  readonly ok: number;
}

/**
 * How an exit does with targets other than `except`.
 * @param base what its kin lets expect.
 */
export function exitLevel(exit: Track, except: Track | null, base: number, now: number): Level {
  const habit = exit.habit.share(EXIT_BASE, now);
  return ofExit(exit, except, now, true).level(Math.max(base - EXIT_BASE + habit, HABIT_MIN * EXIT_BASE), EXIT_WITNESSES, habit);
}

/**
 * What an exit of a kin is taken to break of its attempts: more where several of them failed for several targets, and none has done well
 * since. Targets that fail through others too explain that away.
 */
export function kinLevel(kin: Kin | undefined, exceptExit: Track | null, exceptTarget: Track | null, now: number): number {
  if (kin === undefined || kin.lost.length === 0) return EXIT_BASE;
  const seen: Track[] = [];
  let lost = 0;
  for (const { exit, target, at } of kin.lost) {
    if (at <= kin.okAt || exit === exceptExit || target === exceptTarget || seen.includes(target)) continue;
    seen.push(target);
    lost += fade(at, now) * unexplainedBy(levelOfTarget(target, ofTarget(target, exit, exit.kin, now, false), now), TARGET_BASE);
  }
  const odds = KIN_ODDS * (KIN_USUAL ** -lost - 1);
  return EXIT_BASE + (KIN_DOWN - EXIT_BASE) * (odds / (1 + odds));
}

/** How likely it is, before anything is seen, that a whole kin has just gone down. */
const KIN_ODDS = 0.002;
/** How often exits fail one by one: the less, the more each tells that failed since the last success of any. */
const KIN_USUAL = 0.05;
/** What an exit of a kin that is down breaks of its attempts, before it is itself seen. */
const KIN_DOWN = 0.6;

function levelOfTarget(target: Track, witnesses: Witnesses, now: number): Level {
  const habit = target.habit.share(TARGET_BASE, now);
  return witnesses.level(Math.max(HABIT_MIN * TARGET_BASE, habit), TARGET_WITNESSES, habit);
}

function levelOfExit(exit: Track, witnesses: Witnesses, now: number): Level {
  const habit = exit.habit.share(EXIT_BASE, now);
  return witnesses.level(Math.max(HABIT_MIN * EXIT_BASE, habit), EXIT_WITNESSES, habit);
}

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

function ofExit(exit: Track, except: Track | null, now: number, isDeep: boolean): Witnesses {
  const witnesses = new Witnesses();
  for (const cell of exit.cells) {
    const { target, asExit } = cell;
    if (target === except) continue;
    // Each target is a witness of its own.
    const place = witnesses.add();
    witnesses.well(place, wellness(asExit, now));
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
    if (exit === except) continue;
    const place = witnesses.place(exit.kin);
    witnesses.well(place, wellness(asTarget, now));
    if (asTarget.badAt === Number.NEGATIVE_INFINITY) continue;
    refused ??= refusingLately(target, now);
    const own = (isDeep ? unexplainedByExit(cell, now) : 1) * (kin === exit.kin ? SAME_KIN : 1);
    const left = own * unexplainedByPair(refused, cell, now);
    witnesses.badly(place, asTarget, left * fadeOfFailure(asTarget.badAt, target, now), asTarget.badAt > target.okAt);
  }
  return witnesses;
}

/** How much of a pair's failures its target leaves to its exit, by what other exits saw. Computed anew when it is old. */
function unexplainedByTarget(cell: Cell, now: number): number {
  const { exit, target, leftToExit } = cell;
  if (now - leftToExit.at >= LEFT_MS || now < leftToExit.at) {
    const level = levelOfTarget(target, ofTarget(target, exit, exit.kin, now, false), now);
    leftToExit.share = unexplainedBy(level, TARGET_BASE);
    leftToExit.at = now;
  }
  return leftToExit.share;
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

/** Who has not done well since is more likely still as it was. */
function fadeOfFailure(badAt: number, { okAt }: Track, now: number): number {
  return fade(badAt > okAt ? now - (now - badAt) / UNCONTRADICTED : badAt, now);
}

/** What nothing has contradicted lasts so many times longer. */
const UNCONTRADICTED = 4;
