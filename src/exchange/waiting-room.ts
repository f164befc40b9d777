import type { Clock } from "../core/clock.ts";
import { type Fault, fault } from "../core/fault.ts";
import type { Pacing } from "../core/pool-settings.ts";
import type { Deadlines, Due } from "../net/deadlines.ts";
import type { Limited } from "../pool/limits.ts";
import type { Engagement } from "./exchange.ts";

/** As much of an exchange as waits. */
export interface Guest<T> {
  /** Who wants the same: only the first of them is asked, and those behind it wait for their turn. */
  readonly key: string;
  /** On the clock: it waits no longer than this, whatever the room allows. */
  readonly deadline: number;
  /** Looks again: what it found, null where there is nothing at all, or the limit that it has met. */
  look(): Seen<T> | Refused;
}

/** Nothing was found, since something is at a limit. */
interface Refused {
  readonly limited: Limited;
  /** Milliseconds until there may be something else; infinite: never. */
  readonly backInMs: number;
}

interface Seen<T> {
  readonly found: T | null;
}

/** How a wait ended. */
export type Waited<T> = Seen<T> | { readonly fault: Fault } | { readonly left: true };

/**
 * Where exchanges wait while what they want is at a limit, first come, first served. They are looked after when something was given back,
 * and when the next of a rate is due or an exit is back; who waits for something else is not held up by them.
 */
export class WaitingRoom {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #waiting = new Set<Waiter>();
  #timer: NodeJS.Timeout | null = null;
  /** On the clock: when the timer goes off. */
  #lookAt = 0;
  #isLooking = false;

  constructor(clock: Clock, deadlines: Deadlines) {
    this.#clock = clock;
    this.#deadlines = deadlines;
  }

  /** Exchanges that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Waits for a turn, where there is none at once. `engage` is told who is to hear of the client meanwhile, and null after that.
   * A full room, and a turn that comes too late, are faults.
   */
  enter<T>(guest: Guest<T>, { queue, wait }: Pacing, engage: (waiter: Engagement | null) => void): Waited<T> | Promise<Waited<T>> {
    this.look();
    const first = this.#firstOf(guest.key);
    const seen = first === null ? guest.look() : first.refused;
    if ("found" in seen) return seen;
    const { limited } = seen;
    const now = this.#clock.now();
    const dueAt = Math.min(guest.deadline, now + wait);
    if (this.#waiting.size >= queue) return { fault: full(limited, queue) };
    // Who knows already that it is in vain does not wait for it.
    if (Number.isFinite(limited.retryInMs) && now + lookInMs(seen) > dueAt) return { fault: tooLate(limited, 0) };
    return new Promise((resolve) => {
      const waiter = new Waiter(guest, seen, dueAt, (ended) => {
        this.#leave(waiter);
        engage(null);
        resolve("tooLate" in ended ? { fault: tooLate(ended.tooLate, this.#clock.now() - now) } : (ended as Waited<T>));
      });
      this.#waiting.add(waiter);
      this.#deadlines.add(waiter);
      engage(waiter);
      this.#expect(lookInMs(seen));
    });
  }

  /** Looks after all who wait: something was given back, or is due. */
  readonly look = (): void => {
    if (this.#waiting.size === 0 || this.#isLooking) return;
    this.#isLooking = true;
    const limited = new Set<string>();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const waiter of this.#waiting) {
      if (limited.has(waiter.guest.key)) continue;
      const againInMs = waiter.look();
      if (againInMs === null) continue;
      limited.add(waiter.guest.key);
      nextMs = Math.min(nextMs, againInMs);
    }
    this.#isLooking = false;
    this.#expect(nextMs);
  };

  /** Nobody is to be looked after any more, and the process may end. */
  clear(): void {
    this.#stop();
    this.#waiting.clear();
  }

  /** Who waits for the same, and comes first. */
  #firstOf(key: string): Waiter | null {
    for (const waiter of this.#waiting) if (waiter.guest.key === key) return waiter;
    return null;
  }

  #leave(waiter: Waiter): void {
    this.#waiting.delete(waiter);
    this.#deadlines.remove(waiter);
    if (this.#waiting.size === 0) this.#stop();
  }

  /** Sets the timer, unless it will go off sooner anyhow. */
  #expect(lookMs: number): void {
    if (!Number.isFinite(lookMs) || this.#waiting.size === 0) return;
    const delayMs = Math.max(1, Math.ceil(lookMs));
    const at = this.#clock.now() + delayMs;
    if (this.#timer !== null && this.#lookAt <= at) return;
    this.#stop();
    this.#lookAt = at;
    this.#timer = setTimeout(this.#onTimer, delayMs);
  }

  readonly #onTimer = (): void => {
    this.#timer = null;
    this.look();
  };

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

type Ended = Seen<unknown> | { readonly tooLate: Limited } | { readonly left: true };

class Waiter implements Engagement, Due {
  readonly guest: Guest<unknown>;
  readonly dueAt: number;
  dueSlot = -1;
  /** What it has met last. */
  refused: Refused;
  readonly #end: (ended: Ended) => void;

  constructor(guest: Guest<unknown>, refused: Refused, dueAt: number, end: (ended: Ended) => void) {
    this.guest = guest;
    this.dueAt = dueAt;
    this.refused = refused;
    this.#end = end;
  }

  /** Milliseconds until another look is worth it; null: it waits no more. */
  look(): number | null {
    const seen = this.guest.look();
    if ("limited" in seen) {
      this.refused = seen;
      return lookInMs(seen);
    }
    this.#end(seen);
    return null;
  }

  onDue(): void {
    this.#end({ tooLate: this.refused.limited });
  }

  onClientFault(): void {
    this.#end({ left: true });
  }

  onClientRoom(): void {}
}

/** Milliseconds until another look may find something. */
function lookInMs({ limited, backInMs }: Refused): number {
  return Math.min(limited.retryInMs, backInMs);
}

function full({ limit, retryInMs }: Limited, queue: number): Fault {
  const details = `${limit} (pacing) is reached, and ${queue} exchanges wait already (pacing.queue)`;
  return fault("gateway.upstream_limit", details, { retryAfterMs: askedMs(retryInMs) });
}

function tooLate({ limit, retryInMs }: Limited, waitedMs: number): Fault {
  const details =
    waitedMs > 0
      ? `${limit} (pacing) was reached for the ${Math.round(waitedMs)} ms that the exchange waited`
      : `${limit} (pacing) is reached, and the next turn is ${Math.round(retryInMs)} ms away: longer than the exchange may wait`;
  return fault("gateway.upstream_limit", details, { retryAfterMs: askedMs(retryInMs) });
}

/** Nobody knows when an exchange in flight will end. */
function askedMs(retryInMs: number): number {
  return Number.isFinite(retryInMs) ? Math.max(RETRY_MS_MIN, retryInMs) : RETRY_MS_MIN;
}

const RETRY_MS_MIN = 1000;
