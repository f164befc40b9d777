import type { Level } from "./levels.ts";
import type { View } from "./tracks.ts";

/** What was seen counts half after this time. Milliseconds. */
const HALF_LIFE_MS = 45_000;
/** The same of pairs: blocks last longer than outages. Milliseconds. */
const PAIR_HALF_LIFE_MS = 600_000;
/** How likely it is, before anything is seen, that an end has just changed for the worse. */
const CHANGE_ODDS = 0.01;
/** Before a change an end fails at least so often: else one failure would prove a change. */
const BEFORE_BASE = 0.04;
const BEFORE_BASE_WITNESSES = 2;

/** Failures of one name are one witness; successes, which nothing but the end itself can make, are up to so many. */
const OK_MAX = 3;

/** Ages are told apart by so much. Milliseconds. */
const STEP_MS = 250;
/** After so many half-lives nothing is left. */
const HALF_LIVES = 8;
const FADED: Float64Array = Float64Array.from(
  { length: (HALF_LIVES * HALF_LIFE_MS) / STEP_MS },
  (_, step) => 2 ** ((-step * STEP_MS) / HALF_LIFE_MS),
);

/** What is left of something seen at that time. */
export function fade(at: number, now: number): number {
  if (at >= now) return 1;
  return FADED[Math.floor((now - at) / STEP_MS)] ?? 0;
}

export function fadeOfPair(at: number, now: number): number {
  return 2 ** ((at - now) / PAIR_HALF_LIFE_MS);
}

/** Witnesses for and against one end; those with one name speak as one. */
export class Witnesses {
  readonly #names: string[] = [];
  /** As they remember it: what speaks against the end, and for it. */
  readonly #bad: number[] = [];
  readonly #ok: number[] = [];
  /** Of failures since the end's last success: as they would count if the end had changed. */
  readonly #since: number[] = [];
  /** Exits against it, each for itself. */
  exits = 0;

  /** A witness without a name. */
  add(): number {
    this.#bad.push(0);
    this.#ok.push(0);
    this.#since.push(0);
    return this.#names.push("") - 1;
  }

  place(name: string): number {
    const known = this.#names.indexOf(name);
    if (known !== -1) return known;
    const place = this.add();
    this.#names[place] = name;
    return place;
  }

  well(place: number, ok: number): void {
    this.#ok[place] = (this.#ok[place] as number) + ok;
  }

  /** @param weight how fresh it is, and how little another end explains it. */
  badly(place: number, { share }: View, weight: number, isSinceSuccess: boolean): void {
    const bad = share * weight;
    this.exits += isSinceSuccess ? weight : bad;
    this.#bad[place] = (this.#bad[place] as number) + bad;
    if (isSinceSuccess && weight > (this.#since[place] as number)) this.#since[place] = weight;
  }

  /**
   * Two stories, by their odds: nothing has changed, and the failures are those that this end makes now and then; or it has changed since
   * its last success, and what was before tells nothing.
   * @param usual how often it fails in the long run.
   */
  level({ share, least, settled }: Base, usual: number): Level {
    let bad = 0;
    let ok = 0;
    let since = 0;
    let earlierBad = Math.max(BEFORE_BASE, usual) * BEFORE_BASE_WITNESSES;
    let earlier = BEFORE_BASE_WITNESSES;
    for (let place = 0; place < this.#names.length; place++) {
      const sum = Math.max(1, (this.#bad[place] as number) + (this.#ok[place] as number));
      const against = (this.#bad[place] as number) / sum;
      const well = Math.min(OK_MAX, sum) * ((this.#ok[place] as number) / sum);
      const changed = this.#since[place] as number;
      bad += against;
      ok += well;
      since += changed;
      // A witness against it since then has no part in what is usual.
      if (changed === 0) earlierBad += against;
      earlier += (changed === 0 ? against : 0) + well;
    }
    const surprise = (earlier / earlierBad) ** since;
    const odds = CHANGE_ODDS * surprise;
    const changed = since === 0 ? 0 : odds / (1 + odds);
    const kept = 1 - changed;
    const against = bad + changed * Math.max(0, since - bad);
    const witnesses = least + kept * (settled - least);
    return { level: (share * witnesses + against) / (witnesses + against + ok * kept), bad: against, ok: ok * kept, changed };
  }
}

/** What an end is taken to break of its attempts by itself, and how many witnesses that is worth. */
export interface Base {
  readonly share: number;
  /** If it has changed, and if it has not. */
  readonly least: number;
  readonly settled: number;
}
