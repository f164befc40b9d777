import { once } from "node:events";
import { isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import type { HostPort } from "../core/address.ts";
import type { RawFields } from "../core/message.ts";
import { type ByteReader, PeerLeft } from "./byte-reader.ts";
import { dialLab, LabConnection } from "./lab-connection.ts";
import { formatHead, type LabHead, readBody, readHead } from "./lab-http.ts";

/** What a client saw of its answer. */
export interface RawAnswer {
  /** Null: not even a status line came. */
  readonly status: number | null;
  readonly reason: string;
  readonly fields: RawFields;
  /** As much of it as came, without its transfer coding. */
  readonly body: Buffer;
  /** `complete` by its own framing, or how the connection ended before that. */
  readonly ending: "complete" | "closed" | "reset";
}

/** Sends a request as it stands, on a connection of its own, and reads the final answer. */
export async function ask(to: HostPort, request: string | Uint8Array, method = "GET"): Promise<RawAnswer> {
  const peer = await dialLab(to);
  try {
    await peer.send(request);
    return await readAnswer(peer, method);
  } finally {
    peer.wire.destroy();
  }
}

/** `GET url` as it is asked of a proxy. */
export function proxyGet(url: string, fields: Readonly<Record<string, string>> = {}): string {
  return formatHead(`GET ${url} HTTP/1.1`, { Host: new URL(url).host, ...fields });
}

/** Reads the final answer to a request that was sent; interim ones are skipped. Never throws for what the peer does. */
export async function readAnswer(peer: LabConnection, method: string): Promise<RawAnswer> {
  let seen: Pick<RawAnswer, "status" | "reason" | "fields"> = { status: null, reason: "", fields: [] };
  try {
    const head = await readFinalHead(peer.reader);
    const status = Number(head.line[1]);
    seen = { status, reason: head.line[2], fields: head.fields };
    const body = isBodiless(method, status) ? Buffer.alloc(0) : await readBody(peer.reader, head, true);
    return { ...seen, body, ending: "complete" };
  } catch (error) {
    if (!(error instanceof PeerLeft)) throw error;
    return { ...seen, body: error.unread, ending: error.how };
  }
}

/** A tunnel that was asked for with CONNECT, and the answer that opened it, or did not. */
export async function openConnect(
  proxy: HostPort,
  target: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<{ answer: RawAnswer; peer: LabConnection }> {
  const peer = await dialLab(proxy);
  return { answer: await askConnect(peer, target, fields), peer };
}

export async function askConnect(peer: LabConnection, target: string, fields: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
  await peer.send(formatHead(`CONNECT ${target} HTTP/1.1`, { Host: target, ...fields }));
  return readAnswer(peer, "CONNECT");
}

/** TLS as a client inside a connection. Throws what node:tls throws: a certificate that is not `ca`'s, an alert, a reset. */
export async function startClientTls(
  peer: LabConnection,
  options: { readonly servername: string; readonly ca: string },
): Promise<LabConnection> {
  const name = isIP(options.servername) === 0 ? { servername: options.servername } : { host: options.servername }; // RFC 6066: no address in SNI
  const secure = connectTls({ ca: options.ca, ...name, socket: peer.stream, ALPNProtocols: ["http/1.1"] });
  await once(secure, "secureConnect");
  return new LabConnection(peer.wire, secure);
}

type SocksCredentials = { readonly username: string; readonly password: string } | null;

/** A tunnel that was asked for with SOCKS5; its reply code (0 is success) is null if the proxy ended before one. */
export async function openSocks5(
  proxy: HostPort,
  target: HostPort,
  credentials: SocksCredentials = null,
): Promise<{ reply: number | null; peer: LabConnection }> {
  const peer = await dialLab(proxy);
  return { reply: await orNull(askSocks5(peer, target, credentials)), peer };
}

/** A tunnel that was asked for with SOCKS4a; its result code (90 is success) is null if the proxy ended before one. */
export async function openSocks4(proxy: HostPort, target: HostPort): Promise<{ reply: number | null; peer: LabConnection }> {
  const peer = await dialLab(proxy);
  return { reply: await orNull(askSocks4(peer, target)), peer };
}

/** Gives the reply code, or null where it does not come to one because of the credentials. */
export async function askSocks5(
  peer: LabConnection,
  { host, port }: HostPort,
  credentials: SocksCredentials = null,
): Promise<number | null> {
  await peer.send(Buffer.of(5, 1, credentials ? 2 : 0));
  const [, method] = await peer.reader.take(2);
  if (method === 0xff) return null;
  if (credentials) {
    const [name, password] = [Buffer.from(credentials.username), Buffer.from(credentials.password)];
    await peer.send(Buffer.concat([Buffer.of(1, name.length), name, Buffer.of(password.length), password]));
    const [, refused] = await peer.reader.take(2);
    if (refused !== 0) return null;
  }
  await peer.send(Buffer.concat([Buffer.of(5, 1, 0, 3, host.length), Buffer.from(host, "latin1"), bigEndian(port)]));
  const [, reply = null] = await peer.reader.take(10); // all proxies here bind IPv4
  return reply;
}

export async function askSocks4(peer: LabConnection, { host, port }: HostPort): Promise<number | null> {
  await peer.send(Buffer.concat([Buffer.of(4, 1), bigEndian(port), Buffer.of(0, 0, 0, 1, 0), Buffer.from(`${host}\0`, "latin1")]));
  const [, reply = null] = await peer.reader.take(8);
  return reply;
}

async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof PeerLeft)) throw error;
    return null;
  }
}

function bigEndian(port: number): Buffer {
  return Buffer.of(port >> 8, port & 0xff);
}

async function readFinalHead(reader: ByteReader): Promise<LabHead> {
  for (;;) {
    const head = await readHead(reader);
    const status = Number(head.line[1]);
    if (status >= 200 || status === 101) return head;
  }
}

function isBodiless(method: string, status: number): boolean {
  return method === "HEAD" || [101, 204, 304].includes(status) || (method === "CONNECT" && status < 300);
}
