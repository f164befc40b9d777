import { type AnyFaultId, type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readSlashed } from "./log-times.ts";
import { hostOf } from "./url-host.ts";

/**
 * `192.0.2.1 - - [27/Nov/2026:14:02:07 +0000] "GET / HTTP/1.1" 502 157 "…" "…"`: the common and the combined format of nginx, Apache,
 * Caddy, varnishncsa and others, with what ingress-nginx and Traefik write behind it, and `name=value` pairs.
 */
export const ACCESS: LogFormat = {
  id: "access",
  name: "access log (common or combined format)",
  program: "access",
  read: readAccess,
  // Traefik's end in a time.
  isWide: (line) => line.endsWith("ms"),
};

const PASTED_FIRST = '\u001b*`"';

function readAccess(line: string): LogEvent | null {
  const open = line.indexOf(" [");
  // What was pasted with something around it is read without that.
  if (open < 1 || open > OPEN_MAX || PASTED_FIRST.includes(line.charAt(0))) return null;
  const at = readSlashed(line, open + 2);
  const requestAt = line.indexOf('] "', open);
  if (at === null || requestAt === -1) return null;
  const requestEnd = endOfRequest(line, requestAt + 3);
  if (requestEnd === -1) return null;
  const status = Number(line.slice(requestEnd + 2, requestEnd + 5));
  if (!(status >= 0)) return null;
  const fault = status < 400 ? null : faultOfStatus(status);
  if (fault === null) return logEvent({ at, status });
  const request = line.slice(requestAt + 3, requestEnd);
  const [method = null, target = null] = request.split(" ", 2);
  const more = readMore(line.slice(requestEnd + 5));
  const by = refine(fault, more);
  const first = line.slice(0, line.indexOf(" "));
  // Apache's vhost_combined has the host in front.
  const hasHost = /:\d+$/.test(first) && line.charCodeAt(first.length + 1) !== 0x2d;
  return logEvent({
    at,
    fault: by,
    status,
    method,
    target: hasHost ? first + (target ?? "") : target,
    client: hasHost ? line.slice(first.length + 1, line.indexOf(" ", first.length + 1)) : first,
    backend: more.backend,
    ms: more.ms,
    words: `${status} to ${request}`,
  });
}

/** Address, identity and user stand in front of the time. */
const OPEN_MAX = 600;

/** The quote that a status follows: requests of attackers hold quotes too. */
function endOfRequest(line: string, from: number): number {
  for (let end = line.indexOf('" ', from); end !== -1; end = line.indexOf('" ', end + 2)) {
    const after = line.charCodeAt(end + 5);
    if (isDigit(line, end + 2) && isDigit(line, end + 3) && isDigit(line, end + 4) && (after === 0x20 || Number.isNaN(after))) return end;
  }
  return -1;
}

