import type { Random } from "../core/clock.ts";

/** A failure of an exit's own, as its health hears of it. */
export interface FailedAttempt {
  /** `host:port`, where it may yet be found at fault; null: the exit is. */
  readonly target: string | null;
  readonly now: number;
  readonly random: Random;
  /** The count of attempts when this one began, and by now: many that run into one failure count once. */
  readonly leasedAt: number;
  readonly attempts: number;
  /** What the exit itself asked for (`Retry-After`); 0 without. */
  readonly atLeastMs: number;
}
