import { isOfTargetSide } from "../core/fault.ts";
import { confidenceOf, culpritOf } from "../core/fault-table.ts";
import type { AttributedFault } from "../core/ledger.ts";

/**
 * Which of an exchange's faults the client is told, in the order they happened: a real answer before all, then what is proved about the
 * target, then the last thing that happened; "no exit left" or our own limits only where nothing else did. Null where there was none.
 *
 * A `relay.*` fault stands for its answer: leave it out where that answer can no longer be passed on.
 */
export function bestStory(faults: readonly AttributedFault[]): AttributedFault | null {
  let best: AttributedFault | null = null;
  for (const candidate of faults) {
    if (best === null || rank(candidate) >= rank(best)) best = candidate;
  }
  return best;
}

function rank({ fault, role }: AttributedFault): number {
  const { id } = fault;
  if (id === "gateway.no_exit") return 0;
  if (id === "gateway.overloaded" || id === "gateway.upstream_limit") return 1;
  const culprit = culpritOf(fault, role);
  if (culprit === "client" || id === "gateway.internal_error") return 5;
  const isBehindExits = isOfTargetSide(culprit) || culprit === "dns";
  if (id.startsWith("relay.") && isBehindExits) return 4;
  // What only may be the target's (a tunnel that fell silent) tells no more than an exit that refused.
  return isBehindExits && confidenceOf(fault) >= PROVED ? 3 : 2;
}

const PROVED = 0.7;
