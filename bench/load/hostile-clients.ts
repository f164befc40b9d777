import { setTimeout as pause } from "node:timers/promises";
import type { HostPort } from "../../src/core/address.ts";
import { PeerLeft } from "../../src/lab/byte-reader.ts";
import { dialLab, type LabConnection } from "../../src/lab/lab-connection.ts";
import { formatHead } from "../../src/lab/lab-http.ts";
import { openConnect, openSocks5, proxyGet, readAnswer } from "../../src/lab/raw-client.ts";
import { recordClientHello } from "./client-hello.ts";

/** How the exchanges ended, as their clients saw it. */
export type Endings = Map<string, number>;

/** Longer than anything that the gateway may wait for: an exchange that takes this long was forgotten. */
const DEADLINE_MS = 60_000;
const AT_ONCE = 64;
const HOST = "127.0.0.1:9"; // the targets need not exist: no exit gets there

type Client = (proxy: HostPort, hello: Uint8Array) => Promise<string>;

/** What clients do, one after the other: those that wait for their answer, and those that leave. */
const CLIENTS: readonly Client[] = [
  (proxy) => askFor(proxy, "GET", proxyGet(`http://${HOST}/`)),
  (proxy) => askFor(proxy, "HEAD", proxyGet(`http://${HOST}/`).replace("GET", "HEAD")),
  (proxy) => askFor(proxy, "GET", proxyGet(`https://${HOST}/`)),
  (proxy) => askFor(proxy, "POST", upload(100_000)),
  (proxy, hello) => tunnel(proxy, hello),
  (proxy) => tunnel(proxy, Buffer.from("not TLS at all\r\n")),
  socks,
  (proxy) => leave(proxy, "GET http://"),
  (proxy) => leave(proxy, proxyGet(`http://${HOST}/`)),
  (proxy) => leave(proxy, upload(100_000).slice(0, 5000)),
  (proxy) => leave(proxy, formatHead(`CONNECT ${HOST} HTTP/1.1`, { Host: HOST })),
];

/** Sends so many exchanges of all kinds to a gateway. */
export async function runHostileClients(proxy: HostPort, exchanges: number): Promise<Endings> {
  const hello = await recordClientHello();
  const endings: Endings = new Map();
  let next = 0;
  const keepGoing = async () => {
    for (let number = next++; number < exchanges; number = next++) {
      const client = CLIENTS[number % CLIENTS.length] as Client;
      const ending = await Promise.race([client(proxy, hello), pause(DEADLINE_MS, "forgotten", { ref: false })]).catch(tellError);
      endings.set(ending, (endings.get(ending) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, keepGoing));
  return endings;
}

async function askFor(proxy: HostPort, method: string, request: string): Promise<string> {
  const peer = await dialLab(proxy);
  await peer.send(request);
  return readEnding(peer, method);
}

async function tunnel(proxy: HostPort, first: Uint8Array): Promise<string> {
  const { answer, peer } = await openConnect(proxy, HOST);
  if (answer.status === 200) await speakInside(peer, first);
  peer.wire.destroy();
  return tellStatus(answer.status);
}

async function socks(proxy: HostPort, hello: Uint8Array): Promise<string> {
  const { reply, peer } = await openSocks5(proxy, { host: "127.0.0.1", port: 9 });
  if (reply === 0) await speakInside(peer, hello);
  peer.wire.destroy();
  return reply === 0 ? "2xx" : "SOCKS refusal";
}

/** The gateway's idle limit ends a tunnel in which nothing comes back. */
async function speakInside(peer: LabConnection, first: Uint8Array): Promise<void> {
  await peer.send(first);
  await peer.reader.next();
}

async function leave(proxy: HostPort, request: string): Promise<string> {
  const peer = await dialLab(proxy);
  await peer.send(request);
  await pause(Math.random() * 200);
  peer.wire.destroy();
  return "left";
}

async function readEnding(peer: LabConnection, method: string): Promise<string> {
  const { status, ending } = await readAnswer(peer, method);
  peer.wire.destroy();
  return ending === "complete" ? tellStatus(status) : "broken off";
}

function tellStatus(status: number | null): string {
  return status === null ? "no answer" : `${Math.floor(status / 100)}xx`;
}

function tellError(error: unknown): string {
  if (error instanceof PeerLeft) return "broken off";
  return `client error ${(error as NodeJS.ErrnoException).code ?? String(error)}`;
}

function upload(bytes: number): string {
  return formatHead(`POST http://${HOST}/ HTTP/1.1`, { Host: HOST, "Content-Length": String(bytes) }) + "x".repeat(bytes);
}
