import { isCloudflared } from "./cloudflared.ts";
import { backendOfGoError, faultOfGoError } from "./go-errors.ts";
import { parseJson, readField } from "./json-line.ts";
import { type AnyFaultId, type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed } from "./log-times.ts";
import { hostOf } from "./url-host.ts";

/**
 * What Traefik says of itself. Why a server failed is in its lines of level debug alone: `'502 Bad Gateway' caused by: dial tcp …` in versions
 * 1 and 2, `502 Bad Gateway error="dial tcp …"` in 3.
 */
export const TRAEFIK_LOGRUS: LogFormat = {
  id: "traefik-logrus",
  name: "log in the form of Traefik 1 and 2",
  program: "traefik",
  read: readLogrus,
};
export const TRAEFIK_ZEROLOG: LogFormat = {
  id: "traefik-zerolog",
  name: "log in the form of Traefik 3",
  program: "traefik",
  read: readZerolog,
  isWide: isCloudflared,
};
export const TRAEFIK_NOTES_JSON: LogFormat = { id: "traefik-notes", name: "Traefik log (JSON)", program: "traefik", read: readJson };

const LOGRUS = /^time="(\d{4}-\d\d-\d\dT[^"]+)" level=(\w+) msg="((?:[^"\\]|\\.)*)"(.*)$/;

function readLogrus(line: string): LogEvent | null {
  const [, time = "", level = "", message = "", fields = ""] = line.startsWith('time="') ? (LOGRUS.exec(line) ?? []) : [];
  const at = readDashed(time, 0);
  if (at === null) return null;
  return tell({ at, level, message: unquote(message), error: FIELD_ERROR.exec(fields)?.[1] ?? "", backend: null });
}

/** `2026-11-27T14:02:07Z DBG github.com/…/proxy.go:121 > words error="…" key=value`, with or without colours. */
const ZEROLOG = /^(\d{4}-\d\d-\d\dT\S+) (TRC|DBG|INF|WRN|ERR|FTL|PNC) (?:(?:\S+\.go:\d+ )?> )?(.*)$/;
/** As people shorten it. */
const TIMELESS = /^(TRC|DBG|INF|WRN|ERR|FTL|PNC) (?:\S+\.go:\d+ )?> /;
const COLOURS = /\x1b\[[\d;]*m/g;

function readZerolog(line: string): LogEvent | null {
  const first = line.charCodeAt(0);
  const [start, shown] = first >= UPPER_FIRST && first <= UPPER_LAST ? (TIMELESS.exec(line) ?? []) : [];
  if (start !== undefined) return tellZerolog(null, shown ?? "", line.slice(start.length));
  if (first !== ESCAPE && line.charCodeAt(10) !== LETTER_T) return null;
  const [, time = "", level = "", words = ""] = ZEROLOG.exec(first === ESCAPE ? line.replace(COLOURS, "") : line) ?? [];
  const at = readDashed(time, 0);
  return at === null ? null : tellZerolog(at, level, words);
}

function tellZerolog(at: number | null, level: string, words: string): LogEvent {
  const fieldsAt = words.search(/(?:^| )\w+=/);
  const fields = fieldsAt === -1 ? "" : words.slice(fieldsAt);
  const message = fieldsAt === -1 ? words : words.slice(0, fieldsAt);
  return tell({
    at,
    level,
    message,
    error: unquote(FIELD_ERROR.exec(fields)?.[1] ?? ""),
    backend: FIELD_TARGET.exec(fields)?.[1] ?? null,
  });
}

const UPPER_FIRST = 0x41;
const UPPER_LAST = 0x5a;
const ESCAPE = 0x1b;
const LETTER_T = 0x54;
const FIELD_ERROR = /\berror="((?:[^"\\]|\\.)*)"/;
const FIELD_TARGET = /\btargetURL="?([^\s"]+)/;

function unquote(text: string): string {
  return text.includes("\\") ? text.replace(/\\(.)/g, "$1") : text;
}

/** Of a program that logs so, only what Traefik alone says is taken for Traefik's. */
const OURS = /"(?:entryPointName|routerName|serviceName|middlewareName|providerName|targetURL)":|traefik|caused by: |"message":"\d{3} /;

function readJson(line: string): LogEvent | null {
  const value = line.includes('"level":"') && OURS.test(line) ? parseJson(line) : null;
  const [time, level, message] = [readField(value, "time"), readField(value, "level"), readField(value, "message", "msg")];
  const at = time === null ? null : readDashed(time, 0);
  if (at === null || level === null) return null;
  return tell({ at, level, message: message ?? "", error: readField(value, "error") ?? "", backend: readField(value, "targetURL") });
}

interface Note {
  readonly at: number | null;
  readonly level: string;
  readonly message: string;
  /** The field of that name; empty where there is none. */
  readonly error: string;
  readonly backend: string | null;
}

const FAILED =
  /^'?(\d{3}) (?:Bad Gateway|Gateway Timeout|Internal Server Error|Client Closed Request|Service Unavailable)'?(?: caused by: (.*))?$/;
const CHECKED = /^Health check failed/;
const CHECKED_URL = /\bURL: "?([^\s"]+)/;
/** Of the ForwardAuth middleware, at level debug: the client gets a 500. */
const AUTH_FAILED = /^Error (?:calling|reading body|when calling) (?:https?:\/\/|.*[Aa]uth)/;
const AUTH_URL = /(https?:\/\/[^\s".]+[^\s"]*)/;
const QUIET: ReadonlySet<string> = new Set(["trace", "debug", "info", "TRC", "DBG", "INF"]);

function tell({ at, level, message, error, backend }: Note): LogEvent {
  const words = [message.trim(), error].filter((part) => part !== "").join(": ");
  const failed = FAILED.exec(message.trim());
  if (failed !== null) {
    const status = Number(failed[1]);
    const cause = failed[2] ?? error;
    const fault = faultOfGoError(cause) ?? OWN[status] ?? "answer.5xx";
    return logEvent({ at, fault, status, backend: backendOfGoError(cause), words });
  }
  if (CHECKED.test(message)) {
    const named = hostOf(backend ?? CHECKED_URL.exec(message)?.[1] ?? null) ?? backendOfGoError(error);
    const fault = faultOfGoError(words) ?? "gateway.backend_down";
    // A check that a new configuration ended says nothing.
    return fault.startsWith("client.") ? logEvent({ at }) : logEvent({ at, fault, backend: named, words });
  }
  if (AUTH_FAILED.test(message))
    return logEvent({ at, fault: "gateway.helper_failed", backend: hostOf(AUTH_URL.exec(message)?.[1] ?? null), words });
  if (QUIET.has(level)) return logEvent({ at });
  if (words.includes("too many open files")) return logEvent({ at, fault: "gateway.fd_exhausted", words });
  return logEvent({ at, fault: CONFIG.test(words) ? "gateway.config_error" : null, words });
}

const OWN: Readonly<Record<number, AnyFaultId>> = {
  499: "client.closed_waiting",
  500: "answer.500",
  502: "answer.502",
  503: "answer.503",
  504: "answer.504",
};

/** Routers, services and labels that do not fit each other. */
const CONFIG =
  /does not exist|nonexistent|service not found|field not found|subset not found|error while (?:adding|parsing) rule|error parsing |port is missing|unable to find (?:the )?(?:container )?(?:IP|port)|doesn't exist|no (?:default )?certificate found|address already in use|Cannot create service/i;
