import type { HostPort } from "../core/address.ts";
import { dripTo } from "./behaviours.ts";
import { dialLab, type LabConnection, splice } from "./lab-connection.ts";
import { type Behaviour, type LabServer, startLabServer } from "./lab-server.ts";
import { findWay, type Reach } from "./reach.ts";

export interface SocksExitOptions {
  /** Where targets lead; loopback addresses lead to themselves. */
  readonly reach?: Reach;
  /** SOCKS5 only (RFC 1929); SOCKS4 is then refused. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Answers every request with this reply instead: a SOCKS5 reply field (RFC 1928 section 6) or a SOCKS4 result code. */
  readonly reply?: number;
  /** Sends its reply a byte at a time. */
  readonly byteWise?: boolean;
  /** Goes on so, once the tunnel would be open, instead of tunnelling. */
  readonly opened?: Behaviour;
}

/** A SOCKS proxy that works, for versions 4, 4a and 5. It dials loopback only. */
export function startSocksExit(options: SocksExitOptions = {}): Promise<LabServer> {
  return startLabServer(async (peer) => {
    const [version] = await peer.reader.peek(1);
    if (version === 5) await serveSocks5(peer, options);
    else if (version === 4) await serveSocks4(peer, options);
    else await peer.end();
  });
}

async function serveSocks5(peer: LabConnection, options: SocksExitOptions): Promise<void> {
  if (!(await agreeOnMethod(peer, options))) return peer.end();
  const [, , , kind] = await peer.reader.take(4);
  const host = await readSocks5Host(peer, kind ?? 0);
  const port = (await peer.reader.take(2)).readUInt16BE();
  const hop = options.reply === undefined ? await reachOrCode({ host, port }, options, { unknown: 4, refused: 5 }) : options.reply;
  const code = typeof hop === "number" ? hop : 0;
  await answer(peer, Buffer.of(5, code, 0, 1, 127, 0, 0, 1, 0, 0), hop, options);
}

async function agreeOnMethod(peer: LabConnection, { credentials }: SocksExitOptions): Promise<boolean> {
  const [, count = 0] = await peer.reader.take(2);
  const offered = await peer.reader.take(count);
  const wanted = credentials ? 2 : 0;
  if (!offered.includes(wanted)) {
    await peer.send(Buffer.of(5, 0xff));
    return false;
  }
  await peer.send(Buffer.of(5, wanted));
  if (!credentials) return true;
  const [, nameLength = 0] = await peer.reader.take(2);
  const username = (await peer.reader.take(nameLength)).toString();
  const [passwordLength = 0] = await peer.reader.take(1);
  const password = (await peer.reader.take(passwordLength)).toString();
  const right = username === credentials.username && password === credentials.password;
  await peer.send(Buffer.of(1, right ? 0 : 1));
  return right;
}

async function readSocks5Host({ reader }: LabConnection, kind: number): Promise<string> {
  if (kind === 1) return (await reader.take(4)).join(".");
  if (kind === 4) return (await reader.take(16)).toString("hex").replace(/(.{4})(?!$)/g, "$1:");
  const [length = 0] = await reader.take(1);
  return (await reader.take(length)).toString("latin1").toLowerCase();
}

async function serveSocks4(peer: LabConnection, options: SocksExitOptions): Promise<void> {
  const request = await peer.reader.take(8);
  await peer.reader.until("\0"); // user id
  const address = request.subarray(4);
  const isName = address.readUInt32BE() > 0 && address.readUInt32BE() < 256; // 0.0.0.x: SOCKS4a
  const host = isName ? (await peer.reader.until("\0")).toString("latin1").slice(0, -1).toLowerCase() : address.join(".");
  const target = { host, port: request.readUInt16BE(2) };
  const refusal = options.reply ?? (options.credentials ? 93 : null);
  const hop = refusal ?? (await reachOrCode(target, options, { unknown: 91, refused: 91 }));
  await answer(peer, Buffer.of(0, typeof hop === "number" ? hop : 90, 0, 0, 0, 0, 0, 0), hop, options);
}

/** A connection to the target, or the code that tells why there is none. `opened` needs none. */
async function reachOrCode(
  target: HostPort,
  { reach = {}, opened }: SocksExitOptions,
  codes: { unknown: number; refused: number },
): Promise<LabConnection | null | number> {
  if (opened) return null;
  const to = findWay(target, reach);
  if (to === null) return codes.unknown;
  try {
    return await dialLab(to);
  } catch {
    return codes.refused;
  }
}

async function answer(
  peer: LabConnection,
  reply: Buffer,
  hop: LabConnection | null | number,
  { byteWise = false, opened }: SocksExitOptions,
): Promise<void> {
  if (byteWise) await dripTo(peer, reply, 1);
  else await peer.send(reply);
  if (typeof hop === "number") return peer.end();
  if (hop !== null) return splice(peer, hop);
  await opened?.(peer);
}
