import type { Culprit, FaultId } from "../core/fault.ts";
import { FAULTS } from "../core/fault-table.ts";

/** What a failure of a target speaks of: the whole of it, or what lies under one path. */
export type CircuitScope = "target" | "path";

/**
 * Whether a failure that is the target's says that it is down, and how far. Null: the target is there, and does not like this request.
 * What broke before the request was read is everybody's; what came in its place may be one application's behind a common edge.
 *
 * @param status of the answer; null without one.
 */
export function circuitScopeOf(id: FaultId, culprit: Culprit, status: number | null): CircuitScope | null {
  if (id === "relay.exit_5xx") return culprit === "exit" ? null : "target";
  if (id.startsWith("relay.")) return status !== null && saysDown(status) ? "path" : null;
  const { stage, inDoubt } = FAULTS[id];
  if (stage === "dns" || stage === "connect" || stage === "handshake") return "target";
  // Of the rest, what is certain will not go away by waiting: a wrong certificate, a malformed field.
  if (inDoubt !== "always") return null;
  if (stage === "tls") return "target";
  return stage === "write" || stage === "head" ? "path" : null;
}

/** A gateway's words on what is behind it, RFC 9110 15.6, and the 52x of edges that count on in that manner. A 500 is one request's. */
function saysDown(status: number): boolean {
  return (status >= 502 && status <= 504) || (status >= 520 && status <= 530);
}

/** The first segment of a path with its slash: `/api` of `/api/items?page=2`. */
export function firstSegment(path: string): string {
  const end = path.slice(1).search(/[/?#]/);
  return end === -1 ? path : path.slice(0, end + 1);
}
