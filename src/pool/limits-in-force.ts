import { formatHostPort } from "../core/address.ts";
import type { Pacing } from "../core/pool-settings.ts";
import type { CheckAllowance } from "../core/probe.ts";
import type { Exit, Target } from "../core/route.ts";
import { type CheckUse, isPaced, type Limited, Limits, type Slot } from "./limits.ts";
import type { PoolExit } from "./pool-exit.ts";
import { USABLE } from "./zone.ts";

/** The limits of a pool, where there are any: without, nothing is counted and nothing asked. */
export class LimitsInForce {
  /** Called when something was given back, so that whoever waits for it looks again. */
  onRoom: () => void = () => {};
  #pacing: Pacing | null = null;
  #areOwn = false;
  #limits: Limits | null = null;
  #last: LimitsLook | null = null;

  /** Why the last look led to nothing; null: a limit was not the reason. */
  get limited(): Limited | null {
    return this.#last === null ? null : this.#last.limited;
  }

  /** Milliseconds until one of the exits that were out at the last look is back; infinite: none was met. */
  get backInMs(): number {
    return this.#last === null ? Number.POSITIVE_INFINITY : this.#last.backInMs;
  }

  /** The last look; null: nothing is limited. */
  get last(): LimitsLook | null {
    return this.#last;
  }

  /** Takes new settings; what was counted stays as long as anything is limited. */
  configure(pacing: Pacing): void {
    this.#pacing = pacing;
    this.#renew();
    this.onRoom();
  }

  /** There are other exits now. @param areOwn some of them have a limit of their own. */
  load(areOwn: boolean): void {
    this.#areOwn = areOwn;
    this.#renew();
    this.onRoom();
  }

  /** Begins a look for an exit to a target; null where nothing is limited. */
  look(target: Target, now: number): LimitsLook | null {
    this.#last = this.#limits === null ? null : new LimitsLook(this.#limits, formatHostPort(target), now);
    return this.#last;
  }

  /** Counts a direct connection; null: the target is at its limit. */
  takeDirect(target: Target, now: number): Slot | "free" | null {
    const look = this.look(target, now);
    if (look === null) return "free";
    return look.limited === null ? look.take(null) : null;
  }

  /** Counts a check of an exit; null: it would use more than a share of the exit's limits. */
  takeForCheck(exit: Exit, use: CheckUse, now: number): (CheckAllowance & Pick<Slot, "release">) | null {
    return this.#limits === null ? UNCOUNTED : this.#limits.takeForCheck(exit, use, now);
  }

  #renew(): void {
    if (this.#pacing === null || !(isPaced(this.#pacing) || this.#areOwn)) this.#limits = null;
    else if (this.#limits === null) this.#limits = new Limits(this.#pacing, () => this.onRoom());
    else this.#limits.pacing = this.#pacing;
  }
}

const UNCOUNTED: CheckAllowance & Pick<Slot, "release"> = {
  connections: Number.POSITIVE_INFINITY,
  spacingMs: 0,
  askTurn: () => 0,
  release() {},
};

/** One look for an exit: which of them a limit keeps from the target, and for how long. */
export class LimitsLook {
  /** What is free the soonest of all that was in the way; null: nothing was. */
  limited: Limited | null;
  /** Milliseconds until one of the exits that were met and are out is back; infinite: none was. */
  backInMs: number = Number.POSITIVE_INFINITY;
  /** One of those that a limit was in the way of is good: it will have a turn. */
  isGoodHeldBack = false;
  readonly #limits: Limits;
  readonly #target: string;
  readonly #now: number;

  constructor(limits: Limits, target: string, now: number) {
    this.#limits = limits;
    this.#target = target;
    this.#now = now;
    this.limited = limits.refusalOfTarget(target, now);
  }

  /** Whether an exit is at a limit. */
  holdsBack({ exit, zone }: PoolExit): boolean {
    const limited = this.#limits.refusalOf(exit, this.#target, this.#now);
    if (limited === null) return false;
    this.isGoodHeldBack ||= zone === USABLE;
    if (this.limited === null || limited.retryInMs < this.limited.retryInMs) this.limited = limited;
    return true;
  }

  /** An exit is out, perhaps until then. */
  meetOut(benchedUntil: number): void {
    if (benchedUntil > this.#now) this.backInMs = Math.min(this.backInMs, benchedUntil - this.#now);
  }

  /** Whether a choice is to be taken: not at a limit, and no exit that is out where a good one will soon have a turn. */
  admits(chosen: PoolExit): boolean {
    return !this.holdsBack(chosen) && (!this.isGoodHeldBack || chosen.zone === USABLE);
  }

  /** Counts what was chosen. */
  take(exit: Exit | null): Slot {
    this.limited = null;
    return this.#limits.take(exit, this.#target, this.#now);
  }
}
