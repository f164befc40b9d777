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
  readonly fields: readonly JudgeField[];
  readonly bodyBytes: number;
  /** Hex. */
  readonly bodySha256: string;
  /** Null: plain HTTP. */
  readonly tls: { readonly servername: string | null; readonly protocol: string; readonly alpn: string | null } | null;
  /** The line of the PROXY protocol that the connection began with, which nobody asked for; null: none. */
  readonly preamble: string | null;
  /** SHA-256 of the certificate that the judge shows on TLS connections, hex; null: it has none. */
  readonly certificate: string | null;
  /** The fields of its own answer that have to come through. */
  readonly answer: readonly JudgeField[];
  /** How the answer's body is dressed. */
  readonly kind: JudgeKind;
}

export type JudgeField = readonly [name: string, value: string];

/** A page, a script, a picture, a file to download: what a proxy changes depends on what it takes it for. */
export const JUDGE_KINDS = ["page", "script", "picture", "download"] as const;
export type JudgeKind = (typeof JUDGE_KINDS)[number];

/** The text that is signed: ASCII JSON, whatever bytes came in the fields. */
export function writePayload(payload: JudgePayload): string {
  return JSON.stringify(payload).replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Null where the text is no payload of this version. Its signature is not looked at. */
export function readPayload(text: string): JudgePayload | null {
  try {
    const value: unknown = JSON.parse(text);
    return isPayload(value) ? value : null;
  } catch {
    return null;
  }
}

function isPayload(value: unknown): value is JudgePayload {
  if (!isObject(value) || value["judge"] !== 1) return false;
  const { local, tls, certificate, fields, answer, kind } = value;
  return (
    TEXTS.every((key) => typeof value[key] === "string") &&
    [value["port"], value["bodyBytes"]].every(isCount) &&
    isObject(local) &&
    typeof local["host"] === "string" &&
    isCount(local["port"]) &&
    (tls === null || isTls(tls)) &&
    isTextOrNull(value["preamble"]) &&
    isTextOrNull(certificate) &&
    isFields(fields) &&
    isFields(answer) &&
    JUDGE_KINDS.some((known) => known === kind)
  );
}

const TEXTS = ["nonce", "at", "address", "method", "target", "httpVersion", "bodySha256"];

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === "string";
}

function isTls(value: unknown): boolean {
  return isObject(value) && typeof value["protocol"] === "string" && isTextOrNull(value["servername"]) && isTextOrNull(value["alpn"]);
}

function isFields(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((field) => Array.isArray(field) && field.length === 2 && field.every((part) => typeof part === "string"))
  );
}
