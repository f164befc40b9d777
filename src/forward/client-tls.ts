import { type SecureContext, TLSSocket } from "node:tls";
import { type Fault, fault } from "../core/fault.ts";
import type { ClientInfo } from "../net/client-stream.ts";
import { Connection } from "../net/connection.ts";
import type { FirstByte } from "./first-byte.ts";
import { recordRefused } from "./http-requests.ts";
import type { ForwardService } from "./service.ts";

/** How long a client that was refused may take to close. Milliseconds. */
const REFUSED_MS = 1000;
/** TLS 1.2 record of an alert: fatal, protocol_version (RFC 8446 6.2). */
const FATAL_ALERT = [21, 3, 3, 0, 2, 2, 70];

/** TLS as a server on a connection whose ClientHello is yet to be read. */
export function startServerTls(connection: Connection, secureContext: SecureContext): Connection {
  const socket = connection.release();
  socket.on("error", () => {}); // told by the TLS socket
  return new Connection(new TLSSocket(socket, { isServer: true, secureContext }), socket);
}

/** A TLS client where none is served: on a port without a certificate, most often a proxy URL that says https:// where it must say http://. */
export function refuseTls(service: ForwardService, connection: Connection, client: ClientInfo): void {
  const details = client.isInTls
    ? "the client speaks TLS within TLS: one of the two is too much"
    : "the client speaks TLS and this listener has no certificate: use http:// in the proxy URL, or configure tls";
  connection.write(Buffer.from(FATAL_ALERT));
  recordRefused(service, fault("client.tls_handshake_failed", details), client, connection);
  connection.end();
  connection.socket.setTimeout(REFUSED_MS, () => connection.destroy());
}

/** A client in TLS that has gone, or was given up, before its first byte. */
export function noteBrokenTls(service: ForwardService, { connection, client, established, error, isLate }: FirstByte): void {
  const lateMs = isLate ? service.context.settings.timeouts.clientHead : null;
  const broken = brokenTls({ established, error, lateMs });
  if (broken !== null) recordRefused(service, broken, client, connection);
}

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
  const alert = /_ALERT_(\w+)/.exec(code)?.[1]?.toLowerCase();
  if (alert === undefined) return `the TLS handshake with the client failed (${code})`;
  const ofCertificate = alert === "unknown_ca" || alert.includes("certificate") ? ": it does not trust this listener's certificate" : "";
  return `the client ended the TLS handshake with the alert ${alert}${ofCertificate}`;
}
