import { type Culprit, type FaultId, isOfTargetSide } from "../core/fault.ts";
import { confidenceOf, FAULTS } from "../core/fault-table.ts";
import type { HopRole } from "../core/route.ts";
import type { Failure } from "./failure.ts";

/** Who a failure may be blamed on. `pair`: this exit and this target do not go together. `other`: neither of them (our own side, the client, DNS). */
export type Side = "exit" | "target" | "pair" | "other";

/** What a fault says by itself, before anything is known of its exit and its target. */
export interface FaultSides {
  /** It needs no other witness, and none overrules it. */
  readonly proved: Side | null;
  /** How confident the fault itself is of its culprit. */
  readonly confidence: number;
  /** How likely each is to have made this fault, before anything else is known; in proportion to each other. */
  readonly exit: number;
  readonly target: number;
  readonly pair: number;
}

/** From here on a fault that is not in doubt by its nature counts at once. */
export const PROVED = 0.75;

const REFUSES_EXIT: ReadonlySet<FaultId> = new Set<FaultId>(["relay.blocked", "relay.rate_limited"]);

/** Our own wrong idea of an exit (login, scheme, spent plan): the gateway's to mend, but only through that exit it fails. */
const CONFIGURATION: ReadonlySet<FaultId> = new Set<FaultId>([
  "handshake.auth_required",
  "handshake.auth_failed",
  "handshake.not_a_proxy",
  "handshake.quota_exceeded",
  "handshake.exit_unavailable",
  "relay.exit_5xx",
]);

/** The same faults where the exit list is wrong, or where the client asked the target for what it does not speak. */
const CONFIGURATION_OF_EXIT: ReadonlySet<FaultId> = new Set<FaultId>([
  "tls.protocol_mismatch",
  "tls.client_cert_required",
  "head.not_http",
]);

/** Our own wrong idea of the exit is what failed. */
function isWronglyConfigured(id: FaultId, role: HopRole): boolean {
  return CONFIGURATION.has(id) || (role === "exit" && CONFIGURATION_OF_EXIT.has(id));
}

/** How a failure's fault alone spreads the blame. On a direct way there is no exit to blame. */
export function sidesOf(failure: Failure, isDirect: boolean): FaultSides {
  const { fault, culprit, role, isTargetUp = false } = failure;
  const confidence = confidenceOf(fault);
  const owner = ownerOf(culprit, role);
  // An answer that a rule knows: both ends did their part. Refused is this exit, not whoever asks.
  if (REFUSES_EXIT.has(fault.id)) return settled(isDirect ? "other" : "pair", confidence);
  if (fault.id === "relay.ruled") return settled("other", confidence);
  if (isDirect) return settled(owner === "target" ? "target" : "other", confidence);
  if (culprit === "gateway") return settled(isWronglyConfigured(fault.id, role) ? "exit" : "other", confidence);
  if (owner === "other") return settled("other", confidence);
  if (fault.id === "handshake.policy_denied") return { proved: null, confidence, ...DENIED };
  if (isTargetUp && owner === "exit") return settled("exit", confidence);
  if (confidence >= PROVED && FAULTS[fault.id].inDoubt !== "always") return settled(owner, confidence);
  const target = owner === "target" ? confidence : 1 - confidence;
  return { proved: null, confidence, exit: 1 - target, target, pair: target * (REFUSALS.has(fault.id) ? AS_REFUSAL : AS_OTHER) };
}

/** Its fault proves nothing by itself: other attempts may come to speak for another culprit. */
export function isInDoubt(failure: Failure, isDirect: boolean): boolean {
  return sidesOf(failure, isDirect).proved === null;
}

/** A target that refuses an exit looks through it as one that is down would, if that is how one refuses; but it is so much rarer. */
const AS_REFUSAL = 0.25;
const AS_OTHER = 0.01;

/** How sites and exits turn away whom they do not want. */
const REFUSALS: ReadonlySet<FaultId> = new Set<FaultId>([
  "handshake.closed",
  "handshake.reset",
  "handshake.connect_rejected",
  "handshake.target_refused",
  "tls.closed_in_handshake",
  "tls.alert",
  "head.closed_empty",
  "head.reset",
]);

/** An exit's rules that forbid a target: they may forbid all of them, but mostly they do not. */
const DENIED = { exit: 0.3, target: 0, pair: 0.7 } as const;

function settled(side: Side, confidence: number): FaultSides {
  return {
    proved: side,
    confidence,
    exit: side === "exit" ? 1 : 0,
    target: side === "target" ? 1 : 0,
    pair: side === "pair" ? 1 : 0,
  };
}

function ownerOf(culprit: Culprit, role: HopRole): "exit" | "target" | "other" {
  if (culprit === "exit") return "exit";
  if (isOfTargetSide(culprit)) return "target";
  // A name or a network on the way to the target is the target's; on the way to an exit it is nobody's of the two.
  return (culprit === "dns" || culprit === "network") && role === "target" ? "target" : "other";
}
