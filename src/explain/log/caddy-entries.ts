import { faultOfStatus } from "./access.ts";
import { backendOfGoError, faultOfGoError } from "./go-errors.ts";
import { readField, readNumber } from "./json-line.ts";
import { detach } from "./line-cutter.ts";
import { type AnyFaultId, type LogEvent, logEvent } from "./log-event.ts";

/** A line of Caddy's, in whatever form it was. */
export interface Entry {
  /** Null: the line has no time. */
  readonly at: number | null;
  /** Lower case. */
  readonly level: string;
  /** Empty: it has none. */
  readonly logger: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Says what Caddy's lines mean. A request that fails has two of them, as a rule in the same log: they count once. */
export class CaddyReader {
  /** Requests whose error was told, and bodies that broke off. */
  readonly #told = new Set<string>();

  read(entry: Entry): LogEvent {
    const { at, level, logger, message } = entry;
    if (logger.startsWith("http.log.access")) return this.#readAccess(entry);
    if (logger.startsWith("http.log.error")) return this.#readError(entry);
    if (logger.includes("health_checker")) return readCheck(entry);
    if (logger.startsWith("http.handlers.reverse_proxy")) return this.#readBody(entry);
    if (/TLS handshake error from/.test(message)) return logEvent({ at, fault: "client.tls_handshake_failed", words: message });
    if (message === "stderr") return readApplication(entry);
    const error = readField(entry.fields, "error");
    return logEvent({ at, words: LOUD.has(level) && !QUIET.test(message) ? `${message}${error === null ? "" : `: ${error}`}` : "" });
  }

  #readError(entry: Entry): LogEvent {
    const { at, message, fields } = entry;
    const request = readRequest(fields);
    const found = faultOfHandler(message);
    const fault = found ?? (request.status !== null && request.status >= 500 ? faultOfStatus(request.status) : null);
    if (fault === null) return logEvent({ at });
    this.#tell(request.key);
    return logEvent({
      at,
      ...request.event,
      fault,
      words: message,
      backend: backendOfGoError(message) ?? LOOKED_UP.exec(message)?.[1] ?? null,
    });
  }

  #readAccess(entry: Entry): LogEvent {
    const { at, fields } = entry;
    const { key, status, event } = readRequest(fields);
    const fault =
      status === 0 && hasLeft(event.ms, fields) ? "client.closed_waiting" : status === null || status < 400 ? null : faultOfStatus(status);
    if (fault === null) return logEvent({ at, status: status === 0 ? null : status });
    if (this.#told.delete(key)) return logEvent({ at });
    const by = fault.startsWith("answer.") && isPassedOn(fields) ? "relay.origin_5xx" : fault;
    return logEvent({ at, ...event, fault: by, words: `${status} to ${event.method} ${event.target}` });
  }

  /** What breaks off while it is passed on is told twice, first with what was read. */
  #readBody({ at, level, message, fields }: Entry): LogEvent {
    const error = readField(fields, "error") ?? "";
    const isEnd = message === "aborting with incomplete response";
    if (!isEnd && message !== "reading from backend") return readAttempt({ at, level, message, fields, error });
    if (isEnd && this.#told.delete(error)) return logEvent({ at });
    if (!isEnd) this.#tell(error);
    const fault = faultOfGoError(error);
    const ofBody = fault === null ? "body.invalid" : (OF_BODY[fault] ?? fault);
    return logEvent({ at, fault: ofBody, words: `${message}: ${error}`, backend: backendOfGoError(error) });
  }

  #tell(key: string): void {
    if (this.#told.size >= TOLD_MAX) this.#told.clear();
    this.#told.add(detach(key));
  }
}

/** Lines of one failure stand close together. */
const TOLD_MAX = 1000;
const LOUD: ReadonlySet<string> = new Set(["warn", "error", "dpanic", "panic", "fatal"]);
/** Warnings about what was wanted so. */
const QUIET =
  /^(?:admin endpoint disabled|automatic HTTPS is completely disabled|Caddyfile input is not formatted|exiting; byeee|HTTP\/[23] skipped)/;

