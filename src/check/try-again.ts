import { mannerOf } from "../blame/manners.ts";
import type { FaultId } from "../core/fault.ts";
import type { Candidate } from "./candidates.ts";
import type { CheckResult } from "./check-result.ts";
import { NO_TIME } from "./findings.ts";

/** A proxy to be checked, and what this machine has spoilt so far. */
export interface Try {
  readonly candidate: Candidate;
  /** How often this machine lacked something for it. */
  readonly lacks: number;
  /** How often this process was too late to hear an answer. */
  readonly lates: number;
}

export interface CheckTimes {
  readonly tookMs: number;
  /** For how long of that this process was late. */
  readonly lateMs: number;
}

/** The next try of a proxy whose check failed by this machine's doing; null: the result stands. */
export function tryAgain({ candidate, lacks, lates }: Try, result: CheckResult, times: CheckTimes): Try | null {
  if (isLack(result)) return lacks < LACK_TRIES_MAX ? { candidate, lates, lacks: lacks + 1 } : null;
  return lates < LATE_TRIES_MAX && mayHaveAnswered(result, times) ? { candidate, lacks, lates: lates + 1 } : null;
}

/** The system had no socket or port left. */
export function isLack({ fault }: CheckResult): boolean {
  return fault !== null && LACKS.includes(fault.id);
}

const LACKS: readonly FaultId[] = ["gateway.fd_exhausted", "gateway.source_port_exhausted"];
const LACK_TRIES_MAX = 20;
/** What is silent then too, when fewer run at once, is taken for silent. */
const LATE_TRIES_MAX = 2;
/** Of the time of a check: when this process was late for longer, the silence that it met may have been its own. */
const LATE_SHARE_MAX = 1 / 3;

/** It looks dead, or some of it is unknown, for want of an answer that may have come when nobody here was there to hear it. */
function mayHaveAnswered({ fault, tried, state, can }: CheckResult, { tookMs, lateMs }: CheckTimes): boolean {
  if (lateMs <= LATE_SHARE_MAX * tookMs) return false;
  if (state !== "dead") return Object.values(can).includes(NO_TIME);
  return isSilence(fault) || tried.some((one) => isSilence(one.fault));
}

function isSilence(fault: CheckResult["fault"]): boolean {
  return fault !== null && mannerOf(fault.id) === "silence";
}
