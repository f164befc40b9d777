import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { attribute } from "../../src/blame/attribute.ts";
import type { Culprit, FaultId, Stage } from "../../src/core/fault.ts";
import { fault } from "../../src/core/fault.ts";
import { culpritOf, stageOf } from "../../src/core/fault-table.ts";
import type { Interruption, Observation } from "../../src/core/ledger.ts";
import { CLOSED, errno, interrupted, LEFT, latin1, RESET, routeOf, seen, TIMEOUT } from "./failures.ts";

const VIA_HTTP = routeOf([{ scheme: "http" }]);
const VIA_SOCKS = routeOf([{ scheme: "socks5h" }]);
const DIRECT = routeOf([]);

const exit: Partial<Observation> = { role: "exit", hop: 1 };
const beyond: Partial<Observation> = { role: "target", hop: 2 };
const direct: Partial<Observation> = { role: "target", hop: 1 };
const backend: Partial<Observation> = { role: "backend", hop: 1 };

type Row = readonly [
  title: string,
  how: Interruption,
  observation: Partial<Observation>,
  id: FaultId,
  culprit: Culprit,
  more?: { readonly hop?: number; readonly details?: RegExp; readonly params?: object; readonly stage?: Stage },
];

const alert = (code: number, level = 2) => Uint8Array.of(21, 3, 3, 0, 2, level, code);

