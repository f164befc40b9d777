import type { Socket } from "node:net";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import type { HostPort } from "../core/address.ts";
import { fault } from "../core/fault.ts";
import type { ListenerSettings } from "../core/settings.ts";
import type { ExchangeContext } from "../exchange/context.ts";
import { classifyAddress } from "../net/address-policy.ts";
import type { ClientInfo } from "../net/client-stream.ts";
import { Connection } from "../net/connection.ts";
import { Http1Server } from "../net/http1-server.ts";
import { type Listening, listen } from "../net/listen.ts";
import { Admission, type InFlight } from "./admission.ts";
import { rejectHead, serveHttp } from "./http-requests.ts";
import type { ForwardService } from "./service.ts";
import { sniff } from "./sniff.ts";
import { serveSocks } from "./socks-session.ts";

/** What a handshake or an exchange threw that is no fault: a bug. */
export type OnBug = (bug: unknown) => void;

const SWEEPS_PER_TIMEOUT = 4;
const SWEEP_MS_MAX = 1000;

/**
 * A forward listener: one port, where the first byte tells the protocol.
 *
 *     client -first byte-> [TLS ->] HTTP/1.1 proxy requests | SOCKS4, SOCKS4a | SOCKS5
 */
export class ForwardListener implements AsyncDisposable {
  readonly #service: ForwardService;
  readonly #tls: SecureContext | null;
  readonly #onBug: OnBug;
  readonly #sockets = new Set<Socket>();
  readonly #servers = new Set<Http1Server>();
  #listening: Listening | null = null;
  #sweeper: NodeJS.Timeout | undefined;
  #draining = false;

  constructor(context: ExchangeContext, settings: ListenerSettings, inFlight: InFlight, onBug: OnBug) {
    this.#onBug = onBug;
    this.#tls = settings.tls === null ? null : createSecureContext({ cert: settings.tls.cert, key: settings.tls.key });
    this.#service = {
      context,
      settings,
      admission: new Admission(settings, context.clock),
      inFlight,
      isPublic: !isLoopback(settings.host),
      isDraining: () => this.#draining,
    };
  }

  async start(): Promise<HostPort> {
    const { settings, context } = this.#service;
    this.#listening = await listen({ host: settings.host, port: settings.port }, (socket) => this.#accept(socket));
    const { clientHead, clientIdle, bodyIdle, clientGone } = context.settings.timeouts;
    const shortest = Math.min(clientHead, clientIdle, bodyIdle, clientGone);
    const period = Math.max(1, Math.min(SWEEP_MS_MAX, Math.ceil(shortest / SWEEPS_PER_TIMEOUT)));
    this.#sweeper = setInterval(() => this.#sweep(), period);
    return this.#listening.address;
  }

  get address(): HostPort | null {
    return this.#listening?.address ?? null;
  }

  /** Users and networks as they are from now on; the address, and whether it speaks TLS, stay. */
  reload(settings: ListenerSettings): void {
    this.#service.settings = settings;
    this.#service.admission = new Admission(settings, this.#service.context.clock);
  }

  /** Takes no new connection and no new request; idle connections close. */
  drain(): void {
    this.#draining = true;
    this.#listening?.stop();
    for (const server of this.#servers) if (server.idle) server.close();
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweeper);
    this.drain();
    for (const socket of this.#sockets) socket.destroy();
    await this.#listening?.[Symbol.asyncDispose]();
  }

  #accept(socket: Socket): void {
    const { context } = this.#service;
    if (this.#sockets.size >= context.settings.limits.connections) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    const client = { address: plainAddress(socket.remoteAddress ?? ""), port: socket.remotePort ?? 0 };
    this.#serve(new Connection(socket), client, this.#tls).catch(this.#onBug);
  }

  async #serve(connection: Connection, client: ClientInfo, tls: SecureContext | null): Promise<void> {
    const { context } = this.#service;
    const sniffed = await sniff(connection, context.settings.timeouts.clientHead);
    if (sniffed === null) connection.destroy();
    else if (sniffed.protocol === "tls" && tls !== null) await this.#serve(startServerTls(connection, tls), client, null);
    else if (sniffed.protocol === "socks4" || sniffed.protocol === "socks5") await serveSocks(this.#service, connection, client);
    else if (sniffed.protocol === "tls") this.#refuseTls(connection, client);
    else this.#serveHttp(connection, client);
  }

  #serveHttp(connection: Connection, client: ClientInfo): void {
    const { context } = this.#service;
    const server: Http1Server = new Http1Server(connection, client, {
      limits: context.settings.limits.message,
      timeouts: context.settings.timeouts,
      clock: context.clock,
      onRequest: (stream) => {
        serveHttp(this.#service, stream).catch(this.#onBug);
      },
      onRejected: (value, from) => rejectHead(this.#service, value, from),
      isDraining: () => this.#draining,
      onClosed: () => this.#servers.delete(server),
    });
    this.#servers.add(server);
    connection.own(server);
  }

  /** A TLS client on a port without a certificate: most often a proxy URL that says https:// where it must say http://. */
  #refuseTls(connection: Connection, client: ClientInfo): void {
    const details = "the client speaks TLS and this listener has no certificate: use http:// in the proxy URL, or configure tls";
    rejectHead(this.#service, fault("client.tls_handshake_failed", details), client);
    connection.write(Buffer.from(FATAL_ALERT));
    connection.end();
    connection.socket.setTimeout(SWEEP_MS_MAX, () => connection.destroy());
  }

  #sweep(): void {
    const now = this.#service.context.clock.now();
    for (const server of this.#servers) server.sweep(now);
  }
}

/** TLS 1.2 record of an alert: fatal, protocol_version (RFC 8446 6.2). */
const FATAL_ALERT = [21, 3, 3, 0, 2, 2, 70];

function startServerTls(connection: Connection, secureContext: SecureContext): Connection {
  const socket = connection.release();
  socket.on("error", () => {}); // told by the TLS socket
  return new Connection(new TLSSocket(socket, { isServer: true, secureContext }), socket);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || classifyAddress(host) === "loopback";
}

/** An IPv4 client of a dual-stack socket, as itself. */
function plainAddress(address: string): string {
  return address.startsWith("::ffff:") ? address.slice(7) : address;
}
