import type { Failure } from "../blame/failure.ts";
import { isWronglyConfigured } from "../blame/fault-sides.ts";
import type { Fault } from "../core/fault.ts";
import { confidenceOf, stageOf } from "../core/fault-table.ts";
import type { HopRole } from "../core/route.ts";

/**
 * What a failed attempt means for its exit.
 * - `bench`: leave it out for a while;
 * - `suspect`: prefer others, nothing is proved;
 * - `nothing`: the failure is not the exit's.
 */
export type Consequence = "bench" | "suspect" | "nothing";

/**
 * Only what is the exit's own benches it: its faults, and our own wrong idea of it (login, scheme, spent plan), which no next request
 * will find otherwise. A target's failure never does, nor a fault that is as likely another's (SOCKS reply 1).
 */
export function consequenceOf({ fault, culprit, role }: Failure, isRotating: boolean): Consequence {
  if (culprit === "gateway") return isWronglyConfigured(fault.id, role) ? "bench" : "nothing";
  if (culprit !== "exit") return mayBeExits(fault, role) ? "suspect" : "nothing";
  if (confidenceOf(fault) <= EVEN) return "suspect";
  return isRotating && isOneOfMany(fault) ? "suspect" : "bench";
}

const EVEN = 0.5;
/** Up to here, what came out of a tunnel is in doubt: the exit may have closed it, or filled it. */
const DOUBT = 0.6;

/** Silence, an end or garbage out of a tunnel: the target's for the verdict, but it may be the exit's, so others are preferred. */
function mayBeExits(fault: Fault, role: HopRole): boolean {
  return role === "target" && /^(?:tls|head)\./.test(fault.id) && confidenceOf(fault) <= DOUBT;
}

/** A vendor's line stands for many exits: what one of them does tells nothing about the next; the vendor's own door does. */
function isOneOfMany(fault: Fault): boolean {
  const stage = stageOf(fault);
  return stage !== "dns" && stage !== "connect" && stage !== "tls" && fault.id !== "handshake.rate_limited";
}
