import type { ExitFilter } from "../core/params.ts";
import type { Exit } from "../core/route.ts";
import { matches } from "./exit-filter.ts";

/** Why a filter leaves nothing to take, in words that name its part which matched nothing. */
export function explainFilter(filter: ExitFilter, exits: readonly Exit[]): string {
  if (exits.length === 0) return "the pool has no exits";
  const count = exits.filter((exit) => matches(exit, filter)).length;
  if (count > 0) return count === 1 ? "the only exit that matches was tried" : `all ${count} exits that match were tried`;

  const parts = partsOf(filter);
  const missing = parts.find((part) => !exits.some((exit) => matches(exit, part.filter)));
  if (missing !== undefined) return `no exit has ${missing.words}`;
  return `no exit has ${parts.map(({ words }) => words).join(" and ")} together`;
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
