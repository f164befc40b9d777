import { type Fault, type FaultId, fault } from "../core/fault.ts";
import type { Interruption, Observation } from "../core/ledger.ts";
import type { ExitScheme } from "../core/route.ts";
import { describeBytes, PROTOCOL_NAMES, type Protocol, recogniseProtocol } from "../wire/first-bytes.ts";
import { ALERT_NAMES, classifyServerBytes } from "../wire/tls-record.ts";
import { tellBytes, tellEnd } from "./seen-words.ts";

/**
 * A TLS handshake that failed, ours or the client's own in a tunnel. What the peer sent decides before how it ended: bytes that are no
 * TLS, then an alert, then our own verification, then silence.
 *
 * @param scheme of the exit whose TLS it is; null where it is the target's.
 */
export function attributeTls(interruption: Interruption, seen: Observation, scheme: ExitScheme | null): Fault {
  const foreign = notTls(seen, scheme);
  if (foreign !== null) return foreign;
  if (interruption.how === "errno") {
    const known = byCode(interruption.code, seen);
    if (known !== null) return known;
  }
  const { kind, alert } = classifyServerBytes(seen.firstBytes);
  if (kind === "alert" && alert?.level === FATAL) return alertFault(alert.code);
  const details = `${tellEnd(interruption, seen)} in the TLS handshake; ${tellBytes(seen)}`;
  if (interruption.how === "timeout" || isCode(interruption, "ETIMEDOUT")) return fault("tls.handshake_timeout", details);
  return fault("tls.closed_in_handshake", details);
}

/** The first bytes are no TLS record: a mismatch where we know the protocol; null where they are TLS, or none came. */
export function notTls(seen: Observation, scheme: ExitScheme | null): Fault | null {
  if (seen.firstBytes.length === 0 || classifyServerBytes(seen.firstBytes).kind !== "not-tls") return null;
  const protocol = recogniseProtocol(seen.firstBytes);
  const excerpt = describeBytes(seen.firstBytes);
  if (protocol === null) return fault("tls.malformed", `answered ${excerpt} to a ClientHello`);
  return fault(
    "tls.protocol_mismatch",
    `the port speaks ${PROTOCOL_NAMES[protocol]}, not TLS: ${advise(protocol, scheme)} (answered ${excerpt})`,
  );
}

/**
 * TLS errors behind the handshake. In TLS 1.3 a client's handshake is done before the server has seen its certificate, so that an alert
 * about it comes where the answer should be (RFC 8446 4.4.2.4). Null for codes that are not TLS's.
 */
export function attributeLateTls(code: string): Fault | null {
  const alert = alertOf(code);
  if (alert !== null) return ALERT_FAULTS[alert] === "tls.client_cert_required" ? alertFault(alert) : alertFault(alert, "tls.alert");
  if (!code.startsWith("ERR_SSL_") && code !== "EPROTO") return null;
  return fault("tls.mid_stream_error", `the TLS stream broke (${code})`);
}

const FATAL = 2;

function advise(protocol: Protocol, scheme: ExitScheme | null): string {
  if (scheme === null)
    return protocol === "http" ? "use http:// for this port, or the port of https" : "use another port, or its own scheme";
  if (protocol === "http") return "use http://host:port";
  if (protocol === "socks5" || protocol === "socks4") return `use ${protocol}://host:port`;
  return "it is no proxy";
}

function byCode(code: string, seen: Observation): Fault | null {
  const certificate = CERTIFICATE_CODES.get(code);
  if (certificate !== undefined) return fault(certificate.id, `${certificate.words} (${code})`);
  const alert = alertOf(code);
  if (alert !== null) return alertFault(alert);
  if (NO_COMMON_GROUND.test(code)) return fault("tls.version_or_cipher", `no TLS version or cipher in common (${code})`);
  if (NOT_TLS.test(code) && seen.firstBytes.length === 0) {
    return fault("tls.protocol_mismatch", `what the port sent is not TLS (${code})`, { confidence: 0.6 });
  }
  if (code.startsWith("ERR_SSL_") || code === "EPROTO") return fault("tls.malformed", `${code}; ${tellBytes(seen)}`);
  return null;
}

/** OpenSSL names an alert in its code: `ERR_SSL_TLSV1_ALERT_UNKNOWN_CA`, `ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE`, `ERR_SSL_TLSV1_UNRECOGNIZED_NAME`. */
function alertOf(code: string): number | null {
  const name = /^ERR_SSL_(?:SSLV3|TLSV1|TLSV13|SSL\/TLS)_(?:ALERT_)?(\w+)$/.exec(code)?.[1];
  return name === undefined ? null : (ALERT_CODES.get(name.toLowerCase().replace("cancelled", "canceled")) ?? null);
}

