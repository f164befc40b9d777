import type { ExitFilter } from "../core/params.ts";
import type { Exit } from "../core/route.ts";

/** Each tag that the filter names must have one of the wanted values; values ignore case, and `_` stands for `-` and space. An exit's `*` is any. */
export function matches({ id, tags: own }: Pick<Exit, "id" | "tags">, { exit, tags }: ExitFilter): boolean {
  if (exit !== null && normalize(exit) !== normalize(id)) return false;
  return Object.entries(tags).every(([name, values]) => values.length === 0 || hasOneOf(own, name, values));
}

/** The value of a tag that stands for all: of an exit that takes whatever is asked for. */
export const ANY_VALUE = "*";

/** Several values of one tag are joined by commas. */
export function tagValues(text: string): string[] {
  return text.includes(",") ? [...new Set(text.split(",").map(normalize))] : [normalize(text)];
}

/** A user name's parameter cannot carry `-` or a space. */
export function normalize(text: string): string {
  return text.trim().toLowerCase().replace(/[- ]/g, "_");
}

function hasOneOf(own: Exit["tags"], name: string, values: readonly string[]): boolean {
  const text = Object.hasOwn(own, name) ? own[name] : undefined;
  return text !== undefined && tagValues(text).some((value) => value === ANY_VALUE || values.some((wanted) => normalize(wanted) === value));
}
