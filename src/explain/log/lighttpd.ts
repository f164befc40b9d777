import { type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed } from "./log-times.ts";
import { faultOfWords, type WordRules } from "./word-rules.ts";

/** `2026-11-27 14:02:07: (gw_backend.c.274) establishing connection failed: socket: tcp:10.0.0.2:8080: Connection refused`. */
export const LIGHTTPD: LogFormat = { id: "lighttpd-error", name: "lighttpd error log", program: "lighttpd", read: readLine };

const LINE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d: \([\w-]+\.c\.\d+\) (.*)$/;
const SOCKET = /\b(?:tcp:|unix:)?((?:\[[\da-fA-F:]+\]|[\w.-]{1,255}):\d+|\/\S{1,255}?)(?::? |:?$)/;

function readLine(line: string): LogEvent | null {
  const [, words] = line.charCodeAt(19) === COLON ? (LINE.exec(line) ?? []) : [];
  const at = words === undefined ? null : readDashed(line, 0);
  if (words === undefined || at === null) return null;
  const fault = faultOfWords(RULES, words);
  if (fault === null) return logEvent({ at, words: LOUD.test(words) ? words : "" });
  return logEvent({ at, fault, backend: OF_A_SOCKET.test(words) ? (SOCKET.exec(words)?.[1] ?? null) : null, words });
}

const COLON = 0x3a;
/** It has no levels. */
const LOUD = /fail|error|denied|too large|invalid|not found/i;
const OF_A_SOCKET = /socket|gw-server|connect/i;

/** In the words of its source. The first that matches counts. */
const RULES: WordRules = [
  ["connect.unix_socket", /^establishing connection failed: .*(?:No such file|Permission denied)/],
  ["connect.refused", /^establishing connection failed: .*Connection refused/],
  ["connect.timeout", /^(?:establishing connection failed: .*timed out|connect timeout on socket)/],
  ["connect.host_unreachable", /^establishing connection failed: .*No route to host/],
  ["connect.net_unreachable", /^establishing connection failed: .*unreachable/],
  ["connect.failed", /^establishing connection failed/],
  ["gateway.no_healthy_backend", /^all handlers for .* are down/],
  ["gateway.backend_ejected", /^backend is overloaded|^gw-server disabled/],
  ["head.timeout", /^read timeout on socket/],
  ["write.timeout", /^write timeout on socket/],
  ["head.too_large", /^response headers too large/],
  ["head.closed_empty", /^(?:unexpected end-of-file|connection was dropped after accept|response not received)/],
  ["head.bad_field", /^invalid (?:response )?header/],
  ["body.truncated", /^response (?:already|body) .*(?:incomplete|truncated)/],
  ["write.reset", /^write(?:v)? failed: .*(?:Broken pipe|reset)/],
  ["origin.app_stderr", /^(?:FastCGI|fastcgi|CGI|cgi)-stderr:/i],
  ["gateway.fd_exhausted", /Too many open files/],
  ["client.tls_handshake_failed", /^SSL: \d .*(?:alert|handshake|http request|unknown protocol)/],
];
