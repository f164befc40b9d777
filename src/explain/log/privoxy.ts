import { detach } from "./line-cutter.ts";
import { type AnyFaultId, type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed } from "./log-times.ts";
import { ToldThreads } from "./told-threads.ts";
import { hostOf } from "./url-host.ts";
import { faultOfWords, type WordRules } from "./word-rules.ts";

/**
 * `2026-11-27 08:06:46.230 7fa6d983c6c0 Crunch: Connection failure: http://192.0.2.1/x`: Privoxy's log, which has requests with `debug 1`, what
 * it did not let through with `debug 1024`, and errors with `debug 8192`.
 */
export function privoxyFormats(): LogFormat[] {
  const log = new PrivoxyLog();
  return [{ id: "privoxy-log", name: "Privoxy log", program: "privoxy", read: (line) => log.read(line) }];
}

const LINE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} ([\da-f]{1,16}) ([A-Z][\w -]{1,20}): (.*)$/;

/** What a thread does just now. */
interface Doing {
  url: string | null;
  /** What the next failure was, where a line before has said it. */
  cause: "reset" | "unresolved" | null;
}

class PrivoxyLog {
  readonly #told = new ToldThreads();
  readonly #doing = new Map<string, Doing>();

  read(line: string): LogEvent | null {
    if (line.charCodeAt(4) !== DASH || line.charCodeAt(10) !== SPACE) return null;
    const [whole, thread = "", level = "", text = ""] = LINE.exec(line) ?? [];
    const at = whole === undefined ? null : readDashed(line, 0);
    if (at === null) return null;
    const doing = this.#doingOf(thread);
    if (level === "Request") {
      doing.url = detach(text.split(" ", 1)[0] ?? "");
      doing.cause = null;
      this.#told.forget(thread);
      return logEvent({ at });
    }
    if (level === "Info" && text.startsWith("Can not resolve ")) doing.cause = /not known|No address/.test(text) ? "unresolved" : null;
    if (level === "Error" && /^read from: \S+ failed: Connection reset/.test(text)) doing.cause = "reset";
    const fault = faultOf(level, text, doing);
    if (fault === null) return logEvent({ at, words: LOUD.has(level) && !QUIET.test(text) ? text : "" });
    if (level === "Crunch" && REPEATED.test(text) && this.#told.hasTold(thread, at)) return logEvent({ at });
    this.#told.tell(thread, at);
    return { ...failure(fault, text, level === "Crunch" ? (CRUNCHED.exec(text)?.[1] ?? null) : doing.url), at };
  }

  #doingOf(thread: string): Doing {
    const before = this.#doing.get(thread);
    if (before !== undefined) return before;
    if (this.#doing.size >= THREADS_MAX) this.#doing.clear();
    const doing: Doing = { url: null, cause: null };
    this.#doing.set(detach(thread), doing);
    return doing;
  }
}

const DASH = 0x2d;
const SPACE = 0x20;
const THREADS_MAX = 4096;
const LOUD: ReadonlySet<string> = new Set(["Error", "Fatal error"]);
/** The line behind it says what came of that. */
const QUIET = /^read from: /;
/** An error stands in front of these. */
const REPEATED = /^(?:No server data received|Forwarding failed)/;
const CRUNCHED = /^[A-Z][\w ]*: (\S+)/;

function failure(fault: AnyFaultId, words: string, url: string | null): LogEvent {
  // Whom it forwards to is not in the line.
  const backend = fault.startsWith("client.") || fault.startsWith("gateway.") || fault.startsWith("handshake.") ? null : hostOf(url);
  return logEvent({ fault, words, target: url, backend });
}

function faultOf(level: string, text: string, { cause }: Doing): AnyFaultId | null {
  const rules = level === "Crunch" ? CRUNCHES : LOUD.has(level) || level === "Connect" || level === "Info" ? ERRORS : [];
  const fault = faultOfWords(rules, text);
  if (cause === "reset" && (fault === "head.closed_empty" || fault === "head.invalid")) return "head.reset";
  return cause === "unresolved" && fault === "dns.error" ? "dns.nxdomain" : fault;
}

const CRUNCHES: WordRules = [
  ["connect.failed", /^Connection failure/],
  ["head.timeout", /^Connection timeout/],
  ["dns.error", /^DNS failure/],
  ["head.closed_empty", /^No server data received/],
  ["handshake.exit_unavailable", /^Forwarding failed/],
  ["client.denied", /^(?:Blocked|Untrusted)/],
  ["gateway.internal_error", /^Out of memory/],
  ["client.bad_request", /^Unsupported HTTP feature/],
];

const ERRORS: WordRules = [
  ["head.closed_empty", /^No server or forwarder response received/],
  ["head.invalid", /^Invalid server headers/],
  ["head.bad_status_line", /^Failed to parse the response line/],
  ["body.bad_chunk", /^Failed to parse chunk size/],
  ["body.reset", /^Already forwarded the original headers/],
  ["handshake.exit_unavailable", /^(?:forward|socks\d?a?)\w*_connect: /i],
  ["client.bad_request", /^(?:Couldn't parse request line|\S+'s request: '.*' is invalid|\S+ tried to use Privoxy as )/],
  ["gateway.overloaded", /^Rejecting connection from .* Maximum number of connections reached/],
  ["gateway.config_error", /^can't (?:bind to|open|load)/i],
  ["gateway.fd_exhausted", /Too many open files/],
  ["gateway.internal_error", /^(?:Out of memory|can't fork)/i],
];