function isDigit(line: string, at: number): boolean {
  const code = line.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

/** What a status says where the line has nothing else; null: it is no gateway's failure. */
export function faultOfStatus(status: number): AnyFaultId | null {
  return STATUSES[status] ?? (status >= 500 && status <= 599 ? "answer.5xx" : null);
}

/** What a status says that the backend itself answered with; null: it is no failure. */
export function faultOfBackendStatus(status: number): AnyFaultId | null {
  return status >= 500 ? "relay.origin_5xx" : status === 429 ? "relay.rate_limited" : null;
}

const STATUSES: Readonly<Record<number, AnyFaultId>> = {
  408: "client.request_timeout",
  413: "client.body_too_large",
  414: "client.uri_too_long",
  429: "relay.rate_limited",
  431: "client.header_too_large",
  494: "client.header_too_large",
  499: "client.closed_waiting",
  500: "answer.500",
  502: "answer.502",
  503: "answer.503",
  504: "answer.504",
};

/** What a line says of the backend. */
export interface More {
  readonly backend: string | null;
  readonly ms: number | null;
  /** What the backend answered; null: the line does not say, or it did not. */
  readonly backendStatus: number | null;
  /** The gateway had a connection with it; its head came. Null: the line does not say. */
  readonly connected: boolean | null;
  readonly headed: boolean | null;
}

function readMore(rest: string): More {
  const ingress = INGRESS.exec(rest);
  if (ingress !== null) {
    const [, seconds, name, address, status] = ingress;
    const backend = lastOf(address) ?? name ?? null;
    return { backend, ms: Number(seconds) * 1000, backendStatus: statusOf(status), connected: null, headed: null };
  }
  const traefik = TRAEFIK.exec(rest);
  if (traefik !== null) {
    const backend = lastOf(traefik[1]);
    return { backend: hostOf(backend), ms: Number(traefik[2]), backendStatus: null, connected: null, headed: null };
  }
  const pair = (pattern: RegExp) => pattern.exec(rest)?.[1];
  const seconds = pair(SECONDS);
  const micros = pair(MICROSECONDS);
  const happened = (times: string | undefined) => (times === undefined ? null : lastOf(times) !== null);
  return {
    backend: lastOf(pair(BACKEND)),
    ms: seconds !== undefined ? Number(seconds) * 1000 : micros === undefined ? null : Number(micros) / 1000,
    backendStatus: statusOf(pair(BACKEND_STATUS)),
    connected: happened(pair(CONNECT_TIMES)),
    headed: happened(pair(HEAD_TIMES)),
  };
}

/** ingress-nginx: `"ref" "agent" length time [name] [other] address length time status id`. */
const INGRESS =
  /" \d+ ([\d.]+) \[([^[\]]*)\] \[[^[\]]*\] ([^ ,]+(?:, [^ ,]+)*) [-\d]+(?:, [-\d]+)* [-\d.]+(?:, [-\d.]+)* ([-\d]+(?:, [-\d]+)*) \S+$/;
/** Traefik: `"ref" "agent" number "router" "server" 30ms`. */
const TRAEFIK = / \d+ "[^"]*" "([^"]*)" (\d+)ms$/;
/** Apache's `%D` at the end, alone or behind `%T/`; a number of so few digits says nothing. */
const MICROSECONDS = /" (?:\d+\/)?(\d{4,12})$/;
const SECONDS = /\b(?:rt|request_time|req_time)[=:]\s?"?([\d.]+)/;
const BACKEND = /\b(?:ua|upstream|upstream_addr|backend)[=:]\s?"?((?:[\w.-]+|\[[\da-fA-F:]+\]|unix):[\w/.-]+(?:, [\w.:[\]/-]+)*)/;
const BACKEND_STATUS = /\b(?:us|upstream_status)[=:]\s?"?([-\d]+(?:, [-\d]+)*)/;
const CONNECT_TIMES = /\b(?:uct|upstream_connect_time)[=:]\s?"?([-\d.]+(?:, [-\d.]+)*)/;
const HEAD_TIMES = /\b(?:uht|upstream_header_time)[=:]\s?"?([-\d.]+(?:, [-\d.]+)*)/;

function statusOf(text: string | undefined): number | null {
  const status = Number(lastOf(text) ?? Number.NaN);
  return Number.isNaN(status) ? null : status;
}

/** Of `a, b` the last; null for a dash. */
function lastOf(list: string | undefined): string | null {
  const last = list?.split(", ").at(-1) ?? "-";
  return last === "-" ? null : last;
}

/** A status that the backend had too is its own; but nginx writes its own 502 and 504 there as well, and only the times tell whose they are. */
export function refine(fault: AnyFaultId, { backendStatus, connected, headed }: More): AnyFaultId {
  if (!fault.startsWith("answer.") || backendStatus === null || backendStatus < 500) return fault;
  if (headed === true || (backendStatus !== 502 && backendStatus !== 504)) return "relay.origin_5xx";
  return fault === "answer.504" && connected === true && headed === false ? "head.timeout" : fault;
}
