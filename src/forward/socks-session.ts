import type { HostPort } from "../core/address.ts";
import { formatHostPort } from "../core/address.ts";
import { type Fault, fault } from "../core/fault.ts";
import type { AttributedFault, Interruption } from "../core/ledger.ts";
import { NO_PARAMS } from "../core/params.ts";
import type { Target } from "../core/route.ts";
import { Exchange, type ExchangeRequest } from "../exchange/exchange.ts";
import { endWithoutAnswer } from "../exchange/reply.ts";
import { runTunnel } from "../exchange/run-tunnel.ts";
import type { TunnelClient } from "../exchange/tunnel-client.ts";
import type { ClientInfo, ClientObserver } from "../net/client-stream.ts";
import type { Connection } from "../net/connection.ts";
import { type Driven, drive } from "../net/drive.ts";
import type { Handshake } from "../wire/handshake.ts";
import { socksReply } from "../wire/socks-reply.ts";
import { socks5Authenticated, socks5Request, socksGreeting } from "../wire/socks-server.ts";
import type { Admitted } from "./admission.ts";
import type { ForwardService } from "./service.ts";
import { denyPort, isPublicOnly } from "./target-rules.ts";

const NOWHERE: Target = { scheme: "tcp", host: "", port: 0 };

/**
 * A SOCKS client of the forward listener: greeting, login, request, tunnel. Every way out closes the connection.
 *
 *     client -SOCKS4/4a/5-> gateway, then as any tunnel
 */
export async function serveSocks(service: ForwardService, connection: Connection, client: ClientInfo): Promise<void> {
  const session = new SocksSession(service, connection, client);
  await session.run();
}

class SocksSession {
  readonly #service: ForwardService;
  readonly #connection: Connection;
  readonly #client: ClientInfo;
  #version: 4 | 5 = 5;

  constructor(service: ForwardService, connection: Connection, client: ClientInfo) {
    this.#service = service;
    this.#connection = connection;
    this.#client = client;
  }

