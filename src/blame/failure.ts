import type { Culprit, Fault } from "../core/fault.ts";
import type { HopRole } from "../core/route.ts";

/** Why an attempt failed, as its own ledger shows it. */
export interface Failure {
  readonly fault: Fault;
  readonly culprit: Culprit;
  /** Of the hop that showed the fault. */
  readonly role: HopRole;
  /** The target did well at that moment for those whom this exit did not lead, so that what either may have done is the exit's. */
  readonly isTargetUp?: boolean;
}
