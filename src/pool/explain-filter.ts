import type { ExitFilter } from "../core/params.ts";
import type { ExitIndex } from "./exit-index.ts";

/** Why a filter leaves nothing to take, in words that name its part which matched nothing. Looks at no exit but for its kind: there may be a million. */
export function explainFilter(filter: ExitFilter, index: ExitIndex): string {
  if (index.all.size === 0) return "the pool has no exits";
  const { count, inService } = index.count(filter);
  if (count > 0 && inService === 0) return `an operator has taken out ${tellAll(count)}`;
  if (count > 0) return `${tellAll(count)} ${count === 1 ? "was" : "were"} tried`;

  const parts = partsOf(filter);
  const missing = parts.find((part) => index.count(part.filter).count === 0);
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
