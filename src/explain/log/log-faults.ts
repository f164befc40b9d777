import type { Culprit, Stage } from "../../core/fault.ts";
import { FAULTS } from "../../core/fault-table.ts";
import { LOG_FAULTS, type LogFaultId } from "../../core/faults/log-only.ts";
import type { AnyFaultId } from "./log-event.ts";

/** What either table says of a fault, seen from the gateway that wrote the log. */
export interface FaultWords {
  readonly culprit: Culprit;
  readonly stage: Stage;
  readonly summary: string;
  readonly fix: string;
}

export function wordsOfFault(id: AnyFaultId): FaultWords {
  if (isLogFault(id)) return { ...LOG_FAULTS[id], fix: LOG_FAULTS[id].fix.operator };
  const { culprit, stage, summary, fix } = FAULTS[id];
  return {
    culprit: culprit.backend,
    stage,
    summary: summary.replaceAll(/\bhop\b/g, "backend"),
    fix: fix.operator.replaceAll(/\bhop\b/g, "backend"),
  };
}

function isLogFault(id: AnyFaultId): id is LogFaultId {
  return Object.hasOwn(LOG_FAULTS, id);
}

/** What a gateway says after its backend failed: the cause is another line. */
export function isConsequence(id: AnyFaultId): boolean {
  return CONSEQUENCES.has(id) || id.startsWith("answer.") || id.startsWith("relay.");
}

const CONSEQUENCES: ReadonlySet<AnyFaultId> = new Set<AnyFaultId>([
  "gateway.no_healthy_backend",
  "gateway.backend_ejected",
  "gateway.queue_timeout",
  "gateway.retries_exhausted",
]);
