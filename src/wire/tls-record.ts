import { type ClientHello, parseClientHello } from "./client-hello.ts";

/** Content types of a record (RFC 8446 5.1). */
export const RECORD_TYPE = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;
export const RECORD_HEADER_BYTES = 5;
/** RFC 5246 6.2.3: 2^14 and what encryption may add. */
const RECORD_BYTES_MAX = 16384 + 2048;
const CLIENT_HELLO = 1;

/**
 * Watches a client's first bytes for exactly one ClientHello, in any number of records (RFC 8446 5.1 lets it be cut anywhere).
 * `push` says where all bytes so far stand:
 * - `more`: they may become one;
 * - `complete`: they are one, whole, with no byte behind it and without early data;
 * - `other`: they are something else, or more, or larger than the limit. This stays, and the chunk that made it so is not kept.
 */
export class ClientHelloReader {
  readonly #limitBytes: number;
  readonly #kept = new GrowingBytes();
  /** Payload of the records: the handshake message. */
  readonly #message = new GrowingBytes();
  /** Where in the kept bytes the reading stands. */
  #offset = 0;
  /** Bytes of the record at hand that are still to come. */
  #recordLeft = 0;
  #isOther = false;
  #hello: ClientHello | null = null;

  constructor(limitBytes: number = 16384) {
    this.#limitBytes = limitBytes;
  }

  push(chunk: Buffer): "more" | "complete" | "other" {
    if (chunk.length > 0) this.#isOther ||= this.#hello !== null || this.#kept.length + chunk.length > this.#limitBytes;
    if (this.#isOther) return "other";
    if (chunk.length === 0) return this.#hello === null ? "more" : "complete";
    this.#kept.append(chunk);
    const state = this.#read();
    if (state === "other") {
      this.#isOther = true;
      this.#kept.drop(chunk.length);
    }
    return state;
  }

  /** The name of the server_name extension (RFC 6066 3), once complete; null without one. */
  get serverName(): string | null {
    return this.#hello?.serverName ?? null;
  }

  /** The protocols of the ALPN extension (RFC 7301), once complete. */
  get alpn(): readonly string[] {
    return this.#hello?.alpn ?? [];
  }

  /** The ClientHello announces early data: what follows it cannot be told from it, so that it is never complete. */
  get earlyData(): boolean {
    return this.#hello?.earlyData ?? false;
  }

  /** All bytes that were pushed while they were `more` or `complete`. */
  get bytes(): Buffer {
    return this.#kept.view();
  }

  #read(): "more" | "complete" | "other" {
    const kept = this.#kept.view();
    while (this.#offset < kept.length) {
      if (this.#recordLeft === 0) {
        const header = kept.subarray(this.#offset, this.#offset + RECORD_HEADER_BYTES);
        if (!isHandshakeHeader(header)) return "other";
        if (header.length < RECORD_HEADER_BYTES) return "more";
        this.#recordLeft = header.readUInt16BE(3);
        this.#offset += RECORD_HEADER_BYTES;
        continue;
      }
      const payload = kept.subarray(this.#offset, this.#offset + this.#recordLeft);
      this.#message.append(payload);
      this.#offset += payload.length;
      this.#recordLeft -= payload.length;
      const state = this.#judgeMessage();
      if (state === "complete") return this.#offset === kept.length ? "complete" : "other";
      if (state === "other") return "other";
    }
    return "more";
  }

  #judgeMessage(): "more" | "complete" | "other" {
    const message = this.#message.view();
    if (message[0] !== CLIENT_HELLO) return "other";
    if (message.length < 4) return "more";
    const length = 4 + message.readUIntBE(1, 3);
    if (length > this.#limitBytes || message.length + this.#recordLeft > length) return "other";
    if (message.length < length) return "more";
    this.#hello = parseClientHello(message.subarray(4));
    return this.#hello === null || this.#hello.earlyData ? "other" : "complete";
  }
}

/** What a server's first bytes are, as TLS records go; `more` where they are too few to say. */
export interface ServerBytes {
  readonly kind: "handshake" | "alert" | "other-record" | "not-tls" | "more";
  /** Of an alert in clear text. */
  readonly alert?: { readonly level: number; readonly code: number };
}

/** Classifies the first bytes that a server sends after a ClientHello; at most seven are looked at. */
export function classifyServerBytes(first: Uint8Array): ServerBytes {
  const bytes = Buffer.from(first.buffer, first.byteOffset, first.byteLength);
  if (!isRecordHeader(bytes)) return { kind: "not-tls" };
  if (bytes.length < RECORD_HEADER_BYTES) return { kind: "more" };
  if (bytes[0] === RECORD_TYPE.handshake) return { kind: "handshake" };
  if (bytes[0] !== RECORD_TYPE.alert) return { kind: "other-record" };
  // RFC 8446 6: level and description; another length is encrypted.
  if (bytes.readUInt16BE(3) !== 2) return { kind: "alert" };
  if (bytes.length < RECORD_HEADER_BYTES + 2) return { kind: "more" };
  return { kind: "alert", alert: { level: bytes[5] as number, code: bytes[6] as number } };
}

/** A record's header as far as it came: type, a version of SSL 3.0 to TLS 1.3, a length that a record may have. */
export function isRecordHeader(bytes: Buffer): boolean {
  const [type, major, minor] = bytes;
  if (type !== undefined && (type < RECORD_TYPE.changeCipherSpec || type > RECORD_TYPE.applicationData)) return false;
  if (major !== undefined && major !== 3) return false;
  if (minor !== undefined && minor > 4) return false;
  if (bytes.length < RECORD_HEADER_BYTES) return true;
  const length = bytes.readUInt16BE(3);
  return length > 0 && length <= RECORD_BYTES_MAX;
}

function isHandshakeHeader(bytes: Buffer): boolean {
  return isRecordHeader(bytes) && (bytes.length === 0 || bytes[0] === RECORD_TYPE.handshake);
}

/** Bytes that chunks are appended to, without copying all of them each time. */
export class GrowingBytes {
  #buffer = Buffer.alloc(0);
  length = 0;

  append(chunk: Uint8Array): void {
    const length = this.length + chunk.length;
    if (length > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(length, 2 * this.#buffer.length));
      larger.set(this.view());
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.length);
    this.length = length;
  }

  drop(count: number): void {
    this.length -= count;
  }

  view(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }
}

/** Alert descriptions by their code (RFC 8446 6, and RFC 5246 7.2 for older ones). */
export const ALERT_NAMES: Readonly<Record<number, string>> = {
  0: "close_notify",
  10: "unexpected_message",
  20: "bad_record_mac",
  21: "decryption_failed",
  22: "record_overflow",
  30: "decompression_failure",
  40: "handshake_failure",
  41: "no_certificate",
  42: "bad_certificate",
  43: "unsupported_certificate",
  44: "certificate_revoked",
  45: "certificate_expired",
  46: "certificate_unknown",
  47: "illegal_parameter",
  48: "unknown_ca",
  49: "access_denied",
  50: "decode_error",
  51: "decrypt_error",
  60: "export_restriction",
  70: "protocol_version",
  71: "insufficient_security",
  80: "internal_error",
  86: "inappropriate_fallback",
  90: "user_canceled",
  100: "no_renegotiation",
  109: "missing_extension",
  110: "unsupported_extension",
  111: "certificate_unobtainable",
  112: "unrecognized_name",
  113: "bad_certificate_status_response",
  114: "bad_certificate_hash_value",
  115: "unknown_psk_identity",
  116: "certificate_required",
  120: "no_application_protocol",
  121: "ech_required",
};