const ROWS: readonly Row[] = [
  // The name.
  [
    "an exit's name that does not exist",
    errno("ENOTFOUND"),
    { ...exit, stage: "dns" },
    "dns.nxdomain",
    "exit",
    { params: { rcode: "NXDOMAIN" } },
  ],
  ["a target's name that does not exist", errno("ENOTFOUND"), { ...beyond, stage: "dns" }, "dns.nxdomain", "origin", { hop: 2 }],
  ["an exit's name without an address", errno("ENODATA"), { ...exit, stage: "dns" }, "dns.nodata", "exit"],
  ["SERVFAIL for an exit", errno("ESERVFAIL"), { ...exit, stage: "dns" }, "dns.servfail", "exit", { params: { rcode: "SERVFAIL" } }],
  ["SERVFAIL for a target", errno("ESERVFAIL"), { ...direct, stage: "dns" }, "dns.servfail", "dns", { hop: 1 }],
  ["getaddrinfo's one code for failure and silence", errno("EAI_AGAIN"), { ...direct, stage: "dns" }, "dns.servfail", "dns"],
  ["a resolver that refuses us", errno("EREFUSED"), { ...exit, stage: "dns" }, "dns.refused", "gateway"],
  ["a resolver that does not answer", errno("ETIMEOUT"), { ...exit, stage: "dns" }, "dns.timeout", "dns"],
  ["a resolver that passes our deadline", TIMEOUT, { ...direct, stage: "dns" }, "dns.timeout", "dns", { details: /5000 ms/ }],
  ["no resolver at all", errno("ECONNREFUSED"), { ...direct, stage: "dns" }, "dns.resolver_unreachable", "gateway"],
  ["a resolver code that nobody knows", errno("EWHATEVER"), { ...direct, stage: "dns" }, "dns.servfail", "dns"],

  // TCP.
  [
    "an exit that refuses TCP",
    errno("ECONNREFUSED"),
    { ...exit, stage: "connect" },
    "connect.refused",
    "exit",
    { details: /^refused after 12 ms/ },
  ],
  ["a target that refuses TCP", errno("ECONNREFUSED"), { ...direct, stage: "connect" }, "connect.refused", "origin"],
  ["a backend that refuses TCP", errno("ECONNREFUSED"), { ...backend, stage: "connect" }, "connect.refused", "origin"],
  ["an exit that does not answer TCP", TIMEOUT, { ...exit, stage: "connect" }, "connect.timeout", "exit", { details: /5000 ms/ }],
  ["the kernel's time-out of a connect", errno("ETIMEDOUT"), { ...exit, stage: "connect" }, "connect.timeout", "exit"],
  ["a target that does not answer TCP", TIMEOUT, { ...direct, stage: "connect" }, "connect.timeout", "network"],
  ["a reset while TCP is opened", RESET, { ...exit, stage: "connect" }, "connect.reset", "exit"],
  ["a host without a route", errno("EHOSTUNREACH"), { ...exit, stage: "connect" }, "connect.host_unreachable", "exit"],
  ["a network without a route", errno("ENETUNREACH"), { ...exit, stage: "connect" }, "connect.net_unreachable", "exit"],
  [
    "an IPv6 address on a machine without IPv6",
    errno("EAFNOSUPPORT"),
    { ...direct, stage: "connect" },
    "connect.net_unreachable",
    "network",
  ],
  ["our own firewall", errno("EACCES"), { ...exit, stage: "connect" }, "connect.acl_denied", "gateway"],
  ["our own seccomp", errno("EPERM"), { ...exit, stage: "connect" }, "connect.acl_denied", "gateway"],
  ["no file descriptor left", errno("EMFILE"), { ...exit, stage: "connect" }, "gateway.fd_exhausted", "gateway", { hop: 0 }],
  [
    "no file descriptor left for the resolver",
    errno("EMFILE"),
    { ...exit, stage: "dns" },
    "gateway.fd_exhausted",
    "gateway",
    { hop: 0, stage: "dns" },
  ],
  ["no file descriptor left on the machine", errno("ENFILE"), { ...exit, stage: "connect" }, "gateway.fd_exhausted", "gateway", { hop: 0 }],
  ["no source port left", errno("EADDRNOTAVAIL"), { ...exit, stage: "connect" }, "gateway.source_port_exhausted", "gateway", { hop: 0 }],

  // The proxy handshake.
  [
    "an exit that closes on CONNECT",
    CLOSED,
    { ...exit, stage: "handshake" },
    "handshake.closed",
    "exit",
    { details: /closed after 12 ms in the CONNECT handshake/ },
  ],
  ["an exit that resets on CONNECT", RESET, { ...exit, stage: "handshake" }, "handshake.reset", "exit"],
  ["an exit that is silent on CONNECT", TIMEOUT, { ...exit, stage: "handshake" }, "handshake.timeout", "exit"],
  [
    "half a CONNECT reply",
    CLOSED,
    { ...exit, stage: "handshake", firstBytes: latin1("HTTP/1.1 20") },
    "handshake.closed",
    "exit",
    { details: /'HTTP\/1\.1 20'/ },
  ],
  ["a CONNECT reply that drips", TIMEOUT, { ...exit, stage: "handshake", firstBytes: latin1("HTTP") }, "handshake.timeout", "exit"],
  [
    "an SSH banner on an HTTP exit's port",
    CLOSED,
    { ...exit, stage: "handshake", firstBytes: latin1("SSH-2.0-x\r\n") },
    "handshake.not_a_proxy",
    "gateway",
    { details: /SSH/ },
  ],
  [
    "a TLS alert on an HTTP exit's port",
    CLOSED,
    { ...exit, stage: "handshake", firstBytes: alert(10) },
    "handshake.not_a_proxy",
    "gateway",
    { details: /https:\/\/host:port/ },
  ],
  [
    "a SOCKS5 reply on an HTTP exit's port",
    CLOSED,
    { ...exit, stage: "handshake", firstBytes: Uint8Array.of(5, 255) },
    "handshake.not_a_proxy",
    "gateway",
    { details: /socks5:\/\/host:port/ },
  ],
  [
    "a code of the kernel in the handshake",
    errno("EHOSTUNREACH"),
    { ...exit, stage: "handshake" },
    "handshake.reset",
    "exit",
    { details: /EHOSTUNREACH/ },
  ],
  [
    "an https exit that wants a client certificate",
    errno("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"),
    { ...exit, stage: "handshake" },
    "tls.client_cert_required",
    "gateway",
    { stage: "handshake" },
  ],

  // TLS: what came decides before how it ended.
  ["an exit that closes on our ClientHello", CLOSED, { ...exit, stage: "tls" }, "tls.closed_in_handshake", "exit"],
  ["an exit that resets on our ClientHello", RESET, { ...exit, stage: "tls" }, "tls.closed_in_handshake", "exit"],
  ["an exit that is silent on our ClientHello", TIMEOUT, { ...exit, stage: "tls" }, "tls.handshake_timeout", "exit"],
  ["a target that closes on a ClientHello", CLOSED, { ...direct, stage: "tls" }, "tls.closed_in_handshake", "origin"],
  ["a tunnel that closes on a ClientHello", CLOSED, { ...beyond, stage: "tls" }, "tls.closed_in_handshake", "origin", { hop: 2 }],
  [
    "HTTP on a port that should speak TLS",
    errno("ERR_SSL_WRONG_VERSION_NUMBER"),
    { ...exit, stage: "tls", firstBytes: latin1("HTTP/1.1 400 Bad Request\r\n") },
    "tls.protocol_mismatch",
    "gateway",
    { details: /speaks HTTP.*http:\/\/host:port/ },
  ],
  [
    "SSH on a port that should speak TLS",
    errno("ERR_SSL_WRONG_VERSION_NUMBER"),
    { ...exit, stage: "tls", firstBytes: latin1("SSH-2.0-OpenSSH_9.2\r\n") },
    "tls.protocol_mismatch",
    "gateway",
    { details: /speaks SSH/ },
  ],
  [
    "SOCKS5 on a port that should speak TLS",
    CLOSED,
    { ...exit, stage: "tls", firstBytes: Uint8Array.of(5, 255) },
    "tls.protocol_mismatch",
    "gateway",
    { details: /socks5:\/\// },
  ],
  [
    "a target that speaks HTTP where https was asked",
    errno("ERR_SSL_WRONG_VERSION_NUMBER"),
    { ...direct, stage: "tls", firstBytes: latin1("HTTP/1.1 400 Bad") },
    "tls.protocol_mismatch",
    "gateway",
    { details: /use http:\/\// },
  ],
  [
    "garbage in place of TLS",
    errno("ERR_SSL_WRONG_VERSION_NUMBER"),
    { ...exit, stage: "tls", firstBytes: Uint8Array.of(222, 173, 190, 239, 1) },
    "tls.malformed",
    "exit",
    { details: /\\xde\\xad/ },
  ],
  [
    "garbage in place of TLS out of a tunnel",
    TIMEOUT,
    { ...beyond, stage: "tls", firstBytes: Uint8Array.of(222, 173, 190, 239, 1) },
    "tls.malformed",
    "origin",
  ],
  [
    "OpenSSL's word alone that it is not TLS",
    errno("ERR_SSL_WRONG_VERSION_NUMBER"),
    { ...exit, stage: "tls" },
    "tls.protocol_mismatch",
    "gateway",
  ],
  [
    "alert 40",
    errno("ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE"),
    { ...exit, stage: "tls", firstBytes: alert(40) },
    "tls.version_or_cipher",
    "exit",
    { params: { "alert-id": 40, "alert-message": "handshake_failure" } },
  ],
  [
    "alert 40 in OpenSSL's older words",
    errno("ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE"),
    { ...direct, stage: "tls" },
    "tls.version_or_cipher",
    "origin",
    { params: { "alert-id": 40, "alert-message": "handshake_failure" } },
  ],
  [
    "alert 70",
    errno("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION"),
    { ...direct, stage: "tls" },
    "tls.version_or_cipher",
    "origin",
    { params: { "alert-id": 70, "alert-message": "protocol_version" } },
  ],
  ["alert 71", errno("ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY"), { ...direct, stage: "tls" }, "tls.version_or_cipher", "origin"],
  [
    "alert 112",
    errno("ERR_SSL_TLSV1_UNRECOGNIZED_NAME"),
    { ...direct, stage: "tls" },
    "tls.sni_unrecognized",
    "origin",
    { params: { "alert-id": 112, "alert-message": "unrecognized_name" } },
  ],
  [
    "alert 112 by its bytes alone",
    RESET,
    { ...beyond, stage: "tls", firstBytes: alert(112) },
    "tls.sni_unrecognized",
    "origin",
    { params: { "alert-id": 112, "alert-message": "unrecognized_name" } },
  ],
  [
    "alert 116",
    errno("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"),
    { ...exit, stage: "tls" },
    "tls.client_cert_required",
    "gateway",
    { params: { "alert-id": 116, "alert-message": "certificate_required" } },
  ],
  ["alert 42", errno("ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE"), { ...direct, stage: "tls" }, "tls.client_cert_required", "gateway"],
  ["alert 48", errno("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"), { ...direct, stage: "tls" }, "tls.client_cert_required", "gateway"],
  ["alert 120", errno("ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL"), { ...direct, stage: "tls" }, "tls.alpn_mismatch", "origin"],
  [
    "alert 80",
    errno("ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR"),
    { ...direct, stage: "tls" },
    "tls.alert",
    "origin",
    { params: { "alert-id": 80, "alert-message": "internal_error" } },
  ],
  [
    "alert 90 in OpenSSL's spelling",
    errno("ERR_SSL_TLSV1_ALERT_USER_CANCELLED"),
    { ...direct, stage: "tls" },
    "tls.alert",
    "origin",
    { params: { "alert-id": 90, "alert-message": "user_canceled" } },
  ],
  [
    "alert 121, which OpenSSL has no code for",
    RESET,
    { ...direct, stage: "tls", firstBytes: alert(121) },
    "tls.alert",
    "origin",
    { params: { "alert-id": 121, "alert-message": "ech_required" } },
  ],
  ["a warning before the end", CLOSED, { ...direct, stage: "tls", firstBytes: alert(112, 1) }, "tls.closed_in_handshake", "origin"],
  ["an expired certificate", errno("CERT_HAS_EXPIRED"), { ...direct, stage: "tls" }, "tls.cert_expired", "origin"],
  ["an exit's expired certificate", errno("CERT_HAS_EXPIRED"), { ...exit, stage: "tls" }, "tls.cert_expired", "exit"],
  ["a certificate of tomorrow", errno("CERT_NOT_YET_VALID"), { ...direct, stage: "tls" }, "tls.cert_not_yet_valid", "origin"],
  [
    "a self-signed certificate",
    errno("DEPTH_ZERO_SELF_SIGNED_CERT"),
    { ...direct, stage: "tls" },
    "tls.cert_untrusted",
    "origin",
    { details: /self-signed/ },
  ],
  ["a private authority", errno("SELF_SIGNED_CERT_IN_CHAIN"), { ...direct, stage: "tls" }, "tls.cert_untrusted", "origin"],
  [
    "a certificate without its chain",
    errno("UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    { ...direct, stage: "tls" },
    "tls.cert_untrusted",
    "origin",
    { details: /without its chain/ },
  ],
  [
    "a certificate for another name",
    errno("ERR_TLS_CERT_ALTNAME_INVALID"),
    { ...direct, stage: "tls" },
    "tls.cert_name_mismatch",
    "origin",
  ],
  [
    "a certificate that comes in TLS records all the same",
    errno("CERT_HAS_EXPIRED"),
    { ...direct, stage: "tls", firstBytes: Uint8Array.of(22, 3, 3, 0, 122, 2) },
    "tls.cert_expired",
    "origin",
  ],
  [
    "no version in common by our own rules",
    errno("ERR_SSL_UNSUPPORTED_PROTOCOL"),
    { ...direct, stage: "tls" },
    "tls.version_or_cipher",
    "origin",
  ],

  // Writing, and the head.
  ["a reset in the middle of a body", RESET, { ...exit, stage: "write" }, "write.reset", "exit"],
  ["an end in the middle of a body", CLOSED, { ...direct, stage: "write" }, "write.reset", "origin"],
  ["a hop that stops reading", TIMEOUT, { ...exit, stage: "write" }, "write.timeout", "exit"],
  [
    "an idle connection that closes as it is reused",
    CLOSED,
    { ...exit, reused: true },
    "head.keepalive_race",
    "exit",
    { details: /earlier request/ },
  ],
  ["an idle connection that is reset as it is reused", RESET, { ...direct, reused: true }, "head.keepalive_race", "origin"],
  [
    "an idle connection that is reset as we write",
    RESET,
    { ...direct, stage: "write", reused: true },
    "head.keepalive_race",
    "origin",
    { stage: "write" },
  ],
  [
    "a reused connection that answers half a head",
    CLOSED,
    { ...exit, reused: true, firstBytes: latin1("HTTP/1.1 2") },
    "head.truncated",
    "exit",
  ],
  ["a reused connection that stays silent", TIMEOUT, { ...exit, reused: true }, "head.timeout", "exit"],
  ["an HTTP exit that closes without a byte", CLOSED, { ...exit }, "head.closed_empty", "exit", { details: /118 bytes out, none in/ }],
  ["an HTTP exit that resets without a byte", RESET, { ...exit }, "head.reset", "exit"],
  ["a target that closes without a byte", CLOSED, { ...direct }, "head.closed_empty", "origin"],
  ["a target that closes without a byte in a tunnel", CLOSED, { ...beyond }, "head.closed_empty", "origin", { hop: 2 }],
  [
    "half a head and an end",
    CLOSED,
    { ...direct, firstBytes: latin1("HTTP/1.1 200 OK\r\nCont") },
    "head.truncated",
    "origin",
    { details: /HTTP\/1\.1 200 OK\\r\\nCont/ },
  ],
  ["half a head and a reset", RESET, { ...exit, firstBytes: latin1("HTTP/1.1 200 OK\r\nCont") }, "head.truncated", "exit"],
  [
    "an interim answer and an end",
    CLOSED,
    { ...direct, firstBytes: latin1("HTTP/1.1 103 Early Hints\r\n\r\n") },
    "head.truncated",
    "origin",
    { details: /with no whole final answer$/ },
  ],
  ["a single byte and an end", CLOSED, { ...exit, firstBytes: latin1("H") }, "head.truncated", "exit"],
  ["silence", TIMEOUT, { ...exit }, "head.timeout", "exit"],
  ["a head that drips", TIMEOUT, { ...direct, firstBytes: latin1("HTTP/1.1 200 OK\r\nX: ") }, "head.timeout", "origin"],
  ["the kernel giving up on a silent peer", errno("ETIMEDOUT"), { ...direct }, "head.timeout", "origin"],
  [
    "a TLS 1.3 target that wants a client certificate",
    errno("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"),
    { ...direct },
    "tls.client_cert_required",
    "gateway",
    { stage: "head" },
  ],
  [
    "another alert where the head should be",
    errno("ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE"),
    { ...direct },
    "tls.alert",
    "origin",
    { stage: "head" },
  ],
  [
    "a TLS stream that breaks",
    errno("ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC"),
    { ...direct },
    "tls.mid_stream_error",
    "origin",
    { stage: "head" },
  ],

  // The body, the trailers, the tunnel.
  ["a body that ends early", CLOSED, { ...exit, stage: "body", bytesIn: 900 }, "body.truncated", "exit", { details: /900 bytes/ }],
  ["a body that is reset", RESET, { ...direct, stage: "body", bytesIn: 900 }, "body.reset", "origin"],
  ["a body that stops", TIMEOUT, { ...direct, stage: "body", bytesIn: 900 }, "body.idle_timeout", "origin"],
  ["trailers that never come", CLOSED, { ...direct, stage: "trailers", bytesIn: 900 }, "body.truncated", "origin", { stage: "trailers" }],
  [
    "a TLS stream that breaks in a body",
    errno("ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC"),
    { ...direct, stage: "body" },
    "tls.mid_stream_error",
    "origin",
  ],
  ["a tunnel that is reset", RESET, { ...beyond, stage: "tunnel" }, "tunnel.reset", "origin"],
  ["a tunnel that idles", TIMEOUT, { ...beyond, stage: "tunnel" }, "tunnel.idle_timeout", "origin"],

  // A client that leaves.
  [
    "a client that leaves while we dial",
    LEFT,
    { ...exit, stage: "connect" },
    "client.closed_waiting",
    "client",
    { hop: 0, stage: "connect" },
  ],
  ["a client that leaves in the handshake", LEFT, { ...exit, stage: "handshake" }, "client.closed_waiting", "client", { hop: 0 }],
  ["a client that leaves while it waits", LEFT, { ...exit, stage: "head" }, "client.closed_waiting", "client", { hop: 0 }],
  ["a client that leaves while it sends", LEFT, { ...exit, stage: "write" }, "client.closed_during_request", "client", { hop: 0 }],
  ["a client that leaves in the body", LEFT, { ...direct, stage: "body" }, "client.closed_during_response", "client", { hop: 0 }],
  [
    "a client that leaves its tunnel",
    LEFT,
    { ...beyond, stage: "tunnel" },
    "client.closed_during_response",
    "client",
    { hop: 0, stage: "tunnel" },
  ],
];

for (const [title, how, observation, id, culprit, more = {}] of ROWS) {
  test(`attributes ${title} to ${culprit} as ${id}`, () => {
    const route = observation.role === "exit" || observation.hop === 2 ? VIA_HTTP : DIRECT;
    const { fault: found, role, hop } = attribute(interrupted(how, observation), route);
    assert.equal(found.id, id);
    assert.equal(culpritOf(found, role), culprit);
    assert.equal(hop, more.hop ?? observation.hop);
    if (more.details !== undefined) assert.match(found.details, more.details);
    if (more.params !== undefined) assert.deepEqual(found.params, more.params);
    if (more.stage !== undefined) assert.equal(stageOf(found), more.stage);
    assert.equal(stageOf(found), observation.stage ?? "head");
  });
}

test("names SOCKS replies by the scheme that was dialled", () => {
  const http = attribute(interrupted(CLOSED, { stage: "handshake", firstBytes: latin1("HTTP/1.1 400 Bad Request\r\n") }), VIA_SOCKS);
  assert.equal(http.fault.id, "handshake.not_a_proxy");
  assert.match(http.fault.details, /speaks HTTP: use http:\/\/host:port/);
  const socks = attribute(interrupted(CLOSED, { stage: "handshake", firstBytes: Uint8Array.of(5) }), VIA_SOCKS);
  assert.equal(socks.fault.id, "handshake.closed");
});

test("a SOCKS5 exit that closes on user and password may have refused them", () => {
  const told = (interruption: Interruption, firstBytes: readonly number[]) =>
    attribute(
      interrupted(interruption, { stage: "handshake", firstBytes: Uint8Array.from(firstBytes) }),
      routeOf([{ scheme: "socks5", username: "u" }]),
    );
  assert.match(told(CLOSED, [5, 2]).fault.details, /user and password, which may be wrong$/);
  for (const [interruption, bytes] of [
    [TIMEOUT, [5, 2]],
    [CLOSED, [5, 2, 1, 0]],
    [CLOSED, [5, 0]],
  ] as const) {
    assert.doesNotMatch(told(interruption, bytes).fault.details, /password/);
  }
});

test("doubts what comes out of a tunnel more than the same from a direct connection", () => {
  const tunnelled = attribute(interrupted(CLOSED, { ...beyond, stage: "tls" }), VIA_HTTP);
  const straight = attribute(interrupted(CLOSED, { ...direct, stage: "tls" }), DIRECT);
  assert.equal(straight.fault.confidence, null);
  assert.equal(tunnelled.fault.confidence, 0.45);
  const intercepted = attribute(interrupted(errno("SELF_SIGNED_CERT_IN_CHAIN"), { ...beyond, stage: "tls" }), VIA_HTTP);
  assert.equal(intercepted.fault.confidence, 0.64, "an exit may show a certificate of its own");
  const expired = attribute(interrupted(errno("CERT_HAS_EXPIRED"), { ...beyond, stage: "tls" }), VIA_HTTP);
  assert.equal(expired.fault.confidence, null, "nobody makes an expired one for another");
  const tunnel = attribute(interrupted(RESET, { ...beyond, stage: "tunnel" }), VIA_HTTP);
  assert.equal(tunnel.fault.confidence, null, "its row's confidence is that of a tunnel already");
});

const CODEC_ROWS: readonly (readonly [
  title: string,
  thrown: FaultId,
  bytes: Uint8Array,
  route: "http" | "socks",
  observation: Partial<Observation>,
  id: FaultId,
  culprit: Culprit,
])[] = [
  [
    "garbage in place of a CONNECT reply",
    "handshake.bad_connect_reply",
    latin1("\xde\xad\xbe\xef"),
    "http",
    { ...exit, stage: "handshake" },
    "handshake.bad_connect_reply",
    "exit",
  ],
  [
    "an SSH banner in place of a CONNECT reply",
    "handshake.bad_connect_reply",
    latin1("SSH-2.0-x\r\n"),
    "http",
    { ...exit, stage: "handshake" },
    "handshake.not_a_proxy",
    "gateway",
  ],
  [
    "garbage in place of a SOCKS reply",
    "handshake.socks_malformed",
    latin1("\xde\xad\xbe\xef"),
    "socks",
    { ...exit, stage: "handshake" },
    "handshake.socks_malformed",
    "exit",
  ],
  [
    "HTTP in place of a SOCKS reply",
    "handshake.socks_malformed",
    latin1("HTTP/1.1 400 Bad Request"),
    "socks",
    { ...exit, stage: "handshake" },
    "handshake.not_a_proxy",
    "gateway",
  ],
  ["garbage in place of a head from an exit", "head.not_http", latin1("\xde\xad\xbe\xef"), "http", exit, "head.not_http", "exit"],
  ["garbage in place of a head from a target", "head.not_http", latin1("\xde\xad\xbe\xef"), "http", beyond, "head.not_http", "origin"],
  [
    "a TLS record in place of a head from an exit",
    "head.not_http",
    Uint8Array.of(21, 3, 3, 0, 2, 2, 10),
    "http",
    exit,
    "head.not_http",
    "gateway",
  ],
  [
    "an SMTP greeting in place of a head",
    "head.not_http",
    latin1("220 mail ESMTP Postfix\r\n"),
    "http",
    beyond,
    "head.not_http",
    "gateway",
  ],
  ["two lengths from an exit", "head.bad_framing", latin1("HTTP/1.1 200 OK\r\n"), "http", exit, "head.bad_framing", "exit"],
  ["two lengths from a target", "head.bad_framing", latin1("HTTP/1.1 200 OK\r\n"), "http", beyond, "head.bad_framing", "origin"],
  [
    "a bad chunk from an exit",
    "body.bad_chunk",
    latin1("HTTP/1.1 200 OK\r\n"),
    "http",
    { ...exit, stage: "body" },
    "body.bad_chunk",
    "exit",
  ],
  [
    "a page where a tunnel should speak TLS",
    "tls.malformed",
    latin1("HTTP/1.1 502 Bad Gateway\r\n"),
    "http",
    { ...beyond, stage: "tls" },
    "tls.protocol_mismatch",
    "exit",
  ],
  [
    "a web server's 400 where a tunnel should speak TLS",
    "tls.malformed",
    latin1("HTTP/1.1 400 Bad Request\r\n"),
    "http",
    { ...beyond, stage: "tls" },
    "tls.protocol_mismatch",
    "gateway",
  ],
  [
    "garbage where a tunnel should speak TLS",
    "tls.malformed",
    latin1("\xde\xad\xbe\xef"),
    "http",
    { ...beyond, stage: "tls" },
    "tls.malformed",
    "origin",
  ],
];

for (const [title, thrown, bytes, kind, observation, id, culprit] of CODEC_ROWS) {
  test(`takes ${title} for ${id} of ${culprit}`, () => {
    const failure = { kind: "fault", fault: fault(thrown, "thrown"), seen: seen({ ...observation, firstBytes: bytes }) } as const;
    const { fault: found, role } = attribute(failure, kind === "http" ? VIA_HTTP : VIA_SOCKS);
    assert.equal(found.id, id);
    assert.equal(culpritOf(found, role), culprit);
  });
}

const anyInterruption = fc.oneof(
  fc.constantFrom(CLOSED, RESET, TIMEOUT, LEFT),
  fc
    .constantFrom("ECONNREFUSED", "ERR_SSL_WRONG_VERSION_NUMBER", "EPIPE", "ENOTFOUND", "EMFILE", "CERT_HAS_EXPIRED", "ECANCELED")
    .map(errno),
  fc.string().map(errno),
);
const TARGET_STAGES = ["dns", "connect", "tls", "write", "head", "body", "trailers", "tunnel"] as const;
const anySeen = fc.record({
  stage: fc.constantFrom<Stage>(...TARGET_STAGES),
  reused: fc.boolean(),
  bytesOut: fc.nat(9999),
  firstBytes: fc.uint8Array({ maxLength: 64 }),
  elapsedMs: fc.nat(100_000),
});

test("never blames an exit for what was seen at the target, and never anybody but a client that left", () => {
  fc.assert(
    fc.property(anyInterruption, anySeen, fc.boolean(), (how, observation, isTunnelled) => {
      const where = isTunnelled ? beyond : direct;
      const { fault: found, role, hop } = attribute(interrupted(how, { ...observation, ...where }), isTunnelled ? VIA_HTTP : DIRECT);
      const culprit = culpritOf(found, role);
      assert.notEqual(culprit, "exit");
      assert.equal(culprit === "client", how.how === "left");
      assert.ok(hop >= 0 && hop <= 2);
      assert.ok(found.details.length > 0);
    }),
    { numRuns: 300 },
  );
});

test("never blames a target for what was seen at an exit", () => {
  fc.assert(
    fc.property(anyInterruption, anySeen, fc.constantFrom<Stage>("handshake", ...TARGET_STAGES), (how, observation, stage) => {
      const { fault: found, role } = attribute(interrupted(how, { ...observation, ...exit, stage }), VIA_HTTP);
      assert.ok(!["origin", "edge"].includes(culpritOf(found, role)), found.id);
    }),
    { numRuns: 300 },
  );
});

test("an exit that is silent once it has our SOCKS request may be waiting for the target", () => {
  const handshake = (firstBytes: Uint8Array) => interrupted(TIMEOUT, { ...exit, stage: "handshake", firstBytes });
  for (const bytes of [Uint8Array.of(5, 0), Uint8Array.of(5, 2, 1, 0)]) {
    const { fault: value, role } = attribute(handshake(bytes), VIA_SOCKS);
    assert.deepEqual([value.id, culpritOf(value, role), value.confidence], ["handshake.timeout", "exit", 0.5]);
    assert.match(value.details, /it may be waiting for the target$/);
  }
  for (const bytes of [Uint8Array.of(), Uint8Array.of(5), Uint8Array.of(5, 2), Uint8Array.of(5, 0, 5)]) {
    assert.equal(attribute(handshake(bytes), VIA_SOCKS).fault.confidence, null, `after ${bytes}`);
  }
});

test("a SOCKS hop that is silent about the next hop of a chain is the exit's affair alone", () => {
  const chain = routeOf([{ scheme: "socks5" }, { scheme: "http" }]);
  const failure = interrupted(TIMEOUT, { ...exit, stage: "handshake", firstBytes: Uint8Array.of(5, 0) });
  assert.equal(attribute(failure, chain).fault.confidence, null);
});

test("a page in the place of TLS is placed at the last exit before the target, which put it there", () => {
  const page = { stage: "tls", firstBytes: Buffer.from("HTTP/1.1 200 OK\r\n") } as const;
  const short = attribute(interrupted(CLOSED, { ...beyond, ...page }), VIA_HTTP);
  assert.deepEqual([short.fault.id, culpritOf(short.fault, short.role), short.hop], ["tls.protocol_mismatch", "exit", 1]);
  const long = attribute(interrupted(CLOSED, { ...beyond, ...page, hop: 3 }), routeOf([{ scheme: "http" }, { scheme: "http" }]));
  assert.equal(long.hop, 2);
});
