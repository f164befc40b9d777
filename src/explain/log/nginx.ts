import { detach } from "./line-cutter.ts";
import { type AnyFaultId, type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed } from "./log-times.ts";
import { NGINX_QUIET, NGINX_RULES } from "./nginx-rules.ts";
import { hostOf } from "./url-host.ts";
import { faultOfWords } from "./word-rules.ts";

/** `2026/11/27 14:02:07 [error] 12#12: *3 connect() failed (111: …) while connecting to upstream, client: …, upstream: "…"`. */
export const NGINX_ERROR: LogFormat = { id: "nginx-error", name: "nginx error log", program: "nginx", read: readNginxError };

/** A message of nginx's out of which the time was left, as people paste them. */
export const NGINX_MESSAGE: LogFormat = { id: "nginx-message", name: "message of nginx's", program: "nginx", read: readBareMessage };

/** The end of `nginx -t`, below what is wrong. */
const TESTED = /^nginx: (?:the )?configuration file \S+ (?:syntax is|test) /;
const STARTS = /^nginx: \[\w+\] /;
const OF_START = /^nginx: \[(?:error|crit|alert|emerg)\] /;

const BARE = /^(?:nginx: )?(\[?(?:debug|info|notice|warn|error|crit|alert|emerg)\] )?(\d+#\d+: )?(?:\*\d+ )?(?=[\w[(])/;

function readBareMessage(line: string): LogEvent | null {
  if (TESTED.test(line)) return logEvent({});
  const [start, level, numbers] = BARE.exec(line) ?? [];
  // Without them it is in its words alone that a line is nginx's.
  if (
    start === undefined ||
    (level === undefined && numbers === undefined && !(line.includes("upstream") && /^[^,]{0,200}\bupstream\b/.test(line)))
  )
    return null;
  const rest = line.slice(start.length);
  const clientAt = rest.indexOf(", client: ");
  const message = rest.slice(0, clientAt === -1 ? contextOf(rest, 0) : clientAt);
  const fault = faultOf(message);
  // What it prints when it starts is its own, whatever it says.
  if (fault === null && STARTS.test(line)) return logEvent({ words: OF_START.test(line) ? message : "" });
  return fault === null || fault === QUIET ? null : failure(rest, clientAt, { at: null, fault, message });
}

function readNginxError(line: string): LogEvent | null {
  if (line.charCodeAt(4) !== SLASH || line.charCodeAt(20) !== OPEN) return null;
  const levelEnd = line.indexOf("] ", 21);
  const at = levelEnd === -1 || levelEnd > LEVEL_END_MAX ? null : readDashed(line, 0);
  const textAt = line.indexOf(": ", levelEnd);
  if (at === null || textAt === -1) return null;
  const clientAt = line.indexOf(", client: ", textAt);
  const message = withoutNumber(line.slice(textAt + 2, clientAt === -1 ? contextOf(line, textAt) : clientAt));
  const fault = faultOf(message);
  if (fault === QUIET) return logEvent({ at });
  if (fault === null) return logEvent({ at, words: QUIET_LEVELS.has(line.slice(21, levelEnd)) ? "" : message });
  return failure(line, clientAt, { at, fault, message });
}

interface Failure {
  readonly at: number | null;
  readonly fault: AnyFaultId;
  readonly message: string;
}

function failure(text: string, clientAt: number, { at, fault, message }: Failure): LogEvent {
  const line = ODD_QUOTES.test(text) ? text.replace(ODD_QUOTES_ALL, '"') : text;
  const request = quoted(line, clientAt, ', request: "');
  const [method = null, path = ""] = request?.split(" ", 2) ?? [];
  return logEvent({
    at,
    fault,
    words: message,
    backend: backendOf(quoted(line, clientAt, ' upstream: "')) ?? /^connect\(\) to (\S+) failed/.exec(message)?.[1] ?? null,
    target: request === null ? null : targetOf(path, quoted(line, clientAt, ', host: "') ?? ""),
    client: clientAt === -1 ? null : line.slice(clientAt + CLIENT_CHARS_MAX, endOf(line, clientAt + CLIENT_CHARS_MAX)),
    method,
  });
}

/** Whoever takes nginx for a proxy sends a whole URL, which has its own host. */
function targetOf(path: string, host: string): string {
  return path.startsWith("/") || !WHOLE_URL.test(path) ? host + path : (hostOf(path) ?? host) + path.replace(WHOLE_URL, "");
}

const WHOLE_URL = /^\w+:\/\/[^/?#]*/;

/** Around the upstream's URL: escaped by what quoted the line, or made typographic by what it was pasted into; bytes, one character each. */
const ODD_QUOTES = /, upstream: (?:\\"|\u00e2\u0080[\u009c\u009d]|[\u201c\u201d])/;
const ODD_QUOTES_ALL = /\\"|\u00e2\u0080[\u009c\u009d]|[\u201c\u201d]/g;

const SLASH = 0x2f;
const OPEN = 0x5b;
/** Behind the longest level. */
const LEVEL_END_MAX = 29;
/** As long as `, client: `. */
const CLIENT_CHARS_MAX = 10;
const QUIET_LEVELS: ReadonlySet<string> = new Set(["debug", "info", "notice"]);

/** Lines without a client may still name a server or an upstream. */
function contextOf(line: string, from: number): number {
  const found = /, (?:server|upstream|context): /.exec(line.slice(from));
  return found === null ? line.length : from + found.index;
}

/** Without the connection's number in front. */
function withoutNumber(message: string): string {
  return message.charCodeAt(0) === 0x2a ? message.slice(message.indexOf(" ") + 1) : message;
}

function endOf(line: string, from: number): number {
  const end = line.indexOf(",", from);
  return end === -1 ? line.length : end;
}

function quoted(line: string, from: number, key: string): string | null {
  const at = line.indexOf(key, Math.max(0, from));
  if (at === -1) return null;
  const end = line.indexOf('"', at + key.length);
  return end === -1 ? line.slice(at + key.length) : line.slice(at + key.length, end);
}

/** Host and port, or socket, of `http://10.0.0.2:8080/path` and `fastcgi://unix:/run/app.sock:`. */
function backendOf(upstream: string | null): string | null {
  if (upstream === null) return null;
  const start = upstream.indexOf("://");
  const rest = start === -1 ? upstream : upstream.slice(start + 3);
  if (!rest.startsWith("unix:")) return hostOf(rest);
  const end = rest.indexOf(":", 5);
  return end === -1 ? rest : rest.slice(0, end);
}

/** Messages repeat: the rules are asked once for each. */
const known = new Map<string, AnyFaultId | typeof QUIET | null>();
/** It is known, and no failure. */
const QUIET = "quiet";
const KNOWN_MAX = 1000;
const KNOWN_CHARS_MAX = 1000;

function faultOf(message: string): AnyFaultId | typeof QUIET | null {
  const before = known.get(message);
  if (before !== undefined) return before;
  const found = NGINX_QUIET.test(message) ? QUIET : faultOfWords(NGINX_RULES, message);
  if (message.length > KNOWN_CHARS_MAX) return found;
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(detach(message), found);
  return found;
}
