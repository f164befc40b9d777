import { faultOfStatus, type More, refine } from "./access.ts";
import { parseJson, peekField, readField, readNumber } from "./json-line.ts";
import { type AnyFaultId, type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed, readEpoch, readSlashed } from "./log-times.ts";

/** `[27/Nov/2026:14:02:07 +0000] - 502 502 - GET https site.example "/" [Client 192.0.2.1] [Length 150] … [Sent-to 10.0.0.2] …`. */
export const PROXY_MANAGER: LogFormat = {
  id: "nginx-proxy-manager",
  name: "access log of Nginx Proxy Manager",
  program: "nginx",
  read: readProxyManager,
};

/** nginx's variables under their own names, as people write them into a `log_format` with `escape=json`. */
export const NGINX_JSON: LogFormat = { id: "nginx-json", name: "access log of nginx (JSON)", program: "nginx", read: readNginxJson };

const MANAGER =
  /^\[(\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d)[^\]]*\] (?:\S+ )?(\d{3}|-) (\d{3}) - ([A-Z]+) \S+ (\S+) "((?:[^"\\]|\\.)*)" \[Client ([^\]]*)\](?:.* \[Sent-to ([^\]]{0,256})\])?/;

function readProxyManager(line: string): LogEvent | null {
  const [, time, theirs, code, method = null, host = "", path = "", client = null, sentTo = "-"] = line.startsWith("[")
    ? (MANAGER.exec(line) ?? [])
    : [];
  const at = time === undefined ? null : readSlashed(time, 0);
  if (at === null) return null;
  const status = Number(code);
  const fault = faultOf(status, Number(theirs) || null);
  if (fault === null) return logEvent({ at, status });
  const backend = sentTo === "-" || sentTo === "" ? null : sentTo;
  return logEvent({ at, fault, status, method, client, backend, target: host + path, words: `${status} to ${method} ${host}${path}` });
}

function faultOf(status: number, theirs: number | null, more: Partial<More> = {}): AnyFaultId | null {
  const fault = status < 400 ? null : faultOfStatus(status);
  return fault === null ? null : refine(fault, { backend: null, ms: null, connected: null, headed: null, ...more, backendStatus: theirs });
}

function readNginxJson(line: string): LogEvent | null {
  if (!line.startsWith("{") || !line.includes('"remote_addr"') || !line.includes('"status"')) return null;
  const quick = Number(peekField(line, "status") ?? "x");
  const timeText = peekField(line, "time_local") ?? peekField(line, "time_iso8601") ?? peekField(line, "time") ?? peekField(line, "msec");
  const at = timeText === null ? null : (readSlashed(timeText, 0) ?? readDashed(timeText, 0) ?? readEpoch(Number(timeText)));
  if (quick > 0 && quick < 400) return logEvent({ at, status: quick });
  const whole = parseJson(line);
  const inner = whole === null ? undefined : Object.values(whole).find((value) => typeof value === "object" && value !== null);
  const value = readField(whole, "remote_addr") === null ? ((inner ?? null) as Readonly<Record<string, unknown>> | null) : whole;
  const status = readNumber(value, "status");
  if (value === null || status === null) return null;
  const happened = (name: string) => (!Object.hasOwn(value, name) ? null : readNumber(value, name) !== null);
  const fault = faultOf(status, readNumber(value, "upstream_status"), {
    connected: happened("upstream_connect_time"),
    headed: happened("upstream_header_time"),
  });
  if (fault === null) return logEvent({ at, status });
  const request = readField(value, "request");
  const [verb = null, asked = null] = request?.split(" ", 2) ?? [];
  const method = readField(value, "request_method") ?? verb;
  const target = `${readField(value, "http_host", "host", "server_name") ?? ""}${readField(value, "request_uri", "uri") ?? asked ?? ""}`;
  const seconds = readNumber(value, "request_time");
  return logEvent({
    ...{ at, fault, status, method, target, client: readField(value, "remote_addr") },
    // Of several that were tried the last.
    backend:
      readField(value, "upstream_addr")
        ?.split(/[,:] +/)
        .at(-1) ?? null,
    ms: seconds === null ? null : seconds * 1000,
    words: `${status} to ${request ?? `${method ?? ""} ${target}`.trim()}`,
  });
}
