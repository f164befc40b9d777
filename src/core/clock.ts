/** Time, passed in wherever it matters, so that tests move it by hand. */
export interface Clock {
  /** Milliseconds that only ever grow; for durations and deadlines. */
  now(): number;
  /** Milliseconds since the epoch; for records that people read. */
  wall(): number;
}

/** A random number in [0, 1), passed in for the same reason. */
export type Random = () => number;

/** Milliseconds as records show them: to the hundredth. */
export function roundMs(ms: number): number {
  return Math.round(ms * 100) / 100;
}
