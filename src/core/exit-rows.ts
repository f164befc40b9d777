import { hashText } from "./hash-text.ts";
import type { Exit } from "./route.ts";

/** What many exits have in common. */
export interface ExitKind {
  readonly tags: Exit["tags"];
  readonly weight: number;
  readonly rotating: boolean;
}

/**
 * The exits of a list, of which there may be a million: each becomes an object only when somebody asks for it. Rows count from 0, in the
 * order of the list.
 */
export interface ExitRows {
  readonly size: number;
  at(row: number): Exit;
  /**
   * Reads what `at` is going to read, if there is such a row, so that the waits for the memory of several exits pass together. What it gives
   * means nothing, but must be kept: else it would not be read.
   */
  readAhead(row: number): number;
  /** See `exitKey`. */
  keyOf(row: number): number;
  /** The kind of an exit, as its place in `kinds`. */
  kindOf(row: number): number;
  readonly kinds: readonly ExitKind[];
}

/**
 * An exit's id as a number. Below 2 ** 32 it is the id itself, which most exits have: eight hex digits. Above, two ids may have the same.
 */
export function exitKey(id: string): number {
  if (id.length === HEX_DIGITS) {
    const bits = readHex(id);
    if (bits >= 0) return bits;
  }
  return HEX_KEYS_MAX + hashText(id);
}

/** Whether a key is the id itself. */
export function isIdItself(key: number): boolean {
  return key < HEX_KEYS_MAX;
}

/** The key whose lowest 32 bits these are. */
export function keyOfBits(bits: number, isIdItself: boolean): number {
  return (bits >>> 0) + (isIdItself ? 0 : HEX_KEYS_MAX);
}

/** The id that a key is, where it is the id itself; of its sign, 32 bits may have made another. */
export function idOfKey(key: number): string {
  return `${hexOf(key >>> 24)}${hexOf(key >>> 16)}${hexOf(key >>> 8)}${hexOf(key)}`;
}

/** Kinds of exits, each once, with the number that it was given. */
export class ExitKinds {
  readonly all: ExitKind[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf({ tags, weight, rotating }: ExitKind): number {
    const text = kindText({ tags, weight, rotating });
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.all.push({ tags, weight, rotating }) - 1;
      this.#numbers.set(text, number);
    }
    return number;
  }
}

/** The same for kinds that are the same. */
export function kindText({ tags, weight, rotating }: ExitKind): string {
  return `${weight} ${rotating} ${JSON.stringify(tags)}`;
}

/** Exits that are objects already, as rows. */
export class GivenExits implements ExitRows {
  readonly #exits: readonly Exit[];
  readonly #kinds = new ExitKinds();
  readonly #kindOf: Int32Array;

  constructor(exits: readonly Exit[]) {
    this.#exits = exits;
    this.#kindOf = Int32Array.from(exits, (exit) => this.#kinds.numberOf(exit));
  }

  get size(): number {
    return this.#exits.length;
  }

  get kinds(): readonly ExitKind[] {
    return this.#kinds.all;
  }

  at(row: number): Exit {
    return this.#exits[row] as Exit;
  }

  /** They are objects already. */
  readAhead(): number {
    return 0;
  }

  keyOf(row: number): number {
    return exitKey(this.at(row).id);
  }

  kindOf(row: number): number {
    return this.#kindOf[row] as number;
  }
}

const HEX_DIGITS = 8;
const HEX_KEYS_MAX: number = 2 ** 32;

/** The lowest eight bits. Looked up: a number's own `toString` takes several times as long, and each choice of an exit needs one. */
function hexOf(bits: number): string {
  return HEX[bits & 0xff] as string;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower-case hex digits; -1: it has others. */
function readHex(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x30 && code <= 0x39) bits = 16 * bits + code - 0x30;
    else if (code >= 0x61 && code <= 0x66) bits = 16 * bits + code - 0x61 + 10;
    else return -1;
  }
  return bits;
}
