import { faultOfBackendStatus } from "./access.ts";
import { type AnyFaultId, type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readSlashed } from "./log-times.ts";

/** `192.0.2.1:5000 [27/Nov/2026:14:02:07.123] web~ app/app-2 0/0/-1/-1/3001 503 217 - - SC-- 1/1/0/0/3 0/0 "GET / HTTP/1.1"`, `option httplog`. */
export const HAPROXY_HTTP: LogFormat = { id: "haproxy-http", name: "HAProxy log", program: "haproxy", read: readRequest };

/** `192.0.2.1:5000 [27/Nov/2026:14:02:07.123] tcp app/app-2 1/0/4 12 -- 1/1/0/0/0 0/0`, `option tcplog`. */
export const HAPROXY_TCP: LogFormat = { id: "haproxy-tcp", name: "HAProxy log of connections", program: "haproxy", read: readConnection };

/** `192.0.2.1:5000 [27/Nov/2026:14:02:07.123] web/1: SSL handshake failure`: what came to no request. */
export const HAPROXY_EARLY: LogFormat = {
  id: "haproxy-early",
  name: "HAProxy log of failed connections",
  program: "haproxy",
  read: readEarly,
};

/** What HAProxy says of its servers, and of itself. */
export const HAPROXY_NOTES: LogFormat = { id: "haproxy-notes", name: "HAProxy notices", program: "haproxy", read: readNote };

const HTTP =
  /^(\S+):\d+ \[[^\]]+\] (\S+) ([^\s/]+)\/(\S+) (-?\d+)\/(-?\d+)\/(-?\d+)\/(-?\d+)\/\+?(-?\d+) (-?\d+) \+?\d+ \S+ \S+ ([A-Za-z-]{2})\S\S \d+\/\d+\/\d+\/\d+\/\+?\d+ \d+\/\d+(?: \{[^}]*\}){0,2} "([^"]*)/;
const TCP =
  /^(\S+):\d+ \[[^\]]+\] (\S+) ([^\s/]+)\/(\S+) (-?\d+)\/(-?\d+)\/\+?(-?\d+) \+?\d+ ([A-Za-z-]{2}) \d+\/\d+\/\d+\/\d+\/\+?\d+ \d+\/\d+/;

function readRequest(line: string): LogEvent | null {
  const at = timeOf(line);
  const found = at === null ? null : HTTP.exec(line);
  if (found === null) return null;
  const [, client = null, , proxy = "", server = "", , wait, connect, head, total, code, state = "--", request = ""] = found;
  const status = Number(code);
  const fault = faultOf(state, { server, status, wait: Number(wait), connect: Number(connect), head: Number(head) });
  if (fault === null) return logEvent({ at, status });
  const [method = null, target = null] = request.split(" ", 2);
  const backend = server === "<NOSRV>" ? proxy : `${proxy}/${server}`;
  const words = `${state}: ${status} of ${backend}, times ${wait}/${connect}/${head}/${total} ms (wait, connect, head, total)`;
  return logEvent({ at, fault, status, client, method, target, backend, ms: Number(total), words });
}

function readConnection(line: string): LogEvent | null {
  const at = timeOf(line);
  const found = at === null ? null : TCP.exec(line);
  if (found === null) return null;
  const [, client = null, , proxy = "", server = "", wait, connect, total, state = "--"] = found;
  const fault = faultOf(state, { server, status: -1, wait: Number(wait), connect: Number(connect), head: 0 });
  if (fault === null) return logEvent({ at });
  const backend = server === "<NOSRV>" ? proxy : `${proxy}/${server}`;
  const words = `${state}: connection with ${backend}, times ${wait}/${connect}/${total} ms (wait, connect, total)`;
  return logEvent({ at, fault, client, backend, ms: Number(total), words });
}

const EARLY = /^(\S+):\d+ \[[^\]]+\] ([^\s/]+)\/(\S+): (.+)$/;

function readEarly(line: string): LogEvent | null {
  const at = timeOf(line);
  const [, client, , , words = ""] = at === null ? [] : (EARLY.exec(line) ?? []);
  if (client === undefined) return null;
  const fault = /SSL handshake/.test(words)
    ? "client.tls_handshake_failed"
    : /PROXY protocol|SOCKS/.test(words)
      ? "client.bad_request"
      : null;
  return logEvent({ at, fault, client, words });
}

function timeOf(line: string): number | null {
  const open = line.indexOf(" [");
  return open < 3 || open > ADDRESS_CHARS_MAX ? null : readSlashed(line, open + 2);
}

const ADDRESS_CHARS_MAX = 80;

