import { constants, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer } from "node:tls";
import { formatHostPort, type HostPort } from "../../core/address.ts";
import { createSelfSigned, type Identity } from "../../net/certificate.ts";
import { interfaceAddresses } from "../../net/interface-addresses.ts";
import { type Listening, listen } from "../../net/listen.ts";
import { createServer } from "../../net/node-http.ts";
import { streamShared } from "../../net/shared-reads.ts";
import type { JudgeVoice } from "./answer.ts";
import { judgeRequests } from "./judge-requests.ts";
import { FIELDS_MAX, HEAD_BYTES_MAX } from "./plain-request.ts";
import { readPreamble } from "./preamble.ts";
import { QuickAnswers } from "./quick-answers.ts";
import { createJudgeKey, formatJudgeKey, isShared } from "./signature.ts";
import { SlowReaders } from "./slow-readers.ts";

export interface JudgeOptions {
  /** At least one; port 0 takes a free one. */
  readonly listen: readonly HostPort[];
  /** Ed25519, private, or one that it shares with whoever asks it, and tells nobody; null: a new one, which is gone with the judge. */
  readonly key: KeyObject | null;
  /** Of its TLS connections; null: one that it signs itself. */
  readonly identity: Identity | null;
  /** That the system lets this process have; null: it does not say. */
  readonly openFilesMax: number | null;
}

/** A server that tells who asks it what it saw of the request, signed. HTTP and HTTPS come in at the same port. */
export interface Judge extends AsyncDisposable {
  readonly addresses: readonly HostPort[];
  /** Public, or shared. */
  readonly key: KeyObject;
  /** SHA-256 of its certificate, hex. */
  readonly certificate: string;
  /** By which it can be asked, one for each address of this machine that it listens on, with its key if that is public. */
  readonly urls: readonly URL[];
  /** Listens on one more address; rejects with the system's error where it cannot. */
  listen(at: HostPort): Promise<HostPort>;
}

/** Starts a judge; rejects with the system's error where it cannot listen. */
export async function startJudge(options: JudgeOptions): Promise<Judge> {
  const judge = new JudgeServer(options);
  try {
    for (const at of options.listen) await judge.listen(at);
  } catch (error) {
    await judge[Symbol.asyncDispose]();
    throw error;
  }
  return judge;
}

/** Open at once; who comes beyond takes the place of whoever has been there longest, so that those who come to stay keep nobody out. */
const CONNECTIONS_MAX = 8192;
/** What else a judge has open. Where the system has no file for a connection, who comes is turned away, and the oldest stays. */
const OWN_FILES_MAX = 64;
/** Who have not read their answers: each may have some hundred KiB of them. */
const SLOW_READERS_MAX = 1024;
/** A connection that says nothing for so long is closed. */
const IDLE_MS = 30_000;
/** And any, after so long. */
const CONNECTION_MS = 120_000;
/** The first byte of a TLS connection (RFC 8446 5.1): a handshake record. */
const TLS_HANDSHAKE = 0x16;

class JudgeServer implements Judge {
  readonly key: KeyObject;
  readonly certificate: string;
  readonly #listening: Listening[] = [];
  readonly #sockets = new Set<Socket>();
  /** By connection: TLS hides the socket below it. */
  readonly #preambles = new Map<string, string>();
  readonly #connectionsMax: number;
  readonly #voice: JudgeVoice;
  readonly #http: Server;
  readonly #tls: TlsServer;

