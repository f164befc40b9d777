import type { Cell, Kin, Track, View } from "./tracks.ts";
import { fade, fadeOfPair, Witnesses } from "./witnesses.ts";

/** What an exit that nobody has seen is taken to break of its attempts, and how many witnesses that is worth. */
export const EXIT_BASE = 0.02;
const EXIT_BASE_WITNESSES = 2;
/** The same of a target. */
export const TARGET_BASE = 0.01;
const TARGET_BASE_WITNESSES = 1;
/** The same of a pair whose ends are both well. */
export const PAIR_BASE = 0.005;
const PAIR_BASE_WITNESSES = 4;
/** No end is so good that one refusal proves a pair. */
const USUAL_MIN = 0.05;
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
  return ofExit(exit, except, now, true).level(base, EXIT_BASE_WITNESSES);
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
    lost +=
      fade(at, now) * unexplainedBy(ofTarget(target, exit, exit.kin, now, false).level(TARGET_BASE, TARGET_BASE_WITNESSES), TARGET_BASE);
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

/** How a target does through exits other than `except`. Exits of one kin are one witness; those of `kin` are half a one. */
export function targetLevel(target: Track, except: Track | null, kin: string | null, now: number): Level & { readonly exits: number } {
  const witnesses = ofTarget(target, except, kin, now, true);
  return { ...witnesses.level(TARGET_BASE, TARGET_BASE_WITNESSES), exits: witnesses.exits };
}

/**
 * Whether these two do not go together. Each failure that came although both ends did well with others in between makes it likelier, the
 * more so the less either end fails otherwise.
 * @param usual how often either end breaks an attempt of others, 0 to 1.
 */
export function pairLevel(target: Track | undefined, cell: Cell | null, usual: number, now: number): number {
  const base = target === undefined ? PAIR_BASE : refusing(target, cell, now);
  if (cell === null || cell.refusals === 0) return base;
  const refused = cell.refusals * fadeOfPair(lastBad(cell), now);
  const odds = (base / (1 - base)) * Math.max(USUAL_MIN, usual) ** -refused;
  return odds / (1 + odds);
}

/**
 * The share of its exits that a target refuses. Who is refused fails each time; a target that fails now and then fails and serves the same
 * exit by turns, so that pairs with both outcomes speak against refusals.
 */
function refusing(target: Track, except: Cell | null, now: number): number {
  let refused = 0;
  let met = 0;
  for (const cell of target.cells) {
    if (cell === except) continue;
    const { share, badAt, okAt } = cell.asTarget;
    const fresh = cell.refusals > 0 ? fadeOfPair(badAt, now) : fade(Math.max(badAt, okAt), now);
    met += fresh;
    refused += fresh * ((share * cell.refusals) / (1 + cell.refusals) - BY_TURNS * share * (1 - share));
  }
  return (PAIR_BASE * PAIR_BASE_WITNESSES + Math.max(0, refused)) / (PAIR_BASE_WITNESSES + met);
}

/** The same of all its exits, computed anew when it is old. */
function refusingLately(target: Track, now: number): number {
  if (!(now - target.refusingAt < REFUSING_MS)) {
    target.refusing = refusing(target, null, now);
    target.refusingAt = now;
  }
  return target.refusing;
}

/** Milliseconds. */
const REFUSING_MS = 1000;

/** How much of a failure is left where the target may have refused the exit: a failure of the pair says little of either end. */
function unexplainedByPair(refusingShare: number, { refusals }: Cell): number {
  return 1 / (1 + (refusingShare / REFUSES_MANY) * REFUSAL_ODDS ** Math.min(refusals, REFUSALS_MAX));
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
    const left = own * unexplainedByPair(refusingLately(target, now), cell);
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
    const left = own * unexplainedByPair(refused, cell);
    witnesses.badly(place, asTarget, left * fadeOfFailure(asTarget.badAt, target, now), asTarget.badAt > target.okAt);
  }
  return witnesses;
}

/** How much of a pair's failures its target leaves to its exit, by what other exits saw. Computed anew when it is old. */
function unexplainedByTarget(cell: Cell, now: number): number {
  const { exit, target, leftToExit } = cell;
  if (now - leftToExit.at >= LEFT_MS || now < leftToExit.at) {
    const level = ofTarget(target, exit, exit.kin, now, false).level(TARGET_BASE, TARGET_BASE_WITNESSES);
    leftToExit.share = unexplainedBy(level, TARGET_BASE);
    leftToExit.at = now;
  }
  return leftToExit.share;
}

/** The same the other way round. */
function unexplainedByExit(cell: Cell, now: number): number {
  const { exit, target, leftToTarget } = cell;
  if (now - leftToTarget.at >= LEFT_MS || now < leftToTarget.at) {
    leftToTarget.share = unexplainedBy(ofExit(exit, target, now, false).level(EXIT_BASE, EXIT_BASE_WITNESSES), EXIT_BASE);
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

/** A target that refuses so many of its exits: half of the first failures on it are taken for refusals. */
const REFUSES_MANY = 0.1;
/** How much likelier each failure of a pair, with both ends well in between, makes a refusal. */
const REFUSAL_ODDS = 4;
const REFUSALS_MAX = 6;
/** A pair that fails by turns takes back so much of what looks refused. */
const BY_TURNS = 1;

function wellness({ okAt, share }: View, now: number): number {
  return okAt === Number.NEGATIVE_INFINITY ? 0 : (1 - share) * fade(okAt, now);
}

/** Who has not done well since is more likely still as it was. */
function fadeOfFailure(badAt: number, { okAt }: Track, now: number): number {
  return fade(badAt > okAt ? now - (now - badAt) / UNCONTRADICTED : badAt, now);
}

/** What nothing has contradicted lasts so many times longer. */
const UNCONTRADICTED = 4;

function lastBad({ asExit, asTarget }: Cell): number {
  return Math.max(asExit.badAt, asTarget.badAt);
}
