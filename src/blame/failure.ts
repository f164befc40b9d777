import type { Culprit, Fault } from "../core/fault.ts";
import type { HopRole } from "../core/route.ts";

/** Why an attempt failed, as its own ledger shows it. */
export interface Failure {
  readonly fault: Fault;
  readonly culprit: Culprit;
  /** Of the hop that showed the fault. */
  readonly role: HopRole;
}