const ALERT_CODES: ReadonlyMap<string, number> = new Map(Object.entries(ALERT_NAMES).map(([code, name]) => [name, Number(code)]));

/** RFC 8446 6.2. We never have a client certificate: whoever finds fault with it wants one. */
const ALERT_FAULTS: Readonly<Record<number, FaultId>> = {
  40: "tls.version_or_cipher",
  70: "tls.version_or_cipher",
  71: "tls.version_or_cipher",
  86: "tls.version_or_cipher",
  112: "tls.sni_unrecognized",
  42: "tls.client_cert_required",
  46: "tls.client_cert_required",
  48: "tls.client_cert_required",
  116: "tls.client_cert_required",
  120: "tls.alpn_mismatch",
};

function alertFault(code: number, id: FaultId = ALERT_FAULTS[code] ?? "tls.alert"): Fault {
  const name = ALERT_NAMES[code] ?? "unknown";
  return fault(id, `alert ${code} (${name})`, { params: { "alert-id": code, "alert-message": name } });
}

/** OpenSSL met something else than a record. */
const NOT_TLS = /^ERR_SSL_(?:WRONG_VERSION_NUMBER|HTTP_REQUEST|UNKNOWN_PROTOCOL|PACKET_LENGTH_TOO_LONG|DATA_LENGTH_TOO_LONG)$/;

/** What we ourselves found we cannot agree to. */
const NO_COMMON_GROUND =
  /^ERR_SSL_(?:UNSUPPORTED_PROTOCOL|NO_PROTOCOLS_AVAILABLE|UNKNOWN_SSL_VERSION|WRONG_SSL_VERSION|VERSION_TOO_LOW|NO_SHARED_CIPHER|NO_CIPHERS_AVAILABLE|WRONG_CIPHER_RETURNED|UNKNOWN_CIPHER_RETURNED|DH_KEY_TOO_SMALL|EE_KEY_TOO_SMALL|CA_KEY_TOO_SMALL|CA_MD_TOO_WEAK|BAD_ECPOINT|WRONG_CURVE|UNSAFE_LEGACY_RENEGOTIATION_DISABLED|LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED|WRONG_SIGNATURE_TYPE|NO_SUITABLE_SIGNATURE_ALGORITHM)$/;

const EXPIRED = { id: "tls.cert_expired", words: "the certificate has expired" } as const;
const NOT_YET = { id: "tls.cert_not_yet_valid", words: "the certificate is not valid yet" } as const;
const NAME = { id: "tls.cert_name_mismatch", words: "the certificate is for another name" } as const;
const untrusted = (words: string) => ({ id: "tls.cert_untrusted", words }) as const;

/** X509_V_ERR codes, as Node names them, and its own of the name check. */
const CERTIFICATE_CODES: ReadonlyMap<string, { readonly id: FaultId; readonly words: string }> = new Map(
  Object.entries<{ readonly id: FaultId; readonly words: string }>({
    CERT_HAS_EXPIRED: EXPIRED,
    ERROR_IN_CERT_NOT_AFTER_FIELD: EXPIRED,
    CERT_NOT_YET_VALID: NOT_YET,
    ERROR_IN_CERT_NOT_BEFORE_FIELD: NOT_YET,
    ERR_TLS_CERT_ALTNAME_INVALID: NAME,
    ERR_TLS_CERT_ALTNAME_FORMAT: NAME,
    HOSTNAME_MISMATCH: NAME,
    DEPTH_ZERO_SELF_SIGNED_CERT: untrusted("the certificate is self-signed"),
    SELF_SIGNED_CERT_IN_CHAIN: untrusted("the chain ends in an authority that is not trusted here"),
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted("the certificate comes without its chain"),
    UNABLE_TO_GET_ISSUER_CERT: untrusted("the chain is not complete"),
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted("the authority is not trusted here, or the chain is not complete"),
    UNABLE_TO_DECRYPT_CERT_SIGNATURE: untrusted("the certificate's signature is broken"),
    UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: untrusted("the authority's key is broken"),
    CERT_SIGNATURE_FAILURE: untrusted("the certificate's signature is wrong"),
    CERT_CHAIN_TOO_LONG: untrusted("the chain is too long"),
    CERT_REVOKED: untrusted("the certificate is revoked"),
    CERT_UNTRUSTED: untrusted("the certificate is not trusted here"),
    CERT_REJECTED: untrusted("the certificate is rejected here"),
    INVALID_CA: untrusted("the chain has an authority that is none"),
    INVALID_PURPOSE: untrusted("the certificate is not one for servers"),
    PATH_LENGTH_EXCEEDED: untrusted("the chain is longer than its authority allows"),
    UNABLE_TO_GET_CRL: untrusted("the list of revoked certificates is missing"),
  }),
);

function isCode(interruption: Interruption, code: string): boolean {
  return interruption.how === "errno" && interruption.code === code;
}
