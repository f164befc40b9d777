import type { Manner } from "./manners.ts";
import type { Cell, Track } from "./tracks.ts";
import { fade, fadeOfPair } from "./witnesses.ts";

/** What a pair whose ends are both well is taken to break of its attempts, and how many pairs that is worth. */
export const PAIR_BASE = 0.005;
const PAIR_BASE_WITNESSES = 4;
/** The same of what a target does to one kin, by what it does to all. */
const KIN_WITNESSES = 2;
/** More failures in a row say no more. */
const REFUSED_MAX = 16;

/** A pair that failed, and how. */
export interface Refused {
  /** Null: they met for the first time. */
  readonly cell: Cell | null;
  /** Of the exit. */
  readonly kin: string;
  readonly manner: Manner;
}

/** How often two ends break attempts, and how many witnesses say so. */
export interface Usual {
  readonly share: number;
  readonly witnesses: number;
}

/**
 * Whether these two do not go together. Each failure that came although both ends did well with others in between makes it likelier, the
 * more so the less either end fails otherwise.
 * @param usual how often either end breaks an attempt of others.
 */
export function pairLevel(target: Track | undefined, failed: Refused, usual: Usual, now: number): number {
  const { cell } = failed;
  const share = target === undefined ? PAIR_BASE : refusing(target, failed, now);
  const base = share * strangeness(cell, now);
  if (cell === null || cell.refusals === 0) return base;
  const refused = Math.min(REFUSED_MAX, cell.refusals * fadeOfPair(lastBad(cell), now));
  const odds = base / (1 - base) / allBy(usual, refused);
  return odds / (1 + odds);
}

/** How likely so many failures in a row are all of the ends' own making: the less is known of them, the likelier. */
function allBy({ share, witnesses }: Usual, failures: number): number {
  let all = 1;
  for (let i = 0; i < failures; i++) all *= ((share * witnesses + i) / (witnesses + i)) ** Math.min(1, failures - i);
  return all;
}

/**
 * The share of its exits that a target refuses. Who is refused fails each time; a target that fails now and then fails and serves the same
 * exit by turns, so that pairs with both outcomes speak against refusals.
 * @param failed the pair in question, which does not speak for itself, nor do those that failed in another manner; null: none.
 */
function refusing(target: Track, failed: Refused | null, now: number): number {
  let refused = 0;
  let met = 0;
  let refusedOfKin = 0;
  let metOfKin = 0;
  for (const cell of target.cells) {
    if (cell === failed?.cell) continue;
    const { share, badAt, okAt } = cell.asTarget;
    const fresh = cell.refusals > 0 ? fadeOfPair(badAt, now) : fade(Math.max(badAt, okAt), now);
    const isAlike = failed === null || cell.manner === null || cell.manner === failed.manner;
    const isRefused = isAlike ? fresh * ((share * cell.refusals) / (1 + cell.refusals) - BY_TURNS * share * (1 - share)) : 0;
    met += fresh;
    refused += isRefused;
    if (cell.exit.kin !== failed?.kin) continue;
    metOfKin += fresh;
    // Who was never served, though both ends did well with others since, may be refused as its kin is: the first failure counts already.
    const isStranger = isAlike && okAt === Number.NEGATIVE_INFINITY && badAt < Math.min(cell.exit.okAt, target.okAt);
    refusedOfKin += isStranger ? fresh * share * (1 - 1 / (2 + cell.refusals)) : isRefused;
  }
  const ofAll = (PAIR_BASE * PAIR_BASE_WITNESSES + Math.max(0, refused)) / (PAIR_BASE_WITNESSES + met);
  return (ofAll * KIN_WITNESSES + Math.max(0, refusedOfKin)) / (KIN_WITNESSES + metOfKin);
}

/** The same of all its exits, computed anew when it is old. */
export function refusingLately(target: Track, now: number): number {
  if (!(now - target.refusingAt < REFUSING_MS)) {
    target.refusing = refusing(target, null, now);
    target.refusingAt = now;
  }
  return target.refusing;
}

/** Milliseconds. */
const REFUSING_MS = 1000;

/** Likelihood of a refusal of a pair that was just served, by that of a stranger. */
const SERVED = 0.15;

/** Who was served is not refused: 1 for a pair that never worked, next to nothing for one that just did. */
function strangeness(cell: Cell | null, now: number): number {
  return cell === null || cell.asTarget.okAt === Number.NEGATIVE_INFINITY ? 1 : Math.max(SERVED, 1 - fadeOfPair(cell.asTarget.okAt, now));
}

/** How much of a failure is left where the target may have refused the exit: a failure of the pair says little of either end. */
export function unexplainedByPair(refusingShare: number, cell: Cell, now: number): number {
  const { refusals } = cell;
  return 1 / (1 + ((refusingShare * strangeness(cell, now)) / REFUSES_MANY) * REFUSAL_ODDS ** Math.min(refusals, REFUSALS_MAX));
}

/** A target that refuses so many of its exits: half of the first failures on it are taken for refusals. */
const REFUSES_MANY = 0.1;
/** How much likelier each failure of a pair, with both ends well in between, makes a refusal. */
const REFUSAL_ODDS = 4;
const REFUSALS_MAX = 6;
/** A pair that fails by turns takes back so much of what looks refused. */
const BY_TURNS = 1;

function lastBad({ asExit, asTarget }: Cell): number {
  return Math.max(asExit.badAt, asTarget.badAt);
}
