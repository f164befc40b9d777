/** The numbers that health is kept as, by their place among them. */
export const LEVEL = 0;
export const SUCCESSES = 1;
export const FAILURES = 2;
/** As its place among the ids of faults. */
export const LAST_FAULT = 3;
/** A hash of the target of the failure that benched it last; `NOTHING`: it was the exit itself, or a rule, or nothing did. */
export const BENCHED_OVER = 4;
/** Not a number before the first answer. */
export const EWMA_MS = 5;
export const BENCHED_UNTIL = 6;
/** Moving average of 1 for a success, 0 for a failure of its own, as of `SEEN_AT`. */
export const SUCCESS_RATE = 7;
export const SEEN_AT = 8;
/** Attempts that began before this count of attempts belong to the failure that benched it last, or to a route that it had before. */
export const BENCHED_AT = 9;
/** As its place among the standings. */
export const STANDING = 10;
export const STREAK_NOW = 11;
export const IS_DEAD = 12;
/** Since when it has had failures and no clean success; infinite: it has not. */
export const FAILING_SINCE = 13;
export const CHECKED_AT = 14;
export const NEVER: number = Number.NEGATIVE_INFINITY;
/** What they are of an exit that nothing is known of, in this order. */
export const UNKNOWN: readonly number[] = [0, 0, 0, -1, -1, Number.NaN, NEVER, 1, 0, -1, 0, 0, 0, Number.POSITIVE_INFINITY, NEVER];

/** Numbers that the health of one exit takes. */
export const HEALTH_NUMBERS: number = UNKNOWN.length;

/** An exit's standing, but for benches. */
export const STANDINGS = ["untried", "healthy", "probation"] as const;
export const UNTRIED = 0;
export const HEALTHY = 1;
export const PROBATION = 2;
