import type { Culprit, FaultRow, RetryClass } from "../fault.ts";
import type { HopRole } from "../route.ts";

/** The same for every role. */
export function every<T extends Culprit | RetryClass>(value: T): Readonly<Record<HopRole, T>> {
  return { exit: value, backend: value, target: value };
}

/** One value where the hop is an exit, another where it is a backend or the target. */
export function byRole<T extends Culprit | RetryClass>(exit: T, others: T): Readonly<Record<HopRole, T>> {
  return { exit, backend: others, target: others };
}

/** A family of the table: a new id without a row does not compile. */
export type FaultRows<Id extends string> = Readonly<Record<Id, FaultRow>>;
