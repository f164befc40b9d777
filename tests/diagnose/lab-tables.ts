import type { Culprit, FaultId } from "../../src/core/fault.ts";
import type { BadAnswer } from "../../src/lab/bad-answers.ts";
import type { BadSocks, BadTunnel } from "../../src/lab/bad-exits.ts";
import type { Refusal } from "../../src/lab/refusals.ts";

/**
 * What is expected of each row of the lab, by the catalogue of faults and its culprits, wherever the row stands. A row without an
 * expectation does not compile.
 */
export type Expected =
  /** Nothing is broken. */
  | null
  /** Which fault, whose it is, and a word of what is to be done. */
  | readonly [FaultId, Culprit, RegExp];

const another = /^Use another exit\.|another exit/;
const wrongLine = /scheme or port/;
const account = /Check the account/;
const login = /user and password/;

/** It gives the same for a site that does not exist. */
const OWN_PAGE: Expected = ["honesty.fake_answer", "exit", another];

/** An HTTP exit that answers a request for a page so, whatever the site, while the one that is asked for is well. */
export const PLAIN_EXIT: Readonly<Record<BadAnswer, Expected>> = {
  fin: ["head.closed_empty", "exit", another],
  rst: ["head.reset", "exit", another],
  silence: ["head.timeout", "exit", another],
  neverReads: ["head.timeout", "exit", another],
  halfHead: ["head.truncated", "exit", another],
  halfHeadThenReset: ["head.truncated", "exit", another],
  halfHeadThenSilence: ["head.timeout", "exit", another],
  drip: OWN_PAGE,
  truncatedByLength: ["body.truncated", "exit", another],
  truncatedByChunk: ["body.truncated", "exit", another],
  missingLastChunk: ["body.truncated", "exit", another],
  resetInBody: ["body.reset", "exit", another],
  stallInBody: ["body.idle_timeout", "exit", another],
  hugeHead: ["head.too_large", "exit", another],
  hugeField: ["head.field_too_large", "exit", another],
  tooManyFields: ["head.too_many_fields", "exit", another],
  hugeTrailers: ["trailers.too_large", "exit", another],
  interimFlood: ["head.unexpected_1xx", "exit", another],
  garbage: ["head.not_http", "exit", another],
  sshBanner: ["head.not_http", "gateway", wrongLine],
  smtpBanner: ["head.not_http", "gateway", wrongLine],
  ftpBanner: ["head.not_http", "gateway", wrongLine],
  tlsAlert: ["head.not_http", "gateway", wrongLine],
  socksReply: ["head.not_http", "gateway", wrongLine],
  http2: ["head.not_http", "gateway", wrongLine],
  http09: ["head.not_http", "exit", another],
  badStatusLine: ["head.bad_status_line", "exit", another],
  fieldWithNul: ["head.bad_field", "exit", another],
  fieldWithSpaceInName: ["head.bad_field", "exit", another],
  fieldWithoutColon: ["head.bad_field", "exit", another],
  lengthAndChunked: ["head.bad_framing", "exit", another],
  twoLengths: ["head.bad_framing", "exit", another],
  badLength: ["head.bad_framing", "exit", another],
  unknownCoding: ["head.bad_transfer_coding", "exit", another],
  unexpectedUpgrade: ["head.upgrade_failed", "exit", another],
  badChunk: ["body.bad_chunk", "exit", another],
  badTrailers: ["trailers.invalid", "exit", another],
  beyondLength: OWN_PAGE,
  bodyOn204: OWN_PAGE,
  early413: OWN_PAGE,
};

