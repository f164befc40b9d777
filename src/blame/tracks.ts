import { Habit } from "./habit.ts";
import type { Manner } from "./manners.ts";
import { Pace } from "./pace.ts";

/** What was seen of one end of a pair, in the eyes of that end. */
export class View {
  /** Moving average of 1 for a failure that this end may have caused, 0 for none. */
  share = 0;
  okAt: number = Number.NEGATIVE_INFINITY;
  badAt: number = Number.NEGATIVE_INFINITY;
  /** Outcomes of one kind in a row: successes, or below 0 failures. */
  row = 0;
  /** Outcomes. */
  seen = 0;

  /** @param bad 0: this end did its part; 1: it may have caused the failure; between: less likely so. */
  see(bad: number, now: number): void {
    const isFirst = this.okAt === Number.NEGATIVE_INFINITY && this.badAt === Number.NEGATIVE_INFINITY;
    this.seen++;
    this.share = isFirst ? bad : this.share + NEWEST * (bad - this.share);
    if (bad === 0) {
      this.okAt = now;
      this.row = this.row > 0 ? this.row + 1 : 1;
    } else {
      this.badAt = now;
      this.row = this.row < 0 ? this.row - 1 : -1;
    }
  }

  reset(): void {
    this.share = 0;
    this.row = 0;
    this.seen = 0;
    this.okAt = Number.NEGATIVE_INFINITY;
    this.badAt = Number.NEGATIVE_INFINITY;
  }
}

/** Weight of the newest outcome of a pair. */
const NEWEST = 0.3;

/** An exit and a target that met. */
export class Cell {
  exit: Track;
  target: Track;
  readonly asExit: View = new View();
  readonly asTarget: View = new View();
  /** Failures of the pair, each after both ends did well with others: these speak against the pair. */
  refusals = 0;
  /** Failures of the pair, each after its target alone did well with others: these speak against the exit. */
  exitRun = 0;
  /** The same after its exit alone did: these speak against the target. */
  targetRun = 0;
  /** How often it fails in doubt. */
  readonly pace: Pace = new Pace();
  /** How it failed last. */
  manner: Manner | null = null;
  /** How much of its failures the other end leaves to one, as of then. */
  readonly leftToExit: { share: number; at: number } = { share: 1, at: Number.NEGATIVE_INFINITY };
  readonly leftToTarget: { share: number; at: number } = { share: 1, at: Number.NEGATIVE_INFINITY };
  /** Where it stands in its exit's cells, and in its target's. */
  exitPlace = 0;
  targetPlace = 0;

  constructor(exit: Track, target: Track) {
    this.exit = exit;
    this.target = target;
  }

  /** Failures before it worked tell nothing of what follows. */
  succeed(): void {
    this.refusals = 0;
    this.exitRun = 0;
    this.targetRun = 0;
  }

  /** It failed again: who did well with others since it failed last did not make it fail. */
  failAgain(manner: Manner): void {
    const failedAt = Math.max(this.asExit.badAt, this.asTarget.badAt);
    if (failedAt === Number.NEGATIVE_INFINITY) return;
    const isExitWell = this.exit.okAt > failedAt;
    const isTargetWell = this.target.okAt > failedAt;
    if (isExitWell) this.exitRun = 0;
    if (isTargetWell) this.targetRun = 0;
    if (isExitWell && isTargetWell) {
      if (manner === this.manner) this.refusals++;
    } else if (isExitWell) this.targetRun++;
    else if (isTargetWell) this.exitRun++;
  }

  /** Makes it the pair of two others, that have not met. */
  reuse(exit: Track, target: Track): void {
    this.exit = exit;
    this.target = target;
    this.asExit.reset();
    this.asTarget.reset();
    this.succeed();
    this.pace.reset();
    this.manner = null;
    this.leftToExit.at = Number.NEGATIVE_INFINITY;
    this.leftToTarget.at = Number.NEGATIVE_INFINITY;
  }
}

/** An exit or a target, with the pairs that it was lately part of. */
export class Track {
  key: string;
  /** Of the key. */
  hash: number;
  /** Exits: what they share with those that fail together; targets: empty. */
  kin: string;
  readonly cells: Cell[] = [];
  /** Exits: what is known of their kin. */
  family: Kin | null = null;
  readonly habit: Habit = new Habit();
  /** When it last did its part, with whomever. */
  okAt: number = Number.NEGATIVE_INFINITY;
  seenAt = 0;
  /** Targets: the share of its exits that it refuses, as of then. */
  refusing = 0;
  refusingAt: number = Number.NEGATIVE_INFINITY;
  /** The cell that is looked at next when room is needed. */
  hand = 0;
  /** What failed over it is remembered of its kin: it is never made another's. */
  isTold = false;

  constructor(key: string, kin: string, hash = 0) {
    this.key = key;
    this.hash = hash;
    this.kin = kin;
  }

  /** Makes it another one, that nobody has met. Its pairs must be gone. */
  reuse(key: string, kin: string, hash: number): void {
    this.key = key;
    this.hash = hash;
    this.kin = kin;
    this.family = null;
    this.habit.reset();
    this.okAt = Number.NEGATIVE_INFINITY;
    this.seenAt = 0;
    this.refusing = 0;
    this.refusingAt = Number.NEGATIVE_INFINITY;
    this.hand = 0;
  }
}

/** Exits that fail together, as far as they do: a provider, a network. */
export class Kin {
  /** When any of them last did its part. */
  okAt: number = Number.NEGATIVE_INFINITY;
  /** Which of them failed for what since. */
  readonly lost: { readonly exit: Track; readonly target: Track; readonly at: number }[] = [];
  /** Another has its place: exits that are seen again have to look for theirs anew. */
  isForgotten = false;

  work(now: number): void {
    this.okAt = now;
    if (this.lost.length > 0) this.lost.length = 0;
  }

  lose(exit: Track, target: Track, now: number): void {
    const known = this.lost.findIndex((one) => one.exit === exit && one.target === target);
    if (known !== -1) this.lost.splice(known, 1);
    else if (this.lost.length >= LOST_MAX) this.lost.shift();
    this.lost.push({ exit, target, at: now });
    exit.isTold = true;
    target.isTold = true;
  }
}

const LOST_MAX = 16;
