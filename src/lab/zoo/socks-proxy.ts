import type { HostPort } from "../../core/address.ts";
import type { LabConnection } from "../lab-connection.ts";
import { type Behaviour, type LabServer, startLabServer } from "../lab-server.ts";
import { Carrier, type Tricks } from "./carrier.ts";

export interface SocksOptions {
  /** Which it speaks; it closes on others. Default: all. */
  readonly versions?: readonly (4 | 5)[];
  /** SOCKS5 only (RFC 1929). */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Says that it worked before it tries. */
  readonly optimistic?: boolean;
  /** Takes addresses alone, no names. */
  readonly addressesOnly?: boolean;
  readonly noIpv6?: boolean;
}

/** A SOCKS proxy that carries tunnels, with tricks. */
export function startSocksProxy(options: SocksOptions = {}, tricks: Tricks = {}): Promise<LabServer> {
  return startLabServer(socksProxy(options, new Carrier(tricks)));
}

/** What such a proxy does with a connection. */
function socksProxy(options: SocksOptions, carrier: Carrier): Behaviour {
  const { versions = [4, 5] } = options;
  return async (peer) => {
    const [version] = await peer.reader.peek(1);
    if (version === 5 && versions.includes(5)) return serve5(peer, options, carrier);
    if (version === 4 && versions.includes(4)) return serve4(peer, options, carrier);
    await peer.end();
  };
}

/** SOCKS and HTTP on one port, as many wild proxies have it. */
export function mixedProxy(options: SocksOptions, web: Behaviour, carrier: Carrier = new Carrier()): Behaviour {
  const socks = socksProxy(options, carrier);
  return async (peer) => {
    const [first = 0] = await peer.reader.peek(1);
    await (first > 5 ? web(peer) : socks(peer));
  };
}

/** RFC 1928 section 6, and the SOCKS4 codes. */
const NAME_UNKNOWN = 4;
const REFUSED = 5;
const TYPE_UNKNOWN = 8;

async function serve5(peer: LabConnection, options: SocksOptions, carrier: Carrier): Promise<void> {
  if (!(await agree(peer, options))) return peer.end();
  const [, , , kind = 0] = await peer.reader.take(4);
  const host = await readHost(peer, kind);
  const port = (await peer.reader.take(2)).readUInt16BE();
  const reply = (code: number) => Buffer.of(5, code, 0, 1, 0, 0, 0, 0, 0, 0);
  const isForeign = (kind === 4 && options.noIpv6) || (kind === 3 && options.addressesOnly);
  if (isForeign) {
    await peer.send(reply(TYPE_UNKNOWN));
    return peer.end();
  }
  await open(peer, { host, port }, options, carrier, { opened: reply(0), unknown: reply(NAME_UNKNOWN), refused: reply(REFUSED) });
}

async function agree(peer: LabConnection, { credentials }: SocksOptions): Promise<boolean> {
  const [, count = 0] = await peer.reader.take(2);
  const offered = await peer.reader.take(count);
  const wanted = credentials ? 2 : 0;
  await peer.send(Buffer.of(5, offered.includes(wanted) ? wanted : 0xff));
  if (!offered.includes(wanted)) return false;
  if (!credentials) return true;
  const [, nameLength = 0] = await peer.reader.take(2);
  const username = (await peer.reader.take(nameLength)).toString();
  const [passwordLength = 0] = await peer.reader.take(1);
  const password = (await peer.reader.take(passwordLength)).toString();
  const isRight = username === credentials.username && password === credentials.password;
  await peer.send(Buffer.of(1, isRight ? 0 : 1));
  return isRight;
}

async function readHost({ reader }: LabConnection, kind: number): Promise<string> {
  if (kind === 1) return (await reader.take(4)).join(".");
  if (kind === 4) return (await reader.take(16)).toString("hex").replace(/(.{4})(?!$)/g, "$1:");
  const [length = 0] = await reader.take(1);
  return (await reader.take(length)).toString("latin1");
}

async function serve4(peer: LabConnection, options: SocksOptions, carrier: Carrier): Promise<void> {
  const request = await peer.reader.take(8);
  await peer.reader.until("\0");
  const address = request.subarray(4);
  const isName = address.readUInt32BE() > 0 && address.readUInt32BE() < 256; // 0.0.0.x: SOCKS4a
  const host = isName ? (await peer.reader.until("\0")).toString("latin1").slice(0, -1) : address.join(".");
  const reply = (code: number) => Buffer.of(0, code, 0, 0, 0, 0, 0, 0);
  const to = { host, port: request.readUInt16BE(2) };
  if (options.credentials || (isName && options.addressesOnly)) {
    await peer.send(reply(91));
    return peer.end();
  }
  await open(peer, to, options, carrier, { opened: reply(90), unknown: reply(91), refused: reply(91) });
}

async function open(
  peer: LabConnection,
  target: HostPort,
  { optimistic = false }: SocksOptions,
  carrier: Carrier,
  replies: Readonly<Record<"opened" | "unknown" | "refused", Buffer>>,
): Promise<void> {
  if (optimistic) await peer.send(replies.opened);
  const to = carrier.way(target);
  try {
    const hop = to === null || carrier.tricks.tunnel ? null : await carrier.dial(to);
    if (to === null) {
      if (!optimistic) await peer.send(replies.unknown);
      return await peer.end();
    }
    if (!optimistic) await peer.send(replies.opened);
    await carrier.tunnel(peer, to, target.host, hop);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== "connect") throw error;
    if (!optimistic) await peer.send(replies.refused);
    await peer.end();
  }
}
