import type { Clock } from "../core/clock.ts";

/** Something that must have happened by a time. */
export interface Due {
  /** On the clock. */
  readonly dueAt: number;
  /** It has not; called once, after the entry has left the set. */
  onDue(): void;
}

const TICK_MS = 25;
/** Ticks with nothing to watch before the ticking stops. */
const IDLE_TICKS = 40;

/**
 * Deadlines of many short waits, nearly all of which are kept: adding and removing one is a set's, where a timer of its own costs ten
 * times as much. They are looked at every 25 ms, so that much late is on time.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #waiting = new Set<Due>();
  #ticker: NodeJS.Timeout | null = null;
  #idleTicks = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(due: Due): void {
    this.#waiting.add(due);
    this.#ticker ??= setInterval(this.#tick, TICK_MS);
  }

  remove(due: Due): void {
    this.#waiting.delete(due);
  }

  /** Nothing is due any more, and the process may end. */
  clear(): void {
    this.#waiting.clear();
    this.#stop();
  }

  readonly #tick = (): void => {
    this.#idleTicks = this.#waiting.size === 0 ? this.#idleTicks + 1 : 0;
    if (this.#idleTicks > IDLE_TICKS) this.#stop();
    const now = this.#clock.now();
    for (const due of this.#waiting) {
      if (due.dueAt > now) continue;
      this.#waiting.delete(due);
      due.onDue();
    }
  };

  #stop(): void {
    if (this.#ticker !== null) clearInterval(this.#ticker);
    this.#ticker = null;
    this.#idleTicks = 0;
  }
}
