import type { Pace, Pacing } from "../core/pool-settings.ts";
import type { Exit } from "../core/route.ts";
import { CheckSlot, type Use } from "./check-slot.ts";

/** Why nothing was taken though there is something: a limit. */
export interface Limited {
  /** Milliseconds until it is worth asking again; infinite: not before something that was taken is given back. */
  readonly retryInMs: number;
  /** Which, as in the config: `perExit.concurrent 5`. */
  readonly limit: string;
}

/**
 * How much an exit, a target, and an exit towards a target get: so many at once, and so many a second, evenly spaced. Counts what was taken
 * and not given back. What is at a limit is healthy: it is left out for now and blamed for nothing.
 */
export class Limits {
  /** Replaced by a reload: what was counted stays. */
  pacing: Pacing;
  /** Called when something was given back. */
  onRoom: () => void;
  readonly #exits = new Uses();
  readonly #targets = new Uses();
  readonly #pairs = new Uses();

  constructor(pacing: Pacing, onRoom: () => void) {
    this.pacing = pacing;
    this.onRoom = onRoom;
  }

  /** How many exits, targets and pairs are being counted. */
  get size(): number {
    return this.#exits.size + this.#targets.size + this.#pairs.size;
  }

  /** What keeps everybody from a target (`host:port`) now; null: nothing does. */
  refusalOfTarget(target: string, now: number): Limited | null {
    const { perTarget } = this.pacing;
    return isOff(perTarget) ? null : refusalOf(this.#targets.get(target), perTarget, "perTarget", now);
  }

  /** What keeps an exit from a target now; null: nothing does. */
  refusalOf(exit: Exit, target: string, now: number): Limited | null {
    const { perExitAndTarget } = this.pacing;
    const perExit = paceOf(exit, this.pacing.perExit);
    const ofExit = isOff(perExit) ? null : refusalOf(this.#exits.get(exit.id), perExit, "perExit", now);
    if (ofExit !== null || isOff(perExitAndTarget)) return ofExit;
    return refusalOf(this.#pairs.get(pairKey(exit, target)), perExitAndTarget, "perExitAndTarget", now);
  }

  /** Counts a check of an exit, which is nothing that any target is spared for; null: checks have had their share, or traffic has all connections. */
  takeForCheck(exit: Exit, { share, connections }: CheckUse, now: number): CheckSlot | null {
    const pace = paceOf(exit, this.pacing.perExit);
    const onEnd = () => this.onRoom();
    if (isOff(pace))
      return new CheckSlot({ use: null, connections: Number.POSITIVE_INFINITY, spacingMs: 0, checkSpacingMs: 0, firstAt: now, onEnd });
    const known = this.#exits.get(exit.id);
    if (known !== undefined && known.checkDueAt > now) return null;
    if (known !== undefined && !leavesRoom(known, pace, { share, now })) {
      known.keptUntil = now + KEPT_MS;
      return null;
    }
    const use = this.#exits.open(exit.id, pace, now);
    const { concurrent, perSecond } = pace;
    const room = concurrent === null ? connections : Math.min(concurrent * share, concurrent - use.inFlight, connections);
    const spacingMs = perSecond === null ? 0 : SECOND_MS / perSecond;
    const firstAt = perSecond === null ? now : use.dueAt - spacingMs;
    use.checkDueAt = firstAt + spacingMs / share;
    use.keptUntil = now;
    return new CheckSlot({ use, connections: Math.max(1, Math.floor(room)), spacingMs, checkSpacingMs: spacingMs / share, firstAt, onEnd });
  }

  /** Counts one more. Whoever asks has asked both refusals. `exit` is null on a direct route. */
  take(exit: Exit | null, target: string, now: number): Slot {
    const { perTarget, perExitAndTarget } = this.pacing;
    const ofTarget = isOff(perTarget) ? null : this.#targets.take(target, perTarget, now);
    if (exit === null) return new Slot(this, ofTarget, null, null);
    const perExit = paceOf(exit, this.pacing.perExit);
    const ofExit = isOff(perExit) ? null : this.#exits.take(exit.id, perExit, now);
    const ofPair = isOff(perExitAndTarget) ? null : this.#pairs.take(pairKey(exit, target), perExitAndTarget, now);
    return new Slot(this, ofTarget, ofExit, ofPair);
  }
}

/** What a check needs of an exit's limits. */
export interface CheckUse {
  /** That checks may use, 0 to 1. */
  readonly share: number;
  /** Open at once, where there is room for them. */
  readonly connections: number;
}

/** A limit of its own: the `concurrent=5` of vendors that sell so many connections. */
export function ownConcurrency({ tags }: Pick<Exit, "tags">): number | null {
  const text = Object.hasOwn(tags, "concurrent") ? tags["concurrent"] : undefined;
  const count = Number(text);
  return text !== undefined && Number.isInteger(count) && count > 0 ? count : null;
}

/** Whether a config limits anything. */
export function isPaced({ perExit, perTarget, perExitAndTarget }: Pacing): boolean {
  return !(isOff(perExit) && isOff(perTarget) && isOff(perExitAndTarget));
}

/** One that was taken, until it is given back. */
export class Slot {
  readonly #limits: Limits;
  readonly #ofTarget: Use | null;
  readonly #ofExit: Use | null;
  readonly #ofPair: Use | null;
  #isHeld = true;

  constructor(limits: Limits, ofTarget: Use | null, ofExit: Use | null, ofPair: Use | null) {
    this.#limits = limits;
    this.#ofTarget = ofTarget;
    this.#ofExit = ofExit;
    this.#ofPair = ofPair;
  }

  /** Gives it back; a second time does nothing. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    for (const use of [this.#ofTarget, this.#ofExit, this.#ofPair]) if (use !== null) use.inFlight -= 1;
    this.#limits.onRoom();
  }
}

/** Idle ones are forgotten as others are counted; those with something in flight are as many as exchanges at most. */
class Uses {
  readonly #uses = new Map<string, Use>();

  get size(): number {
    return this.#uses.size;
  }

  get(key: string): Use | undefined {
    return this.#uses.get(key);
  }

  take(key: string, pace: Pace, now: number): Use {
    const use = this.open(key, pace, now);
    use.inFlight += 1;
    return use;
  }

  /** Counts an attempt, and leaves it to the caller to count what is open. */
  open(key: string, { perSecond }: Pace, now: number): Use {
    this.#sweep(now);
    let use = this.#uses.get(key);
    if (use === undefined) {
      use = { inFlight: 0, dueAt: now, checkDueAt: now, keptUntil: now };
      this.#uses.set(key, use);
    }
    if (perSecond !== null) use.dueAt = Math.max(use.dueAt, now) + SECOND_MS / perSecond;
    return use;
  }

  /** Looks at the two oldest for each one that is taken, so that what is idle goes faster than anything comes. */
  #sweep(now: number): void {
    for (let looks = 0; looks < 2; looks++) {
      const [oldest] = this.#uses;
      if (oldest === undefined) return;
      const [key, use] = oldest;
      this.#uses.delete(key);
      const isIdle = use.inFlight === 0 && (Math.max(use.dueAt, use.checkDueAt, use.keptUntil) <= now || this.#uses.size >= USES_MAX);
      if (!isIdle) this.#uses.set(key, use);
    }
  }
}

/** A check that found no room looks again within this time, and finds some then. Milliseconds. */
const KEPT_MS = 1000;
const USES_MAX = 200_000;
const SECOND_MS = 1000;
/** What may come at once is what is due in so much time: else waking up late would lower a high rate. */
const BURST_MS = 100;

function refusalOf(use: Use | undefined, { concurrent, perSecond }: Pace, what: string, now: number): Limited | null {
  if (use === undefined) return null;
  if (concurrent !== null && use.inFlight >= (use.keptUntil > now ? concurrent - 1 : concurrent)) {
    const isFull = use.inFlight >= concurrent;
    return { retryInMs: isFull ? Number.POSITIVE_INFINITY : use.keptUntil - now, limit: `${what}.concurrent ${concurrent}` };
  }
  if (perSecond === null) return null;
  const spacingMs = SECOND_MS / perSecond;
  const retryInMs = use.dueAt - Math.max(0, BURST_MS - spacingMs) - now;
  return retryInMs > 0 ? { retryInMs, limit: `${what}.perSecond ${perSecond}` } : null;
}

/** One check at a time is within any share of an exit that has nothing else to do, or that kept a connection for one which found none before. */
function leavesRoom({ inFlight, keptUntil }: Use, { concurrent }: Pace, { share, now }: { share: number; now: number }): boolean {
  return concurrent === null || inFlight === 0 || (inFlight < concurrent && (concurrent * share >= 1 || keptUntil > now));
}

function paceOf(exit: Exit, perExit: Pace): Pace {
  const own = ownConcurrency(exit);
  return own === null ? perExit : { concurrent: own, perSecond: perExit.perSecond };
}

function isOff({ concurrent, perSecond }: Pace): boolean {
  return concurrent === null && perSecond === null;
}

function pairKey({ id }: Exit, target: string): string {
  return `${id} ${target}`;
}