  constructor({ key, identity, openFilesMax }: JudgeOptions) {
    this.#connectionsMax = Math.max(1, Math.min(CONNECTIONS_MAX, (openFilesMax ?? Number.POSITIVE_INFINITY) - OWN_FILES_MAX));
    const ownKey = key ?? createJudgeKey();
    const { cert, key: tlsKey } = identity ?? createSelfSigned({ names: ["localhost", "127.0.0.1", "::1"], notAfter: SELF_SIGNED_UNTIL });
    this.key = isShared(ownKey) ? ownKey : createPublicKey(ownKey);
    this.certificate = new X509Certificate(cert).fingerprint256.replaceAll(":", "").toLowerCase();
    this.#voice = {
      ...{ key: ownKey, certificate: this.certificate, slowReaders: new SlowReaders(SLOW_READERS_MAX) },
      ...{ addresses: () => this.#reachable(), preambleOf: this.#preambleOf },
    };
    // A proxy that breaks a rule is told so by what the judge saw, rather than refused.
    const http = { maxHeaderSize: HEAD_BYTES_MAX, requireHostHeader: false, keepAliveTimeout: IDLE_MS };
    this.#http = createServer(http, judgeRequests(this.#voice));
    this.#http.maxHeadersCount = FIELDS_MAX;
    this.#http.timeout = IDLE_MS; // of a request too that is not the first
    this.#http.on("clientError", (_error, socket) => socket.destroy());
    const tls = {
      cert,
      key: tlsKey,
      ALPNProtocols: ["http/1.1"],
      handshakeTimeout: IDLE_MS,
      ecdhCurve: GROUPS,
      secureOptions: NO_RESUMPTION,
    };
    this.#tls = createTlsServer(tls, (socket) => {
      socket.allowHalfOpen = true;
      socket.on("error", () => socket.destroy());
      socket.once("end", () => socket.end());
      this.#answer(socket);
    });
    this.#tls.on("tlsClientError", (_error: Error, socket: Socket) => socket.destroy());
  }

  get addresses(): readonly HostPort[] {
    return this.#listening.map(({ address }) => address);
  }

  get urls(): readonly URL[] {
    const hash = isShared(this.key) ? "" : `#${formatJudgeKey(this.key)}`;
    return this.#reachable().map((at) => new URL(`http://${formatHostPort(at)}/${hash}`));
  }

  async listen(at: HostPort): Promise<HostPort> {
    const listening = await listen(at, this.#accept);
    this.#listening.push(listening);
    return listening.address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closing = this.#listening.map((listening) => listening[Symbol.asyncDispose]());
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closing);
  }

  readonly #accept = (socket: Socket): void => {
    socket.on("error", ignore);
    if (this.#sockets.size >= this.#connectionsMax) this.#closeOldest();
    this.#sockets.add(socket);
    const end = setTimeout(() => socket.destroy(), CONNECTION_MS);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.once("close", () => {
      clearTimeout(end);
      this.#sockets.delete(socket);
    });
    socket.once("end", () => socket.end());
    streamShared(socket);
    this.#begin(socket, NOTHING, false);
  };

  #closeOldest(): void {
    const [oldest] = this.#sockets;
    if (oldest === undefined) return;
    this.#sockets.delete(oldest);
    oldest.destroy();
  }

  /** Waits for the first byte of HTTP or TLS; before it may stand what a proxy tells in the PROXY protocol. */
  #begin(socket: Socket, before: Buffer, isTold: boolean): void {
    socket.once("data", (chunk: Buffer) => {
      const held = before.length === 0 ? chunk : Buffer.concat([before, chunk]);
      const preamble = isTold ? NO_PREAMBLE : readPreamble(held);
      const rest = preamble.kind === "told" ? held.subarray(preamble.length) : held;
      if (preamble.kind === "told") this.#tell(socket, preamble.line);
      if (preamble.kind === "more" || rest.length === 0) this.#begin(socket, rest, isTold || preamble.kind === "told");
      else this.#hand(socket, rest);
    });
  }

  #tell(socket: Socket, preamble: string): void {
    const connection = connectionOf(socket);
    this.#preambles.set(connection, preamble);
    socket.once("close", () => this.#preambles.delete(connection));
  }

  readonly #preambleOf = (socket: Socket): string | null =>
    this.#preambles.size === 0 ? null : (this.#preambles.get(connectionOf(socket)) ?? null);

  /** To who speaks what the first byte begins. */
  #hand(socket: Socket, first: Buffer): void {
    if (first[0] !== TLS_HANDSHAKE) {
      this.#answer(socket).onData(first);
      return;
    }
    socket.pause();
    socket.unshift(first);
    socket.allowHalfOpen = false; // who leaves in the handshake has nothing to wait for
    this.#tls.emit("connection", socket);
  }

  #answer(socket: Socket): QuickAnswers {
    return new QuickAnswers(socket, this.#voice, IDLE_MS, this.#serve);
  }

  /** What takes more than a quick answer. */
  readonly #serve = (socket: Socket, unread: Buffer): void => {
    socket.pause();
    socket.unshift(unread);
    this.#http.emit("connection", socket);
    socket.resume();
  };

  /** An address to listen on may stand for all of this machine's. */
  #reachable(): HostPort[] {
    return this.addresses.flatMap(({ host, port }) =>
      (isWildcard(host) ? ownAddresses(host === "::") : [host]).map((one) => ({ host: one, port })),
    );
  }
}

/** For keys: the cheapest first. What a judge says is no secret, which those that quantum computers cannot break would keep. */
const GROUPS = "X25519:P-256:P-384";

/** Whoever comes again is to see the certificate, which a resumed session does not show. And to write sessions down takes a tenth of a handshake. */
const NO_RESUMPTION = constants.SSL_OP_NO_TICKET;

const SELF_SIGNED_UNTIL = new Date("2099-01-01T00:00:00Z");

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function ownAddresses(withIpv6: boolean): string[] {
  return interfaceAddresses()
    .filter(({ internal, family, scopeid }) => !internal && (family === "IPv4" || (withIpv6 && !scopeid)))
    .map(({ address }) => address);
}

function connectionOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

const NOTHING = Buffer.alloc(0);
/** It is told once. */
const NO_PREAMBLE = { kind: "none" } as const;

function ignore(): void {}