  async run(): Promise<void> {
    const asked = await this.#readRequest();
    if (asked === null) return;
    const { inFlight, context } = this.#service;
    const denied = this.#deny(asked.target);
    const client = new SocksClient(this.#connection, this.#version, context.settings.timeouts.clientGone);
    const entered = denied ?? inFlight.enter(this.#client.address, context.settings.limits);
    if (typeof entered !== "function") {
      this.#refuse(entered, asked);
      return;
    }
    try {
      await runTunnel(context, client, this.#requestFor(asked));
    } finally {
      entered();
    }
  }

  /** Null: it ended here, and was reported. */
  async #readRequest(): Promise<{ target: HostPort; admitted: Admitted } | null> {
    const { admission } = this.#service;
    const greeting = await this.#drive(socksGreeting({ usersRequired: admission.hasUsers }));
    if (greeting === null) return null;
    this.#version = greeting.version;
    if (greeting.version === 4) {
      const admitted = admission.admit(this.#client.address, greeting.username, null);
      return "id" in admitted ? this.#refuse(admitted, null) : { target: greeting.target, admitted };
    }
    const { credentials } = greeting;
    const admitted = admission.admit(this.#client.address, credentials?.username ?? null, credentials?.password ?? null);
    const isLogin = "id" in admitted && admitted.id !== "client.denied";
    if (credentials !== null && (await this.#drive(socks5Authenticated(!isLogin))) === null) return null;
    if (isLogin) return this.#end(admitted as Fault, null);
    const target = await this.#drive(socks5Request());
    if (target === null) return null;
    return "id" in admitted ? this.#refuse(admitted, null) : { target, admitted };
  }

  #deny(target: HostPort): Fault | null {
    if (this.#service.isDraining()) return fault("gateway.shutting_down", "the gateway is shutting down");
    return denyPort(this.#service, target.port);
  }

  async #drive<T>(handshake: Handshake<T>): Promise<T | null> {
    const { clock, settings } = this.#service.context;
    const driven: Driven<T | undefined> = await drive<T | undefined>(this.#connection, handshake, {
      clock,
      signal: null,
      timeoutMs: settings.timeouts.clientHead,
    });
    if (driven.kind === "done") return (driven.value ?? true) as T;
    if (driven.kind === "fault") return this.#end(driven.fault, null);
    return this.#end(interruptedClient(driven.interruption), null);
  }

  #refuse(value: Fault, asked: { target: HostPort; admitted: Admitted } | null): null {
    this.#connection.write(Buffer.from(socksReply(this.#version, value.id)));
    return this.#end(value, asked);
  }

  /** Closes, and reports an exchange that never began. */
  #end(value: Fault, asked: { target: HostPort; admitted: Admitted } | null): null {
    const { context } = this.#service;
    const exchange = new Exchange(context, this.#requestFor(asked));
    closeInOrder(this.#connection);
    endWithoutAnswer(exchange, { fault: value, role: "target", hop: 0 }, bytesOf(this.#connection));
    return null;
  }

  #requestFor(asked: { target: HostPort; admitted: Admitted } | null): ExchangeRequest {
    return {
      protocol: this.#version === 4 ? "socks4" : "socks5",
      method: "CONNECT",
      target: asked === null ? NOWHERE : { scheme: "tcp", ...asked.target },
      shownTarget: asked === null ? "?" : formatHostPort(asked.target),
      params: asked?.admitted.params ?? NO_PARAMS,
      user: asked?.admitted.user ?? null,
      client: this.#client,
      publicOnly: isPublicOnly(this.#service),
      ownField: null,
      notes: [],
    };
  }
}

function interruptedClient(interruption: Interruption): Fault {
  if (interruption.how === "timeout") return fault("client.request_timeout", `no complete SOCKS request within ${interruption.afterMs} ms`);
  return fault("client.bad_request", "the client closed in the middle of its SOCKS request");
}

/** FIN after the reply; what the client still sends is dropped, and its connection goes with its own FIN or soon after. */
function closeInOrder(connection: Connection): void {
  connection.own({ onData() {}, onEnd: () => connection.destroy(), onClose() {}, onDrain() {} });
  connection.socket.setTimeout(LINGER_MS, () => connection.destroy());
  connection.end();
}

function bytesOf({ bytesIn, bytesOut }: Connection): { bytesFromClient: number; bytesToClient: number } {
  return { bytesFromClient: bytesIn, bytesToClient: bytesOut };
}

const LINGER_MS = 2000;

/** Waits for the word on its tunnel; a client that goes meanwhile is noticed. */
class SocksClient implements TunnelClient {
  readonly requestBytes: number;
  readonly #connection: Connection;
  readonly #version: 4 | 5;
  readonly #goneMs: number;
  #gone: NodeJS.Timeout | undefined;

  constructor(connection: Connection, version: 4 | 5, goneMs: number) {
    this.#connection = connection;
    this.#version = version;
    this.#goneMs = goneMs;
    this.requestBytes = connection.bytesIn;
  }

  observe(observer: ClientObserver): void {
    const connection = this.#connection;
    connection.own({
      // Sent ahead of our reply: it belongs to the tunnel, and waits.
      onData: (chunk) => {
        connection.disown();
        connection.unread(chunk);
        connection.pause();
      },
      // It may only have nothing more to say, as one whose input is empty: the far side may yet speak.
      onEnd: () => {
        this.#gone = setTimeout(() => observer.onLeft(), this.#goneMs);
      },
      onClose: () => {
        clearTimeout(this.#gone);
        observer.onLeft();
      },
      onDrain() {},
    });
  }

  open(): Connection {
    clearTimeout(this.#gone);
    this.#connection.disown();
    this.#connection.write(Buffer.from(socksReply(this.#version, "ok")));
    return this.#connection;
  }

  refuse(exchange: Exchange, { fault: value, role, hop }: AttributedFault): void {
    clearTimeout(this.#gone);
    const isGone = this.#connection.closed || value === exchange.clientFault;
    if (!isGone) this.#connection.write(Buffer.from(socksReply(this.#version, value.id, role)));
    closeInOrder(this.#connection);
    endWithoutAnswer(exchange, { fault: value, role, hop }, bytesOf(this.#connection));
  }
}
