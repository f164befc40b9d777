/**
 * The numbers that health is kept as, by their place among them. Those that a choice looks at stand in the row of each exit, the others in
 * the record of each that was used.
 */
/** Not a number before the first answer. */
export const EWMA_MS = 0;
/** Moving average of 1 for a success, 0 for a failure of its own, as of `SEEN_AT`. */
export const SUCCESS_RATE = 1;
export const SEEN_AT = 2;
export const NEVER: number = Number.NEGATIVE_INFINITY;
/** What they are of an exit that nothing is known of, in this order. */
const UNSEEN: readonly number[] = [Number.NaN, 1, 0];

/** Numbers in the row of one exit. */
export const OUTLOOK_NUMBERS: number = UNSEEN.length;

export const LEVEL = 0;
export const SUCCESSES = 1;
export const FAILURES = 2;
/** As its place among the ids of faults. */
export const LAST_FAULT = 3;
/** A hash of the target of the failure that benched it last; `NOTHING`: it was the exit itself, or a rule, or nothing did. */
export const BENCHED_OVER = 4;
/** Attempts that began before this count of attempts belong to the failure that benched it last, or to a route that it had before. */
export const BENCHED_AT = 5;
/** As its place among the standings. */
export const STANDING = 6;
export const STREAK_NOW = 7;
export const IS_DEAD = 8;
/** Since when it has had failures and no clean success; infinite: it has not. */
export const FAILING_SINCE = 9;
export const CHECKED_AT = 10;
export const BENCHED_UNTIL = 11;
/** `FAILED`: the last check that found anything out failed, whoever was to blame; `IN_VAIN`: one after it found nothing out. */
export const CHECK_FAILED = 12;
export const FAILED = 1;
export const IN_VAIN = 2;
/** When a check last found it honest, and it was not found lying since. */
export const HONEST_AT = 13;
/** The same of these. */
const UNKNOWN: readonly number[] = [0, 0, 0, -1, -1, -1, 0, 0, 0, Number.POSITIVE_INFINITY, NEVER, NEVER, 0, NEVER];

/** Numbers in the record of one exit. */
export const HISTORY_NUMBERS: number = UNKNOWN.length;

/** Makes the numbers of a row those of an exit that nothing is known of. */
export function beginOutlook(numbers: Float64Array, at: number): void {
  for (let i = 0; i < OUTLOOK_NUMBERS; i++) numbers[at + i] = UNSEEN[i] as number;
}

/** The same with those of a record. */
export function beginHistory(numbers: Float64Array, at: number): void {
  for (let i = 0; i < HISTORY_NUMBERS; i++) numbers[at + i] = UNKNOWN[i] as number;
}

/** An exit's standing, but for benches. */
export const STANDINGS = ["untried", "healthy", "probation"] as const;
export const UNTRIED = 0;
export const HEALTHY = 1;
export const PROBATION = 2;
