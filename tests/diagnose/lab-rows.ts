import assert from "node:assert/strict";
import type { Diagnosis } from "../../src/diagnose/diagnosis.ts";
import type { Expected } from "./lab-tables.ts";

/** A row of a table, and how it comes about. */
export interface Row {
  readonly name: string;
  readonly expected: Expected;
  /** Whose place the culprit has in the route that the verdict is about; the target's is behind all exits. */
  readonly at: "exit" | "target" | "nowhere" | number;
  /** What it looks like from here is left open: behind another hop it may be something else. */
  readonly mayLookOther?: boolean;
  readonly run: () => Promise<Diagnosis>;
}

/** Side by side, since most of a diagnosis is waiting: more at once would let a busy machine's waits run out. */
const AT_ONCE = 16;

/** Every row says what is expected of it. All are told that do not. */
export async function assertRows(rows: readonly Row[], atLeast: number): Promise<void> {
  assert.ok(rows.length >= atLeast, `only ${rows.length} rows`);
  const wrong: string[] = [];
  const left = [...rows];
  const work = async (): Promise<void> => {
    for (let row = left.shift(); row !== undefined; row = left.shift()) wrong.push(...differences(row, await row.run()));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  assert.deepEqual(wrong, []);
}

function differences({ name, expected, at, mayLookOther = false }: Row, { verdict, broken }: Diagnosis): string[] {
  const { fault, culprit, hop, fix, summary } = verdict;
  const [id, whose, words] = expected ?? [null, null, /^/];
  const exits = broken?.spec.exit?.hops.length ?? 0;
  const place = expected === null || at === "nowhere" ? 0 : at === "exit" ? exits : at === "target" ? exits + 1 : at;
  const told = `${fix.client} ${fix.operator}`;
  const isRight = (fault === id || (mayLookOther && fault !== null)) && culprit === whose && hop === place && words.test(told);
  return isRight ? [] : [`${name}: ${fault} by ${culprit} at hop ${hop}, expected ${id} by ${whose} at hop ${place}; ${summary} ${told}`];
}
