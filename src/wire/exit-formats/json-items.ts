import { ENTRY_BYTES_MAX, type Place, readLines } from "./foreign-entry.ts";

/** One value of a JSON list, with its place; or why there is none. */
export type JsonItem = (Place & { readonly value: unknown }) | (Place & { readonly reason: string });

/**
 * Reads the items of a JSON list: the text's own, or the first in its object that looks like one (`{ "proxies": [ … ] }`). An item that is no JSON is
 * named, and the others are read. Null stands for a piece in which no item ends.
 */
export function* readJsonItems(bytes: Buffer): Generator<JsonItem | null> {
  const start = findList(bytes);
  const cursor = new Cursor();
  if (start < 0) {
    yield { ...cursor.place, reason: "there is no list in this JSON" };
    return;
  }
  for (let at = 0; at <= start; at++) {
    cursor.pass(bytes[at] as number);
    if (at % PIECE_BYTES === 0) yield null;
  }
  const nesting = new Nesting();
  let from = start + 1;
  let first: Place | null = null;
  let place = cursor.place;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (at % PIECE_BYTES === 0) yield null;
    if (nesting.isOutside && (byte === COMMA || byte === LIST_CLOSE)) {
      if (first !== null) yield readItem(bytes.subarray(from, at), first);
      if (byte === LIST_CLOSE) return;
      from = at + 1;
      first = null;
    } else {
      if (byte > SPACE) first ??= cursor.place;
      nesting.pass(byte);
    }
    cursor.pass(byte);
    if (from > at) place = cursor.place;
  }
  yield { ...(first ?? place), reason: "the list breaks off here" };
}

/** Reads JSON lines: an item on each. */
export function readJsonLines(bytes: Buffer): Generator<JsonItem | null> {
  return readLines(bytes, (raw, line) => (raw.trim() === "" ? null : parseItem(raw, { line, column: 1 })));
}

/** Where it begins, be it the only one or not; negative: there is none. */
function findList(bytes: Buffer): number {
  const first = bytes.indexOf(LIST_OPEN);
  const object = bytes.indexOf(OBJECT_OPEN);
  if (object < 0 || first < object) return first; // the text's own, whatever lists are in it
  for (let at = first, seen = 0; at >= 0 && seen < LISTS_MAX; at = bytes.indexOf(LIST_OPEN, at + 1), seen++) {
    if (OF_PROXIES.test(bytes.toString("latin1", at + 1, at + 1 + LIST_START_BYTES))) return at;
  }
  return first;
}

/** Objects, or texts with an address: not the protocols that were asked for. */
const OF_PROXIES = /^\s*(?:\{|"[^"]*:\d)/;
const LIST_START_BYTES = 300;
/** Lists that are looked at before the first is taken. */
const LISTS_MAX = 1000;

/** Bytes that are looked at in one piece. */
const PIECE_BYTES = 1024;

const NEWLINE = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const LIST_OPEN = 0x5b;
const BACKSLASH = 0x5c;
const LIST_CLOSE = 0x5d;
const OBJECT_OPEN = 0x7b;
const OBJECT_CLOSE = 0x7d;

function readItem(bytes: Buffer, place: Place): JsonItem {
  if (bytes.length > ENTRY_BYTES_MAX) return { ...place, reason: `this item is longer than ${ENTRY_BYTES_MAX} bytes` };
  return parseItem(bytes.toString("utf8"), place);
}

function parseItem(text: string, place: Place): JsonItem {
  try {
    return { ...place, value: JSON.parse(text) as unknown };
  } catch {
    return { ...place, reason: "this item is no JSON" }; // the parser's own words quote the text
  }
}

/** How deep in objects, lists and texts the bytes of a list are. */
class Nesting {
  #depth = 0;
  #isText = false;
  #isEscaped = false;

  /** In the list itself. */
  get isOutside(): boolean {
    return this.#depth === 0 && !this.#isText;
  }

  pass(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === QUOTE) this.#isText = !this.#isText;
    else if (this.#isText) this.#isEscaped = byte === BACKSLASH;
    else if (byte === OBJECT_OPEN || byte === LIST_OPEN) this.#depth++;
    else if (byte === OBJECT_CLOSE || byte === LIST_CLOSE) this.#depth--;
  }
}

/** The first byte of a character of UTF-8 that takes two units of a text; those that are none, between these. */
const PAIR_MIN = 0xf0;
const REST_MIN = 0x80;
const REST_MAX = 0xbf;

/** Counts lines, and in each the columns as an editor shows them. */
class Cursor {
  #line = 1;
  #column = 1;

  get place(): Place {
    return { line: this.#line, column: this.#column };
  }

  pass(byte: number): void {
    if (byte === NEWLINE) {
      this.#line++;
      this.#column = 1;
    } else if (byte < REST_MIN || byte > REST_MAX) this.#column += byte >= PAIR_MIN ? 2 : 1;
  }
}
