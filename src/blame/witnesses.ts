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
/** Where they are few, a long row of successes is so many witnesses, shared by all of them; and so many in a row are one. */
const OK_OF_FEW_MAX = 16;
const SUCCESSES_OF_A_WITNESS = 2;
/** More failures of one pair in a row say no more. */
const RUN_MAX = 4;
/** That a witness against an end was a slip of its own: its failures in a row make that unlikelier, by so much of a witness. */
const NO_SLIP = 0.3;
/** Who alone can tell counts for up to so many, shared by all such, and for as many as it has outcomes to show. */
const ALONE_MAX = 6;
const ALONE_ALL = 12;
const OUTCOMES_OF_A_WITNESS = 6;

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
  /** Successes in a row of the one that has most. */
  readonly #row: number[] = [];
  /** Outcomes that nobody else could have compared with. */
  readonly #alone: number[] = [];
  /** Of failures since the end's last success: as they would count if the end had changed. */
  readonly #since: number[] = [];
  /** The same, each as surprising as it is. */
  readonly #surprise: number[] = [];
  /** All failures of these, where it fails every time. */
  #inARow = 0;
  /** Exits against it, each for itself. */
  exits = 0;

  /** A witness without a name. */
  add(): number {
    this.#bad.push(0);
    this.#ok.push(0);
    this.#row.push(0);
    this.#alone.push(0);
    this.#since.push(0);
    this.#surprise.push(0);
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

  /** @param successes in a row, as fresh as they are. */
  wellInARow(place: number, successes: number): void {
    this.#row[place] = Math.max(this.#row[place] as number, successes);
  }

  /** No other end was met there that could be compared. */
  alone(place: number, { seen }: View): void {
    this.#alone[place] = seen;
  }

  /** @param weight how fresh it is, and how little another end explains it. */
  badly(place: number, { share, row }: View, weight: number, isSinceSuccess: boolean): void {
    const bad = share * weight;
    this.exits += isSinceSuccess ? weight : bad;
    this.#bad[place] = (this.#bad[place] as number) + bad;
    if (!isSinceSuccess) return;
    const failures = Math.max(1, -row);
    this.#inARow += weight * Math.min(RUN_MAX, failures);
    if (weight <= (this.#since[place] as number)) return;
    this.#since[place] = weight;
    this.#surprise[place] = weight * (1 + NO_SLIP * (1 - 1 / failures));
  }

  /** The pair in question itself: so many failures in a row, as fresh as they are, that its other end has no part in. */
  again(failures: number): void {
    const place = this.add();
    this.#since[place] = Math.min(RUN_MAX, failures);
    this.#surprise[place] = Math.min(RUN_MAX, failures);
    this.#inARow += Math.min(RUN_MAX, failures);
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
    let surprises = 0;
    let earlierBad = Math.max(BEFORE_BASE, usual) * BEFORE_BASE_WITNESSES;
    let earlier = BEFORE_BASE_WITNESSES;
    for (let place = 0; place < this.#names.length; place++) {
      const sum = Math.max(1, (this.#bad[place] as number) + (this.#ok[place] as number));
      const worth = this.#worth(place);
      const against = (worth * (this.#bad[place] as number)) / sum;
      const well = worth * Math.min(OK_MAX, sum) * ((this.#ok[place] as number) / sum) + this.#longRow(place);
      const changed = this.#since[place] as number;
      bad += against;
      ok += well;
      since += changed;
      surprises += this.#surprise[place] as number;
      // A witness against it since then has no part in what is usual.
      if (changed === 0) earlierBad += against;
      earlier += (changed === 0 ? against : 0) + well;
    }
    const surprise = (earlier / earlierBad) ** surprises;
    const odds = CHANGE_ODDS * surprise;
    const changed = since === 0 ? 0 : odds / (1 + odds);
    const kept = 1 - changed;
    const before = (share * settled + bad) / (settled + bad + ok);
    const failed = Math.max(since, bad, this.#inARow);
    const after = (share * least + failed) / (least + failed);
    return { level: kept * before + changed * after, bad: bad + changed * Math.max(0, since - bad), ok: ok * kept, changed };
  }

  #worth(place: number): number {
    const outcomes = (this.#alone[place] as number) / OUTCOMES_OF_A_WITNESS;
    return Math.max(1, Math.min(ALONE_MAX, ALONE_ALL / this.#names.length, outcomes));
  }

  /** What a long row of successes says besides, where there are few to tell. */
  #longRow(place: number): number {
    const row = (this.#row[place] as number) / SUCCESSES_OF_A_WITNESS;
    return Math.max(0, Math.min(OK_OF_FEW_MAX / this.#names.length, row) - OK_MAX);
  }
}

/** What an end is taken to break of its attempts by itself, and how many witnesses that is worth. */
export interface Base {
  readonly share: number;
  /** If it has changed, and if it has not. */
  readonly least: number;
  readonly settled: number;
}
