import { detach } from "./line-cutter.ts";
import { type AnyFaultId, type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readSyslogTime } from "./log-times.ts";
import type { WordRules } from "./word-rules.ts";

/** `ERROR     Nov 27 08:06:08.992 [31664]: opensock: Could not establish a connection to 127.0.0.1:1`. @param year since its times have none. */
export function tinyproxyFormats(year: number): LogFormat[] {
  const log = new TinyproxyLog(year);
  return [{ id: "tinyproxy-log", name: "tinyproxy log", program: "tinyproxy", read: (line) => log.read(line) }];
}

const LINE = /^(CONNECT|DEBUG|INFO|NOTICE|WARNING|ERROR|CRITICAL) +([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)(\.\d{3})? \[(\d+)\]: (.*)$/;
const REQUEST = /^Request \(file descriptor (\d+)\): /;
const ESTABLISHED =
  /^Established connection to \S+ proxy "([^"]*)" using file descriptor (\d+)|^Established connection to host "([^"]*)" using file descriptor (\d+)/;
const OPENING = /^opensock: opening connection to (\S+):(\d+)/;
const PARENT = /^Found upstream proxy \w+ (\S+:\d+) for /;
const NO_HEAD = /^process_server_headers failed: ([^.]+)\. host "([^"]*)" using file descriptor (\d+)/;
const BROKEN = /^(?:read|write)_buffer: \w+\(\) failed on fd (\d+)/;
const PARENT_LOST = "Could not connect to upstream proxy.";
const HALF_HEAD = "Could not retrieve all the headers from the remote server.";

class TinyproxyLog {
  readonly #year: number;
  /** Hosts by the number of the socket: whose connection broke is told by its number alone. */
  readonly #hosts = new Map<string, string>();
  /** The port that was asked last at a host, which the lines about its connection do not say. */
  readonly #ports = new Map<string, string>();
  /** How often a proxy behind it is to be asked just now, by its address. */
  readonly #asking = new Map<string, number>();
  /** Lines of level info say more of the same. */
  #isVerbose = false;
  #isHalf = false;
  #lastFailed = false;

  constructor(year: number) {
    this.#year = year;
  }

