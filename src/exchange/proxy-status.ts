import { FAULTS } from "../core/fault-table.ts";
import type { AttemptRecord, AttributedFault, Verdict } from "../core/ledger.ts";
import type { RawFields } from "../core/message.ts";
import { formatProxyStatus } from "../wire/proxy-status.ts";
import type { Exchange } from "./exchange.ts";

const NONE: RawFields = [];

/** Our member on an answer that came from further in: after a rescue, on a relayed 5xx, or always, as `proxyStatus` says. */
export function relayedStatus(
  exchange: Exchange,
  record: AttemptRecord,
  judged: AttributedFault | null,
  verdict: Verdict | null,
): RawFields {
  const { proxyStatus, name } = exchange.context.settings;
  if (proxyStatus === "never") return NONE;
  const isRescue = exchange.attempts.length > 1;
  if (proxyStatus === "failures" && !isRescue && judged === null) return NONE;
  const common = { name, nextHop: record.nextHop, exit: record.exit, attempts: exchange.attempts.length, requestId: exchange.id };
  if (judged === null || verdict === null) return ["Proxy-Status", formatProxyStatus(common)];
  const { fault } = judged;
  const story = { ...common, receivedStatus: record.status, details: fault.details, ...toldOf(verdict, record) };
  return ["Proxy-Status", formatProxyStatus(story)];
}

/** The same for the 2xx to a CONNECT, which always carries it. */
export function tunnelStatus(exchange: Exchange, record: AttemptRecord): RawFields {
  const { proxyStatus, name } = exchange.context.settings;
  if (proxyStatus === "never") return NONE;
  const story = { name, nextHop: record.nextHop, exit: record.exit, attempts: exchange.attempts.length, requestId: exchange.id };
  return ["Proxy-Status", formatProxyStatus(story)];
}

/** Our member on an answer that the gateway makes itself. */
export function failureStatus(exchange: Exchange, verdict: Verdict, attributed: AttributedFault): RawFields {
  const { proxyStatus, name } = exchange.context.settings;
  if (proxyStatus === "never") return NONE;
  const record = exchange.attempts.at(-1) ?? null;
  const story = {
    name,
    error: FAULTS[verdict.fault].rfc,
    nextHop: record?.nextHop ?? null,
    exit: record?.exit ?? null,
    attempts: exchange.attempts.length,
    requestId: exchange.id,
    params: attributed.fault.params,
    details: attributed.fault.details,
    ...(record === null ? { ...toldOf(verdict, null) } : toldOf(verdict, record)),
  };
  return ["Proxy-Status", formatProxyStatus(story)];
}

function toldOf(verdict: Verdict, record: AttemptRecord | null) {
  const { fault, culprit, confidence, stage, hop } = verdict;
  const routeHops = record?.route.length ?? 0;
  return { fault, culprit, confidence, stage, hop: routeHops > 1 && hop > 0 ? hop : null };
}
