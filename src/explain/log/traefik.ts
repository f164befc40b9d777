import { ACCESS } from "./access.ts";
import { parseJson, peekField, readField, readNumber } from "./json-line.ts";
import { type AnyFaultId, type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed } from "./log-times.ts";
import { hostOf } from "./url-host.ts";

/** The common format with `number "router" "server" 30ms` behind it. */
export const TRAEFIK_ACCESS: LogFormat = { id: "traefik-access", name: "Traefik access log", program: "traefik", read: readAccess };

/** A JSON object a line, with `DownstreamStatus` and `OriginStatus`. */
export const TRAEFIK_JSON: LogFormat = { id: "traefik-json", name: "Traefik access log (JSON)", program: "traefik", read: readJson };

const TAIL = /" \d{3} (\d+|-) "[^"]*" "[^"]*" \d+ "([^"]*)" "([^"]*)" \d+ms$/;

function readAccess(line: string): LogEvent | null {
  if (!line.endsWith("ms") || line.charCodeAt(line.length - 3) < DIGIT_0) return null;
  const event = ACCESS.read(line);
  const isPlain = event === null || event.status === null || (event.fault === null && event.status !== 404);
  const found = isPlain ? null : TAIL.exec(line);
  if (event === null) return null;
  // What has no such end is another gateway's.
  if (found === null) return isPlain && TRAEFIK_END.test(line) ? event : null;
  const [, size = "-", router = "-", server = "-"] = found;
  const answer = { status: event.status ?? 0, size: Number(size), hasRouter: router !== "-", hasServer: server !== "-" };
  const fault = faultOf(answer, event.fault);
  if (fault === null) return logEvent({ at: event.at, status: event.status });
  const { method, target, client } = event.fault === null ? askedIn(line) : event;
  const backend = server === "-" ? (router === "-" ? null : router) : hostOf(server);
  const words = `${answer.status} to ${method} ${target}, ${size} bytes, router ${router}, server ${server}`;
  return { ...event, fault, method, target, client, backend, words };
}

const DIGIT_0 = 0x30;
const TRAEFIK_END = / \d+ "[^"]*" "[^"]*" \d+ms$/;
const ASKED = /^(\S+) .*?\] "(\S+) (\S+)/;

function askedIn(line: string): Pick<LogEvent, "client" | "method" | "target"> {
  const [, client = null, method = null, target = null] = ASKED.exec(line) ?? [];
  return { client, method, target };
}

interface Answer {
  readonly status: number;
  /** Bytes of its body. */
  readonly size: number;
  /** A router matched; a server was chosen. */
  readonly hasRouter: boolean;
  readonly hasServer: boolean;
}

/**
 * Traefik's own answers are the bare words of their status, and its log says 502 for the server's status too, so that only their length tells
 * them from those of a server.
 */
function faultOf({ status, size, hasRouter, hasServer }: Answer, byStatus: AnyFaultId | null): AnyFaultId | null {
  if (status === 404) return !hasRouter && !hasServer ? "gateway.no_route" : null;
  if (status === 503 && !hasServer) return size === BREAKER_BYTES ? "gateway.backend_ejected" : "gateway.no_healthy_backend";
  if (status < 500 || !hasServer) return byStatus;
  const own = OWN_BYTES[status];
  return own === undefined || (size > 0 && size !== own) ? "relay.origin_5xx" : byStatus;
}

/** `Internal Server Error`, `Bad Gateway`, `Gateway Timeout`. */
const OWN_BYTES: Readonly<Record<number, number>> = { 500: 21, 502: 11, 504: 15 };
/** `Service Unavailable`, a circuit breaker's; where no server is left it is `no available server`. */
const BREAKER_BYTES = 19;

function readJson(line: string): LogEvent | null {
  const peeked = line.charCodeAt(0) === BRACE ? peekField(line, "DownstreamStatus") : null;
  if (peeked === null) return null;
  const byStatus = STATUSES[Number(peeked)] ?? (Number(peeked) >= 500 ? "answer.5xx" : null);
  const isQuiet = byStatus === null && peeked !== "404";
  const value = isQuiet ? null : parseJson(line);
  const time = isQuiet ? (peekField(line, "StartUTC") ?? peekField(line, "time")) : readField(value, "StartUTC", "time", "StartLocal");
  const [at, status] = [time === null ? null : readDashed(time, 0), Number(peeked)];
  if (isQuiet) return logEvent({ at, status });
  if (value === null) return null;
  const server = readField(value, "ServiceAddr", "BackendAddr") ?? hostOf(readField(value, "ServiceURL"));
  const router = readField(value, "RouterName", "FrontendName");
  // Traefik 1 names a frontend even where there is none.
  const hasRouter = router !== null && router !== "backend not found";
  const isOwnStatus = readNumber(value, "OriginStatus") === 0;
  const size = isOwnStatus ? 0 : (readNumber(value, "OriginContentSize", "DownstreamContentSize") ?? 0);
  const fault = faultOf({ status, size, hasRouter, hasServer: server !== null }, byStatus);
  if (fault === null) return logEvent({ at, status });
  const service = readField(value, "ServiceName", "BackendName") ?? router;
  const [method, host, path] = [
    readField(value, "RequestMethod"),
    readField(value, "RequestHost") ?? "",
    readField(value, "RequestPath") ?? "",
  ];
  const nanoseconds = readNumber(value, "Duration");
  return logEvent({
    at,
    fault,
    status,
    method,
    target: host + path === "" ? null : host + path,
    client: readField(value, "ClientHost", "ClientAddr"),
    backend: server ?? (hasRouter ? service : null),
    ms: nanoseconds === null ? null : nanoseconds / 1e6,
    words: `${status} to ${method} ${host}${path}, ${size} bytes, service ${service ?? "-"}, server ${server ?? "-"}`,
  });
}

const BRACE = 0x7b;
const STATUSES: Readonly<Record<number, AnyFaultId>> = {
  429: "relay.rate_limited",
  499: "client.closed_waiting",
  500: "answer.500",
  502: "answer.502",
  503: "answer.503",
  504: "answer.504",
};
