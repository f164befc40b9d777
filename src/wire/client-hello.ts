/** What a ClientHello tells of itself in clear text. */
export interface ClientHello {
  /** server_name (RFC 6066 3); null without one, or where it is no printable text. */
  readonly serverName: string | null;
  /** application_layer_protocol_negotiation (RFC 7301 3.1). */
  readonly alpn: readonly string[];
  /** early_data (RFC 8446 4.2.10). */
  readonly earlyData: boolean;
}

const EXTENSION = { serverName: 0, alpn: 16, earlyData: 42 } as const;

/** Reads the body of a ClientHello (RFC 8446 4.1.2), without its handshake header; null where its lengths do not add up. */
export function parseClientHello(body: Buffer): ClientHello | null {
  const cursor = new Cursor(body);
  cursor.skip(2 + 32); // legacy version, random
  cursor.vector(1); // session id
  const suites = cursor.vector(2);
  const compressions = cursor.vector(1);
  if (suites.length === 0 || suites.length % 2 !== 0 || compressions.length === 0) return null;
  const hello = { serverName: null as string | null, alpn: [] as readonly string[], earlyData: false };
  // TLS 1.2 and older may end here (RFC 5246 7.4.1.2).
  const extensions = cursor.isAtEnd ? null : new Cursor(cursor.vector(2));
  while (extensions !== null && !extensions.isAtEnd) {
    const type = extensions.number(2);
    const data = new Cursor(extensions.vector(2));
    if (type === EXTENSION.serverName) hello.serverName = readServerName(data);
    else if (type === EXTENSION.alpn) hello.alpn = readNames(data);
    else if (type === EXTENSION.earlyData) hello.earlyData = true;
    else continue;
    if (data.isBroken) return null;
  }
  return cursor.isBroken || !cursor.isAtEnd || extensions?.isBroken ? null : hello;
}

function readServerName(data: Cursor): string | null {
  const list = new Cursor(data.vector(2));
  while (!list.isAtEnd) {
    const type = list.number(1);
    const name = list.vector(2).toString("latin1");
    if (type === 0 && /^[\x21-\x7e]+$/.test(name)) return name.toLowerCase();
  }
  data.isBroken ||= list.isBroken;
  return null;
}

function readNames(data: Cursor): string[] {
  const list = new Cursor(data.vector(2));
  const names: string[] = [];
  while (!list.isAtEnd) names.push(list.vector(1).toString("latin1"));
  data.isBroken ||= list.isBroken;
  return names;
}

/** Reads forward; past the end it is broken, and gives zeros and empty vectors from there on. */
class Cursor {
  readonly #bytes: Buffer;
  #at = 0;
  isBroken = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.isBroken || this.#at === this.#bytes.length;
  }

  skip(count: number): void {
    this.#slice(count);
  }

  number(size: number): number {
    const slice = this.#slice(size);
    return slice.length === 0 ? 0 : slice.readUIntBE(0, size);
  }

  /** A vector behind its length of `size` bytes (RFC 8446 3.4). */
  vector(size: number): Buffer {
    return this.#slice(this.number(size));
  }

  #slice(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) this.isBroken = true;
    if (this.isBroken) return this.#bytes.subarray(0, 0);
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}