interface Session {
  readonly server: string;
  readonly status: number;
  readonly wait: number;
  readonly connect: number;
  readonly head: number;
}

/** By the termination state: who ended the session, and in which stage. A normal end may still be a 5xx of the backend's. */
function faultOf(state: string, { server, status, wait, connect, head }: Session): AnyFaultId | null {
  if (state === "--") return faultOfBackendStatus(status);
  if (server === "<NOSRV>" && (state === "SC" || state === "SQ")) return "gateway.no_healthy_backend";
  if (state === "LR" || state === "PR" || state === "LH" || state === "LC")
    return status >= 500
      ? "gateway.local_response"
      : status === 403 || status === 429
        ? "client.denied"
        : status === 400
          ? "client.bad_request"
          : null;
  if (state === "CD" || state === "CL") return head >= 0 && status < 400 ? "client.closed_during_response" : "client.closed_waiting";
  if (state === "SH" && head < 0 && connect < 0 && wait >= 0) return "connect.failed";
  return STATES[state] ?? (state.startsWith("-") ? null : "gateway.internal_error");
}

const STATES: Readonly<Record<string, AnyFaultId>> = {
  CR: "client.closed_during_request",
  cR: "client.request_timeout",
  CQ: "client.closed_waiting",
  CC: "client.closed_waiting",
  CH: "client.closed_waiting",
  cH: "client.body_timeout",
  cD: "client.slow_reader",
  cL: "client.slow_reader",
  CT: "client.closed_waiting",
  cT: "client.denied",
  SC: "connect.failed",
  sC: "connect.timeout",
  RC: "gateway.source_port_exhausted",
  PC: "gateway.fd_exhausted",
  SQ: "gateway.no_healthy_backend",
  sQ: "gateway.queue_timeout",
  SH: "head.closed",
  sH: "head.timeout",
  PH: "head.invalid",
  SD: "body.reset",
  SL: "body.reset",
  sD: "body.idle_timeout",
  sL: "body.idle_timeout",
  PD: "body.bad_chunk",
  PT: "client.denied",
  DC: "gateway.backend_down",
  DH: "gateway.backend_down",
  DD: "gateway.backend_down",
  DL: "gateway.backend_down",
  UD: "gateway.local_response",
  KD: "gateway.local_response",
  KH: "gateway.local_response",
};

const DOWN = /^Server ([^\s/]+)\/(\S+) is (?:going )?(UP|DOWN)\b(.*)$/;
const EMPTY = /^(?:backend|proxy) '?([^\s']+)'? has no server available!/;
const SPOKEN = /^(?:\[(?:WARNING|ALERT|NOTICE)\]\s+(?:\(\d+\)|\d+\/\d+ \(\d+\)) : |(?:<\d+>)?haproxy\[\d+\]: )?/;
const OTHERS: readonly (readonly [AnyFaultId | null, RegExp])[] = [
  ["gateway.config_error", /^\[ALERT\].*(?:parsing|config|Fatal errors found)/i],
  [
    null,
    /^(?:Proxy|Stopping|Pausing|Server|backend) \S+ (?:started|stopped|in|is)\b|^\[NOTICE\]|New worker|haproxy version|path to executable|Loading success/,
  ],
];

/** Notices have no time of their own but for what brings them here. */
function readNote(line: string): LogEvent | null {
  const text = line.slice(SPOKEN.exec(line)?.[0].length ?? 0);
  const down = DOWN.exec(text);
  if (down !== null) {
    const [, proxy, server, state, rest = ""] = down;
    if (state === "UP") return logEvent({});
    return logEvent({ fault: faultOfCheck(rest), backend: `${proxy}/${server}`, words: down[0] });
  }
  const empty = EMPTY.exec(text);
  if (empty !== null) return logEvent({ fault: "gateway.no_healthy_backend", backend: empty[1] ?? null, words: empty[0] });
  const other = OTHERS.find(([, pattern]) => pattern.test(line) || pattern.test(text));
  if (other !== undefined) return logEvent({ fault: other[0], words: other[0] === null ? "" : text });
  return /^\[(?:WARNING|ALERT)\]/.test(line) ? logEvent({ words: text }) : null;
}

/** Why a check took a server out, in the check's own words. */
function faultOfCheck(rest: string): AnyFaultId {
  if (/Connection refused/.test(rest)) return "connect.refused";
  if (/No route to host/.test(rest)) return "connect.host_unreachable";
  if (/Layer4 timeout/.test(rest)) return "connect.timeout";
  if (/Layer6/.test(rest)) return "tls.handshake_failed";
  return /Layer7 timeout/.test(rest) ? "head.timeout" : "gateway.backend_down";
}
