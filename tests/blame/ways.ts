import type { Way } from "../../src/blame/evidence.ts";
import type { Failure } from "../../src/blame/failure.ts";
import { type Culprit, type FaultId, fault } from "../../src/core/fault.ts";
import { culpritOf } from "../../src/core/fault-table.ts";
import type { HopRole } from "../../src/core/route.ts";

/** From an exit, or from this machine itself, to a site. */
export function way(exit: number | null, target: number, kin = `net ${exit}`): Way {
  return { exit: exit === null ? null : `exit-${exit}`, kin: exit === null ? "direct" : kin, target: `site-${target}.example:443` };
}

/** A fault as attempts report it, with the culprit of its table where no other is named. */
export function failure(id: FaultId, role: HopRole, more: { confidence?: number; culprit?: Culprit } = {}): Failure {
  const value = fault(id, "as seen", more);
  return { fault: value, culprit: culpritOf(value, role), role };
}

/** A tunnel that closed before its first byte. */
export const LOST: Failure = failure("tls.closed_in_handshake", "target", { confidence: 0.45 });
/** CONNECT answered 502 without a fingerprint. */
export const REJECTED: Failure = failure("handshake.connect_rejected", "exit", { confidence: 0.6 });
