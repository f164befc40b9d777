import { type Fault, fault } from "../core/fault.ts";

/** A connection in TLS that ended before its first byte. */
export interface EndedTls {
  /** Our part of the handshake was done. */
  readonly established: boolean;
  /** What the socket said as it closed; null: nothing. */
  readonly error: Error | null;
  /** It was given up after so long; null: it ended by itself. */
  readonly lateMs: number | null;
}

/** Why the TLS of a client did not come to its first byte; null: it left in order. */
export function brokenTls({ established, error, lateMs }: EndedTls): Fault | null {
  const code = error !== null && "code" in error ? String(error.code) : null;
  // In TLS 1.3 our part is done before the client has said what it thinks of the certificate (RFC 8446 4.4.2.4).
  if (established && !code?.startsWith("ERR_SSL_")) return null;
  const details = lateMs === null ? tellEnd(code) : `no complete TLS handshake within ${lateMs} ms`;
  return fault("client.tls_handshake_failed", details);
}

function tellEnd(code: string | null): string {
  if (code === null || !code.startsWith("ERR_SSL_")) return `the client closed in the TLS handshake${code === null ? "" : ` (${code})`}`;
  const alert = /_ALERT_(\w+)$/.exec(code)?.[1]?.toLowerCase();
  if (alert === undefined) return `the TLS handshake with the client failed (${code})`;
  const ofCertificate = alert === "unknown_ca" || alert.includes("certificate") ? ": it does not trust this listener's certificate" : "";
  return `the client ended the TLS handshake with the alert ${alert}${ofCertificate}`;
}
