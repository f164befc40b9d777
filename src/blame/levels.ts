import type { Cell, Track, View } from "./tracks.ts";

/** What was seen counts half after this time. Milliseconds. */
const HALF_LIFE_MS = 45_000;
/** What an exit that nobody has seen is taken to break of its attempts, and how many witnesses that is worth. */
export const EXIT_BASE = 0.02;
const EXIT_BASE_WITNESSES = 2;
/** The same of a target. */
export const TARGET_BASE = 0.01;
const TARGET_BASE_WITNESSES = 1;
/** The same of a pair whose ends are both well. */
export const PAIR_BASE = 0.02;
/** An end that only fails since its last success has changed: a failure counts at least so much, whatever came before it. */
const CHANGED = 0.9;
/** What each such failure leaves of what was seen before the change. */
const LEFT_OF_BEFORE = 0.4;
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

/** How an exit does with targets other than `except`. */
export function exitLevel(exit: Track, except: Track | null, now: number): Level {
  let bad = 0;
  let ok = 0;
  let before = 1;
  for (const cell of exit.cells) {
    if (cell.target === except) continue;
    ok += wellness(cell.asExit, now);
    let against = badness(cell.asExit, exit, now);
    if (against === 0) continue;
    against *= (1 - ownTargetLevel(cell.target, exit, now)) / (1 + cell.refusals);
    bad += against;
    if (cell.asExit.badAt > exit.okAt) before *= 1 - (1 - LEFT_OF_BEFORE) * against;
  }
  return levelOf(EXIT_BASE, EXIT_BASE_WITNESSES, bad, ok * before);
}

/** How a target does through exits other than `except`. Exits of one kin are one witness; those of `kin` are half a one. */
export function targetLevel(target: Track, except: Track | null, kin: string | null, now: number): Level & { readonly exits: number } {
  const kins = new Kins();
  let exits = 0;
  for (const cell of target.cells) {
    if (cell.exit === except) continue;
    const found = kins.place(cell.exit.kin);
    kins.well(found, wellness(cell.asTarget, now));
    let against = badness(cell.asTarget, target, now);
    if (against === 0) continue;
    against *= (1 - ownExitLevel(cell.exit, target, now)) / (1 + cell.refusals);
    exits += against;
    kins.badly(found, cell.exit.kin === kin ? against * SAME_KIN : against, cell.asTarget.badAt > target.okAt);
  }
  const { bad, ok, before } = kins.sum();
  return { ...levelOf(TARGET_BASE, TARGET_BASE_WITNESSES, bad, ok * before), exits };
}

/** Whether these two do not go together: failures that came although both ends did well with others in between. */
export function pairLevel(cell: Cell | null, now: number): number {
  if (cell === null) return PAIR_BASE;
  const refused = cell.refusals * fade(Math.max(cell.asExit.badAt, cell.asTarget.badAt), now);
  return levelOf(PAIR_BASE, 1, refused, wellness(cell.asExit, now)).level;
}

/** What is left of something seen at that time. */
export function fade(at: number, now: number): number {
  return at === now ? 1 : 2 ** ((at - now) / HALF_LIFE_MS);
}

/** As `targetLevel`, without asking whether its exits are well: this is what explains an exit's failures away. */
function ownTargetLevel(target: Track, except: Track, now: number): number {
  const kins = new Kins();
  for (const cell of target.cells) {
    if (cell.exit === except) continue;
    const found = kins.place(cell.exit.kin);
    kins.well(found, wellness(cell.asTarget, now));
    const against = badness(cell.asTarget, target, now);
    if (against > 0) kins.badly(found, cell.exit.kin === except.kin ? against * SAME_KIN : against, cell.asTarget.badAt > target.okAt);
  }
  const { bad, ok, before } = kins.sum();
  return levelOf(TARGET_BASE, TARGET_BASE_WITNESSES, bad, ok * before).level;
}

/** As `exitLevel`, without asking whether its targets are well. */
function ownExitLevel(exit: Track, except: Track, now: number): number {
  let bad = 0;
  let ok = 0;
  let before = 1;
  for (const cell of exit.cells) {
    if (cell.target === except) continue;
    ok += wellness(cell.asExit, now);
    const against = badness(cell.asExit, exit, now);
    bad += against;
    if (against > 0 && cell.asExit.badAt > exit.okAt) before *= 1 - (1 - LEFT_OF_BEFORE) * against;
  }
  return levelOf(EXIT_BASE, EXIT_BASE_WITNESSES, bad, ok * before).level;
}

function wellness(view: View, now: number): number {
  return view.okAt === Number.NEGATIVE_INFINITY ? 0 : (1 - view.share) * fade(view.okAt, now);
}

function badness({ share, badAt }: View, { okAt }: Track, now: number): number {
  if (badAt === Number.NEGATIVE_INFINITY) return 0;
  return (badAt > okAt ? Math.max(share, Math.min(CHANGED, share / NEWEST_SHARE)) : share) * fade(badAt, now);
}

/** The least that one failure makes of a share: what is less was seen in part only. */
const NEWEST_SHARE = 0.4;

/** Beta-binomial: `base` is worth `witnesses`. */
function levelOf(base: number, witnesses: number, bad: number, ok: number): Level {
  return { level: (base * witnesses + bad) / (witnesses + bad + ok), bad, ok };
}

/** Witnesses by kin; each kin speaks once, as its worst and its best exit say. */
class Kins {
  readonly #names: string[] = [];
  readonly #bad: number[] = [];
  readonly #ok: number[] = [];
  readonly #changed: boolean[] = [];

  place(kin: string): number {
    const known = this.#names.indexOf(kin);
    if (known !== -1) return known;
    this.#bad.push(0);
    this.#ok.push(0);
    this.#changed.push(false);
    return this.#names.push(kin) - 1;
  }

  well(place: number, ok: number): void {
    if (ok > (this.#ok[place] as number)) this.#ok[place] = ok;
  }

  badly(place: number, bad: number, isChange: boolean): void {
    if (bad > (this.#bad[place] as number)) this.#bad[place] = bad;
    if (isChange) this.#changed[place] = true;
  }

  sum(): { readonly bad: number; readonly ok: number; readonly before: number } {
    let bad = 0;
    let ok = 0;
    let before = 1;
    for (let place = 0; place < this.#names.length; place++) {
      const against = this.#bad[place] as number;
      bad += against;
      ok += this.#ok[place] as number;
      if (this.#changed[place] === true) before *= 1 - (1 - LEFT_OF_BEFORE) * against;
    }
    return { bad, ok, before };
  }
}
