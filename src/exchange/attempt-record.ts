import { formatHostPort } from "../core/address.ts";
import { confidenceOf, culpritOf, stageOf } from "../core/fault-table.ts";
import type { AttemptRecord, AttributedFault } from "../core/ledger.ts";
import type { Exit, Route } from "../core/route.ts";

/** What the ledger says of an attempt before anything of it is done. */
export function newAttemptRecord({ exit, target }: Route): AttemptRecord {
  const end = formatHostPort(target);
  const hops = exit === null ? NO_HOPS : routeText(exit);
  return {
    route: hops.concat(end), // of just the right size, which a spread is not: records are kept
    exit: exit === null ? null : exit.id,
    nextHop: hops[0] ?? end,
    reused: false,
    stage: "select",
    cancelled: false,
    fault: null,
    culprit: null,
    confidence: null,
    details: null,
    hop: 0,
    status: null,
    bytesOut: 0,
    bytesIn: 0,
    firstBytes: null,
    ms: {},
  };
}

/** Writes an attempt's fault into its record. */
export function noteFault(record: AttemptRecord, { fault: value, role, hop }: AttributedFault): void {
  record.fault = value.id;
  record.culprit = culpritOf(value, role);
  record.confidence = confidenceOf(value);
  record.stage = stageOf(value);
  record.details = value.details;
  record.hop = hop;
}

const NO_HOPS: readonly string[] = [];
const routeTexts = new WeakMap<Exit, readonly string[]>();

function routeText(exit: Exit): readonly string[] {
  let text = routeTexts.get(exit);
  if (text === undefined) {
    text = exit.hops.map(formatHostPort);
    routeTexts.set(exit, text);
  }
  return text;
}
