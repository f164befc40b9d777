import { isIdItself } from "../core/exit-rows.ts";
import { IntColumn } from "../core/number-column.ts";

/** Numbers of each row, by their place among them: the text it stands in, from where to where, on which line, what its id and kind are. */
export const TEXT = 0;
export const FROM = 1;
export const TO = 2;
export const LINE = 3;
export const KEY = 4;
export const KIND = 5;
export const FLAGS = 6;
/** A power of two, and the first row begins behind some that are left free: so a row is in one line of the processor's cache. */
const NUMBERS = 8;
/** Large pages of numbers begin four numbers behind the start of a line, which has sixteen. */
const FREE_NUMBERS = 12;
/** The exit is its line, in the plainest form. */
export const PLAIN = 1;
/** Its id is another than its key says. */
export const NAMED = 2;
/** Its id is not the one that its route gives. */
export const RENAMED = 4;

/** A line of a text. */
export interface Span {
  readonly text: number;
  readonly from: number;
  readonly to: number;
  readonly line: number;
}

/** The exits of a list as rows of numbers. */
export class ListRows {
  size = 0;
  readonly #numbers = new IntColumn();

  add({ text, from, to, line }: Span, kind: number, flags: number): number {
    const row = this.size++;
    this.#numbers.reserve(FREE_NUMBERS + this.size * NUMBERS);
    this.set(row, TEXT, text);
    this.set(row, FROM, from);
    this.set(row, TO, to);
    this.set(row, LINE, line);
    this.set(row, KIND, kind);
    this.set(row, FLAGS, flags);
    return row;
  }

  get(row: number, name: number): number {
    return this.#numbers.get(FREE_NUMBERS + row * NUMBERS + name);
  }

  set(row: number, name: number, value: number): void {
    this.#numbers.set(FREE_NUMBERS + row * NUMBERS + name, value);
  }

  /** @param texts by its number here, the one that each text has elsewhere. */
  spanOf(row: number, texts: readonly number[]): Span {
    return { text: texts[this.get(row, TEXT)] ?? 0, from: this.get(row, FROM), to: this.get(row, TO), line: this.get(row, LINE) };
  }

  has(row: number, flag: number): boolean {
    return (this.get(row, FLAGS) & flag) !== 0;
  }

  setKey(row: number, key: number): void {
    this.set(row, KEY, key);
    const flags = this.get(row, FLAGS);
    this.set(row, FLAGS, isIdItself(key) ? flags & ~NAMED : flags | NAMED);
  }
}
