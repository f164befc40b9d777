import type { Socket } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import type { HostPort } from "../core/address.ts";
import type { ListenerSettings } from "../core/settings.ts";
import type { ExchangeContext } from "../exchange/context.ts";
import type { ClientInfo } from "../net/client-stream.ts";
import { Connection } from "../net/connection.ts";
import { Http1Server, type Http1ServerOptions } from "../net/http1-server.ts";
import { type Listening, listen } from "../net/listen.ts";
import { plainAddress } from "../net/own-listener.ts";
import { SHARED_READS } from "../net/shared-reads.ts";
import { isLoopback } from "../wire/loopback.ts";
import type { ClientProtocol } from "../wire/sniff-client.ts";
import { Admission, type InFlight } from "./admission.ts";
import { noteBrokenTls, refuseTls, startServerTls } from "./client-tls.ts";
import { FirstByte } from "./first-byte.ts";
import { rejectHead, serveHttp } from "./http-requests.ts";
import type { ForwardService } from "./service.ts";
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
  readonly #waiting = new Set<FirstByte>();
  readonly #servers = new Set<Http1Server>();
  #http: Http1ServerOptions;
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
    this.#http = this.#httpOptions();
  }

  async start(): Promise<HostPort> {
    const { settings, context } = this.#service;
    this.#listening = await listen({ host: settings.host, port: settings.port }, (socket) => this.#accept(socket));
    this.#admitBy(settings);
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
    this.#admitBy(settings);
    this.#http = this.#httpOptions();
  }

  /** The port is the one that it listens on, since a session may be the port's. */
  #admitBy(settings: ListenerSettings): void {
    const { port = settings.port } = this.#listening?.address ?? {};
    this.#service.settings = settings;
    this.#service.admission = new Admission({ ...settings, port }, this.#service.context.clock);
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
    const client = { address: plainAddress(socket.remoteAddress ?? ""), port: socket.remotePort ?? 0, isInTls: false };
    this.#awaitFirstByte(new Connection(socket, socket, SHARED_READS), client);
  }

  #awaitFirstByte(connection: Connection, client: ClientInfo): void {
    const { clock, settings } = this.#service.context;
    const waiting = new FirstByte(connection, client, clock.now() + settings.timeouts.clientHead, this.#onFirstByte);
    this.#waiting.add(waiting);
    connection.own(waiting);
  }

  readonly #onFirstByte = (waiting: FirstByte, protocol: ClientProtocol | null): void => {
    this.#waiting.delete(waiting);
    const { connection, client } = waiting;
    switch (protocol) {
      case null:
        if (client.isInTls) noteBrokenTls(this.#service, waiting);
        connection.destroy();
        break;
      case "socks4":
      case "socks5":
        serveSocks(this.#service, connection, client).catch(this.#onBug);
        break;
      case "tls":
        if (this.#tls !== null && !client.isInTls)
          this.#awaitFirstByte(startServerTls(connection, this.#tls), { ...client, isInTls: true });
        else refuseTls(this.#service, connection, client);
        break;
      default:
        this.#serveHttp(connection, client);
    }
  };

  #serveHttp(connection: Connection, client: ClientInfo): void {
    const server = new Http1Server(connection, client, this.#http);
    this.#servers.add(server);
    connection.own(server);
  }

  /** The same for all connections until the next reload. */
  #httpOptions(): Http1ServerOptions {
    const { settings, clock } = this.#service.context;
    return {
      limits: settings.limits.message,
      timeouts: settings.timeouts,
      clock,
      onRequest: (stream) => serveHttp(this.#service, stream),
      onRejected: (value, from) => rejectHead(this.#service, value, from),
      isDraining: () => this.#draining,
      onClosed: (server) => this.#servers.delete(server),
    };
  }

  #sweep(): void {
    const now = this.#service.context.clock.now();
    for (const waiting of this.#waiting) waiting.sweep(now);
    for (const server of this.#servers) server.sweep(now);
  }
}
