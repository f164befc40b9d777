import type { AnyFaultId } from "./log-event.ts";
import { faultOfWords, type WordRules } from "./word-rules.ts";

/** What a `FetchError` means, of Varnish 4 to 7; null: none that we know. */
export function faultOfFetch(words: string): AnyFaultId | null {
  const errno = CONNECT_ERRNO.exec(words)?.[1];
  if (errno !== undefined) return CONNECTS[errno] ?? "connect.failed";
  return faultOfWords(RULES, words);
}

/** An answer whose head Varnish could not read, by what it had against one of its fields; without that it was the first line, where the log has the garbage. */
export function faultOfFormat(bogus: string | null, isGarbage: boolean): AnyFaultId {
  if (bogus === null) return isGarbage ? "head.bad_status_line" : "head.invalid";
  return /^Too many headers/.test(bogus)
    ? "head.too_many_fields"
    : /^Header too large/.test(bogus)
      ? "head.field_too_large"
      : "head.bad_field";
}

/** Why a probe took a backend out. */
export function faultOfProbe(words: string): AnyFaultId {
  const errno = PROBE_ERRNO.exec(words)?.[1];
  if (errno !== undefined) return CONNECTS[errno] ?? "connect.failed";
  return /^(?:Poll|Read) (?:error 110|error 11\b|timeout)/.test(words) ? "head.timeout" : "gateway.backend_down";
}

const CONNECT_ERRNO = /^backend \S+ fail errno (\d+)/;
const PROBE_ERRNO = /^Open (?:error|timeout) ?(\d+)?/;

/** The numbers of Linux, and of BSD and macOS. 0: it was not tried, since it failed a moment ago (`backend_remote_error_holddown`). */
const CONNECTS: Readonly<Record<string, AnyFaultId>> = {
  "13": "connect.acl_denied",
  "24": "gateway.fd_exhausted",
  "60": "connect.timeout",
  "61": "connect.refused",
  "99": "gateway.source_port_exhausted",
  "101": "connect.net_unreachable",
  "104": "connect.reset",
  "110": "connect.timeout",
  "111": "connect.refused",
  "113": "connect.host_unreachable",
};

const RULES: WordRules = [
  ["gateway.no_healthy_backend", /^(?:backend \S+ unhealthy|No backend|Director \S+ returned no backend|no backend connection)/],
  ["gateway.upstream_limit", /^backend \S+ busy/],
  ["head.timeout", /^(?:first byte timeout|timeout$|http first read error: -1 (?:11|110)\b|http read error: (?:timeout|-1 110))/],
  ["head.reset", /^(?:http (?:first )?read error: -1 104)/],
  ["head.closed_empty", /^(?:backend closed|http first read error: EOF)/],
  ["head.closed", /^(?:HTC (?:eof|close|complete)|http read error: EOF)/],
  ["head.not_http", /^(?:Received junk|http read error: junk|HTC junk)/],
  ["head.too_large", /^(?:overflow|HTC overflow|http read error: overflow)/],
  ["body.truncated", /^(?:straight|chunked) insufficient bytes/],
  ["body.bad_chunk", /^(?:chunked |bogusly large chunk)/],
  ["body.reset", /^(?:Connection reset by peer|eof socket fail|straight read_error: -?\d+ \(?(?:104|Connection reset))/],
  ["body.idle_timeout", /^(?:Resource temporarily unavailable|between bytes timeout)/],
  ["body.invalid", /^(?:Gunzip|Invalid Gzip|Junk after gzip|TestGunzip|GZIP)/i],
  ["client.closed_during_request", /^req\.body read error/],
  ["write.timeout", /^backend write error: (?:11|110)\b/],
  ["write.reset", /^(?:backend write error|proxy write errno)/],
  ["gateway.overloaded", /^(?:Could not get storage|Failed to create object|Object create failed)/],
];
