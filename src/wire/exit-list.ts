import { type ExitKind, ExitKinds, type ExitRows, exitKey, idOfKey, keyOfBits } from "../core/exit-rows.ts";
import type { Exit } from "../core/route.ts";
import { type ExitLineError, type ExitLineOptions, exitId, exitRoute, ID_DIGITS, parseExitLine } from "./exit-line.ts";
import { ListIndex } from "./list-index.ts";
import { FLAGS, FROM, KEY, KIND, LINE, ListRows, NAMED, PLAIN, type Span, TEXT, TO } from "./list-rows.ts";
import { exitsOf } from "./login-template-exit.ts";
import { isNamed, LONG_ID_DIGITS, mergeExits } from "./merge-exits.ts";
import { idOfRoute, PlainLineBytes } from "./plain-line-bytes.ts";

/** Where an exit stands. */
export type Where = ExitLineOptions["where"];

/** Lines that one step reads, and rows that one step copies: about a millisecond. */
const STEP_LINES_MAX = 250;
const STEP_ROWS_MAX = 1000;
const NEWLINE = 0x0a;

/** What is behind that is not looked at: a line that is so long is none in any way. */
const LINE_BYTES_MAX: number = 32 * 1024;

/** A list that was read. */
interface Text {
  readonly bytes: Buffer;
  readonly plain: PlainLineBytes;
  readonly options: ExitLineOptions;
}

/** Bad lines that are told one by one. */
const ERRORS_MAX = 1000;

/**
 * Exits from any number of lists: the same route twice is one exit, whose tags accumulate; an id belongs to one route. An exit is kept as the
 * place of its line, which is read again when somebody asks for it: a long list makes no million objects.
 */
export class ExitList implements ExitRows {
  /** The first of the lines that are none. */
  readonly errors: ExitLineError[] = [];
  /** How many lines are none: a file that is no list at all has millions. */
  errorCount = 0;
  readonly #rows = new ListRows();
  readonly #kinds = new ExitKinds();
  readonly #texts: Text[] = [];
  /** Exits that are more than their line says. */
  readonly #own = new Map<number, Exit>();
  /** Where these stand. */
  readonly #places = new Map<number, string>();
  readonly #index: ListIndex = new ListIndex(this.#rows, (row) => this.at(row));

  get size(): number {
    return this.#rows.size;
  }

  get kinds(): readonly ExitKind[] {
    return this.#kinds.all;
  }

  /** All of them, as objects. */
  get exits(): Exit[] {
    return Array.from({ length: this.size }, (_, row) => this.at(row));
  }