  read(line: string): LogEvent | null {
    const first = line.charCodeAt(0);
    if (first < LETTER_A || first > LETTER_Z) return null;
    const [whole, level = "", time = "", milliseconds = "", , text = ""] = LINE.exec(line) ?? [];
    const start = whole === undefined ? null : readSyslogTime(time, 0, this.#year);
    if (start === null) return null;
    const at = start + Number(`0${milliseconds}`) * SECOND_MS;
    if (level === "INFO" || level === "CONNECT") this.#isVerbose = true;
    return { ...this.#readText(level, text), at };
  }

  #readText(level: string, text: string): LogEvent {
    const lastFailed = this.#lastFailed;
    this.#lastFailed = false;
    if (this.#learn(text)) return logEvent({});
    if (text === HALF_HEAD) {
      this.#isHalf = this.#isVerbose;
      return this.#isVerbose ? logEvent({}) : logEvent({ fault: "head.closed", words: text });
    }
    // The line before says which, and that it was not reached.
    if (text === PARENT_LOST && lastFailed) return logEvent({});
    const headless = NO_HEAD.exec(text);
    if (headless !== null) return this.#readHeadless(text, headless);
    const broken = BROKEN.exec(text)?.[1];
    if (broken !== undefined) {
      const backend = this.#hosts.get(broken) ?? null;
      return logEvent({ fault: backend === null ? "client.closed_during_response" : "body.reset", backend, words: text });
    }
    const [fault, pattern] = RULES.find(([, one]) => one.test(text)) ?? [];
    if (fault === undefined || pattern === undefined) return logEvent({ words: LOUD.has(level) && !QUIET.test(text) ? text : "" });
    const named = pattern.exec(text)?.[1];
    this.#lastFailed = fault === "connect.failed";
    const isParent = this.#lastFailed && this.#isAsked(named ?? "");
    return logEvent({ fault: isParent ? "handshake.exit_unavailable" : fault, words: text, ...found(fault, named) });
  }

  /** Whose sockets are whose. */
  #learn(text: string): boolean {
    const [established, parent, ofParent, host, ofHost] = ESTABLISHED.exec(text) ?? [];
    if (established !== undefined) {
      const name = parent ?? host ?? "";
      const port = this.#ports.get(name);
      if (parent !== undefined) this.#isAsked(`${name}:${port}`);
      remember(this.#hosts, ofParent ?? ofHost ?? "", port === undefined ? name : `${name}:${port}`);
      return true;
    }
    const [opening, name = "", port = ""] = OPENING.exec(text) ?? [];
    if (opening !== undefined) remember(this.#ports, name, port);
    const behind = PARENT.exec(text)?.[1];
    if (behind !== undefined) remember(this.#asking, behind, (this.#asking.get(behind) ?? 0) + 1);
    const client = REQUEST.exec(text)?.[1];
    if (client !== undefined) this.#hosts.delete(client);
    return opening !== undefined || behind !== undefined || client !== undefined;
  }

  /** Whether a connection with an address was to a proxy behind it; asked once for each. */
  #isAsked(address: string): boolean {
    const count = this.#asking.get(address) ?? 0;
    if (count > 1) this.#asking.set(address, count - 1);
    else this.#asking.delete(address);
    return count > 0;
  }

  #readHeadless(text: string, [, error = "", host = "", socket = ""]: RegExpExecArray): LogEvent {
    const isHalf = this.#isHalf;
    this.#isHalf = false;
    const closed = isHalf ? "head.truncated" : "head.closed_empty";
    return logEvent({
      fault: error === "Success" ? closed : (ERRORS[error] ?? "head.closed"),
      backend: this.#hosts.get(socket) ?? host,
      words: text,
    });
  }
}

function remember<Value extends string | number>(map: Map<string, Value>, key: string, value: Value): void {
  if (map.size >= REMEMBERED_MAX) map.clear();
  map.set(detach(key), typeof value === "string" ? (detach(value) as Value) : value);
}

const LETTER_A = 0x41;
const LETTER_Z = 0x5a;
const SECOND_MS = 1000;
const REMEMBERED_MAX = 2000;
const LOUD: ReadonlySet<string> = new Set(["WARNING", "ERROR", "CRITICAL"]);
/** A port scan, or a connection that a client opened for later. */
const QUIET = /^read_request_line: Client .* closed socket before read|^You SHOULD set a UserName/;

const ERRORS: Readonly<Record<string, AnyFaultId>> = {
  "Connection reset by peer": "head.reset",
  "Resource temporarily unavailable": "head.timeout",
  "Connection timed out": "head.timeout",
};

/** What the first bracket holds is a host or a site. */
function found(fault: AnyFaultId, named: string | undefined): Partial<LogEvent> {
  if (named === undefined) return {};
  return fault.startsWith("client.") ? { target: named } : { backend: named };
}

const RULES: WordRules = [
  ["connect.failed", /^opensock: Could not establish a connection to (\S+)/],
  ["dns.nxdomain", /^opensock: Could not retrieve address info for (\S+?): (?:Name or service not known|No address associated)/],
  ["dns.error", /^opensock: Could not retrieve (?:address )?info for (\S+?)(?::|$)/],
  ["handshake.exit_unavailable", /^Could not connect to upstream proxy/],
  ["tunnel.idle_timeout", /^Idle Timeout \(/],
  ["client.denied", /^Refused CONNECT method on port \d+/],
  ["client.denied", /^Proxying refused on filtered \w+ "([^"]*)"/],
  ["client.denied", /^Unauthorized connection from /],
  ["client.proxy_auth_invalid", /^Failed auth attempt/],
  ["client.bad_request", /^process_request: (?:Bad Request|Unknown URL type|Null URL)/],
  ["gateway.overloaded", /^(?:Maximum number of connections reached|Could not create child|Too many connections)/i],
  ["gateway.fd_exhausted", /Too many open files/],
  [
    "gateway.config_error",
    /^(?:Unable to create listening socket|Could not create listening socket|bind failed|listen failed|Syntax error|unable to open|ERROR: Syntax)/i,
  ],
];
