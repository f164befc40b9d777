import { inOrder } from "./in-order.ts";
import { type AnyFaultId, type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed, readEpoch } from "./log-times.ts";
import { hostOf } from "./url-host.ts";
import type { WordRules } from "./word-rules.ts";

/** `1732716127.123  60012 192.0.2.1 TCP_MISS/503 4012 GET http://site.example/ - HIER_NONE/- text/html`. */
export const SQUID_ACCESS: LogFormat = { id: "squid-access", name: "Squid access log", program: "squid", read: readAccess };

/** `2026/11/27 14:02:07 kid1| TCP connection to 192.0.2.10/8080 failed`. */
export const SQUID_CACHE: LogFormat = { id: "squid-cache", name: "Squid cache.log", program: "squid", read: readCache };

const LINE = /^(\d{9,10}\.\d{3}) +(-?\d+) (\S+) ([A-Z_]+)\/(\d{3}) (\d+) (\S+) (\S+) (\S+) ([A-Z_]+)\/(\S+) (\S+)(?: (.*))?$/;

function readAccess(line: string): LogEvent | null {
  if (line.charCodeAt(10) !== DOT && line.charCodeAt(9) !== DOT) return null;
  const found = LINE.exec(line);
  if (found === null) return null;
  const [, seconds, elapsed, client = "", result = "", code, , method = "", url = "", , how = "", peer = "-", , rest = ""] = found;
  const [at, status, ms] = [readEpoch(Number(seconds)), Number(code), Number(elapsed)];
  const fault = faultOf(result, { status, method, how, rest });
  if (fault === null) return logEvent({ at, status });
  const words = `${result}/${code} ${method} ${url} ${how}/${peer} after ${ms} ms`;
  return logEvent({
    at,
    fault,
    status,
    ms,
    client,
    method,
    target: url,
    // A login is asked for before anybody else has a part in it.
    backend: peer !== "-" ? peer : url.startsWith("error:") || status === 407 ? null : hostOf(url),
    words,
  });
}

const DOT = 0x2e;

interface Served {
  readonly status: number;
  readonly method: string;
  readonly how: string;
  readonly rest: string;
}

/** `%err_code` behind the line says it best; without it what Squid did and did not do tells most. */
function faultOf(result: string, { status, method, how, rest }: Served): AnyFaultId | null {
  const said = faultOfCode(rest, { status, how });
  if (said !== null) return said;
  if (result.endsWith("_ABORTED")) return method === "CONNECT" && status === 200 ? null : "client.closed_waiting";
  if (result === "TCP_DENIED" || result === "TCP_DENIED_REPLY") return status === 407 ? "client.proxy_auth_required" : "client.denied";
  if (result.endsWith("_TIMEDOUT")) return "tunnel.idle_timeout";
  if (status < 500) return status === 400 && result.startsWith("NONE") ? "client.bad_request" : null;
  // Nobody was asked: a name that did not resolve looks as a dead peer does.
  if (how === "HIER_NONE") return "answer.5xx";
  if (result.startsWith("NONE")) return method === "CONNECT" && status === 503 ? "connect.failed" : "answer.5xx";
  // The log has a place for an error of Squid's, and there was none.
  if (NO_ERROR.test(rest)) return "relay.origin_5xx";
  return status === 502 ? "answer.502" : status === 503 ? "answer.503" : status === 504 ? "answer.504" : "relay.origin_5xx";
}

const NO_ERROR = /(?:^| )-\/-$/;
const CODE = /\b(ERR_[A-Z_]+)(?:\/errno=(\d+))?/;

/** What `%err_code/%err_detail` says; null: nothing, or nothing that the rest of the line bears out. */
function faultOfCode(rest: string, { status, how }: Pick<Served, "status" | "how">): AnyFaultId | null {
  const [, code = "", errno = ""] = CODE.exec(rest) ?? [];
  const fault = ERRORS[code] ?? null;
  if (fault === "connect.failed") return CONNECT_ERRNOS[errno] ?? fault;
  if (fault === null || !/^(?:head|write)\./.test(fault)) return fault;
  // Squid 5 says ERR_READ_ERROR also where it had neither an address nor a live peer.
  if (how === "HIER_NONE") return null;
  // A status below 500 is the server's own: its head had come.
  return status < 500 ? (OF_BODY[fault] ?? fault) : fault;
}