  at(row: number): Exit {
    const own = this.#own.get(row);
    if (own !== undefined) return own;
    const { bytes, plain, options } = this.#texts[this.#rows.get(row, TEXT)] as Text;
    const [from, to] = [this.#rows.get(row, FROM), this.#rows.get(row, TO)];
    if (this.#rows.has(row, PLAIN)) return plain.exitAt(bytes, from, to, idOfKey(this.#rows.get(row, KEY)), this.#rows.get(row, KIND));
    const parsed = parseExitLine(bytes.toString("utf8", from, to), options);
    if (!("exit" in parsed)) throw new Error("the line of an exit is none any more");
    return parsed.exit;
  }

  readAhead(row: number): number {
    if (row < 0 || row >= this.size) return 0;
    const text = this.#texts[this.#rows.get(row, TEXT)];
    return text === undefined ? 0 : (text.bytes[this.#rows.get(row, FROM)] as number);
  }

  keyOf(row: number): number {
    return keyOfBits(this.#rows.get(row, KEY), !this.#rows.has(row, NAMED));
  }

  kindOf(row: number): number {
    return this.#rows.get(row, KIND);
  }

  /** The exit by this one's route, with the tags and the id that it has here; null: there is none. */
  find(exit: Exit): Exit | null {
    const row = this.rowOf(exit);
    return row < 0 ? null : this.at(row);
  }

  /** The row of the exit with this one's route; negative: there is none. */
  rowOf(exit: Exit): number {
    return this.#index.find(exitRoute(exit), exitId(exit, ID_DIGITS));
  }

  /** The row of the exit that has this id; negative: there is none. */
  rowOfId(id: string): number {
    return this.#index.findId(id);
  }

  /** The file and line where an exit stands. */
  placeOf(row: number): string {
    return this.#places.get(row) ?? place({ file: this.#fileOf(row), line: this.#rows.get(row, LINE) });
  }

  /** Reads a list, one exit a line; a bad line is kept in `errors`, the others load. `where` is its first line. */
  read(text: string, options: ExitLineOptions): void {
    for (const _ of this.reading(Buffer.from(text), options));
  }

  /** The same of a list's bytes, which must stay as they are, step by step. */
  *reading(bytes: Buffer, options: ExitLineOptions): Generator<void, void> {
    const plain = new PlainLineBytes(options.scheme, options.tags, this.#kinds);
    const text = this.#texts.push({ bytes, plain, options }) - 1;
    let { line } = options.where;
    for (let at = 0; at <= bytes.length; line++) {
      const newline = bytes.indexOf(NEWLINE, at);
      const end = newline < 0 ? bytes.length : newline;
      if (plain.read(bytes, at, end)) this.#addPlain({ text, from: at, to: end, line }, plain.route, plain.kind);
      else this.#readAny({ text, from: at, to: end, line }, bytes.toString("utf8", at, Math.min(end, at + LINE_BYTES_MAX)), options);
      at = end + 1;
      if (line % STEP_LINES_MAX === 0) yield;
    }
  }

  /** Adds an exit, or those that its line stands for. */
  add(exit: Exit, where: Where): void {
    for (const one of exit.tags["sessions"] === undefined ? [exit] : exitsOf(exit)) this.#addOne(one, where, null);
  }

  /** A line is none. Only the first are kept: a list URL that answers with anything else must not fill the memory. */
  refuse(error: ExitLineError): void {
    this.errorCount++;
    if (this.errors.length < ERRORS_MAX) this.errors.push(error);
  }

  /** Adds what another list holds, its errors too, step by step. */
  *adding(other: ExitList): Generator<void, void> {
    const texts = other.#texts.map((text) => this.#texts.push({ ...text, plain: text.plain.inKinds(this.#kinds) }) - 1);
    const kinds = other.kinds.map((kind) => this.#kinds.numberOf(kind));
    for (let row = 0; row < other.size; row++) {
      if ((row + 1) % STEP_ROWS_MAX === 0) yield;
      const place = other.#rows.spanOf(row, texts);
      const key = other.#rows.get(row, KEY);
      if (other.#rows.has(row, PLAIN) && this.#index.isFree(key)) {
        this.#enter(place, keyOfBits(key, true), kinds[other.#rows.get(row, KIND)] as number, PLAIN);
      } else {
        const isOwn = other.#own.has(row);
        this.#addOne(other.at(row), { file: other.#fileOf(row), line: place.line }, isOwn ? null : place);
      }
    }
    for (const error of other.errors) this.refuse(error);
    this.errorCount += other.errorCount - other.errors.length;
  }

  #readAny(span: Span, text: string, options: ExitLineOptions): void {
    const where = { file: options.where.file, line: span.line };
    const parsed = parseExitLine(text, { ...options, where });
    if ("error" in parsed) this.refuse(parsed.error);
    if (!("exit" in parsed)) return;
    const { exit } = parsed;
    // What stands in the environment may change.
    const isFixed = exit.tags["sessions"] === undefined && !text.includes("${");
    if (isFixed) this.#addOne(exit, where, span);
    else this.add(exit, where);
  }

  #addPlain(span: Span, route: string, kind: number): void {
    const id = idOfRoute(route);
    const key = exitKey(id);
    const { options, plain, bytes } = this.#texts[span.text] as Text;
    if (this.#index.isFree(key) || (this.rowOfId(id) < 0 && this.#index.find(route, id) < 0)) this.#enter(span, key, kind, PLAIN);
    else this.#addOne(plain.exitAt(bytes, span.from, span.to, id, kind), { file: options.where.file, line: span.line }, span);
  }

  /** @param span its line, where that says all of it; null: it does not. */
  #addOne(exit: Exit, where: Where, span: Span | null): void {
    const derived = exitId(exit, ID_DIGITS);
    const known = this.#index.find(exitRoute(exit), derived);
    const holder = this.rowOfId(exit.id);
    if (known >= 0) this.#merge(known, exit, where);
    else if (holder >= 0 && isNamed(exit)) this.#tellTaken(where, exit.id, holder);
    else this.#addNew(exit, where, { span, derived, isTaken: holder >= 0 });
  }

  #addNew(exit: Exit, where: Where, { span, derived, isTaken }: { span: Span | null; derived: string; isTaken: boolean }): void {
    // Eight digits of two routes in 100,000 are likely to be equal: the second one gets more of them.
    const added = !isTaken ? exit : { ...exit, id: exitId(exit, LONG_ID_DIGITS) };
    const row = this.#enter(span ?? { ...NOWHERE, line: where.line }, exitKey(added.id), this.#kinds.numberOf(added), 0);
    if (span === null || added !== exit) this.#keep(row, added, where);
    if (added.id !== derived) this.#index.rename(row, exitRoute(added));
  }

  // The later line is the newer one: its password, weight and id count.
  #merge(known: number, newer: Exit, where: Where): void {
    const holder = this.rowOfId(newer.id);
    if (isNamed(newer) && holder >= 0 && holder !== known) {
      this.#tellTaken(where, newer.id, holder);
      return;
    }
    const merged = mergeExits(this.at(known), newer);
    this.#index.leave(known);
    this.#keep(known, merged, null);
    this.#index.enter(known, exitKey(merged.id));
    this.#rows.set(known, KIND, this.#kinds.numberOf(merged));
    if (isNamed(newer)) this.#index.rename(known, exitRoute(merged));
  }

  #enter(span: Span, key: number, kind: number, flags: number): number {
    const row = this.#rows.add(span, kind, flags);
    this.#index.enter(row, key);
    return row;
  }

  /** @param where null: its place stays. */
  #keep(row: number, exit: Exit, where: Where | null): void {
    const stands = where === null ? this.placeOf(row) : place(where);
    this.#own.set(row, exit);
    this.#places.set(row, stands);
    this.#rows.set(row, FLAGS, this.#rows.get(row, FLAGS) & ~PLAIN);
  }

  #tellTaken({ file, line }: Where, id: string, holder: number): void {
    this.refuse({ file, line, column: 1, reason: `id ${id} is taken by ${this.placeOf(holder)}` });
  }

  #fileOf(row: number): string {
    return this.#texts[this.#rows.get(row, TEXT)]?.options.where.file ?? "";
  }
}

const NOWHERE = { text: -1, from: 0, to: 0 };

/** Reads one list of exits. */
export function parseExitList(text: string, options: ExitLineOptions): { exits: Exit[]; errors: ExitLineError[] } {
  const list = new ExitList();
  list.read(text, options);
  return { exits: list.exits, errors: list.errors };
}

/** `exits.txt:3:7: the port is missing`, or without a position where the whole list is meant. */
export function formatLineError({ file, line, column, reason }: ExitLineError): string {
  return line === 0 ? `${file}: ${reason}` : `${file}:${line}:${column}: ${reason}`;
}

function place({ file, line }: Where): string {
  return line === 0 ? file : `${file}:${line}`;
}
