import type { Culprit } from "../core/fault.ts";
import { tellEvidence } from "./evidence-words.ts";
import type { Failure } from "./failure.ts";
import { type FaultSides, type Side, sidesOf } from "./fault-sides.ts";
import { Hindsight, type Lasting } from "./hindsight.ts";
import { TARGET_BASE, targetLevel } from "./levels.ts";
import { type Manner, mannerOf } from "./manners.ts";
import { Meetings } from "./meetings.ts";
import { compare, proved, type Shares } from "./shares.ts";
import { type Cell, Track } from "./tracks.ts";
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
  readonly #hindsight = new Hindsight();

  /** An answer came or a tunnel carried bytes. */
  worked(way: Way, now: number): void {
    this.#hindsight.pass(now);
    this.#uplink.hear(now);
    const exit = this.#exit(way, now);
    let cell = this.#meetings.find(exit, way.target);
    const target = cell === null ? this.#meetings.target(way.target, now) : cell.target;
    exit.okAt = now;
    exit.habit.work(now);
    exit.family?.work(now);
    target.okAt = now;
    target.habit.work(now);
    target.seenAt = now;
    cell ??= this.#meetings.join(exit, target, now);
    if (cell === null) return;
    cell.succeed();
    cell.asExit.see(0, now);
    cell.asTarget.see(0, now);
  }

  /** Records a failure and weighs it with what was known before. What its fault proves counts at once. */
  failed(way: Way, failure: Failure, now: number): Weighed {
    this.#hindsight.pass(now);
    const ours = this.#uplink.fail(way, failure, this.#didWell(way, now), now);
    if (ours > 0) return this.#blameUplink(ours, now);
    const sides = sidesOf(failure, way.exit === null);
    const manner = mannerOf(failure.fault.id);
    if (sides.proved === null) this.#meetings.find(this.#known(way), way.target)?.failAgain(manner);
    const shares = this.#compare(way, sides, manner, now);
    const weighed = this.#tell(way, failure, shares, now);
    if (sides.proved !== "other") this.#record(way, { sides, manner, shares }, now);
    return weighed;
  }

  /** Weighs without recording: a later look at an earlier failure. */
  weigh(way: Way, failure: Failure, now: number): Weighed {
    this.#hindsight.pass(now);
    const ours = this.#uplink.likelihood(failure, now);
    if (ours > 0) return this.#blameUplink(ours, now);
    const sides = sidesOf(failure, way.exit === null);
    return this.#tell(way, failure, this.#compare(way, sides, mannerOf(failure.fault.id), now), now);
  }

  /** What is known of a target. */
  target(key: string, now: number): TargetKnowledge {
    this.#hindsight.pass(now);
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

  #compare(way: Way, sides: FaultSides, manner: Manner, now: number): Shares {
    if (sides.proved !== null) return proved(sides);
    const exit = this.#known(way);
    const target = this.#meetings.targets.get(way.target);
    const cell = this.#meetings.find(exit, way.target);
    return compare({ sides, manner }, { exit, target, cell, kin: way.kin, family: this.#meetings.kins.get(way.kin) }, now);
  }

  #tell(way: Way, failure: Failure, { side, confidence }: Shares, now: number): Weighed {
    const exit = this.#known(way);
    const target = this.#meetings.targets.get(way.target) ?? null;
    const cell = this.#meetings.find(exit, way.target);
    const isOwn = culpritOf(side, failure.culprit) === failure.culprit;
    const evidence = tellEvidence(side, isOwn, { exit: exit ?? null, target, cell, family: this.#meetings.kins.get(way.kin) ?? null }, now);
    return { side, confidence: round(confidence), evidence, culprit: culpritOf(side, failure.culprit) };
  }

  #didWell({ exit, kin, target }: Way, now: number): boolean {
    const okAt = (exit === null ? this.#meetings.targets.get(target) : this.#meetings.kins.get(kin))?.okAt;
    return okAt !== undefined && now - okAt < LATELY_MS;
  }

  #blameUplink(confidence: number, now: number): Weighed {
    return { side: "other", confidence: round(confidence), evidence: [this.#uplink.tell(now)], culprit: "network" };
  }

  #known({ exit }: Way): Track | undefined {
    return exit === null ? this.#direct : this.#meetings.exits.get(exit);
  }

  #exit({ exit, kin }: Way, now: number): Track {
    return exit === null ? this.#direct : this.#meetings.exit(exit, kin, now);
  }

  #record(way: Way, { sides, manner, shares }: Pick<Lasting, "sides" | "manner" | "shares">, now: number): void {
    const exit = this.#exit(way, now);
    const target = this.#meetings.target(way.target, now);
    const cell = this.#meetings.find(exit, way.target) ?? this.#meetings.join(exit, target, now);
    if (cell !== null) cell.manner = manner;
    const again = failedAgain(cell);
    // Of failures of one pair in a row, each tells less of how its ends do in general; else a lone exit's would make a target of habits,
    // and a lone target's an exit of them.
    const each = 1 / (1 + (cell?.refusals ?? 0) + (again === "in-a-row" ? failuresBefore(cell) : 0));
    const news = again === "no" ? each : each * AGAIN;
    const newsOfTarget = sides.proved === "exit" ? null : again === "in-a-row" ? each * AGAIN : each;
    const ends = { exit, target, kin: way.kin, family: exit.family ?? undefined };
    this.#hindsight.add({ ends, sides, manner, shares, news, newsOfTarget, at: now });
    if (sides.exit === 0 && sides.target > 0) {
      // It came through: the exit did its part.
      exit.okAt = now;
      exit.family?.work(now);
      cell?.asExit.see(0, now);
    } else if (sides.exit > 0) {
      exit.family?.lose(exit, target, now);
      cell?.asExit.see(fitting(sides.exit), now);
    }
    if (sides.proved !== "exit" && sides.target > 0) cell?.asTarget.see(fitting(sides.target), now);
    // What looks like the target's own answer may well be that of each.
    if (sides.proved === null && manner !== "answer") cell?.pace.fail(cell.asExit.seen);
  }
}

/** Of a row that nobody did well in between. */
function failuresBefore(cell: Cell | null): number {
  return cell === null ? 0 : Math.max(0, -Math.max(cell.asExit.row, cell.asTarget.row) - 1);
}

/** Whether the pair has not worked since it failed, and if not, whether its exit did well for others since. */
function failedAgain(cell: Cell | null): "no" | "in-a-row" | "exit-well" {
  if (cell === null) return "no";
  const { asExit, asTarget, exit } = cell;
  const badAt = Math.max(asExit.badAt, asTarget.badAt);
  if (badAt <= Math.max(asExit.okAt, asTarget.okAt)) return "no";
  return exit.okAt > badAt ? "exit-well" : "in-a-row";
}

const AGAIN = 0.3;

/** What ways without an exit share. */
export const DIRECT_KIN = "direct";

/** A first hop that did well within this time is known to work. Milliseconds. */
const LATELY_MS = 10 * 60_000;

const UNKNOWN: TargetKnowledge = { failedExits: 0, failedKins: 0, worked: 0, share: TARGET_BASE };

/** A fault that leaves an end this much of the blame speaks against it in full: which end it was, the others tell. */
const FITTING = 0.25;

function fitting(prior: number): number {
  return Math.min(1, prior / FITTING);
}

function round(confidence: number): number {
  return Math.round(confidence * 100) / 100;
}

function culpritOf(side: Side, own: Culprit): Culprit {
  if (side === "exit") return own === "gateway" ? own : "exit";
  if (side === "target") return own === "exit" ? "origin" : own;
  return own;
}
