import type { ExitFilter } from "../core/params.ts";
import { matches } from "./exit-filter.ts";
import type { PoolExit } from "./pool-exit.ts";

/** Why a filter leaves nothing to take, in words that name its part which matched nothing. */
export function explainFilter(filter: ExitFilter, members: readonly PoolExit[]): string {
  if (members.length === 0) return "the pool has no exits";
  const matching = members.filter(({ exit }) => matches(exit, filter));
  const count = matching.length;
  if (count > 0 && matching.every(({ hold }) => hold !== null)) return `an operator has taken out ${tellAll(count)}`;
  if (count > 0) return `${tellAll(count)} ${count === 1 ? "was" : "were"} tried`;

  const parts = partsOf(filter);
  const missing = parts.find((part) => !members.some(({ exit }) => matches(exit, part.filter)));
  if (missing !== undefined) return `no exit has ${missing.words}`;
  return `no exit has ${parts.map(({ words }) => words).join(" and ")} together`;
}

function tellAll(count: number): string {
  return count === 1 ? "the only exit that matches" : `all ${count} exits that match`;
}

interface Part {
  readonly words: string;
  readonly filter: ExitFilter;
}

function partsOf({ exit, tags }: ExitFilter): Part[] {
  const parts = Object.entries(tags)
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => ({ words: `${name}=${values.join(",")}`, filter: { exit: null, tags: { [name]: values } } }));
  return exit === null ? parts : [{ words: `the id ${exit}`, filter: { exit, tags: {} } }, ...parts];
}
