import { inOrder } from "./in-order.ts";
import type { AnyFaultId } from "./log-event.ts";
import { faultOfWords, type WordRules } from "./word-rules.ts";

/** What an error of Go's standard library says of a request to a backend, as Traefik and Caddy log it; null: none that we know. */
export function faultOfGoError(text: string): AnyFaultId | null {
  return faultOfWords(RULES, text);
}

/** The address that such an error names: of `dial tcp 10.0.0.2:80: …` and `read tcp 10.0.0.1:5000->10.0.0.2:80: …`; null: none. */
export function backendOfGoError(text: string): string | null {
  // The address in it is the resolver's.
  if (text.includes("lookup ")) return null;
  const [, dialled, peer] = ADDRESS.exec(text) ?? [];
  return dialled ?? peer ?? null;
}

const ADDRESS = /\bdial (?:tcp|udp|unix)[46]? (\S+?):? (?:[a-z]|$)|->([^\s>]+?):? (?:[a-z]|$)/;

/** The first that matches counts; the commonest stand in front where it does not matter. */
const RULES: WordRules = [
  // The body of a request is read from the client while it is written to the backend.
  ["client.closed_during_request", inOrder(/\breadfrom /, /client disconnected|unexpected EOF/)],
  ["client.body_timeout", inOrder(/\breadfrom tcp/, /i\/o timeout/)],
  ["client.closed_waiting", /context canceled|operation was canceled|client disconnected/],
  ["connect.refused", inOrder(/\bdial tcp/, /: (?:connect: )?connection refused/)],
  ["connect.refused", inOrder(/connectex: /, /actively refused/)],
  ["connect.backlog_full", /\bdial unix \S+: (?:connect: )?resource temporarily unavailable/],
  ["connect.unix_socket", /\bdial unix \S+: (?:connect: )?(?:no such file or directory|permission denied|connection refused)/],
  ["connect.host_unreachable", /: no route to host/],
  ["connect.net_unreachable", /: network is unreachable/],
  ["connect.acl_denied", inOrder(/\bdial /, /: (?:permission denied|operation not permitted)/)],
  ["gateway.source_port_exhausted", /cannot assign requested address/],
  ["gateway.fd_exhausted", /too many open files/],
  ["dns.nxdomain", inOrder(/\blookup \S/, /: no such host/)],
  ["dns.timeout", inOrder(/\blookup \S/, /i\/o timeout|Temporary failure in name resolution/)],
  ["dns.servfail", inOrder(/\blookup \S/, /: server misbehaving/)],
  ["connect.timeout", inOrder(/\bdial /, /i\/o timeout|connection timed out|context deadline exceeded/)],
  ["connect.timeout", /connectex: A connection attempt failed/],
  ["connect.reset", inOrder(/\bdial /, /: connection reset by peer/)],
  ["tls.cert_not_yet_valid", inOrder(/x509: /, /is before \d/)],
  ["tls.cert_expired", /x509: certificate has expired or is not yet valid/],
  ["tls.cert_name_mismatch", /x509: (?:certificate is (?:not )?valid for|cannot validate certificate for)/],
  [
    "tls.cert_untrusted",
    /x509: (?:certificate signed by unknown authority|certificate relies on legacy)|tls: failed to verify certificate/,
  ],
  ["tls.protocol_mismatch", /first record does not look like a TLS handshake|server gave HTTP response to HTTPS client/],
  ["tls.handshake_timeout", /TLS handshake timeout/],
  ["tls.sni_unrecognized", /tls: unrecognized name/],
  ["tls.client_cert_required", /remote error: tls: (?:certificate required|bad certificate|unknown certificate authority)/],
  ["tls.version_or_cipher", /tls: (?:handshake failure|protocol version not supported|server selected unsupported|no cipher suite)/],
  ["tls.alert", /remote error: tls: /],
  ["head.keepalive_race", /server closed idle connection/],
  ["head.timeout", /timeout awaiting response headers|context deadline exceeded|request canceled \(Client\.Timeout/],
  ["head.too_large", /server response headers exceeded|header (?:list )?(?:is )?too (?:large|long)/],
  ["head.bad_framing", /(?:bad|multiple|too many) (?:Content-Length|transfer encodings)/i],
  ["head.bad_transfer_coding", /unsupported transfer encoding/],
  ["head.bad_status_line", /malformed HTTP (?:status code|version)/],
  ["head.bad_field", /malformed MIME header|invalid header field/],
  ["head.not_http", /malformed HTTP response|HTTP\/0\.9|malformed HTTP/],
  ["head.upgrade_failed", /can't switch protocols|backend tried to switch protocol/],
  ["head.h2_error", /http2: |stream error: stream ID/],
  ["body.truncated", inOrder(/reading body/, /unexpected EOF/)],
  ["body.truncated", /http: unexpected EOF reading trailer|transport connection broken: unexpected EOF/],
  ["body.bad_chunk", /malformed chunked encoding|invalid byte in chunk length/],
  ["write.timeout", inOrder(/\bwrite tcp/, /i\/o timeout/)],
  ["write.reset", inOrder(/\b(?:write|readfrom) (?:tcp|unix)/, /broken pipe|connection reset by peer/)],
  ["head.reset", /connection reset by peer/],
  ["head.reset", inOrder(/wsarecv: /, /forcibly closed/)],
  ["gateway.config_error", /unknown network |unsupported protocol scheme|missing address|: missing port in address/],
  ["head.timeout", /i\/o timeout/],
  ["head.truncated", /unexpected EOF/],
  ["head.closed_empty", /\bEOF\b/],
  ["gateway.no_healthy_backend", /no upstreams available|no available server/],
];
