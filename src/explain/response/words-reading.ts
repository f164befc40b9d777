import type { Culprit, FaultId } from "../../core/fault.ts";

/** What a client's own error says, translated. */
export interface WordsReading {
  readonly fault: FaultId;
  /** Null: the words do not say whose side it is. */
  readonly culprit: Culprit | null;
  readonly confidence: number;
  readonly summary: string;
  readonly next: string;
}

/** What a line may say, and what it means then. */
export type Saying = readonly [pattern: RegExp, reading: WordsReading];

export const WITHOUT_PROXY = "Ask once more without the proxy: goodgateway diagnose URL --via PROXY does both and compares.";

/** What the first saying of a table that a line has means; null: it has none. */
export function firstSaid(sayings: readonly Saying[], line: string): WordsReading | null {
  return sayings.find(([pattern]) => pattern.test(line))?.[1] ?? null;
}
