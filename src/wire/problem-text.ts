import { FAULTS } from "../core/fault-table.ts";
import type { AttemptRecord } from "../core/ledger.ts";
import type { Problem } from "./problem.ts";

/** At most six lines, for somebody who reads them under a `curl` command. */
export function problemText({ status, reason, verdict, attempts, target }: Problem): string {
  const evidence = verdict.evidence.length > 0 ? verdict.evidence.join("; ") : FAULTS[verdict.fault].summary;
  const lines = [
    `${status} ${reason}`,
    `${FAULTS[verdict.fault].summary} Target: ${target}`,
    `Seen:     ${evidence} (culprit ${verdict.culprit}, confidence ${verdict.confidence})`,
    attempts.length > 0 ? `Tried:    ${tellAttempts(attempts)}` : null,
    `Client:   ${verdict.fix.client}`,
    `Operator: ${verdict.fix.operator}`,
  ];
  return lines
    .filter((line) => line !== null)
    .map((line) => `${oneLine(line)}\n`)
    .join("");
}

function tellAttempts(attempts: readonly AttemptRecord[]): string {
  const told = attempts.slice(-ATTEMPTS_TOLD).map((attempt) => {
    const end = attempt.cancelled ? "cancelled" : (attempt.fault ?? (attempt.status === null ? "answered" : `answered ${attempt.status}`));
    return `${attempt.exit ?? "direct"} ${end}`;
  });
  const left = attempts.length - told.length;
  return left > 0 ? `${left} more, then ${told.join(", ")}` : told.join(", ");
}

const ATTEMPTS_TOLD = 5;

function oneLine(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, " ");
}
