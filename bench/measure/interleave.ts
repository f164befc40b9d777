import type { BenchOptions } from "../options.ts";

/** Node compiles what runs hot in its first seconds. */
const WARM_UP_SECONDS = 3;

/** Measures each contender in turn, round after round, so that a busy moment of the machine does not fall on one alone. */
export async function interleave<C, R>(
  contenders: readonly C[],
  { rounds, seconds }: BenchOptions,
  measure: (contender: C, seconds: number) => Promise<R>,
): Promise<Map<C, R[]>> {
  const results = new Map<C, R[]>(contenders.map((contender) => [contender, []]));
  for (const contender of contenders) await measure(contender, WARM_UP_SECONDS);
  for (let round = 0; round < rounds; round++) {
    for (const [contender, measured] of results) measured.push(await measure(contender, seconds));
  }
  return results;
}
