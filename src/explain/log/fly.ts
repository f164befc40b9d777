import { inOrder } from "./in-order.ts";
import { type AnyFaultId, type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed } from "./log-times.ts";
import { faultOfWords, type WordRules } from "./word-rules.ts";

/** `2026-11-27T14:02:07Z proxy[148e42d0] fra [error][PR04] could not find a good candidate within 40 attempts at load balancing`. */
export const FLY: LogFormat = { id: "fly", name: "log of Fly's proxy", program: "fly", read: readProxy };

/** What an application prints may be a gateway's line; where it is not, it tells of no failure. */
export const FLY_APP: LogFormat = {
  id: "fly-app",
  name: "application's lines on Fly",
  program: "fly",
  read: readApp,
  isLast: true,
  isWide: () => true,
};

const LINE =
  /^(?:error\.message="([^"]*)" )?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*) ([a-z]+)(?:\[(\w+)\])? ([a-z]{3}) \[(\w+)\] ?(?:\[([A-Z]{2}\d\d)\] ?)?(.*)$/;

interface Line {
  readonly at: number;
  readonly source: string;
  readonly machine: string | null;
  readonly isError: boolean;
  readonly code: string | null;
  readonly words: string;
}

function cut(line: string): Line | null {
  const [, message, time = "", source = "", machine = null, , level = "", code = null, rest = ""] =
    line.charCodeAt(0) === TWO || line.startsWith("error.message=") ? (LINE.exec(line) ?? []) : [];
  const at = readDashed(time, 0);
  if (at === null) return null;
  return { at, source, machine, isError: level === "error" || level === "warn", code, words: message ?? rest };
}

const TWO = 0x32;

/** What the platform says: of requests, checks and machines. */
function readProxy(line: string): LogEvent | null {
  const found = cut(line);
  if (found === null || found.source === "app") return null;
  const { at, source, machine, isError, code, words } = found;
  if (source === "runner") return tellMachine(at, machine, words);
  if (source === "health")
    return logEvent(/^Health check .*has failed/.test(words) ? { at, fault: "gateway.backend_down", backend: machine, words } : { at });
  if (source !== "proxy" || !isError) return logEvent({ at });
  // A summary quotes what the last attempt met.
  const last = [...words.matchAll(/\[([A-Z]{2}\d\d)\]/g)].at(-1)?.[1];
  const fault = CODES[last ?? ""] ?? faultOfWords(WORDS, words) ?? CODES[code ?? ""] ?? null;
  const shown = code === null ? words : `${code}: ${words}`;
  return logEvent(fault === null ? { at, words: shown } : { at, fault, backend: machine, words: shown });
}

function tellMachine(at: number, machine: string | null, words: string): LogEvent {
  const hasDied = /oom_killed: true|\bexit(?:ed with)?(?: exit)? code:? (?!0\b|143\b)\d+|Out of memory/i.test(words);
  return logEvent(hasDied ? { at, fault: "origin.app_stderr", backend: machine, words } : { at });
}

function readApp(line: string): LogEvent | null {
  const found = cut(line);
  if (found === null) return null;
  const { at, machine, words } = found;
  // The kernel's word stands among the application's.
  return words.includes("Out of memory: Killed process") ? tellMachine(at, machine, words) : logEvent({ at });
}

/** What it says, with a code or without, in more detail than the code has. The first that matches counts. */
const WORDS: WordRules = [
  ["connect.refused", /refused connection|connection refused/i],
  ["head.timeout", inOrder(/could not complete HTTP request/i, /timed? ?out|timeout/)],
  ["head.reset", inOrder(/could not complete HTTP request/i, /reset/)],
  ["head.closed", /could not (?:complete|proxy|make) HTTP request|connection closed before message completed/i],
  ["connect.timeout", /timed out while connecting/i],
  ["connect.failed", /failed to connect to machine/i],
  ["gateway.no_healthy_backend", /could not find (?:a good candidate|an instance)|no known healthy instances|could not wake up machine/i],
];

/** https://fly.io/docs/monitoring/error-codes/ */
const CODES: Readonly<Record<string, AnyFaultId>> = {
  PP01: "gateway.internal_error",
  PU01: "head.h2_error",
  PU02: "head.closed",
  PU03: "connect.host_unreachable",
  PU04: "gateway.internal_error",
  PC01: "connect.refused",
  PC02: "connect.refused",
  PC03: "head.reset",
  PC04: "head.closed",
  PC05: "connect.timeout",
  PC06: "connect.failed",
  PC07: "connect.failed",
  PC08: "gateway.internal_error",
  PT01: "client.denied",
  PT02: "tunnel.reset",
  PT03: "client.tls_handshake_failed",
  PT04: "client.tls_handshake_failed",
  PT05: "client.tls_handshake_failed",
  PT06: "client.tls_handshake_failed",
  PT07: "client.tls_handshake_failed",
  PT08: "client.tls_handshake_failed",
  PT09: "gateway.internal_error",
  PM01: "gateway.no_healthy_backend",
  PM02: "gateway.no_healthy_backend",
  PM03: "gateway.no_healthy_backend",
  PM04: "gateway.no_healthy_backend",
  PM05: "connect.failed",
  PM06: "connect.failed",
  PM07: "gateway.internal_error",
  PM08: "gateway.no_healthy_backend",
  PM09: "gateway.no_healthy_backend",
  PM10: "gateway.no_healthy_backend",
  PM11: "gateway.no_healthy_backend",
  PM12: "gateway.internal_error",
  PM13: "gateway.no_healthy_backend",
  PA01: "gateway.retries_exhausted",
  PA02: "gateway.loop_detected",
  PA03: "head.bad_field",
  PA04: "gateway.config_error",
  PA05: "gateway.config_error",
  PE01: "gateway.internal_error",
  PE02: "gateway.internal_error",
  PR01: "gateway.no_healthy_backend",
  PR02: "gateway.no_healthy_backend",
  PR03: "gateway.no_healthy_backend",
  PR04: "gateway.no_healthy_backend",
  PR05: "gateway.helper_failed",
};
