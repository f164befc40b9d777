import type { AttemptRecord, AttributedFault } from "../core/ledger.ts";
import { noteFault } from "./attempt-record.ts";
import type { Opened } from "./run-tunnel.ts";

/** A tunnel that lost the flight: its exit may have, or the target. */
export interface Suspect {
  readonly opened: Opened;
  readonly attributed: AttributedFault;
}

/** The same flight was answered through another exit: those that lost it are to blame, not the target. */
export function convict(suspects: readonly Suspect[]): void {
  for (const { opened, attributed } of suspects) {
    const convicted: AttributedFault = { ...attributed, fault: { ...attributed.fault, culprit: "exit", confidence: CONVICTED } };
    opened.settle(convicted);
    noteConviction(opened.answer.record, convicted);
  }
}

const CONVICTED = 0.9;

function noteConviction(record: AttemptRecord, convicted: AttributedFault): void {
  noteFault(record, convicted);
  record.details = `${record.details ?? ""}; the same ClientHello was answered through another exit`;
}

/** Nothing proves more against them than what each showed by itself. */
export function release(suspects: readonly Suspect[]): ReadonlyMap<AttributedFault, AttributedFault | null> {
  return new Map(suspects.map(({ opened, attributed }) => [attributed, opened.settle(attributed)]));
}
