import type { Exit } from "../core/route.ts";
import { exitId, ID_DIGITS } from "./exit-line.ts";

/** Digits of ids whose first eight digits another exit has. */
export const LONG_ID_DIGITS: number = 2 * ID_DIGITS;

/** One exit of two of the same route: tags accumulate; of the rest what is newer counts, where it says anything. */
export function mergeExits(known: Exit, newer: Exit): Exit {
  return {
    id: isNamed(newer) ? newer.id : known.id,
    hops: newer.hops,
    tags: accumulate(known.tags, newer.tags),
    rotating: known.rotating || newer.rotating,
    weight: newer.weight === 1 ? known.weight : newer.weight,
  };
}

/** The id is of an `id=` tag. */
export function isNamed(exit: Exit): boolean {
  const derived = exitId(exit, LONG_ID_DIGITS);
  return exit.id !== derived && exit.id !== derived.slice(0, ID_DIGITS);
}

function accumulate(first: Exit["tags"], second: Exit["tags"]): Exit["tags"] {
  const tags: Record<string, string> = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const known = Object.hasOwn(tags, key) ? (tags[key] as string).split(",") : [];
    const values = new Set([...known, ...value.split(",")]);
    tags[key] = [...values].join(",");
  }
  return tags;
}
