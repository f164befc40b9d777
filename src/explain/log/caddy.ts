import { CaddyReader, type Entry } from "./caddy-entries.ts";
import { parseJson, peekField, readField } from "./json-line.ts";
import { type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed, readEpoch } from "./log-times.ts";

/** Caddy's log, which holds access lines, errors and what it says of itself: JSON, and `console`, with tabs. */
export function caddyFormats(): LogFormat[] {
  const reader = new CaddyReader();
  return [
    { id: "caddy-json", name: "Caddy log (JSON)", program: "caddy", read: (line) => readJson(line, reader) },
    { id: "caddy-console", name: "Caddy log (console)", program: "caddy", read: (line) => readConsole(line, reader) },
  ];
}

/** Names of Caddy's loggers; others that write as it does name theirs otherwise. */
const LOGGER = /^(?:http|tls|admin|pki|events|caddy|watcher|dynamic_dns|layer4|maintenance|docker-proxy)(?:\.|$)/;
/** What it says before it has a logger, and of ends. */
const NAMELESS =
  /^(?:using |adapted config|autosaved config|serving initial config|Caddyfile input|redirected default logger|shutting down|shutdown|exiting|no autosave|maxprocs|GOM|define JWT|\{caddy)/;
const GOOD_STATUS_MAX = 399;

function readJson(line: string, reader: CaddyReader): LogEvent | null {
  if (line.charCodeAt(0) !== OPEN) return null;
  const logger = peekField(line, "logger") ?? "";
  const ts = peekField(line, "ts");
  if (logger === "" ? ts === null || peekField(line, "msg") === null : !LOGGER.test(logger)) return null;
  const at = ts === null ? null : (readEpoch(Number(ts)) ?? readDashed(ts, 0));
  const status = logger.startsWith("http.log.access") ? Number(peekField(line, "status")) : 0;
  // Most requests are served: nothing else of them counts.
  if (status > 0 && status <= GOOD_STATUS_MAX) return logEvent({ at, status });
  const value = parseJson(line);
  const message = readField(value, "msg");
  if (value === null || (at === null && ts !== null) || message === null || (logger === "" && !NAMELESS.test(message))) return null;
  return reader.read({ at, level: readField(value, "level") ?? "", logger, message, fields: value });
}

const OPEN = 0x7b;

/** `2026/11/27 14:02:07.292	ERROR	http.log.error	dial tcp …	{"request": …}`; on a terminal the level has a colour. */
function readConsole(line: string, reader: CaddyReader): LogEvent | null {
  if (line.charCodeAt(4) !== SLASH || line.charCodeAt(10) !== SPACE) return null;
  const [time = "", colouredLevel = "", ...rest] = line.split("\t");
  const level = LEVEL.exec(colouredLevel)?.[1];
  const at = level === undefined ? null : readDashed(time, 0);
  if (level === undefined || at === null) return null;
  const fields = rest.at(-1)?.startsWith("{") === true ? parseJson(rest.pop() ?? "") : {};
  const [first = "", ...more] = rest;
  const hasLogger = more.length > 0;
  if (hasLogger ? !LOGGER.test(first) : !NAMELESS.test(first)) return null;
  const entry: Entry = {
    at,
    level: level.toLowerCase(),
    logger: hasLogger ? first : "",
    message: hasLogger ? more.join("\t") : first,
    fields: fields ?? {},
  };
  return reader.read(entry);
}

const SLASH = 0x2f;
const SPACE = 0x20;
const LEVEL = /^(?:\x1b\[\d+m)?(DEBUG|INFO|WARN|ERROR|DPANIC|PANIC|FATAL)(?:\x1b\[0m)?$/;