/** An HTTP exit that answers CONNECT so. Whoever says 2xx has opened the tunnel, whatever else it says: the rest stands where TLS should. */
export const CONNECT_EXIT: Readonly<Record<BadAnswer, Expected>> = {
  fin: ["handshake.closed", "exit", another],
  rst: ["handshake.reset", "exit", another],
  silence: ["handshake.timeout", "exit", another],
  neverReads: ["handshake.timeout", "exit", another],
  halfHead: ["handshake.closed", "exit", another],
  halfHeadThenReset: ["handshake.reset", "exit", another],
  halfHeadThenSilence: ["handshake.timeout", "exit", another],
  drip: ["tls.malformed", "exit", another],
  truncatedByLength: ["tls.malformed", "exit", another],
  truncatedByChunk: ["tls.malformed", "exit", another],
  missingLastChunk: ["tls.malformed", "exit", another],
  resetInBody: ["tls.malformed", "exit", another],
  stallInBody: ["tls.malformed", "exit", another],
  hugeHead: ["handshake.bad_connect_reply", "exit", another],
  hugeField: ["handshake.bad_connect_reply", "exit", another],
  tooManyFields: ["tls.handshake_timeout", "exit", another],
  hugeTrailers: ["tls.malformed", "exit", another],
  interimFlood: ["handshake.bad_connect_reply", "exit", another],
  garbage: ["handshake.bad_connect_reply", "exit", another],
  sshBanner: ["handshake.not_a_proxy", "gateway", wrongLine],
  smtpBanner: ["handshake.not_a_proxy", "gateway", wrongLine],
  ftpBanner: ["handshake.not_a_proxy", "gateway", wrongLine],
  tlsAlert: ["handshake.not_a_proxy", "gateway", wrongLine],
  socksReply: ["handshake.not_a_proxy", "gateway", wrongLine],
  http2: ["handshake.not_a_proxy", "gateway", wrongLine],
  http09: ["handshake.bad_connect_reply", "exit", another],
  badStatusLine: ["handshake.bad_connect_reply", "exit", another],
  fieldWithNul: ["tls.closed_in_handshake", "exit", another],
  fieldWithSpaceInName: ["tls.closed_in_handshake", "exit", another],
  fieldWithoutColon: ["tls.closed_in_handshake", "exit", another],
  lengthAndChunked: ["tls.malformed", "exit", another],
  twoLengths: ["tls.malformed", "exit", another],
  badLength: ["tls.malformed", "exit", another],
  unknownCoding: ["tls.malformed", "exit", another],
  unexpectedUpgrade: ["handshake.bad_connect_reply", "exit", another],
  badChunk: ["tls.malformed", "exit", another],
  badTrailers: ["tls.malformed", "exit", another],
  beyondLength: ["tls.malformed", "exit", another],
  bodyOn204: ["tls.malformed", "exit", another],
  early413: ["handshake.connect_rejected", "exit", another],
};

/** An HTTP exit that opens a tunnel and then plays the site itself. */
export const TUNNEL_EXIT: Readonly<Record<BadTunnel, Expected>> = {
  finAtOnce: ["tls.closed_in_handshake", "exit", another],
  rstAtOnce: ["tls.closed_in_handshake", "exit", another],
  finAfterHello: ["tls.closed_in_handshake", "exit", another],
  rstAfterHello: ["tls.closed_in_handshake", "exit", another],
  silentAfterHello: ["tls.handshake_timeout", "exit", another],
  garbageAfterHello: ["tls.malformed", "exit", another],
  pageAfterHello: ["tls.protocol_mismatch", "exit", another],
  alertAfterHello: ["tls.version_or_cipher", "exit", another],
};

