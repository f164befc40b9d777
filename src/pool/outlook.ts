import { EWMA_MS, SEEN_AT, SUCCESS_RATE } from "./health-numbers.ts";

/** Weight of the newest value in the moving averages. */
const NEWEST = 0.2;
const SUCCESS_FLOOR = 0.05;
/** What was seen counts half after this time: else an exit that looked worse than all others would never be looked at again. */
const HALF_LIFE_MS = 60_000;
const FADING_PER_MS: number = Math.LN2 / HALF_LIFE_MS;

/** What is asked of an exit's outlook. */
interface Asked {
  /** What already waits on it. */
  readonly inFlight: number;
  /** What an exit is taken to need that has not answered yet. */
  readonly unknownMs: number;
  readonly now: number;
}

/**
 * Expected time to a success, with what already waits on the exit; lower is better. Old knowledge fades towards an unknown exit's. Works on
 * bare numbers, since each choice asks it of two exits among perhaps a million.
 * @param at where the outlook begins in `numbers`.
 */
export function costOf(numbers: Float64Array, at: number, { inFlight, unknownMs, now }: Asked): number {
  const fresh = freshness(numbers, at, now);
  const success = Math.max(SUCCESS_FLOOR, 1 - (1 - (numbers[at + SUCCESS_RATE] as number)) * fresh);
  const ewmaMs = numbers[at + EWMA_MS] as number;
  const ms = Number.isNaN(ewmaMs) ? unknownMs : unknownMs + (ewmaMs - unknownMs) * fresh;
  return (ms * (inFlight + 1)) / (success * success);
}

/** It answered after so long. */
export function hearAnswer(numbers: Float64Array, at: number, ms: number): void {
  const before = numbers[at + EWMA_MS] as number;
  numbers[at + EWMA_MS] = Number.isNaN(before) ? ms : before + NEWEST * (ms - before);
}

/** An attempt over it is over. @param value 1: a success; 0: a failure of its own, or one that may be. */
export function countOutcome(numbers: Float64Array, at: number, value: 0 | 1, now: number): void {
  const before = numbers[at + SUCCESS_RATE] as number;
  const rate = before === 1 ? 1 : 1 - (1 - before) * freshness(numbers, at, now);
  numbers[at + SUCCESS_RATE] = rate + NEWEST * (value - rate);
  numbers[at + SEEN_AT] = now;
}

function freshness(numbers: Float64Array, at: number, now: number): number {
  return Math.exp(((numbers[at + SEEN_AT] as number) - now) * FADING_PER_MS);
}
