import { formatHostPort } from "../core/address.ts";
import { confidenceOf, culpritOf, stageOf } from "../core/fault-table.ts";
import type { AttemptRecord, AttributedFault } from "../core/ledger.ts";
import type { Exit, Route } from "../core/route.ts";

/** What the ledger says of an attempt before anything of it is done. */
export function newAttemptRecord({ exit, target }: Route): AttemptRecord {
  const end = formatHostPort(target);
  const route = exit === null ? [end] : routeText(exit, end);
  return {
    route,
    exit: exit === null ? null : exit.id,
    nextHop: route[0] as string,
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

/** How routes over an exit read: its hops, and the latest route. Records are kept, and those of requests to one target share it. */
interface RouteTexts {
  readonly hops: readonly string[];
  latest: readonly string[];
}

const routeTexts = new WeakMap<Exit, RouteTexts>();

function routeText(exit: Exit, end: string): readonly string[] {
  let texts = routeTexts.get(exit);
  if (texts === undefined) {
    texts = { hops: exit.hops.map(formatHostPort), latest: [] };
    routeTexts.set(exit, texts);
  }
  if (texts.latest.at(-1) !== end) texts.latest = [...texts.hops, end];
  return texts.latest;
}