const OF_BODY: Readonly<Partial<Record<AnyFaultId, AnyFaultId>>> = {
  "head.timeout": "body.idle_timeout",
  "head.reset": "body.reset",
};

/** Linux' numbers. */
const CONNECT_ERRNOS: Readonly<Record<string, AnyFaultId>> = {
  "101": "connect.net_unreachable",
  "110": "connect.timeout",
  "111": "connect.refused",
  "113": "connect.host_unreachable",
};

const ERRORS: Readonly<Record<string, AnyFaultId>> = {
  ERR_DNS_FAIL: "dns.error",
  ERR_CONNECT_FAIL: "connect.failed",
  ERR_SECURE_CONNECT_FAIL: "tls.handshake_failed",
  ERR_READ_TIMEOUT: "head.timeout",
  ERR_READ_ERROR: "head.reset",
  ERR_WRITE_ERROR: "write.reset",
  ERR_ZERO_SIZE_OBJECT: "head.closed_empty",
  ERR_INVALID_RESP: "head.invalid",
  ERR_TOO_BIG: "head.too_large",
  ERR_LIFETIME_EXP: "body.idle_timeout",
  ERR_FORWARDING_DENIED: "client.denied",
  ERR_SOCKET_FAILURE: "gateway.fd_exhausted",
  ERR_SHUTTING_DOWN: "gateway.shutting_down",
  ERR_GATEWAY_FAILURE: "gateway.internal_error",
  ERR_ACCESS_DENIED: "client.denied",
  ERR_CACHE_ACCESS_DENIED: "client.proxy_auth_required",
  ERR_INVALID_REQ: "client.bad_request",
  ERR_INVALID_URL: "client.bad_request",
  ERR_UNSUP_REQ: "client.bad_request",
  ERR_UNSUP_HTTPVERSION: "client.bad_request",
  ERR_CONFLICT_HOST: "client.smuggling_suspect",
  ERR_ICAP_FAILURE: "gateway.internal_error",
  ERR_PROTOCOL_UNKNOWN: "client.bad_request",
  ERR_CLIENT_GONE: "client.closed_waiting",
};

const CACHE_LINE = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?: kid\d+)?\| /;

/** What a line brings after it, and what Squid says of itself at its end. */
const CACHE_TAIL = /^(?:\s+current master transaction: |CPU Usage: |Maximum Resident Size: |Page faults with physical i\/o: )/;

function readCache(line: string): LogEvent | null {
  if (CACHE_TAIL.test(line)) return logEvent({});
  if (line.charCodeAt(4) !== 0x2f) return null;
  const head = CACHE_LINE.exec(line)?.[0];
  const at = head === undefined ? null : readDashed(line, 0);
  if (head === undefined || at === null) return null;
  const words = line.slice(head.length);
  const found = CACHE_RULES.find(([, pattern]) => pattern.test(words));
  if (found === undefined) return logEvent({ at, words: /^(?:WARNING|ERROR|FATAL|SECURITY ALERT)/.test(words) ? words : "" });
  return logEvent({ at, fault: found[0], backend: found[1].exec(words)?.[1]?.replace("/", ":") ?? null, words });
}

const CACHE_RULES: WordRules = [
  ["head.closed_empty", /Invalid Response: No object data received/],
  ["head.bad_field", /Invalid Response: Bad header encountered/],
  ["head.not_http", /Invalid Response: (?:Headers did not parse at all|No reply at all)/],
  ["gateway.loop_detected", /[Ff]orwarding loop (?:with|detected)/],
  ["gateway.fd_exhausted", /running out of filedescriptors/i],
  ["gateway.backend_ejected", /Detected DEAD Parent: (\S+)/],
  ["connect.failed", /TCP connection to (\S+) failed/],
  ["tls.handshake_failed", /Error negotiating SSL/],
  ["tls.handshake_failed", inOrder(/(?:TLS|SSL)\S{0,80} (?:error|negotiating)/, /handshake|connection/)],
  ["gateway.config_error", /^FATAL: /],
];
