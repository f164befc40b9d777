import type { Weighed } from "../blame/evidence.ts";
import type { Failure } from "../blame/failure.ts";
import { type Fault, type FaultId, isOfTargetSide } from "../core/fault.ts";
import { confidenceOf, stageOf } from "../core/fault-table.ts";

/**
 * What a failed attempt means for its exit.
 * - `bench`: leave it out for a while;
 * - `suspect`: prefer others, nothing is proved;
 * - `block`: leave it out for this target;
 * - `nothing`: the failure is not the exit's.
 */
export type Consequence = "bench" | "suspect" | "block" | "nothing";

/** From here on an exit is benched: to bench a good one for a failing target would empty the pool. */
const BENCH_FROM = 0.75;
/** The same where what came looks like the target's own answer: an exit that makes such answers makes them for several targets. */
const BENCH_FOR_ANSWER_FROM = 0.96;
/** From here on exit and target are kept apart, which costs little where it is wrong. */
const BLOCK_FROM = 0.5;
/** Up to here, what came out of a tunnel is in doubt: the exit may have closed it, or filled it. */
const DOUBT = 0.6;

/**
 * Only what is the exit's own benches it: its faults, and our own wrong idea of it (login, scheme, spent plan), which no next request will
 * find otherwise. A target's failure never does, nor one that is as likely another's.
 */
export function consequenceOf(failure: Failure, { side, confidence, evidence }: Weighed, isRotating: boolean): Consequence {
  const { fault, culprit } = failure;
  switch (side) {
    case "other":
      return "nothing";
    case "target":
      return mayBeExits(failure, confidence) ? "suspect" : "nothing";
    case "pair":
      return confidence >= BLOCK_FROM && !(isRotating && isOneOfMany(fault)) ? "block" : "nothing";
    case "exit":
      // Odds alone overrule nobody: the verdict blames another, so nobody is benched for it.
      if (evidence.length === 0 && culprit !== "exit" && culprit !== "gateway") return "suspect";
      if (isRotating && mayBeOfWish(fault)) return "suspect";
      if (culprit !== "gateway" && confidence < (ANSWERS.has(fault.id) ? BENCH_FOR_ANSWER_FROM : BENCH_FROM)) return "suspect";
      return isRotating && culprit === "exit" && isOneOfMany(fault) ? "suspect" : "bench";
  }
}

/** Whether it counts towards the target's circuit: as the verdict has it, which odds alone do not overrule. */
export function isTargets({ culprit, role }: Failure, { side, evidence }: Weighed): boolean {
  return side === "target" || (side === "exit" && evidence.length === 0 && role === "target" && isOfTargetSide(culprit));
}

/** The target answered, if only to say that it is broken: what brought the answer works. */
const ANSWERS: ReadonlySet<FaultId> = new Set<FaultId>(["relay.origin_5xx", "relay.edge_5xx"]);

export function provesExit({ fault }: Failure, { side, confidence }: Weighed): boolean {
  return side === "target" && confidence > DOUBT && ANSWERS.has(fault.id);
}

/** Silence, an end or garbage out of a tunnel: the target's for the verdict, but it may be the exit's, so others are preferred. */
function mayBeExits({ fault, role }: Failure, confidence: number): boolean {
  return role === "target" && /^(?:tls|head)\./.test(fault.id) && confidence <= DOUBT;
}

/** The user name had a client's wishes in it: a country that the vendor does not have must not take its line from everyone else. */
function mayBeOfWish(fault: Fault): boolean {
  return fault.id === "handshake.exit_unavailable" || (fault.id === "handshake.auth_failed" && confidenceOf(fault) <= BAD_PARAMETER);
}

/** So sure are we of a refused parameter; of a refused password we are surer. */
const BAD_PARAMETER = 0.85;

/** A vendor's line stands for many exits: what one of them does tells nothing about the next; the vendor's own door and rules do. */
function isOneOfMany(fault: Fault): boolean {
  if (fault.id === "handshake.rate_limited" || fault.id === "handshake.policy_denied") return false;
  const stage = stageOf(fault);
  return stage !== "dns" && stage !== "connect" && stage !== "tls";
}
