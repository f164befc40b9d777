import assert from "node:assert/strict";
import type { HostPort } from "../../src/core/address.ts";
import { dialLab, type LabConnection } from "../../src/lab/lab-connection.ts";
import { openConnect, type RawAnswer, readAnswer, startClientTls } from "../../src/lab/raw-client.ts";

/** A client's connection that goes with the block that opened it, however that ends. */
export type Client = LabConnection & Disposable;

export async function dialClient(to: HostPort): Promise<Client> {
  return disposable(await dialLab(to));
}

/** The same over TLS, trusting one authority. */
export async function dialTlsClient(to: HostPort, options: { readonly servername: string; readonly ca: string }): Promise<Client> {
  const peer = await dialLab(to);
  try {
    return disposable(await startClientTls(peer, options));
  } catch (error) {
    peer.wire.destroy();
    throw error;
  }
}

export function disposable(peer: LabConnection): Client {
  return Object.assign(peer, { [Symbol.dispose]: () => void peer.wire.destroy() });
}

/** Sends a request and reads the final answer. */
export async function exchange(peer: LabConnection, request: string | Uint8Array, method = "GET"): Promise<RawAnswer> {
  await peer.send(request);
  return readAnswer(peer, method);
}

/** The `Proxy-Authorization` of a name and a password. */
export function basic(credentials: string): Record<string, string> {
  return { "Proxy-Authorization": `Basic ${Buffer.from(credentials).toString("base64")}` };
}

/** Sends back what it gets, and its FIN after the peer's. */
export async function echo(peer: LabConnection): Promise<void> {
  for (let piece = await peer.reader.next(); piece !== null; piece = await peer.reader.next()) await peer.send(piece);
  peer.stream.end();
}

/** A tunnel to the target, asked for by CONNECT and opened. */
export async function openTunnel(gateway: HostPort, { host, port }: HostPort): Promise<Client> {
  const { answer, peer } = await openConnect(gateway, `${host}:${port}`);
  assert.equal(answer.status, 200);
  return disposable(peer);
}
