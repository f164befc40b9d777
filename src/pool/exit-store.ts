import { IntColumn } from "../core/number-column.ts";
import { beginHistory, beginOutlook, HISTORY_NUMBERS, OUTLOOK_NUMBERS } from "./health-numbers.ts";
import type { Hold } from "./hold.ts";
import type { Zone } from "./zone.ts";

/**
 * Numbers of 32 bits of each row, by their place among them. What they mean is for those who write them to say. In a pool of a million a choice
 * costs little but the time of the memory that it touches. So what it touches stands in the first 48 bytes of a row of 64: large pages begin
 * 16 bytes behind a line of the processor's cache, where that is one line.
 */
export const FLAGS = 0;
export const IN_FLIGHT = 1;
export const ENTRY = 2;
export const RECORD = 3;
/** Here stand numbers of 64 bits: the exit's outlook (see `health-numbers.ts`), and behind it `LAST_LEASE`. */
const OUTLOOK = 4;
export const KEY = 12;
export const FIRST_SLOT = 13;
export const POSITION = 14;
const ROW_NUMBERS = 16;

/** The count of leases when the exit was last taken, by its place in the outlook. */
export const LAST_LEASE: number = OUTLOOK_NUMBERS;

/** Numbers of an exit that was used: what health remembers of it, and behind that these. */
export const TUNNELS: number = HISTORY_NUMBERS;
const QUEUED_AT: number = HISTORY_NUMBERS + 1;
const RECORD_NUMBERS: number = HISTORY_NUMBERS + 2;

/**
 * Rows and records of a page. A page stays where it is: whoever looks at one of its rows may hold it. The few pages of a large pool are found
 * in the processor's cache; what a small pool leaves of its only one is memory that the system does not give before it is touched.
 */
const PAGE_BITS = 13;
const PAGE_MASK: number = (1 << PAGE_BITS) - 1;

/** Flags. The zone takes the lowest two bits, the state that was last reported the next three. */
const ZONE_BITS = 2;
const ZONE_MASK: number = (1 << ZONE_BITS) - 1;
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
  /** The kind of each row, and in the lowest bits its zone once more: close together, for who goes through many. `NONE`: it is in no list. */
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
    this.leaveLists(row);
    this.set(row, RECORD, NONE);
    this.set(row, FLAGS, 0);
    this.set(row, IN_FLIGHT, 0);
    const { outlooks } = this.rowPage(row);
    beginOutlook(outlooks, outlookStart(row));
    outlooks[outlookStart(row) + LAST_LEASE] = 0;
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
    this.leaveLists(row);
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
    return this.#kinds.get(row) >> ZONE_BITS;
  }

  /** Not to be asked of one that is in no list. */
  zoneOf(row: number): Zone {
    return (this.get(row, FLAGS) & ZONE_MASK) as Zone;
  }

  /** The same, for who goes through the rows. */
  zoneInTurn(row: number): Zone {
    return (this.#kinds.get(row) & ZONE_MASK) as Zone;
  }

  enterLists(row: number, kind: number, zone: Zone): void {
    this.#kinds.set(row, (kind << ZONE_BITS) | zone);
    this.set(row, FLAGS, (this.get(row, FLAGS) & ~ZONE_MASK) | zone);
  }

  leaveLists(row: number): void {
    this.#kinds.set(row, NONE);
  }

  has(row: number, flag: number): boolean {
    return (this.get(row, FLAGS) & flag) !== 0;
  }

  mark(row: number, flag: number, isOn: boolean): void {
    const flags = this.get(row, FLAGS);
    this.set(row, FLAGS, isOn ? flags | flag : flags & ~flag);
  }

  /** It was taken once, or something was learned of it. */
  wasUsed(row: number): boolean {
    return this.recordOf(row) >= 0 || (this.rowPage(row).outlooks[outlookStart(row) + LAST_LEASE] as number) > 0;
  }

  /** Its record; `NONE`: nothing was learned of it. */
  recordOf(row: number): number {
    return this.get(row, RECORD);
  }

  /** Its place in the queue of bench ends; `NONE`: it has none. */
  queuedAt(row: number): number {
    const record = this.recordOf(row);
    return record < 0 ? NONE : (this.recordPage(record)[recordStart(record) + QUEUED_AT] as number);
  }

  setQueuedAt(row: number, place: number): void {
    const record = this.openRecord(row);
    this.recordPage(record)[recordStart(record) + QUEUED_AT] = place;
  }

  /** Its record. Makes one where there is none. */
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
    page[at + QUEUED_AT] = NONE;
    this.set(row, RECORD, record);
    return record;
  }
}

export function rowStart(row: number): number {
  return (row & PAGE_MASK) * ROW_NUMBERS;
}

export function outlookStart(row: number): number {
  return (rowStart(row) + OUTLOOK) >> 1;
}

export function recordStart(record: number): number {
  return (record & PAGE_MASK) * RECORD_NUMBERS;
}
