import { backendOfGoError, faultOfGoError } from "./go-errors.ts";
import { type AnyFaultId, type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed } from "./log-times.ts";

/** `2026/11/27 14:02:07 http: proxy error: dial tcp …`: what Go's net/http and its ReverseProxy say, in whatever gateway is made of them. */
export const GO_PROXY: LogFormat = { id: "go-proxy", name: "log of a gateway in Go", program: "go", read: readLine };

const LINE =
  /^(\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d(?:\.\d+)?) (?:\S+\.go:\d+: )?(http: proxy error: |http: TLS handshake error from |httputil: ReverseProxy read error during body copy: )(.*)$/;

function readLine(line: string): LogEvent | null {
  const [, time = "", kind = "", words = ""] = line.charCodeAt(4) === SLASH ? (LINE.exec(line) ?? []) : [];
  const at = readDashed(time, 0);
  if (at === null) return null;
  if (kind.startsWith("http: TLS")) {
    const client = words.slice(0, Math.max(0, words.indexOf(": "))).replace(/:\d+$/, "");
    return logEvent({ at, fault: "client.tls_handshake_failed", client: client || null, words: `TLS handshake error from ${words}` });
  }
  const found = faultOfGoError(words);
  const fault = kind.startsWith("httputil") ? ofBody(found) : found;
  return logEvent({ at, fault, backend: backendOfGoError(words), words });
}

const SLASH = 0x2f;

/** The head was passed on before. */
function ofBody(found: AnyFaultId | null): AnyFaultId {
  return found === null ? "body.truncated" : (OF_BODY[found] ?? found);
}

const OF_BODY: Readonly<Partial<Record<AnyFaultId, AnyFaultId>>> = {
  "client.closed_waiting": "client.closed_during_response",
  "head.reset": "body.reset",
  "head.timeout": "body.idle_timeout",
  "head.truncated": "body.truncated",
  "head.closed_empty": "body.truncated",
  "head.h2_error": "body.reset",
};
