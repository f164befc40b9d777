import type { Culprit, Stage } from "../../core/fault.ts";
import { FAULTS } from "../../core/fault-table.ts";
import { LOG_FAULTS, type LogFaultId } from "../../core/faults/log-only.ts";
import type { AnyFaultId, LogProgram } from "./log-event.ts";
import { OTHERS_FIXES } from "./others-fixes.ts";

/** What either table says of a fault, seen from the gateway that wrote the log. */
export interface FaultWords {
  readonly culprit: Culprit;
  readonly stage: Stage;
  readonly summary: string;
  readonly fix: string;
}

/** @param program whose log it is @param named who broke, where the log's own lines say it */
export function wordsOfFault(id: AnyFaultId, program: LogProgram, named: Culprit | null): FaultWords {
  if (isLogFault(id)) return { ...LOG_FAULTS[id], culprit: named ?? LOG_FAULTS[id].culprit, fix: LOG_FAULTS[id].fix.operator };
  const { culprit, stage, summary, fix } = FAULTS[id];
  return {
    culprit: named ?? culprit.backend,
    stage,
    summary: nameHops(summary, named),
    fix: (program === "goodgateway" ? undefined : OTHERS_FIXES[id]) ?? nameHops(fix.operator, named),
  };
}

/** Where nobody is named, whatever is behind the gateway is its backend. */
function nameHops(words: string, named: Culprit | null): string {
  if (named === "exit") return words.replaceAll(/\bA hop\b/g, "An exit").replaceAll(/\bhop\b/g, "exit");
  return words.replaceAll(/\bhop\b/g, named === null ? "backend" : "target");
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
