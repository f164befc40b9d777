import type { Culprit } from "../core/fault.ts";
import { tellEvidence } from "./evidence-words.ts";
import type { Failure } from "./failure.ts";
import { type FaultSides, type Side, sidesOf } from "./fault-sides.ts";
import { EXIT_BASE, exitLevel, kinLevel, TARGET_BASE, targetLevel, usualOf } from "./levels.ts";
import { Meetings } from "./meetings.ts";
import { PAIR_BASE, pairLevel } from "./pair-levels.ts";
import { type Cell, type Kin, Track } from "./tracks.ts";
import { Uplink } from "./uplink.ts";

/** The ends of an attempt. */
export interface Way {
  /** The exit's id; null on a direct connection. */
  readonly exit: string | null;
  /** What exits that fail together share: a provider, a network. */
  readonly kin: string;
  /** `host:port`, lower case. */
  readonly target: string;
}

/** A failure, weighed with what is known of both its ends. */
export interface Weighed {
  /** Who is to blame. "pair": this exit and this target do not go together (blocked); "other": neither. */
  readonly side: Side;
  /** Probability, 0 to 1, of `side`. */
  readonly confidence: number;
  /** In words for people, strongest first. Empty where nothing but the attempt itself speaks. */
  readonly evidence: readonly string[];
  /** The culprit to tell: the fault's own, or another where the evidence of other attempts overrules it. */
  readonly culprit: Culprit;
}

/** What is known of a target; each number fades with time. */
export interface TargetKnowledge {
  /** Distinct exits that failed on it by its own fault, as far as can be told. */
  readonly failedExits: number;
  /** The same, where exits of one kin count once. */
  readonly failedKins: number;
  /** Kins that reached it; those of before a change for the worse count less. */
  readonly worked: number;
  /** Probability that it breaks an attempt now. */
  readonly share: number;
}

/**
 * Whose fault it is across many attempts: the exit's, the target's, or that of the two together. `docs/how-blame-works.md` has the
 * equations. Times are milliseconds of one clock that only grows. Memory is bounded, and what is old fades.
 */
export class Evidence {
  readonly #meetings = new Meetings();
  readonly #direct = new Track("", DIRECT_KIN);
  readonly #uplink = new Uplink();

  /** An answer came or a tunnel carried bytes. */
  worked(way: Way, now: number): void {
    this.#uplink.hear(now);
    const exit = this.#exit(way, now);
    let cell = this.#meetings.find(exit, way.target);
    const target = cell === null ? this.#meetings.target(way.target, now) : cell.target;
    exit.okAt = now;
    exit.habit.meet(0, now);
    exit.family?.work(now);
    target.okAt = now;
    target.habit.meet(0, now);
    target.seenAt = now;
    cell ??= this.#meetings.join(exit, target, now);
    if (cell === null) return;
    cell.refusals = 0;
    cell.asExit.see(0, now);
    cell.asTarget.see(0, now);
  }

  /** Records a failure and weighs it with what was known before. What its fault proves counts at once. */
  failed(way: Way, failure: Failure, now: number): Weighed {
    const ours = this.#uplink.fail(way, failure, this.#didWell(way, now), now);
    if (ours > 0) return this.#blameUplink(ours, now);
    const sides = sidesOf(failure, way.exit === null);
    if (sides.proved === null) this.#countRefusal(way);
    const shares = this.#compare(way, sides, now);
    const weighed = this.#tell(way, failure, shares, now);
    if (sides.proved !== "other") this.#record(way, sides, shares, now);
    return weighed;
  }

  /** Weighs without recording: a later look at an earlier failure. */
  weigh(way: Way, failure: Failure, now: number): Weighed {
    const ours = this.#uplink.likelihood(failure, now);
    if (ours > 0) return this.#blameUplink(ours, now);
    const sides = sidesOf(failure, way.exit === null);
    return this.#tell(way, failure, this.#compare(way, sides, now), now);
  }

  /** What is known of a target. */
  target(key: string, now: number): TargetKnowledge {
    const target = this.#meetings.targets.get(key);
    if (target === undefined) return UNKNOWN;
    const { level, bad, ok, exits } = targetLevel(target, null, null, now);
    return { failedExits: exits, failedKins: bad, worked: ok, share: level };
  }

  /** How much is remembered. */
  get size(): { readonly exits: number; readonly targets: number; readonly kins: number } {
    const { exits, targets, kins } = this.#meetings;
    return { exits: exits.size, targets: targets.size, kins: kins.size };
  }

  /** The exit is gone from the pool. */
  forget(exit: string): void {
    const track = this.#meetings.exits.get(exit);
    if (track !== undefined) this.#meetings.forget(track);
  }

  /** Exits that were found at fault before our own connection was known to be lost; each is told once. */
  takeCleared(): readonly string[] {
    return this.#uplink.takeCleared();
  }

