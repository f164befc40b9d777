import assert from "node:assert/strict";
import { test } from "node:test";
import { backendOfGoError, faultOfGoError } from "../../../src/explain/log/go-errors.ts";
import type { AnyFaultId } from "../../../src/explain/log/log-event.ts";

/** Texts as Go's net, crypto/tls and net/http make them, and the address that they name. */
const TEXTS: readonly (readonly [text: string, fault: AnyFaultId | null, backend: string | null])[] = [
  ["dial tcp 10.0.0.2:8080: connect: connection refused", "connect.refused", "10.0.0.2:8080"],
  ["dial tcp [2001:db8::2]:8080: connect: connection refused", "connect.refused", "[2001:db8::2]:8080"],
  ["dial tcp 10.0.0.2:8080: i/o timeout", "connect.timeout", "10.0.0.2:8080"],
  [
    "dial tcp 10.0.0.2:8080: connectex: No connection could be made because the target machine actively refused it.",
    "connect.refused",
    "10.0.0.2:8080",
  ],
  [
    "read tcp 10.0.0.1:5000->10.0.0.2:80: wsarecv: An existing connection was forcibly closed by the remote host.",
    "head.reset",
    "10.0.0.2:80",
  ],
  ["dial unix /run/app.sock: connect: resource temporarily unavailable", "connect.backlog_full", "/run/app.sock"],
  ["dial http:: unknown network http", "gateway.config_error", null],
  ["dial tcp 10.0.0.2:8080: connect: connection timed out", "connect.timeout", "10.0.0.2:8080"],
  ["dial tcp 10.0.0.2:8080: connect: no route to host", "connect.host_unreachable", "10.0.0.2:8080"],
  ["dial tcp [2001:db8::2]:80: connect: network is unreachable", "connect.net_unreachable", "[2001:db8::2]:80"],
  ["dial tcp 10.0.0.2:8080: connect: permission denied", "connect.acl_denied", "10.0.0.2:8080"],
  ["dial tcp 10.0.0.2:8080: connect: cannot assign requested address", "gateway.source_port_exhausted", "10.0.0.2:8080"],
  ["dial tcp 10.0.0.2:8080: socket: too many open files", "gateway.fd_exhausted", "10.0.0.2:8080"],
  ["dial tcp 10.0.0.2:8080: operation was canceled", "client.closed_waiting", "10.0.0.2:8080"],
  ["dial unix /run/app.sock: connect: no such file or directory", "connect.unix_socket", "/run/app.sock"],
  ["dial tcp: lookup app on 127.0.0.11:53: no such host", "dns.nxdomain", null],
  ["dial tcp: lookup app on 127.0.0.11:53: server misbehaving", "dns.servfail", null],
  ["dial tcp: lookup app on 10.96.0.10:53: read udp 10.0.0.1:5000->10.96.0.10:53: i/o timeout", "dns.timeout", null],
  ["dial tcp: lookup app: Temporary failure in name resolution", "dns.timeout", null],
  ["x509: certificate signed by unknown authority", "tls.cert_untrusted", null],
  ["tls: failed to verify certificate: x509: certificate signed by unknown authority", "tls.cert_untrusted", null],
  ["x509: certificate is valid for a.example, not b.example", "tls.cert_name_mismatch", null],
  ["x509: cannot validate certificate for 10.0.0.2 because it doesn't contain any IP SANs", "tls.cert_name_mismatch", null],
  [
    "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-27T14:00:00Z is after 2026-01-01T00:00:00Z",
    "tls.cert_expired",
    null,
  ],
  [
    "x509: certificate has expired or is not yet valid: current time 2026-11-27T14:00:00Z is before 2027-01-01T00:00:00Z",
    "tls.cert_not_yet_valid",
    null,
  ],
  ["tls: first record does not look like a TLS handshake", "tls.protocol_mismatch", null],
  ["http: server gave HTTP response to HTTPS client", "tls.protocol_mismatch", null],
  ["net/http: TLS handshake timeout", "tls.handshake_timeout", null],
  ["remote error: tls: handshake failure", "tls.version_or_cipher", null],
  ["remote error: tls: unrecognized name", "tls.sni_unrecognized", null],
  ["remote error: tls: certificate required", "tls.client_cert_required", null],
  ["remote error: tls: internal error", "tls.alert", null],
  ["http: server closed idle connection", "head.keepalive_race", null],
  ["net/http: timeout awaiting response headers", "head.timeout", null],
  ["read tcp 10.0.0.1:5000->10.0.0.2:8080: i/o timeout", "head.timeout", "10.0.0.2:8080"],
  ["context deadline exceeded", "head.timeout", null],
  ["read tcp 10.0.0.1:5000->10.0.0.2:8080: read: connection reset by peer", "head.reset", "10.0.0.2:8080"],
  ["write tcp 10.0.0.1:5000->10.0.0.2:8080: write: broken pipe", "write.reset", "10.0.0.2:8080"],
  ["write tcp 10.0.0.1:5000->10.0.0.2:8080: i/o timeout", "write.timeout", "10.0.0.2:8080"],
  ["readfrom tcp 10.0.0.1:5000->10.0.0.2:8080: client disconnected", "client.closed_during_request", "10.0.0.2:8080"],
  ["readfrom tcp 10.0.0.1:5000->10.0.0.2:8080: unexpected EOF", "client.closed_during_request", "10.0.0.2:8080"],
  ["EOF", "head.closed_empty", null],
  ['Get "http://10.0.0.2:8080/": EOF', "head.closed_empty", null],
  ["unexpected EOF", "head.truncated", null],
  ['net/http: HTTP/1.x transport connection broken: malformed HTTP status code "abc"', "head.bad_status_line", null],
  ['net/http: HTTP/1.x transport connection broken: malformed HTTP response "SSH-2.0-OpenSSH_9.2"', "head.not_http", null],
  ["net/http: HTTP/1.x transport connection broken: malformed MIME header line: no colon", "head.bad_field", null],
  ['net/http: HTTP/1.x transport connection broken: too many transfer encodings: ["chunked" "chunked"]', "head.bad_framing", null],
  ['net/http: HTTP/1.x transport connection broken: unsupported transfer encoding: "gzip"', "head.bad_transfer_coding", null],
  ["net/http: server response headers exceeded 10485760 bytes; aborted", "head.too_large", null],
  ["http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR", "head.h2_error", null],
  ["stream error: stream ID 3; REFUSED_STREAM", "head.h2_error", null],
  ["context canceled", "client.closed_waiting", null],
  ["no available server", "gateway.no_healthy_backend", null],
  ["something that Go says tomorrow", null, null],
];

test("each of Go's errors is the fault that it tells of, at the backend that it names", () => {
  assert.deepEqual(
    TEXTS.map(([text]) => [text, faultOfGoError(text), backendOfGoError(text)]),
    TEXTS,
  );
});
