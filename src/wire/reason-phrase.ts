import { type FaultId, isOfTargetSide } from "../core/fault.ts";
import type { AttemptRecord, Verdict } from "../core/ledger.ts";

/** Bytes of a reason phrase, ASCII: what clients print of a refused CONNECT without cutting it. */
export const REASON_BYTES_MAX = 120;

/**
 * The verdict as the reason phrase of the status line: `exit de-7 refused TCP (connect.refused 01JD8Z)`.
 * Most clients drop the fields and the body of a refused CONNECT, and print this.
 */
export function tellReason(verdict: Verdict, attempt: AttemptRecord | null, id: string): string {
  const proof = printable(` (${verdict.fault} ${id})`).slice(0, REASON_BYTES_MAX / 2);
  const phrase = verdict.fault === "relay.exit_5xx" && isOfTargetSide(verdict.culprit) ? NO_ANSWER_BY_EXIT : PHRASES[verdict.fault];
  const story = phrase.replace(/\{(\w+)\}/g, (_, place: string) => printable(nameOf(place, verdict, attempt)));
  return clip(story, REASON_BYTES_MAX - proof.length) + proof;
}

function nameOf(place: string, verdict: Verdict, attempt: AttemptRecord | null): string {
  const target = attempt?.route.at(-1) ?? null;
  const exit = attempt?.exit ?? null;
  const targetSide = verdict.culprit === "edge" ? "edge" : "origin";
  const targetName = target === null ? targetSide : `${targetSide} ${clip(target, NAME_BYTES_MAX)}`;
  const exitName = exit === null ? "exit" : `exit ${clip(exit, NAME_BYTES_MAX)}`;
  if (place === "target") return targetName;
  if (place === "exit") return exitName;
  if (attempt === null) return isOfTargetSide(verdict.culprit) ? targetName : exitName; // of a target that is not asked: it is down

  // {hop}: whoever the verdict points at, by its place on the route; the target stands last.
  const hops = attempt.route.length;
  // Of a handshake it is always an exit that did it, be it for the target's sake.
  if (verdict.hop === hops && exit !== null && verdict.fault.startsWith("handshake.")) return exitName;
  if (exit === null || verdict.hop === hops) return targetName;
  return hops > 2 && verdict.hop > 0 ? `${exitName} hop ${verdict.hop}` : exitName;
}

const NAME_BYTES_MAX = 32;

