import { byRole, every, type FaultRows } from "./row.ts";

/** Faults of TLS with an exit or with the target. */
export type TlsFaultId =
  | "tls.handshake_timeout"
  | "tls.closed_in_handshake"
  | "tls.protocol_mismatch"
  | "tls.malformed"
  | "tls.version_or_cipher"
  | "tls.sni_unrecognized"
  | "tls.client_cert_required"
  | "tls.alert"
  | "tls.alpn_mismatch"
  | "tls.cert_expired"
  | "tls.cert_not_yet_valid"
  | "tls.cert_untrusted"
  | "tls.cert_name_mismatch"
  | "tls.mid_stream_error";

const base = {
  stage: "tls",
  status: 502,
  culprit: byRole("exit", "origin"),
  confidence: 0.85,
  retry: byRole("fresh-hop", "never"),
} as const;

export const TLS_FAULTS: FaultRows<TlsFaultId> = {
  "tls.handshake_timeout": {
    ...base,
    inDoubt: "always",
    rfc: "connection_timeout",
    status: 504,
    confidence: 0.6,
    retry: every("fresh-hop"),
    summary: "The peer did not complete the TLS handshake in time.",
    fix: { client: "Try again.", operator: "Check the peer's load and the path's MTU." },
  },
  "tls.closed_in_handshake": {
    ...base,
    inDoubt: "always",
    rfc: "tls_protocol_error",
    confidence: 0.6,
    retry: every("fresh-hop"),
    summary: "The peer closed or reset the connection during the TLS handshake.",
    fix: {
      client: "Try again.",
      operator: "The peer may filter the server name, speak plain HTTP on this port, or not accept this address.",
    },
  },
  "tls.protocol_mismatch": {
    ...base,
    inDoubt: "never",
    rfc: "tls_protocol_error",
    culprit: every("gateway"),
    confidence: 0.9,
    summary: "Another protocol than TLS answers on this port.",
    fix: { client: "Use the scheme or port that the details name.", operator: "Correct the scheme or port as the details say." },
  },
  "tls.malformed": {
    ...base,
    inDoubt: "always",
    rfc: "tls_protocol_error",
    retry: every("fresh-hop"),
    summary: "The peer's answer to TLS is nothing that we know.",
    fix: { client: "Try again.", operator: "Look at the bytes in the details; remove the exit if it sent them." },
  },
  "tls.version_or_cipher": {
    ...base,
    inDoubt: "tunnelled",
    rfc: "tls_alert_received",
    summary: "The peer and the gateway share no TLS version or cipher.",
    fix: { client: "Nothing to do on the client.", operator: "Update the peer's TLS settings." },
  },
  "tls.sni_unrecognized": {
    ...base,
    inDoubt: "tunnelled",
    rfc: "tls_alert_received",
    summary: "The peer does not know the server name that was asked for.",
    fix: { client: "Check the host name.", operator: "Add the name to the peer's configuration, or correct it." },
  },
  "tls.client_cert_required": {
    ...base,
    inDoubt: "never",
    rfc: "tls_alert_received",
    culprit: every("gateway"),
    confidence: 0.9,
    summary: "The peer wants a client certificate.",
    fix: {
      client: "Use CONNECT, so that your own client presents its certificate.",
      operator: "The gateway has no client certificate for this peer.",
    },
  },
  "tls.alert": {
    ...base,
    inDoubt: "tunnelled",
    rfc: "tls_alert_received",
    summary: "The peer ended the TLS handshake with an alert.",
    fix: { client: "Try again.", operator: "Look up the alert in the details, and the peer's log." },
  },
  "tls.alpn_mismatch": {
    ...base,
    inDoubt: "never",
    rfc: "http_upgrade_failed",
    summary: "The peer speaks none of the application protocols that were offered.",
    fix: { client: "Use CONNECT and let your own client negotiate.", operator: "Enable HTTP/1.1 at the peer." },
  },
  "tls.cert_expired": {
    ...base,
    inDoubt: "never",
    rfc: "tls_certificate_error",
    confidence: 0.95,
    summary: "The peer's certificate has expired.",
    fix: { client: "Wait until the certificate is renewed.", operator: "Renew the certificate; check this machine's clock." },
  },
  "tls.cert_not_yet_valid": {
    ...base,
    inDoubt: "never",
    rfc: "tls_certificate_error",
    confidence: 0.8,
    summary: "The peer's certificate is not valid yet.",
    fix: { client: "Try later.", operator: "Check this machine's clock first, then the certificate." },
  },
  "tls.cert_untrusted": {
    ...base,
    inDoubt: "tunnelled",
    rfc: "tls_certificate_error",
    summary: "No certificate authority that the gateway trusts vouches for the peer's certificate.",
    fix: {
      client: "Nothing to do on the client.",
      operator:
        "Serve the full chain, or add the authority with NODE_EXTRA_CA_CERTS; an exit may be intercepting. Of an exit's own certificate: insecure=true in its line.",
    },
  },
  "tls.cert_name_mismatch": {
    ...base,
    inDoubt: "tunnelled",
    rfc: "tls_certificate_error",
    confidence: 0.9,
    summary: "The peer's certificate is for another name.",
    fix: { client: "Check the host name.", operator: "Serve a certificate for this name." },
  },
  "tls.mid_stream_error": {
    ...base,
    inDoubt: "always",
    stage: "body",
    rfc: "tls_protocol_error",
    confidence: 0.6,
    retry: every("idempotent"),
    summary: "The TLS stream broke after the handshake.",
    fix: { client: "Try again.", operator: "Look for a middlebox that alters the stream." },
  },
};
