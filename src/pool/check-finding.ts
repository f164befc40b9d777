import type { FaultId } from "../core/fault.ts";
import type { LeaseOutcome } from "./lease.ts";

/** What a check showed of an exit. `works` says nothing of its honesty. */
export type CheckFinding = "nothing" | "failed" | "lies" | "works" | "honest";

/** @param closely its honesty was looked at too. */
export function findingOf(outcome: LeaseOutcome, closely: boolean): CheckFinding {
  if (outcome.kind === "unjudged") return "nothing";
  if (outcome.kind === "answered") return closely ? "honest" : "works";
  return isLie(outcome.fault.id) ? "lies" : "failed";
}

export function isLie(fault: FaultId): boolean {
  return fault.startsWith("honesty.");
}