function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 2)}..`;
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}

/** What an exit's own error page tells where the target is to blame. */
const NO_ANSWER_BY_EXIT = "{target} gave no answer, says {exit}";

/** `{hop}`: where it broke; `{exit}`: the exit of the attempt; `{target}`: the target's side. */
const PHRASES: Readonly<Record<FaultId, string>> = {
  "client.bad_request": "client sent an invalid request",
  "client.smuggling_suspect": "client sent ambiguous framing",
  "client.header_too_large": "client sent too large a head",
  "client.uri_too_long": "client sent too long a request line",
  "client.request_timeout": "client did not finish its head in time",
  "client.body_timeout": "client stopped sending its body",
  "client.denied": "gateway policy forbids this",
  "client.proxy_auth_required": "gateway wants a user and password",
  "client.proxy_auth_invalid": "gateway refuses this user, password or parameter",
  "client.tls_handshake_failed": "client failed its TLS handshake",
  "client.closed_waiting": "client left while waiting",
  "client.closed_during_request": "client left while sending",
  "client.closed_during_response": "client left while receiving",
  "client.slow_reader": "client stopped reading",

  "gateway.no_exit": "gateway has no exit that fits",
  "gateway.internal_error": "gateway has a bug",
  "gateway.overloaded": "gateway is overloaded",
  "gateway.upstream_limit": "gateway has no turn free for this target",
  "gateway.fd_exhausted": "gateway is out of file descriptors",
  "gateway.source_port_exhausted": "gateway is out of source ports",
  "gateway.shutting_down": "gateway is shutting down",
  "gateway.loop_detected": "gateway was asked to call itself",
  "gateway.ip_prohibited": "gateway forbids this target address or port",

  "dns.nxdomain": "{hop} has a name that does not exist",
  "dns.nodata": "{hop} has a name without address",
  "dns.servfail": "resolver failed for {hop}",
  "dns.refused": "resolver refuses this machine",
  "dns.timeout": "resolver did not answer for {hop}",
  "dns.resolver_unreachable": "resolver cannot be reached",
  "connect.refused": "{hop} refused TCP",
  "connect.timeout": "{hop} did not answer TCP",
  "connect.reset": "{hop} reset TCP",
  "connect.host_unreachable": "{hop} has an unreachable host",
  "connect.net_unreachable": "{hop} is on an unreachable network",
  "connect.acl_denied": "local firewall forbids {hop}",

  "handshake.connect_failed": "the chain of exits breaks at {hop}",
  "handshake.auth_required": "{hop} wants credentials",
  "handshake.auth_failed": "{hop} refused our credentials",
  "handshake.connect_rejected": "{hop} refused the tunnel",
  "handshake.target_unresolvable": "{target} does not resolve, says {exit}",
  "handshake.target_refused": "{target} refused TCP, says {exit}",
  "handshake.target_unreachable": "{target} is unreachable, says {exit}",
  "handshake.target_timeout": "{target} did not answer, says {exit}",
  "handshake.policy_denied": "{hop} forbids this target",
  "handshake.exit_unavailable": "{hop} has no exit free",
  "handshake.session_lost": "{hop} lost its session",
  "handshake.quota_exceeded": "{hop} is out of quota",
  "handshake.rate_limited": "{hop} limits our rate",
  "handshake.socks_malformed": "{hop} sent a broken SOCKS reply",
  "handshake.not_a_proxy": "{hop} speaks another protocol",
  "handshake.bad_connect_reply": "{hop} sent a broken CONNECT reply",
  "handshake.closed": "{hop} closed in the proxy handshake",
  "handshake.reset": "{hop} reset in the proxy handshake",
  "handshake.timeout": "{hop} did not finish the proxy handshake",

  "tls.handshake_timeout": "{hop} did not finish TLS",
  "tls.closed_in_handshake": "{hop} closed in the TLS handshake",
  "tls.protocol_mismatch": "{hop} does not speak TLS",
  "tls.malformed": "{hop} sent broken TLS",
  "tls.version_or_cipher": "{hop} shares no TLS version or cipher",
  "tls.sni_unrecognized": "{hop} does not know this TLS name",
  "tls.client_cert_required": "{hop} wants a client certificate",
  "tls.alert": "{hop} ended TLS with an alert",
  "tls.alpn_mismatch": "{hop} shares no protocol (ALPN)",
  "tls.cert_expired": "{hop} has an expired certificate",
  "tls.cert_not_yet_valid": "{hop} has a certificate not yet valid",
  "tls.cert_untrusted": "{hop} has an untrusted certificate",
  "tls.cert_name_mismatch": "{hop} has a certificate for another name",
  "tls.mid_stream_error": "{hop} broke the TLS stream",

  "write.reset": "{hop} reset while we wrote",
  "write.timeout": "{hop} stopped reading",
  "head.keepalive_race": "{hop} closed an idle connection",
  "head.closed_empty": "{hop} closed without an answer",
  "head.reset": "{hop} reset without an answer",
  "head.truncated": "{hop} broke off in its head",
  "head.timeout": "{hop} sent no answer in time",
  "head.too_large": "{hop} sent too large a head",
  "head.field_too_large": "{hop} sent too large a field",
  "head.too_many_fields": "{hop} sent too many fields",
  "head.not_http": "{hop} does not speak HTTP",
  "head.bad_status_line": "{hop} sent a broken status line",
  "head.bad_field": "{hop} sent a broken field",
  "head.bad_framing": "{hop} sent contradicting lengths",
  "head.bad_transfer_coding": "{hop} sent an unknown transfer coding",
  "head.unexpected_1xx": "{hop} sent senseless 1xx",
  "head.upgrade_failed": "{hop} switched protocols unasked",
  "body.truncated": "{hop} broke off in its body",
  "body.reset": "{hop} reset in its body",
  "body.idle_timeout": "{hop} stopped sending its body",
  "body.bad_chunk": "{hop} sent broken chunks",
  "trailers.too_large": "{hop} sent too large trailers",
  "trailers.invalid": "{hop} sent broken trailers",
  "tunnel.idle_timeout": "tunnel was idle too long",
  "tunnel.reset": "{hop} reset the tunnel",

  "relay.origin_5xx": "{target} answered with an error",
  "relay.edge_5xx": "{target} answered with an error",
  "relay.exit_5xx": "{exit} answered with an error",
  "relay.blocked": "{target} refuses {exit}",
  "relay.rate_limited": "{target} had too many requests",
  "relay.ruled": "{target} answered with what a rule wants repeated",

  "honesty.fake_answer": "{exit} made up an answer",
  "honesty.stale_answer": "{exit} replayed an answer",
  "honesty.content_changed": "{exit} changed an answer",
  "honesty.request_changed": "{exit} changed the request",
  "honesty.tls_intercepted": "{exit} intercepts TLS",
  "honesty.redirected": "{exit} redirects elsewhere",
  "honesty.dns_lies": "{exit} invents addresses",
};