/** An exit that refuses: to whom it says so of a page, and to whom of a tunnel. */
export const REFUSING_EXIT: Readonly<Record<Refusal, { readonly plain: Expected; readonly tunnel: Expected }>> = {
  squidRefused: of("relay.exit_5xx", "handshake.target_refused"),
  squidTimeout: of("relay.exit_5xx", "handshake.target_timeout"),
  squidUnreachable: of("relay.exit_5xx", "handshake.target_unreachable"),
  squidDns: of("relay.exit_5xx", "handshake.target_unresolvable"),
  squidDenied: of("handshake.policy_denied", "handshake.policy_denied"),
  squidEmpty: of("relay.exit_5xx", "handshake.connect_rejected"),
  squidInvalid: of("relay.exit_5xx", "handshake.connect_rejected"),
  squidReadTimeout: of("relay.exit_5xx", "handshake.target_timeout"),
  // Of a target with a name, Squid says so where it has no name server.
  squidNoParent: of("relay.exit_5xx", "handshake.target_unresolvable"),
  nginx502: of("relay.exit_5xx", "handshake.connect_rejected"),
  tinyproxy500: of("relay.exit_5xx", "handshake.target_unreachable"),
  haproxy503: of("relay.exit_5xx", "handshake.connect_rejected"),
  brightDataTarget: of("relay.exit_5xx", "handshake.target_unresolvable"),
  brightDataPeer: {
    plain: ["relay.exit_5xx", "exit", another],
    tunnel: ["handshake.exit_unavailable", "exit", /Loosen/],
  },
  brightDataPolicy: of("handshake.policy_denied", "handshake.policy_denied"),
  brightDataQuota: { plain: ["relay.exit_5xx", "gateway", account], tunnel: ["handshake.quota_exceeded", "gateway", account] },
  brightDataRate: {
    plain: ["handshake.rate_limited", "exit", /fewer requests/],
    tunnel: ["handshake.rate_limited", "exit", /fewer requests/],
  },
  brightDataAuth: both("handshake.auth_required", "gateway", login),
  oxylabsSession: { plain: ["relay.exit_5xx", "exit", another], tunnel: ["handshake.session_lost", "exit", /new session/] },
  oxylabsNoExit: { plain: ["relay.exit_5xx", "exit", another], tunnel: ["handshake.session_lost", "exit", /new session/] },
  proxyStatusRefused: of("relay.exit_5xx", "handshake.target_refused"),
  proxyStatusDns: of("relay.exit_5xx", "handshake.target_unresolvable"),
  proxyStatusTimeout: of("relay.exit_5xx", "handshake.target_timeout"),
  auth407: both("handshake.auth_required", "gateway", login),
  // A 403 in clear text may be anybody's, and is an answer.
  denied403: { plain: ["handshake.policy_denied", "exit", another], tunnel: ["handshake.policy_denied", "exit", another] },
  // Whose limit it is, the answer does not tell; it is no outage.
  rate429: { plain: ["relay.rate_limited", "edge", /more slowly/], tunnel: ["handshake.rate_limited", "exit", /fewer requests/] },
  bare500: of("relay.exit_5xx", "handshake.connect_rejected"),
  bare502: of("relay.exit_5xx", "handshake.connect_rejected"),
  bare503: of("relay.exit_5xx", "handshake.connect_rejected"),
  bare504: of("relay.exit_5xx", "handshake.connect_rejected"),
};

function of(plain: FaultId, tunnel: FaultId): { readonly plain: Expected; readonly tunnel: Expected } {
  return { plain: [plain, "exit", another], tunnel: [tunnel, "exit", another] };
}

function both(fault: FaultId, culprit: Culprit, fix: RegExp): { readonly plain: Expected; readonly tunnel: Expected } {
  return { plain: [fault, culprit, fix], tunnel: [fault, culprit, fix] };
}

/** A SOCKS5 exit that does not even answer as SOCKS says. */
export const SOCKS_EXIT: Readonly<Record<BadSocks, Expected>> = {
  fin: ["handshake.closed", "exit", another],
  rst: ["handshake.reset", "exit", another],
  silence: ["handshake.timeout", "exit", another],
  wrongVersion: ["handshake.socks_malformed", "exit", another],
  halfReply: ["handshake.closed", "exit", another],
  http: ["handshake.not_a_proxy", "gateway", wrongLine],
  noMethod: ["handshake.auth_required", "gateway", login],
  unknownMethod: ["handshake.socks_malformed", "exit", another],
  tlsAlert: ["handshake.not_a_proxy", "gateway", wrongLine],
  sshBanner: ["handshake.not_a_proxy", "gateway", wrongLine],
};

/** Replies of SOCKS5 (RFC 1928 section 6) and results of SOCKS4, while the site is well. */
export const SOCKS_REPLIES: readonly (readonly ["socks5h" | "socks4a", number, Expected])[] = [
  ["socks5h", 1, ["handshake.connect_rejected", "exit", another]],
  ["socks5h", 2, ["handshake.policy_denied", "exit", another]],
  ["socks5h", 3, ["handshake.target_unreachable", "exit", another]],
  ["socks5h", 4, ["handshake.target_unresolvable", "exit", another]],
  ["socks5h", 5, ["handshake.target_refused", "exit", another]],
  ["socks5h", 6, ["handshake.target_timeout", "exit", another]],
  ["socks5h", 7, ["handshake.not_a_proxy", "gateway", wrongLine]],
  ["socks5h", 8, ["handshake.not_a_proxy", "gateway", wrongLine]],
  ["socks4a", 91, ["handshake.connect_rejected", "exit", another]],
  ["socks4a", 92, ["handshake.auth_required", "gateway", login]],
  ["socks4a", 93, ["handshake.auth_required", "gateway", login]],
];
