import type { ExchangeRecord, Outcome, Revision } from "../core/ledger.ts";

/** Which exchanges are asked for; null means any. */
export interface ExchangeFilter {
  readonly outcome: Outcome | null;
  /** A fault id (`connect.refused`) or a family (`connect`); of the verdict or of any attempt. */
  readonly fault: string | null;
  /** An exit that any attempt went through. */
  readonly exit: string | null;
}

/** The latest exchanges, for the admin API. Adding one is a single store, since it happens for every exchange; finding one is a scan. */
export class ExchangeRing {
  readonly #capacity: number;
  readonly #slots: ExchangeRecord[] = [];
  #next = 0;

  constructor(capacity = 1000) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError(`a ring holds at least one exchange, not ${capacity}`);
    this.#capacity = capacity;
  }

  add(record: ExchangeRecord): void {
    this.#slots[this.#next] = record;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  get(id: string): ExchangeRecord | null {
    return this.#slots.find((record) => record.id === id) ?? null;
  }

  /** Adds to the record what was learned later; does nothing where it is no longer there. */
  revise(id: string, { attempt, from, to, reason }: Revision): void {
    const record = this.get(id);
    if (record !== null) record.revised = [...(record.revised ?? []), { attempt, from, to, reason }];
  }

  /** At most `limit` exchanges that the filter lets through, the latest first. */
  recent(limit: number, filter: ExchangeFilter): ExchangeRecord[] {
    const found: ExchangeRecord[] = [];
    for (let age = 1; age <= this.#slots.length && found.length < limit; age++) {
      const record = this.#slots[(this.#next - age + this.#slots.length) % this.#slots.length] as ExchangeRecord;
      if (passes(record, filter)) found.push(record);
    }
    return found;
  }
}

function passes(record: ExchangeRecord, { outcome, fault, exit }: ExchangeFilter): boolean {
  if (outcome !== null && record.outcome !== outcome) return false;
  if (exit !== null && !record.attempts.some((attempt) => attempt.exit === exit)) return false;
  if (fault === null) return true;
  return isOf(record.verdict?.fault, fault) || record.attempts.some((attempt) => isOf(attempt.fault, fault));
}

function isOf(id: string | null | undefined, wanted: string): boolean {
  return typeof id === "string" && (id === wanted || id.startsWith(`${wanted}.`));
}