  #compare(way: Way, sides: FaultSides, now: number): Shares {
    if (sides.proved !== null) return proved(sides);
    const exit = way.exit === null ? this.#direct : this.#meetings.exits.get(way.exit);
    const target = this.#meetings.targets.get(way.target);
    const cell = this.#meetings.find(exit, way.target);
    return compare(sides, { exit, target, cell, kin: way.kin, family: this.#meetings.kins.get(way.kin) }, now);
  }

  #tell(way: Way, failure: Failure, { side, confidence }: Shares, now: number): Weighed {
    const exit = way.exit === null ? this.#direct : (this.#meetings.exits.get(way.exit) ?? null);
    const target = this.#meetings.targets.get(way.target) ?? null;
    const evidence = tellEvidence(side, exit, target, this.#meetings.find(exit ?? undefined, way.target), now);
    return { side, confidence: round(confidence), evidence, culprit: culpritOf(side, failure.culprit) };
  }

  #didWell({ exit, kin, target }: Way, now: number): boolean {
    const okAt = (exit === null ? this.#meetings.targets.get(target) : this.#meetings.kins.get(kin))?.okAt;
    return okAt !== undefined && now - okAt < LATELY_MS;
  }

  #blameUplink(confidence: number, now: number): Weighed {
    return { side: "other", confidence: round(confidence), evidence: [this.#uplink.tell(now)], culprit: "network" };
  }

  #exit({ exit, kin }: Way, now: number): Track {
    return exit === null ? this.#direct : this.#meetings.exit(exit, kin, now);
  }

  /** It failed again, though both ends did well with others since it failed last: neither end explains that. */
  #countRefusal(way: Way): void {
    const cell = this.#meetings.find(way.exit === null ? this.#direct : this.#meetings.exits.get(way.exit), way.target);
    if (cell === null) return;
    const failedAt = Math.max(cell.asExit.badAt, cell.asTarget.badAt);
    if (failedAt > Number.NEGATIVE_INFINITY && cell.exit.okAt > failedAt && cell.target.okAt > failedAt) cell.refusals++;
  }

  #record(way: Way, sides: FaultSides, { exit: byExit, target: byTarget }: Shares, now: number): void {
    const exit = this.#exit(way, now);
    const target = this.#meetings.target(way.target, now);
    const cell = this.#meetings.find(exit, way.target) ?? this.#meetings.join(exit, target, now);
    // Of failures of one pair in a row, each tells less of how its ends do in general; else a lone exit's would make a target of habits.
    const news = 1 / (1 + (cell?.refusals ?? 0));
    exit.habit.meet(byExit * news, now);
    if (sides.proved !== "exit") target.habit.meet(byTarget * news * (cell !== null && isFailing(cell) ? AGAIN : 1), now);
    if (sides.proved === "target") {
      // It came through: the exit did its part.
      exit.okAt = now;
      exit.family?.work(now);
      cell?.asExit.see(0, now);
    } else if (sides.exit > 0) {
      exit.family?.lose(exit, target, now);
      cell?.asExit.see(fitting(sides.exit), now);
    }
    if (sides.proved !== "exit" && sides.target > 0) cell?.asTarget.see(fitting(sides.target), now);
  }
}

function isFailing({ asExit, asTarget }: Cell): boolean {
  return Math.max(asExit.badAt, asTarget.badAt) > Math.max(asExit.okAt, asTarget.okAt);
}

const AGAIN = 0.3;

const DIRECT_KIN = "direct";

/** A first hop that did well within this time is known to work. Milliseconds. */
const LATELY_MS = 10 * 60_000;

const UNKNOWN: TargetKnowledge = { failedExits: 0, failedKins: 0, worked: 0, share: TARGET_BASE };

/** A fault that leaves an end this much of the blame speaks against it in full: which end it was, the others tell. */
const FITTING = 0.25;

function fitting(prior: number): number {
  return Math.min(1, prior / FITTING);
}

interface Ends {
  readonly exit: Track | undefined;
  readonly target: Track | undefined;
  readonly cell: Cell | null;
  readonly kin: string;
  readonly family: Kin | undefined;
}

/** Who is to blame, and how the blame is shared. */
interface Shares {
  readonly side: Side;
  readonly confidence: number;
  readonly exit: number;
  readonly target: number;
}

/** Noisy-or of three causes: what the fault says of each, times how much more often than others it breaks attempts. */
function compare(sides: FaultSides, { exit, target, cell, kin, family }: Ends, now: number): Shares {
  const base = kinLevel(family, exit ?? null, target ?? null, now);
  const seenExit = exit === undefined ? null : exitLevel(exit, target ?? null, base, now);
  const seenTarget = target === undefined ? null : targetLevel(target, exit ?? null, kin, now);
  const ofExit = seenExit?.level ?? base;
  const ofTarget = seenTarget?.level ?? TARGET_BASE;
  const byExit = (sides.exit * ofExit) / EXIT_BASE;
  const byTarget = (sides.target * ofTarget) / TARGET_BASE;
  const byPair = (sides.pair * pairLevel(target, cell, kin, usualOf(seenExit, seenTarget), now)) / PAIR_BASE;
  // What is weighed is never certain.
  const sum = (byExit + byTarget + byPair) / WEIGHED_MAX;
  const shares = { exit: byExit / sum, target: byTarget / sum };
  if (byTarget > byExit && byTarget > byPair) return { side: "target", confidence: shares.target, ...shares };
  return byPair > byExit
    ? { side: "pair", confidence: byPair / sum, ...shares }
    : { side: "exit", confidence: Math.min(ofExit < EXIT_BASE ? SLIP_MAX : 1, shares.exit), ...shares };
}

const WEIGHED_MAX = 0.99;

function round(confidence: number): number {
  return Math.round(confidence * 100) / 100;
}

/** One doubtful failure does not convict an exit that does well elsewhere: it may as well be the first of its target's. */
const SLIP_MAX = 0.7;

function proved({ proved: side, confidence, exit, target }: FaultSides): Shares {
  return { side: side as Side, confidence, exit, target };
}

function culpritOf(side: Side, own: Culprit): Culprit {
  if (side === "exit") return own === "gateway" ? own : "exit";
  if (side === "target") return own === "exit" ? "origin" : own;
  return own;
}
