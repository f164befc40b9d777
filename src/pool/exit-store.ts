import { IntColumn } from "../core/number-column.ts";
import { Health } from "./health.ts";
import { HEALTH_NUMBERS } from "./health-numbers.ts";
import type { Hold } from "./pool-exit.ts";

/** Numbers of each row, by their place among them. What they mean is for those who write them to say. */
export const ENTRY = 0;
export const KEY = 1;
export const FIRST_SLOT = 2;
export const RECORD = 3;
export const FLAGS = 4;
export const POSITION = 5;
const NUMBERS = 6;

/** Numbers of an exit that was used: its health, and behind that these. */
export const IN_FLIGHT: number = HEALTH_NUMBERS;
export const TUNNELS: number = HEALTH_NUMBERS + 1;
export const LAST_LEASE: number = HEALTH_NUMBERS + 2;
export const QUEUED_AT: number = HEALTH_NUMBERS + 3;
const RECORD_NUMBERS: number = HEALTH_NUMBERS + 4;

/** Rows and records of a page. A page stays where it is: whoever looks at one of its rows may hold it. */
const PAGE_BITS = 8;
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

/**
 * What the pool keeps of each exit: a row of numbers, and a record of more of them once it was used. A row stays with its exit as long as that
 * is in the pool, or anything is under way over it. There may be a million, so none is an object but for as long as somebody looks at it.
 */
export class ExitStore {
  /** Rows below this are in use, or were. */
  end = 0;
  /** What operators said of rows. */
  readonly holds: Map<number, Hold> = new Map();
  readonly #kinds = new IntColumn();
  readonly #rows: Int32Array[] = [];
  readonly #records: Float64Array[] = [];
  #recordsEnd = 0;
  /** The first of the rows, and of the records, that are free: each tells the next one. */
  #freeRow = NONE;
  #freeRecord = NONE;

  /** A row for another exit. */
  take(): number {
    const row = this.#freeRow < 0 ? this.end++ : this.#freeRow;
    if (row === this.#freeRow) this.#freeRow = this.get(row, ENTRY);
    this.#kinds.reserve(row + 1);
    if (row >> PAGE_BITS === this.#rows.length) this.#rows.push(new Int32Array(NUMBERS << PAGE_BITS));
    this.set(row, RECORD, NONE);
    this.set(row, FLAGS, 0);
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
    this.#kinds.set(row, NONE);
    this.set(row, ENTRY, this.#freeRow);
    this.#freeRow = row;
  }

  /** The page with the numbers of a row, which begin at `rowStart`. */
  rowPage(row: number): Int32Array {
    return this.#rows[row >> PAGE_BITS] as Int32Array;
  }

  /** The page with the numbers of a record, which begin at `recordStart`. */
  recordPage(record: number): Float64Array {
    return this.#records[record >> PAGE_BITS] as Float64Array;
  }

  get(row: number, name: number): number {
    return this.rowPage(row)[rowStart(row) + name] as number;
  }

  set(row: number, name: number, value: number): void {
    this.rowPage(row)[rowStart(row) + name] = value;
  }

  /** The number of its kind; `NONE`: it is in no list. */
  kindOf(row: number): number {
    return this.#kinds.get(row);
  }

  setKind(row: number, kind: number): void {
    this.#kinds.set(row, kind);
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
    Health.begin(page, at);
    page[at + IN_FLIGHT] = 0;
    page[at + TUNNELS] = 0;
    page[at + LAST_LEASE] = 0;
    page[at + QUEUED_AT] = NONE;
    this.set(row, RECORD, record);
    return record;
  }
}

export function rowStart(row: number): number {
  return (row & PAGE_MASK) * NUMBERS;
}

export function recordStart(record: number): number {
  return (record & PAGE_MASK) * RECORD_NUMBERS;
}