/** An error of one of Caddy's handlers, which ends a request before a body was passed on. */
function faultOfHandler(message: string): AnyFaultId | null {
  if (/request body too large/.test(message)) return "client.body_too_large";
  if (/^making dial info/.test(message)) return "gateway.config_error";
  const fault = faultOfGoError(message);
  return fault === "body.truncated" ? "head.truncated" : fault;
}

const LOOKED_UP = /\blookup (\S+?)(?::| on )/;

/** What would be the head's, were it not over. */
const OF_BODY: Readonly<Partial<Record<AnyFaultId, AnyFaultId>>> = {
  "head.truncated": "body.truncated",
  "head.closed_empty": "body.truncated",
  "head.reset": "body.reset",
  "head.timeout": "body.idle_timeout",
  "client.closed_waiting": "client.closed_during_response",
};

/** What a FastCGI application printed. */
function readApplication({ at, fields }: Entry): LogEvent {
  const body = readField(fields, "body") ?? "";
  const isQuiet = /PHP (?:Warning|Notice|Deprecated)/.test(body) && !/PHP (?:Fatal|Parse)/.test(body);
  return logEvent(isQuiet ? { at } : { at, fault: "origin.app_stderr", words: body });
}

/** One of several attempts: told at level debug alone, or with a warning that the next one was made. */
function readAttempt({ at, level, message, fields, error }: Omit<Entry, "logger"> & { readonly error: string }): LogEvent {
  const fault = error === "" || !LOUD.has(level) ? null : faultOfGoError(error);
  if (fault === null) return logEvent({ at, words: LOUD.has(level) ? `${message}: ${error}` : "" });
  return logEvent({ at, fault, words: `${message}: ${error}`, backend: readField(fields, "upstream", "dial") ?? backendOfGoError(error) });
}

/** A check says at each turn what it found, at level info: only what failed counts. */
function readCheck({ at, message, fields }: Entry): LogEvent {
  const backend = readField(fields, "host");
  const error = readField(fields, "error");
  if (error !== null) {
    const fault = faultOfGoError(error) ?? "gateway.backend_down";
    return logEvent({ at, fault, backend, words: `health check: ${message}: ${error}` });
  }
  const isDown = /out of tolerances|unexpected status|failed expectations|host is down|body/.test(message);
  const status = readNumber(fields, "status_code");
  return isDown
    ? logEvent({ at, fault: "gateway.backend_down", backend, words: `health check: ${message}${status === null ? "" : ` (${status})`}` })
    : logEvent({ at });
}

/** No answer was begun: at once, where no rule of the config has one; later, where the client has left. Tunnels have none either. */
function hasLeft(ms: number | null, fields: Entry["fields"]): boolean {
  const headers = (fields["request"] as Entry["fields"] | undefined)?.["headers"];
  return ms !== null && ms >= LEFT_MS_MIN && !(typeof headers === "object" && headers !== null && Object.hasOwn(headers, "Upgrade"));
}

const LEFT_MS_MIN = 50;

interface CaddyRequest {
  /** The same in both lines of a request. */
  readonly key: string;
  readonly status: number | null;
  readonly event: Pick<LogEvent, "status" | "ms" | "method" | "client" | "target">;
}

const SECOND_MS = 1000;

function readRequest(fields: Entry["fields"]): CaddyRequest {
  const request = fields["request"] as Entry["fields"] | undefined;
  const seconds = readNumber(fields, "duration");
  const uri = readField(request, "uri");
  const client = readField(request, "remote_ip") ?? readField(request, "remote_addr");
  const status = readNumber(fields, "status");
  const key = [client, readField(request, "remote_port"), uri, seconds].join(" ");
  const target = uri === null ? null : (readField(request, "host") ?? "") + uri;
  const ms = seconds === null ? null : seconds * SECOND_MS;
  return { key, status, event: { status, ms, method: readField(request, "method"), client, target } };
}

/** A backend's answer brings its own Date, which Caddy's do not have yet where they are logged; newer ones add Via to it. */
function isPassedOn(fields: Entry["fields"]): boolean {
  const headers = fields["resp_headers"];
  return typeof headers === "object" && headers !== null && (Object.hasOwn(headers, "Date") || Object.hasOwn(headers, "Via"));
}
