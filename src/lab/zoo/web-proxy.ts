import type { HostPort } from "../../core/address.ts";
import { type LabConnection, splice } from "../lab-connection.ts";
import { type Behaviour, type LabServer, type LabTls, startLabServer } from "../lab-server.ts";
import { REFUSALS } from "../refusals.ts";
import { Carrier, type Tricks } from "./carrier.ts";
import type { ZooServer } from "./zoo-proxy.ts";

/** An HTTP proxy that carries plain requests and tunnels, with tricks. */
export function startWebProxy(tricks: Tricks = {}, tls: LabTls | null = null): Promise<LabServer> {
  return startLabServer(webProxy(new Carrier(tricks)), tls);
}

/** What such a proxy does with a connection. */
export function webProxy(carrier: Carrier): Behaviour {
  return carrier.requests((request) => {
    if (!URL.canParse(request.target)) return null;
    const url = new URL(request.target);
    const to = carrier.way({ host: url.hostname, port: Number(url.port || "80") });
    return to === null ? null : { onward: { to, secure: false }, target: url.pathname + url.search };
  });
}

/** Lets nobody in without this user and password. */
export function startPasswordProxy(username: string, password: string): Promise<LabServer> {
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const carry = webProxy(new Carrier());
  return startLabServer(async (peer) => {
    const head = (await peekHead(peer)).toLowerCase();
    if (head.includes(`proxy-authorization: ${expected.toLowerCase()}`)) return carry(peer);
    await peer.send(REFUSALS.auth407);
    await peer.end();
  });
}

/** Reads along in tunnels: plain requests are carried with the carrier's tricks, anything else is passed on. */
export async function readsAlong(peer: LabConnection, to: HostPort, carrier: Carrier): Promise<void> {
  const [first = 0] = await peer.reader.peek(1);
  const isHttp = first >= 0x41 && first <= 0x5a;
  if (isHttp) return void (await carrier.through({ to, secure: false })(peer));
  const hop = await carrier.dial(to);
  await splice(peer, hop);
}

/** Opens TLS in tunnels, under certificates of its own, and carries what is inside with its tricks; other bytes pass. */
export interface TlsInterceptor extends AsyncDisposable {
  tunnel(peer: LabConnection, to: HostPort, carrier: Carrier): Promise<void>;
}

export function interceptTls(tls: LabTls, inside: Tricks = {}, isWanted: () => boolean = () => true): TlsInterceptor {
  const inner = new Map<string, Promise<LabServer>>();
  const innerFor = (to: HostPort) => {
    const key = `${to.host}:${to.port}`;
    const started = inner.get(key) ?? startLabServer(new Carrier(inside).through({ to, secure: true }), tls);
    inner.set(key, started);
    return started;
  };
  return {
    async tunnel(peer, to, carrier) {
      const [first] = await peer.reader.peek(1);
      await splice(peer, await carrier.dial(first === HANDSHAKE && isWanted() ? await innerFor(to) : to));
    },
    async [Symbol.asyncDispose]() {
      for (const server of inner.values()) await (await server)[Symbol.asyncDispose]();
    },
  };
}

/** RFC 8446 section 5.1: the type of a record that begins a conversation. */
export const HANDSHAKE = 0x16;

/** An HTTP proxy with an interceptor in its tunnels. */
export async function startInterceptor(tls: LabTls, inside: Tricks = {}, isWanted: () => boolean = () => true): Promise<ZooServer> {
  const interceptor = interceptTls(tls, inside, isWanted);
  const outer = await startWebProxy({ tunnel: (peer, to, carrier) => interceptor.tunnel(peer, to, carrier) });
  return withMore(outer, interceptor);
}

/** A server that takes another along when it is disposed of. */
export function withMore({ host, port, ...server }: ZooServer, more: AsyncDisposable): ZooServer {
  return {
    host,
    port,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await more[Symbol.asyncDispose]();
    },
  };
}

async function peekHead({ reader }: LabConnection): Promise<string> {
  for (let count = 1; ; count++) {
    const bytes = await reader.peek(count);
    if (bytes.includes("\r\n\r\n")) return bytes.toString("latin1");
    count = Math.max(count, bytes.length);
  }
}
