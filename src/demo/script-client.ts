import { isIP } from "node:net";
import type { HostPort } from "../core/address.ts";
import type { ExitScheme } from "../core/route.ts";
import { dialLab, type LabConnection } from "../lab/lab-connection.ts";
import { formatHead } from "../lab/lab-http.ts";
import { askConnect, askSocks4, askSocks5, readAnswer, startClientTls } from "../lab/raw-client.ts";
import type { DemoRequest, Failure } from "./workload.ts";

/** A proxy as a script is told of it. */
export interface Proxy extends HostPort {
  readonly scheme: ExitScheme;
}

/** How long a script waits for one answer. Milliseconds. */
const PATIENCE_MS = 3000;

/**
 * Sends one request through one proxy as a script does it: one try, and whatever goes wrong is a failure.
 *
 *     script -> proxy -[tunnel, TLS]-> site
 */
export async function sendThrough(proxy: Proxy, { url, bytes }: DemoRequest, ca: string): Promise<Failure> {
  if (isIP(proxy.host) === 0) return "the proxy's name does not resolve"; // the demo asks no resolver
  let peer: LabConnection | null = null;
  let timer: NodeJS.Timeout | undefined;
  try {
    const opened = await dialLab(proxy);
    peer = opened;
    timer = setTimeout(() => opened.wire.destroy(), PATIENCE_MS);
    const site = await reachSite(opened, proxy, url, ca);
    const isTunnel = site.isTunnel;
    await site.peer.send(formatHead(`GET ${isTunnel ? url.pathname : url.href} HTTP/1.1`, { Host: url.host }));
    const { status, body, ending } = await readAnswer(site.peer, "GET");
    if (status !== 200) return status === null ? "no answer" : `status ${status}`;
    return ending === "complete" && body.length === bytes ? null : "not the whole page";
  } catch (error) {
    return (error as Error).message;
  } finally {
    clearTimeout(timer);
    peer?.wire.destroy();
  }
}

/** The connection on which the request is written: to the proxy for `http://` by HTTP, else inside a tunnel. */
async function reachSite(peer: LabConnection, proxy: Proxy, url: URL, ca: string): Promise<{ peer: LabConnection; isTunnel: boolean }> {
  const through = proxy.scheme === "https" ? await startClientTls(peer, { servername: proxy.host, ca }) : peer;
  const isSecure = url.protocol === "https:";
  const target = { host: url.hostname, port: Number(url.port) || (isSecure ? 443 : 80) };
  const isTunnel = isSecure || proxy.scheme.startsWith("socks");
  if (isTunnel) await openTunnel(through, proxy.scheme, target);
  return { peer: isSecure ? await startClientTls(through, { servername: url.hostname, ca }) : through, isTunnel };
}

async function openTunnel(peer: LabConnection, scheme: ExitScheme, target: HostPort): Promise<void> {
  if (scheme.startsWith("socks5")) {
    const reply = await askSocks5(peer, target);
    if (reply !== 0) throw new Error(`SOCKS5 reply ${reply}`);
  } else if (scheme.startsWith("socks4")) {
    const reply = await askSocks4(peer, target);
    if (reply !== 90) throw new Error(`SOCKS4 reply ${reply}`);
  } else {
    const { status } = await askConnect(peer, `${target.host}:${target.port}`);
    if (status !== 200) throw new Error(status === null ? "no answer to CONNECT" : `status ${status} to CONNECT`);
  }
}
