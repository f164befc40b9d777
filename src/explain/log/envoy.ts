import { type EnvoyEnd, faultOfEnvoy } from "./envoy-faults.ts";
import { type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed } from "./log-times.ts";

/**
 * `[2026-11-27T14:02:07.123Z] "GET / HTTP/1.1" 503 UF 0 91 3 - "192.0.2.1" "agent" "id" "site.example" "10.0.0.2:80"`: Envoy's default format,
 * and Istio's, which has details before the numbers and clusters and addresses behind them.
 */
export const ENVOY_ACCESS: LogFormat = { id: "envoy-access", name: "Envoy access log", program: "envoy", read: readAccess };

function readAccess(line: string): LogEvent | null {
  if (line.charCodeAt(0) === QUOTE) return readUntimed(line);
  const open = line.startsWith("ACCESS [") ? AMBASSADOR_CHARS : 0;
  if (line.charCodeAt(open) !== BRACKET || line.charCodeAt(open + 11) !== LETTER_T) return null;
  const at = readDashed(line, open + 1);
  const requestAt = line.indexOf('] "', open + 20) + 3;
  if (at === null || requestAt < 3 || requestAt > open + TIME_CHARS_MAX) return null;
  const found = requestAt === 2 ? null : findStatus(line, requestAt);
  if (found === null) return null;
  const { requestEnd, code, flagsAt } = found;
  const flagsEnd = endOfWord(line, flagsAt);
  const flags = line.slice(flagsAt, flagsEnd);
  if (flags !== "-" && !FLAGS.test(flags)) return null;
  const isHttp = !line.startsWith("- - -", requestAt);
  const status = isHttp ? code : null;
  if (flags === "-" && code < 400) return logEvent({ at, status });
  return tellRequest(line.slice(flagsEnd), { at, status, flags, request: line.slice(requestAt, requestEnd) });
}

/** The time is what people leave out first of what they paste. */
function readUntimed(line: string): LogEvent | null {
  const found = UNTIMED.test(line) ? findStatus(line, 1) : null;
  if (found === null) return null;
  const { requestEnd, code, flagsAt } = found;
  const flagsEnd = endOfWord(line, flagsAt);
  const flags = line.slice(flagsAt, flagsEnd);
  return tellRequest(line.slice(flagsEnd), { at: null, status: code, flags, request: line.slice(1, requestEnd) });
}

const QUOTE = 0x22;
const UNTIMED = /^"[A-Z]{3,10} \S+ HTTP\/[\d.]+" \d{3} [A-Z]{2,5}(?:,[A-Z]{2,5})* /;
/** As long as `ACCESS `, which Ambassador writes in front. */
const AMBASSADOR_CHARS = 7;
const TIME_CHARS_MAX = 48;
const BRACKET = 0x5b;
const LETTER_T = 0x54;
const FLAGS = /^[A-Za-z][\w]*(?:,[A-Za-z]\w*)*$/;

interface Status {
  readonly requestEnd: number;
  readonly code: number;
  readonly flagsAt: number;
}

/** The quote that a status and a word follow: paths of attackers hold quotes too. */
function findStatus(line: string, from: number): Status | null {
  for (let requestEnd = line.indexOf('" ', from); requestEnd !== -1; requestEnd = line.indexOf('" ', requestEnd + 1)) {
    const end = endOfWord(line, requestEnd + 2);
    const code = end - requestEnd <= 5 ? Number(line.slice(requestEnd + 2, end) || "x") : Number.NaN;
    if (code === 0 || (code >= 100 && code <= 599)) return { requestEnd, code, flagsAt: end + 1 };
  }
  return null;
}

function endOfWord(line: string, from: number): number {
  const end = line.indexOf(" ", from);
  return end === -1 ? line.length : end;
}

