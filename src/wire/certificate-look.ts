import { type Handshake, send, take } from "./handshake.ts";
import { GrowingBytes, isRecordHeader, RECORD_HEADER_BYTES, RECORD_TYPE } from "./tls-record.ts";

export interface LookOptions {
  /** Sent as SNI (RFC 6066 section 3); null: none, as where the server is known by its address. */
  readonly serverName: string | null;
  /** Application protocols to offer, best first; empty: no ALPN. */
  readonly alpn: readonly string[];
  /** 32 fresh bytes. */
  readonly random: Uint8Array;
}

/**
 * Asks a TLS server for its certificate, and no more: up to TLS 1.2 it comes in clear text, before any key is agreed on.
 *
 *     gateway -ClientHello-> server -ServerHello, Certificate, ...-> gateway
 *
 * Returns the certificate (DER) that is the server's own, the first of its list; null where something else comes, as from a server that speaks
 * TLS 1.3 alone: what that is a whole handshake tells. It proves nothing of whose it is, and what follows it stays unread: the connection is of no
 * use afterwards.
 */
export function* lookAtCertificate(options: LookOptions): Handshake<Buffer | null> {
  yield* send(writeClientHello(options));
  const messages = new GrowingBytes();
  const hello = yield* takeMessage(MESSAGE.serverHello, messages, 0);
  const certificate = hello === null ? null : yield* takeMessage(MESSAGE.certificate, messages, hello.end);
  return certificate === null ? null : firstOf(certificate.body);
}

interface Message {
  readonly body: Buffer;
  /** Where the next one begins. */
  readonly end: number;
}

/** The message that begins at `start`, in any number of records (RFC 8446 5.1 lets it be cut anywhere); null: it is another. */
function* takeMessage(type: number, messages: GrowingBytes, start: number): Handshake<Message | null> {
  for (;;) {
    const bytes = messages.view().subarray(start);
    if (bytes.length > 0 && bytes[0] !== type) return null;
    if (bytes.length >= MESSAGE_HEADER_BYTES) {
      const length = MESSAGE_HEADER_BYTES + bytes.readUIntBE(1, 3);
      if (length > MESSAGE_BYTES_MAX) return null;
      if (bytes.length >= length) return { body: bytes.subarray(MESSAGE_HEADER_BYTES, length), end: start + length };
    }
    const header = Buffer.from(yield* take(RECORD_HEADER_BYTES));
    if (!isRecordHeader(header) || header[0] !== RECORD_TYPE.handshake) return null;
    messages.append(yield* take(header.readUInt16BE(3)));
  }
}

/** Of a Certificate's list (RFC 5246 7.4.2); null where its lengths do not add up. */
function firstOf(body: Buffer): Buffer | null {
  if (body.length < 6 || body.readUIntBE(0, 3) !== body.length - 3) return null;
  const end = 6 + body.readUIntBE(3, 3);
  return end > body.length || end === 6 ? null : body.subarray(6, end);
}

/** RFC 5246 7.4. */
const MESSAGE = { clientHello: 1, serverHello: 2, certificate: 11 } as const;
const MESSAGE_HEADER_BYTES = 4;
/** Long lists of long certificates take some 10 KiB. */
const MESSAGE_BYTES_MAX = 16 * 1024;

/** A ClientHello of TLS 1.2 (RFC 5246 7.4.1.2) in one record. */
function writeClientHello({ serverName, alpn, random }: LookOptions): Buffer {
  const body = Buffer.concat([
    number(2, TLS_1_2),
    random,
    vector(1), // no session to resume
    vector(2, ...CIPHER_SUITES.map((suite) => number(2, suite))),
    vector(1, Buffer.of(0)), // no compression
    vector(2, ...serverNameExtension(serverName), ...alpnExtension(alpn), ...OTHER_EXTENSIONS),
  ]);
  const message = Buffer.concat([Buffer.of(MESSAGE.clientHello), vector(3, body)]);
  return Buffer.concat([Buffer.of(RECORD_TYPE.handshake, 3, 1), vector(2, message)]);
}

const TLS_1_2 = 0x0303;

/** What servers that anybody runs can choose from: ECDHE with ECDSA and RSA, by AES-GCM, ChaCha20 and AES-CBC, then RSA alone. */
const CIPHER_SUITES: readonly number[] = [
  0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc009, 0xc013, 0xc00a, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035,
];

function number(size: number, value: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}

/** Behind its length (RFC 5246 4.3). */
function vector(size: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([number(size, content.length), content]);
}

function extension(type: number, ...data: readonly Uint8Array[]): Buffer {
  return Buffer.concat([number(2, type), vector(2, ...data)]);
}

function serverNameExtension(name: string | null): Buffer[] {
  if (name === null) return [];
  const entry = Buffer.concat([Buffer.of(0), vector(2, Buffer.from(name, "latin1"))]);
  return [extension(0, vector(2, entry))];
}

function alpnExtension(names: readonly string[]): Buffer[] {
  if (names.length === 0) return [];
  return [extension(16, vector(2, ...names.map((name) => vector(1, Buffer.from(name, "latin1")))))];
}

const OTHER_EXTENSIONS: readonly Buffer[] = [
  // Groups: X25519, P-256, P-384, P-521 (RFC 8422 5.1.1), and their points uncompressed.
  extension(10, vector(2, ...[0x001d, 0x0017, 0x0018, 0x0019].map((group) => number(2, group)))),
  extension(11, vector(1, Buffer.of(0))),
  // Signatures: by ECDSA, Ed25519, Ed448, RSA-PSS, RSA, with SHA-256 to SHA-512, and SHA-1 (RFC 8446 4.2.3).
  extension(
    13,
    vector(
      2,
      ...[
        0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201,
      ].map((way) => number(2, way)),
    ),
  ),
  extension(23), // extended master secret (RFC 7627)
  extension(0xff01, Buffer.of(0)), // renegotiation info (RFC 5746)
];
