import type { Place } from "./foreign-entry.ts";

/** One value of a JSON list, with its place; or why there is none. */
export type JsonItem = (Place & { readonly value: unknown }) | (Place & { readonly reason: string });

/**
 * Reads the items of a JSON list: the text's own, or the first list in its object (`{ "proxies": [ … ] }`). An item that is no JSON is
 * named, and the others are read.
 */
export function readJsonItems(text: string): JsonItem[] {
  const start = text.search(/\[/);
  if (start < 0) return [{ line: 1, column: 1, reason: "there is no list in this JSON" }];
  const items: JsonItem[] = [];
  const places = new Places(text);
  let depth = 0;
  let isText = false;
  let from = start + 1;
  for (let at = from; at < text.length; at++) {
    const char = text[at] as string;
    if (isText) {
      if (char === "\\") at++;
      else if (char === '"') isText = false;
    } else if (char === '"') isText = true;
    else if (depth === 0 && (char === "," || char === "]")) {
      items.push(...readItem(text.slice(from, at), places.of(from, text.slice(from, at))));
      if (char === "]") return items;
      from = at + 1;
    } else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
  }
  const rest = text.slice(from);
  return [...items, { ...places.of(from, rest), reason: "the list breaks off here" }];
}

function readItem(text: string, place: Place): JsonItem[] {
  if (text.trim() === "") return [];
  try {
    return [{ ...place, value: JSON.parse(text) as unknown }];
  } catch {
    return [{ ...place, reason: "this item is no JSON" }]; // the parser's own words quote the text
  }
}

/** Offsets, in rising order, to lines and columns. */
class Places {
  readonly #text: string;
  #line = 1;
  #lineStart = 0;
  #seen = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The place of the first character of `piece`, which starts at `offset`, that is no space. */
  of(offset: number, piece: string): Place {
    const at = offset + Math.max(0, piece.search(/\S/));
    for (let end = this.#text.indexOf("\n", this.#seen); end >= 0 && end < at; end = this.#text.indexOf("\n", end + 1)) {
      this.#line++;
      this.#lineStart = end + 1;
      this.#seen = end + 1;
    }
    return { line: this.#line, column: at - this.#lineStart + 1 };
  }
}
