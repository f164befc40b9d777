import { Duplex } from "node:stream";
import { connect } from "node:tls";

export interface HelloOptions {
  readonly serverName?: string;
  readonly alpn?: readonly string[];
  readonly earlyData?: boolean;
  /** Bytes of an extension that nobody knows, to make it large. */
  readonly padding?: number;
}

/** A ClientHello message (RFC 8446 4.1.2), without records. */
export function helloMessage({ serverName, alpn, earlyData, padding = 0 }: HelloOptions = {}): Buffer {
  const extensions: Buffer[] = [];
  if (serverName !== undefined) {
    const entry = Buffer.concat([Buffer.of(0), vector(2, Buffer.from(serverName, "latin1"))]);
    extensions.push(number(2, 0), vector(2, vector(2, entry)));
  }
  if (alpn !== undefined)
    extensions.push(number(2, 16), vector(2, vector(2, ...alpn.map((name) => vector(1, Buffer.from(name, "latin1"))))));
  if (earlyData === true) extensions.push(number(2, 42), number(2, 0));
  if (padding > 0) extensions.push(number(2, 21), vector(2, Buffer.alloc(padding)));
  const body = [
    number(2, 0x0303),
    Buffer.alloc(32, 7),
    vector(1, Buffer.alloc(32)),
    vector(2, Buffer.of(0x13, 0x01)),
    vector(1, Buffer.of(0)),
  ];
  return Buffer.concat([Buffer.of(1), vector(3, ...body, vector(2, ...extensions))]);
}

/** A message in handshake records of these payload lengths; what is left goes into a last one. */
export function inRecords(message: Buffer, lengths: readonly number[] = []): Buffer {
  const records: Buffer[] = [];
  let at = 0;
  for (const length of [...lengths, message.length]) {
    const payload = message.subarray(at, at + length);
    if (payload.length > 0) records.push(Buffer.of(22, 3, 1), vector(2, payload));
    at += length;
  }
  return Buffer.concat(records);
}

/** What Node's own TLS client sends first. */
export async function helloOfNode(serverName: string, alpn: string[]): Promise<Buffer> {
  return await new Promise((resolve) => {
    const wire = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        resolve(chunk);
        done();
      },
    });
    connect({ socket: wire, servername: serverName, ALPNProtocols: alpn });
  });
}

function number(size: number, value: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}

function vector(size: number, ...parts: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(parts);
  return Buffer.concat([number(size, bytes.length), bytes]);
}
