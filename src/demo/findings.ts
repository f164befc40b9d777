import { type Culprit, type FaultId, isOfTargetSide } from "../core/fault.ts";
import type { ExchangeRecord } from "../core/ledger.ts";

/** Somebody who broke, over a whole workload. */
export interface Finding {
  /** An exit's id, or the host of a target. */
  readonly who: string;
  readonly culprit: Culprit;
  readonly faults: readonly FaultId[];
  /** Attempts that failed there. */
  readonly attempts: number;
  /** Those of exchanges that got their answer all the same. */
  readonly rescued: number;
}

/** Who broke, how often, and how much of it was rescued: most attempts first. */
export function findBroken(records: readonly ExchangeRecord[]): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const record of records) {
    for (const { exit, fault, culprit } of record.attempts) {
      if (fault === null || culprit === null) continue;
      const who = isOfTargetSide(culprit) || exit === null ? hostOf(record.target) : exit;
      const { faults = [], attempts = 0, rescued = 0 } = found.get(who) ?? {};
      found.set(who, {
        who,
        culprit,
        faults: faults.includes(fault) ? faults : [...faults, fault],
        attempts: attempts + 1,
        rescued: rescued + (record.outcome === "rescued" ? 1 : 0),
      });
    }
  }
  return [...found.values()].sort((a, b) => b.attempts - a.attempts || a.who.localeCompare(b.who));
}

export function countRescued(records: readonly ExchangeRecord[]): number {
  return records.filter(({ outcome }) => outcome === "rescued").length;
}

/** Of a URL or `host:port`. */
function hostOf(target: string): string {
  return target.replace(/^[a-z]+:\/\//, "").replace(/[:/].*$/s, "");
}
