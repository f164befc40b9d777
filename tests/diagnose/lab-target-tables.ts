import type { BadAnswer } from "../../src/lab/bad-answers.ts";
import type { BadTls } from "../../src/lab/tls-trouble.ts";
import type { Expected } from "./lab-tables.ts";

const wrongLine = /scheme or port/;

/** The site itself answers so, whoever asks. What an exit makes of it on the way differs; whose it is does not. */
export const TARGET: Readonly<Record<BadAnswer, Expected>> = {
  fin: ["head.closed_empty", "origin", /The site is down/],
  rst: ["head.reset", "origin", /The site is down/],
  silence: ["head.timeout", "origin", /The site is down/],
  neverReads: ["head.timeout", "origin", /The site is down/],
  halfHead: ["head.truncated", "origin", /crash in the middle of the head/],
  halfHeadThenReset: ["head.truncated", "origin", /crash in the middle of the head/],
  halfHeadThenSilence: ["head.timeout", "origin", /The site is down/],
  drip: null,
  truncatedByLength: ["body.truncated", "origin", /Content-Length/],
  truncatedByChunk: ["body.truncated", "origin", /crash/],
  missingLastChunk: ["body.truncated", "origin", /crash/],
  resetInBody: ["body.reset", "origin", /crash/],
  stallInBody: ["body.idle_timeout", "origin", /heartbeat/],
  hugeHead: ["head.too_large", "origin", /Shrink the head/],
  hugeField: ["head.field_too_large", "origin", /Shrink the field/],
  tooManyFields: ["head.too_many_fields", "origin", /fewer fields/],
  hugeTrailers: ["trailers.too_large", "origin", /Shrink the trailers/],
  interimFlood: ["head.unexpected_1xx", "origin", /Fix the site/],
  garbage: ["head.not_http", "origin", wrongLine],
  sshBanner: ["head.not_http", "gateway", wrongLine],
  smtpBanner: ["head.not_http", "gateway", wrongLine],
  ftpBanner: ["head.not_http", "gateway", wrongLine],
  tlsAlert: ["head.not_http", "gateway", wrongLine],
  socksReply: ["head.not_http", "gateway", wrongLine],
  http2: ["head.not_http", "gateway", wrongLine],
  http09: ["head.not_http", "origin", wrongLine],
  badStatusLine: ["head.bad_status_line", "origin", /Fix what the application/],
  fieldWithNul: ["head.bad_field", "origin", /Fix the field/],
  fieldWithSpaceInName: ["head.bad_field", "origin", /Fix the field/],
  fieldWithoutColon: ["head.bad_field", "origin", /Fix the field/],
  lengthAndChunked: ["head.bad_framing", "origin", /one framing field/],
  twoLengths: ["head.bad_framing", "origin", /one framing field/],
  badLength: ["head.bad_framing", "origin", /one framing field/],
  unknownCoding: ["head.bad_transfer_coding", "origin", /chunked or a Content-Length/],
  unexpectedUpgrade: ["head.upgrade_failed", "origin", /WebSocket/],
  badChunk: ["body.bad_chunk", "origin", /Fix what writes the chunks/],
  badTrailers: ["trailers.invalid", "origin", /Fix the trailers/],
  beyondLength: null,
  bodyOn204: null,
  early413: null,
};

/** What a site shows that is asked for TLS, or demands. */
export const TLS_TARGET: Readonly<Record<BadTls | TlsAnswer, Expected>> = {
  expired: ["tls.cert_expired", "origin", /Renew the certificate/],
  notYetValid: ["tls.cert_not_yet_valid", "origin", /this machine's clock first/],
  wrongName: ["tls.cert_name_mismatch", "origin", /certificate for this name/],
  selfSigned: ["tls.cert_untrusted", "origin", /full chain/],
  wantsCertificate: ["tls.client_cert_required", "gateway", /client certificate/],
  onlyHttp2: ["tls.alpn_mismatch", "origin", /HTTP\/1\.1/],
  alert40: ["tls.version_or_cipher", "origin", /TLS settings/],
  alert70: ["tls.version_or_cipher", "origin", /TLS settings/],
  alert80: ["tls.alert", "origin", /site's log/],
  alert112: ["tls.sni_unrecognized", "origin", /host name/],
  alert116: ["tls.client_cert_required", "gateway", /client certificate/],
  fin: ["tls.closed_in_handshake", "origin", /filter the server name/],
  rst: ["tls.closed_in_handshake", "origin", /filter the server name/],
  silence: ["tls.handshake_timeout", "origin", /MTU/],
  garbage: ["tls.malformed", "origin", /bytes in the evidence/],
  clearText: ["tls.protocol_mismatch", "gateway", wrongLine],
  sshBanner: ["tls.protocol_mismatch", "gateway", wrongLine],
};

export type TlsAnswer =
  | "alert40"
  | "alert70"
  | "alert80"
  | "alert112"
  | "alert116"
  | "fin"
  | "rst"
  | "silence"
  | "garbage"
  | "clearText"
  | "sshBanner";
