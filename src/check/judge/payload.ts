import type { HostPort } from "../../core/address.ts";

/** What a judge saw of a request, as it signs it. */
export interface JudgePayload {
  /** Version of this form. */
  readonly judge: 1;
  /** The request's own; empty where it had none. */
  readonly nonce: string;
  /** ISO 8601. */
  readonly at: string;
  /** Whom the judge's socket is connected to: the last proxy, or the client itself. IPv4-mapped addresses as IPv4. */
  readonly address: string;
  readonly port: number;
  /** The judge's own end of that socket. */
  readonly local: HostPort;
  readonly method: string;
  /** The request line's, as it came. */
  readonly target: string;
  readonly httpVersion: string;
  /** In the order, case and value in which they came; latin1 text. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly bodyBytes: number;
  /** Hex. */
  readonly bodySha256: string;
  /** Null: plain HTTP. */
  readonly tls: { readonly servername: string | null; readonly protocol: string; readonly alpn: string | null } | null;
  /** SHA-256 of the certificate that the judge shows on TLS connections, hex; null: it has none. */
  readonly certificate: string | null;
  /** The fields of its own answer that have to come through. */
  readonly answer: readonly (readonly [name: string, value: string])[];
  /** How the answer's body is dressed. */
  readonly kind: JudgeKind;
}

/** A page, a script, a file to download: what a proxy changes depends on what it takes it for. */
export const JUDGE_KINDS = ["page", "script", "download"] as const;
export type JudgeKind = (typeof JUDGE_KINDS)[number];
