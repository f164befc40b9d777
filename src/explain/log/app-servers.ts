import { type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readCtime, readDashed, readSlashed } from "./log-times.ts";
import { faultOfWords, type WordRules } from "./word-rules.ts";

/** What Gunicorn, uWSGI and PHP-FPM say behind a gateway: why the answer of which its log complains did not come. */
export const APP_SERVERS: LogFormat = { id: "app", name: "log of an application server", program: "app", read: readLine };

function readLine(line: string): LogEvent | null {
  return readGunicorn(line) ?? readFpm(line) ?? readUwsgi(line);
}

/** `[2026-11-27 14:02:07 +0000] [18] [CRITICAL] WORKER TIMEOUT (pid:21)`. */
const GUNICORN = /^\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) [+-]\d{4}\] \[\d+\] \[(DEBUG|INFO|WARNING|ERROR|CRITICAL)\] (.*)$/;
const GUNICORN_RULES: WordRules = [
  ["origin.app_stderr", /^WORKER TIMEOUT|was sent SIG|terminated due to signal|exited with code [1-9]|failed to boot|^Exception in worker/],
  ["gateway.config_error", /^Connection in use|^Can't connect to \(/],
];

function readGunicorn(line: string): LogEvent | null {
  const [, time = "", level = "", words = ""] = line.startsWith("[2") ? (GUNICORN.exec(line) ?? []) : [];
  const at = readDashed(time, 0);
  if (at === null) return null;
  const fault = faultOfWords(GUNICORN_RULES, words);
  if (fault !== null) return logEvent({ at, fault, backend: "gunicorn", words });
  return logEvent(level === "ERROR" || level === "CRITICAL" ? { at, words } : { at });
}

/** `[27-Nov-2026 14:02:07] WARNING: [pool www] server reached pm.max_children setting (5), consider raising it`. */
const FPM = /^\[(\d\d)-([A-Z][a-z]{2})-(\d{4} \d\d:\d\d:\d\d)[^\]]*\] (NOTICE|WARNING|ERROR|ALERT): (?:\[pool ([^\]]+)\] )?(.*)$/;
const FPM_RULES: WordRules = [
  ["connect.backlog_full", /^server reached (?:pm\.)?max_children/],
  ["origin.app_stderr", /exited on signal|execution timed out|failed to ptrace|^child \d+ said into stderr/],
  ["gateway.config_error", /^unable to bind listening socket|^failed to (?:load|post process) the configuration/],
];

function readFpm(line: string): LogEvent | null {
  const [, day = "", month = "", rest = "", level = "", pool = null, words = ""] =
    line.charCodeAt(3) === DASH ? (FPM.exec(line) ?? []) : [];
  const at = readSlashed(`${day}/${month}/${rest.replace(" ", ":")}`, 0);
  if (at === null) return null;
  const fault = faultOfWords(FPM_RULES, words);
  const backend = pool === null ? "PHP-FPM" : `PHP-FPM pool ${pool}`;
  if (fault !== null) return logEvent({ at, fault, backend, words });
  return logEvent(level === "NOTICE" || /^child \d+, script .* executing too slow/.test(words) ? { at } : { at, words });
}

const DASH = 0x2d;

/** `Fri Nov 27 14:02:07 2026 - *** HARAKIRI …`. */
const UWSGI_RULES: WordRules = [
  ["connect.backlog_full", /^\*\*\* uWSGI listen queue of socket .* full/],
  ["origin.app_stderr", /HARAKIRI|^DAMN ! worker \d+ .*died|^worker \d+ .*killed|^MemoryError|no python application found/],
  ["head.too_large", /^invalid request block size/],
  ["client.closed_during_response", /^(?:SIGPIPE: writing to a closed|uwsgi_response_\w+\(\)(?::| ).*(?:Broken pipe|TIMEOUT))/],
];

function readUwsgi(line: string): LogEvent | null {
  const dash = line.charCodeAt(24) === SPACE && line.startsWith(" - ", 24);
  const words = dash ? line.slice(27) : line;
  const fault = /uWSGI|uwsgi_|HARAKIRI|^DAMN ! worker|^invalid request block size|^SIGPIPE: writing/.test(words)
    ? faultOfWords(UWSGI_RULES, words)
    : null;
  if (fault === null) return null;
  return logEvent({ at: dash ? readCtime(line, 0) : null, fault, backend: "uWSGI", words });
}

const SPACE = 0x20;
