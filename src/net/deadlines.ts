import type { Clock } from "../core/clock.ts";

/** Something that must have happened by a time. */
export interface Due {
  /** On the clock. */
  readonly dueAt: number;
  /** Its place in the set, which alone changes it; -1 while it is in none. */
  dueSlot: number;
  /** It has not; called once, after the entry has left the set. */
  onDue(): void;
}

const TICK_MS = 25;
/** Ticks with nothing to watch before the ticking stops. */
const IDLE_TICKS = 40;

/**
 * Deadlines of many short waits, nearly all of which are kept: adding and removing one moves an entry of an array, where a timer of its own
 * costs fifty times as much. They are looked at every 25 ms, so that much late is on time.
 */
export class Deadlines {
  readonly #clock: Clock;
  /** In no order: the last takes the place of one that leaves. */
  readonly #waiting: Due[] = [];
  #ticker: NodeJS.Timeout | null = null;
  #idleTicks = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(due: Due): void {
    if (due.dueSlot >= 0) return;
    due.dueSlot = this.#waiting.length;
    this.#waiting.push(due);
    this.#ticker ??= setInterval(this.#tick, TICK_MS);
  }

  remove(due: Due): void {
    const slot = due.dueSlot;
    if (slot < 0) return;
    due.dueSlot = -1;
    const last = this.#waiting.pop() as Due;
    if (last === due) return;
    this.#waiting[slot] = last;
    last.dueSlot = slot;
  }

  /** Nothing is due any more, and the process may end. */
  clear(): void {
    for (const due of this.#waiting) due.dueSlot = -1;
    this.#waiting.length = 0;
    this.#stop();
  }

  readonly #tick = (): void => {
    this.#idleTicks = this.#waiting.length === 0 ? this.#idleTicks + 1 : 0;
    if (this.#idleTicks > IDLE_TICKS) this.#stop();
    const now = this.#clock.now();
    for (const due of this.#waiting.filter(({ dueAt }) => dueAt <= now)) {
      if (due.dueSlot < 0) continue; // another's onDue ended its wait
      this.remove(due);
      due.onDue();
    }
  };

  #stop(): void {
    if (this.#ticker !== null) clearInterval(this.#ticker);
    this.#ticker = null;
    this.#idleTicks = 0;
  }
}
