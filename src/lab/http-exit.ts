import { setTimeout as delay } from "node:timers/promises";
import type { HostPort } from "../core/address.ts";
import { fieldValue } from "../core/message.ts";
import { dialLab, splice } from "./lab-connection.ts";
import { type LabRequest, type Served, servesHttp } from "./lab-http.ts";
import { type Behaviour, type LabServer, type LabTls, startLabServer } from "./lab-server.ts";
import { findWay, type Reach } from "./reach.ts";
import { REFUSALS, squidRefusal } from "./refusals.ts";
import { relayRequest } from "./relay.ts";

export interface HttpExitOptions {
  /** Where targets lead; loopback addresses lead to themselves. */
  readonly reach?: Reach;
  readonly credentials?: { readonly username: string; readonly password: string };
  /** What a CONNECT that works is answered with. */
  readonly opened?: string;
  /** Requests that it serves before it dies: then it resets whatever comes. */
  readonly servesAtMost?: number;
  /** Waits so long before each request. */
  readonly delayMs?: number;
  /** Closes each connection after one plain answer. */
  readonly closes?: boolean;
  /** Alters the body of every plain answer. */
  readonly tamper?: (body: Buffer) => Buffer;
  readonly tls?: LabTls;
}

/** An HTTP proxy that works: CONNECT and absolute-form requests, kept alive, failures told in Squid's words. It dials loopback only. */
export function startHttpExit(options: HttpExitOptions = {}): Promise<LabServer> {
  return startLabServer(httpExit(options), options.tls ?? null);
}

/** What such a proxy does with a connection. */
export function httpExit(options: HttpExitOptions): Behaviour {
  let served = 0;
  return servesHttp(async (request) => {
    served += 1;
    if (served > (options.servesAtMost ?? Number.POSITIVE_INFINITY)) {
      request.peer.reset();
      return "taken";
    }
    if (options.delayMs !== undefined) await delay(options.delayMs, undefined, { ref: false });
    const then = await serveRequest(request, options);
    return then === "keep" && options.closes ? "close" : then;
  });
}

async function serveRequest(request: LabRequest, options: HttpExitOptions): Promise<Served> {
  if (options.credentials && !isAllowed(request, options.credentials)) return say(request, REFUSALS.auth407);
  const isConnect = request.method === "CONNECT";
  const url = parseUrl(isConnect ? `tcp://${request.target}` : request.target);
  if (url === null) return say(request, squidRefusal(400, "ERR_INVALID_URL", 0, "Invalid URL"));
  const to = findWay(url, options.reach ?? {});
  if (to === null) return say(request, REFUSALS.squidDns);
  try {
    if (isConnect) return await openTunnel(request, to, options.opened ?? "HTTP/1.1 200 Connection established\r\n\r\n");
    return await relayRequest(request, { to, target: url.path, tamper: options.tamper ?? null });
  } catch (error) {
    const { syscall, errno = 0, code = "" } = error as NodeJS.ErrnoException;
    if (syscall !== "connect") throw error;
    return say(request, squidRefusal(503, "ERR_CONNECT_FAIL", -errno, code));
  }
}

function isAllowed({ head }: LabRequest, { username, password }: { username: string; password: string }): boolean {
  return fieldValue(head.fields, "proxy-authorization") === `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

async function openTunnel({ peer }: LabRequest, to: HostPort, opened: string): Promise<Served> {
  const hop = await dialLab(to);
  try {
    await peer.send(opened);
  } catch (error) {
    hop.reset();
    throw error;
  }
  await splice(peer, hop);
  return "taken";
}

async function say({ peer }: LabRequest, answer: Buffer): Promise<Served> {
  await peer.send(answer);
  return "keep";
}

function parseUrl(text: string): (HostPort & { readonly path: string }) | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  return { host: url.hostname.toLowerCase(), port: Number(url.port || "80"), path: url.pathname + url.search };
}