/** What may stand before the numbers; bytes in, bytes out, time, the backend's time; and what stands behind them. */
const REST = /^ (?:(.*?) )?\d+ \d+ (\d+) (\d+|-)(?: "([^"]*)" "[^"]*" "[^"]*" "([^"]*)" "([^"]*)"(?: (\S+) \S+ \S+ (\S+)(?: (\S+))?)?)?/;

interface Asked {
  readonly at: number | null;
  readonly status: number | null;
  readonly flags: string;
  readonly request: string;
}

function tellRequest(rest: string, { at, status, flags, request }: Asked): LogEvent {
  const found = REST.exec(rest);
  const [, extra = "", ms, theirs = "-", forwarded = "-", host = "-", backend = "-", cluster = "-", remote = "-", sni = "-"] = found ?? [];
  const details = DETAILS.exec(extra)?.[0] ?? "";
  const transport = TRANSPORT.exec(extra)?.[1] ?? "";
  const end: EnvoyEnd = { status, flags, details: dashless(details), transport: dashless(transport), wasAnswered: theirs !== "-" };
  const [method = null, path = ""] = request.split(" ", 2);
  return tellEnd(end, {
    at,
    ms: ms === undefined ? null : Number(ms),
    method: status === null ? null : method,
    path: status === null ? "" : path,
    authority: dashless(host) || (status === null ? dashless(sni) : ""),
    backend: dashless(backend),
    cluster: dashless(cluster),
    client: dashless(forwarded).split(",", 1)[0] || dashless(remote),
  });
}

/** Older versions have spaces within the braces. */
const DETAILS = /^[^\s"{]+(?:\{[^}]*\})?/;
const TRANSPORT = /"([^"]*)"$/;

function dashless(text: string): string {
  return text === "-" ? "" : text;
}

/** What a line says of its request, in text or JSON; empty: it does not. */
export interface EnvoyRequest {
  readonly at: number | null;
  readonly ms: number | null;
  readonly method: string | null;
  readonly path: string;
  readonly authority: string;
  readonly backend: string;
  readonly cluster: string;
  /** With or without a port. */
  readonly client: string;
}

/** The event of a request, or of a connection, that ended so. */
export function tellEnd(end: EnvoyEnd, request: EnvoyRequest): LogEvent {
  const { at, ms, method, path, authority } = request;
  const { status, flags, details, transport } = end;
  const fault = faultOfEnvoy(end);
  if (fault === null) return logEvent({ at, status: status === 0 ? null : status });
  const backend = nameBackend(request);
  const target = authority + path;
  const said = [status ?? "connection", flags, details, transport].filter((word) => word !== "" && word !== "-").join(" ");
  return logEvent({
    at,
    fault,
    ms,
    method,
    status,
    backend,
    target: target === "" ? null : target,
    client: withoutPort(request.client),
    words: `${said}: ${method === null ? "" : `${method} `}${target}${backend === null ? "" : ` at ${backend}`}`,
  });
}

/** `service:80/10.0.0.2:8080`: Istio's clusters are named `outbound|80|subset|service`; what comes in has only its port. */
function nameBackend({ cluster, backend }: EnvoyRequest): string | null {
  const [, direction, port, subset, service] = CLUSTER.exec(cluster) ?? [];
  const name =
    direction === undefined
      ? cluster
      : service === ""
        ? `${direction}:${port}`
        : `${service}:${port}${subset === "" ? "" : ` (${subset})`}`;
  if (backend === "") return name === "" ? null : name;
  return name === "" || direction === "inbound" || PASSED_ON.has(name) ? backend : `${name}/${backend}`;
}

const CLUSTER = /^(inbound|outbound)_?\|(\d+)\|([^|]*)\|(.*)$/;
const PASSED_ON: ReadonlySet<string> = new Set(["PassthroughCluster", "InboundPassthroughCluster", "InboundPassthroughClusterIpv4"]);

function withoutPort(address: string): string | null {
  if (address === "") return null;
  const end = /^(?:\[[^\]]+\]|[^:]+):\d+$/.test(address) ? address.lastIndexOf(":") : address.length;
  return address.slice(0, end);
}
