import { parseJson } from "./json-line.ts";

/**
 * Joins objects that stand over many lines, as `gcloud`, `jq`, consoles of clouds and `journalctl -o json-pretty` print them, into one line
 * each, and cuts lists of them into one line each. All other lines are passed on as they come, and so is what turns out to be no object, or
 * has no end.
 */
export class JsonJoiner {
  readonly #take: (text: string, number: number) => void;
  #held: string[] = [];
  #first = 0;
  #chars = 0;
  /** Whitespace in front of the object: the line that ends it has the same. */
  #indent = "";
  /** Objects as far in are too long to be joined, until the end of one. */
  readonly #tooLong = new Set<string>();

  /** @param take is given a line and its number, that of its first for an object. */
  constructor(take: (text: string, number: number) => void) {
    this.#take = take;
  }

  push(text: string, number: number): void {
    if (this.#held.length > 0) this.#hold(text);
    else if (text.charCodeAt(text.length - 1) === OPEN && OBJECT_OPENS.test(text) && this.#mayJoin(indentOf(text)))
      this.#begin(text, number);
    else this.#pass(text, number);
  }

  #mayJoin(indent: string): boolean {
    return this.#tooLong.size < INDENTS_MAX && !this.#tooLong.has(indent);
  }

  #pass(text: string, number: number): void {
    if (this.#tooLong.size > 0 && OBJECT_ENDS.test(text.trimStart())) this.#tooLong.delete(indentOf(text));
    const entries = LIST.test(text) ? entriesOf(text) : null;
    // Brackets alone are of the list that objects are in.
    if (entries === null) this.#take(text === "[" || text === "]" ? "" : text, number);
    else for (const entry of entries) this.#take(entry, number);
  }

  /** What is held has no end. */
  end(): void {
    const held = this.#held;
    this.#held = [];
    held.forEach((text, index) => {
      this.#take(text, this.#first + index);
    });
  }

  #begin(text: string, number: number): void {
    this.#indent = indentOf(text);
    this.#held = [text];
    this.#first = number;
    this.#chars = text.length;
  }

  #hold(text: string): void {
    this.#held.push(text);
    this.#chars += text.length;
    if (this.#chars > OBJECT_CHARS_MAX || this.#held.length > OBJECT_LINES_MAX) this.#giveUp();
    else if (text.startsWith(this.#indent) && OBJECT_ENDS.test(text.slice(this.#indent.length))) this.#close();
  }

  #close(): void {
    const joined = this.#held.map((text) => text.trim()).join("");
    const whole = joined.slice(joined.indexOf("{"), joined.lastIndexOf("}") + 1);
    const value = parseJson(whole);
    if (value === null) {
      this.end();
      return;
    }
    this.#held = [];
    for (const entry of entriesIn(value) ?? [whole]) this.#take(entry, this.#first);
  }

  /** What is in it may be joined all the same: entries in a list with a name. */
  #giveUp(): void {
    const [first = "", ...rest] = this.#held;
    const number = this.#first;
    this.#held = [];
    this.#tooLong.add(this.#indent);
    this.#take(first, number);
    for (const [index, text] of rest.entries()) this.push(text, number + 1 + index);
  }
}

function indentOf(text: string): string {
  return text.slice(0, Math.max(0, text.search(/\S/)));
}

/** `[{…},{…}]`, and what clouds put around such a list. No two of its parts take the same blanks: a line of blanks costs its length. */
const LIST = /^(?:\[|\{\s*"(?:records|events|logEvents|entries|Records)"\s*:\s*\[)\s*\{.*\}\s*\]\s*(?:\}\s*)?$/;
const LISTS = ["records", "events", "logEvents", "entries", "Records"];

/** The entries of a list in one line; null: there is none. */
function entriesOf(text: string): string[] | null {
  try {
    return entriesIn(JSON.parse(text));
  } catch {
    return null;
  }
}

function entriesIn(value: object): string[] | null {
  const list = Array.isArray(value) ? value : LISTS.map((name) => (value as Record<string, unknown>)[name]).find(Array.isArray);
  const isOfObjects = list?.every((entry) => typeof entry === "object" && entry !== null) === true && list.length > 0;
  return isOfObjects ? list.map((entry) => JSON.stringify(entry)) : null;
}

const OPEN = 0x7b;
const OBJECT_OPENS = /^\s*(?:\[\s*)?\{$/;
const OBJECT_ENDS = /^\}\s*(?:[,\]]\s*)?$/;
const OBJECT_CHARS_MAX = 64 * 1024;
const OBJECT_LINES_MAX = 2000;
/** Of a text with so many nothing is joined any more. */
const INDENTS_MAX = 20;
