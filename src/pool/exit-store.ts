import { IntColumn } from "../core/number-column.ts";
import { beginHistory, beginOutlook, HISTORY_NUMBERS } from "./health-numbers.ts";
import type { Hold } from "./hold.ts";

/**
 * Numbers of each row, by their place among them. What they mean is for those who write them to say. What a choice looks at is together, for
 * in a pool of a million it costs little but the time of the memory that it touches.
 */
export const FLAGS = 0;
export const KIND = 1;
export const RECORD = 2;
export const IN_FLIGHT = 3;
export const ENTRY = 4;
export const KEY = 5;
export const FIRST_SLOT = 6;
export const POSITION = 7;
const NUMBERS = 8;
/** A row in numbers of 32 bits: these, and behind them the outlook of its exit in numbers of 64 (see `health-numbers.ts`). */
const ROW_NUMBERS = 16;

/** Numbers of an exit that was used: what health remembers of it, and behind that these. */
export const TUNNELS: number = HISTORY_NUMBERS;
export const LAST_LEASE: number = HISTORY_NUMBERS + 1;
export const QUEUED_AT: number = HISTORY_NUMBERS + 2;
const RECORD_NUMBERS: number = HISTORY_NUMBERS + 3;

/** Rows and records of a page. A page stays where it is: whoever looks at one of its rows may hold it. */
const PAGE_BITS = 10;
const PAGE_MASK: number = (1 << PAGE_BITS) - 1;

/** Flags. The zone takes the lowest two bits, the state that was last reported the next three. */
export const ZONE_MASK = 0b11;
export const REPORTED_SHIFT = 2;
export const REPORTED_MASK: number = 0b111 << REPORTED_SHIFT;
/** An operator holds it out. */
export const HELD: number = 1 << 5;
/** Benched or on probation, or an operator holds it out. */
export const UNSOUND: number = 1 << 6;
/** It is out of the pool, and something is still under way over it. */
export const GONE: number = 1 << 7;
/** Its id is another than its key says. */
export const NAMED: number = 1 << 8;
/** Its exit is an object of its own. */
export const OWN: number = 1 << 9;
/** Which of two lists it was last seen in. */
export const LIST: number = 1 << 10;

/** No row, no record, no kind. */
export const NONE = -1;

/** Rows that are together. */
export class RowPage {
  readonly numbers: Int32Array;
  readonly outlooks: Float64Array;

  constructor() {
    this.numbers = new Int32Array(ROW_NUMBERS << PAGE_BITS);
    this.outlooks = new Float64Array(this.numbers.buffer);
  }
}

/**
 * What the pool keeps of each exit: a row of numbers, and a record of more of them once it was used. A row stays with its exit as long as that
 * is in the pool, or anything is under way over it. There may be a million, so none is an object but for as long as somebody looks at it.
 */
export class ExitStore {
  /** Rows below this are in use, or were. */
  end = 0;
  /** What operators said of rows. */
  readonly holds: Map<number, Hold> = new Map();
  /** The kinds of all rows once more, close together, for who looks at every one. */
  readonly #kinds = new IntColumn();
  readonly #rows: RowPage[] = [];
  readonly #records: Float64Array[] = [];
  #recordsEnd = 0;
  /** The first of the rows, and of the records, that are free: each tells the next one. */
  #freeRow = NONE;
  #freeRecord = NONE;

  /** A row for another exit. */
  take(): number {
    const row = this.#freeRow < 0 ? this.end++ : this.#freeRow;
    if (row === this.#freeRow) this.#freeRow = this.get(row, ENTRY);
    if (row >> PAGE_BITS === this.#rows.length) this.#rows.push(new RowPage());
    this.#kinds.reserve(row + 1);
    this.setKind(row, NONE);
    this.set(row, RECORD, NONE);
    this.set(row, FLAGS, 0);
    this.set(row, IN_FLIGHT, 0);
    beginOutlook(this.rowPage(row).outlooks, outlookStart(row));
    return row;
  }

  /** Nothing is to be known of a row any more. */
  free(row: number): void {
    const record = this.recordOf(row);
    if (record >= 0) {
      this.recordPage(record)[recordStart(record)] = this.#freeRecord;
      this.#freeRecord = record;
    }
    this.holds.delete(row);
    this.setKind(row, NONE);
    this.set(row, ENTRY, this.#freeRow);
    this.#freeRow = row;
  }

  /** The page of a row, whose numbers begin at `rowStart`, its outlook at `outlookStart`. */
  rowPage(row: number): RowPage {
    return this.#rows[row >> PAGE_BITS] as RowPage;
  }

  /** The page with the numbers of a record, which begin at `recordStart`. */
  recordPage(record: number): Float64Array {
    return this.#records[record >> PAGE_BITS] as Float64Array;
  }

  get(row: number, name: number): number {
    return this.rowPage(row).numbers[rowStart(row) + name] as number;
  }

  set(row: number, name: number, value: number): void {
    this.rowPage(row).numbers[rowStart(row) + name] = value;
  }

  /** The number of its kind; `NONE`: it is in no list. */
  kindOf(row: number): number {
    return this.get(row, KIND);
  }

  /** The same, for who goes through the rows. */
  kindInTurn(row: number): number {
    return this.#kinds.get(row);
  }

  setKind(row: number, kind: number): void {
    this.#kinds.set(row, kind);
    this.set(row, KIND, kind);
  }

  has(row: number, flag: number): boolean {
    return (this.get(row, FLAGS) & flag) !== 0;
  }

  mark(row: number, flag: number, isOn: boolean): void {
    const flags = this.get(row, FLAGS);
    this.set(row, FLAGS, isOn ? flags | flag : flags & ~flag);
  }

  /** Its record; `NONE`: it was never used. */
  recordOf(row: number): number {
    return this.get(row, RECORD);
  }

  /** The same; makes one where there is none. */
  openRecord(row: number): number {
    const known = this.recordOf(row);
    if (known >= 0) return known;
    const record = this.#freeRecord < 0 ? this.#recordsEnd++ : this.#freeRecord;
    if (record >> PAGE_BITS === this.#records.length) this.#records.push(new Float64Array(RECORD_NUMBERS << PAGE_BITS));
    const page = this.recordPage(record);
    const at = recordStart(record);
    if (record === this.#freeRecord) this.#freeRecord = page[at] as number;
    beginHistory(page, at);
    page[at + TUNNELS] = 0;
    page[at + LAST_LEASE] = 0;
    page[at + QUEUED_AT] = NONE;
    this.set(row, RECORD, record);
    return record;
  }
}

export function rowStart(row: number): number {
  return (row & PAGE_MASK) * ROW_NUMBERS;
}

export function outlookStart(row: number): number {
  return (rowStart(row) + NUMBERS) / 2;
}

export function recordStart(record: number): number {
  return (record & PAGE_MASK) * RECORD_NUMBERS;
}
