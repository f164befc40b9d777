import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { HostPort } from "../src/core/address.ts";

/**
 * Proxies that work, as lean as sockets allow, since what they take is taken from who checks them on the same cores: HTTP with CONNECT and
 * connections that are kept on both sides, as Squid keeps them; SOCKS4, 4a and 5 without a login. They lead to loopback only.
 */
export function startHttpProxy(): Promise<HostPort> {
  return start((client) => new HttpProxy(client));
}

export function startSocksProxy(): Promise<HostPort> {
  return start((client) =>
    client.once("data", (first: Buffer) => (first[0] === 5 ? greetSocks5(client, first) : openSocks4(client, first))),
  );
}

async function start(serve: (client: Socket) => void): Promise<HostPort> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    client.on("error", ignore);
    serve(client);
  });
  server.listen({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const { address, port } = server.address() as AddressInfo;
  return { host: address, port };
}

function ignore(): void {}

/** Null: it leads nowhere. */
function dial({ host, port }: HostPort): Socket | null {
  if (host !== "localhost" && !host.startsWith("127.")) return null;
  const hop = connect({ host: host === "localhost" ? "127.0.0.1" : host, port, allowHalfOpen: true, noDelay: true });
  hop.on("error", ignore);
  return hop;
}

/** Both ways, until both have ended. */
function splice(client: Socket, hop: Socket): void {
  pass(client, hop);
  pass(hop, client);
}

function pass(from: Socket, to: Socket): void {
  from.on("data", (chunk: Buffer) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on("drain", () => from.resume());
  from.on("end", () => to.end());
  from.on("close", (hadError) => {
    if (hadError) to.destroy();
    else to.end();
  });
}

interface Hop {
  readonly socket: Socket;
  /** Whom it leads to. */
  readonly name: string;
}

/** Answers one request after the other; what it needs of a message is where it ends. */
class HttpProxy {
  readonly #client: Socket;
  #hop: Hop | null = null;
  #held: Buffer = NOTHING;
  /** Of the answer that is on its way; null: its head has not come whole. */
  #answerBytesLeft: number | null = null;
  #answerHead: Buffer = NOTHING;

  constructor(client: Socket) {
    this.#client = client;
    client.on("data", this.#onData);
    client.once("end", () => client.end());
    client.once("close", () => this.#hop?.socket.destroy());
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const end = this.#held.indexOf(HEAD_END);
    if (end < 0) return;
    const head = this.#held.toString("latin1", 0, end);
    const whole = end + HEAD_END.length + lengthOf(head);
    if (this.#held.length < whole) return;
    const body = this.#held.subarray(end + HEAD_END.length, whole);
    this.#held = this.#held.subarray(whole);
    const [, method = "", url = ""] = /^(\S+) (\S+) HTTP\/1\.[01]/.exec(head) ?? [];
    if (method === "CONNECT") this.#openTunnel(url);
    else this.#request(method, url, head.slice(head.indexOf("\r\n")), body);
  };

  #openTunnel(authority: string): void {
    const client = this.#client;
    const hop = dial({ host: authority.replace(/:\d+$/, ""), port: Number(/\d+$/.exec(authority)?.[0]) });
    if (hop === null) {
      this.#refuse();
      return;
    }
    client.off("data", this.#onData);
    this.#hop = { socket: hop, name: "" };
    hop.once("connect", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      splice(client, hop);
    });
    hop.once("error", () => this.#refuse());
  }

  #request(method: string, url: string, fields: string, body: Buffer): void {
    const [, host = "", port = "80", path = ""] = /^http:\/\/([^/:]+|\[[^\]]+\])(?::(\d+))?(\/.*)$/.exec(url) ?? [];
    const name = `${host}:${port}`;
    if (this.#hop?.name !== name || this.#hop.socket.destroyed) {
      this.#hop?.socket.destroy();
      this.#hop = this.#dial(host, Number(port), name);
    }
    if (this.#hop === null) {
      this.#refuse();
      return;
    }
    this.#answerBytesLeft = null;
    const head = Buffer.from(`${method} ${path} HTTP/1.1${fields}\r\n\r\n`, "latin1");
    this.#hop.socket.write(body.length === 0 ? head : Buffer.concat([head, body]));
  }

  #dial(host: string, port: number, name: string): Hop | null {
    const socket = dial({ host, port });
    if (socket === null) return null;
    socket.on("data", (chunk: Buffer) => this.#onAnswer(chunk));
    socket.once("close", () => {
      if (this.#hop?.socket === socket) this.#client.end();
    });
    return { socket, name };
  }

  /** Passes an answer on as it comes, and knows where it ends. */
  #onAnswer(chunk: Buffer): void {
    this.#client.write(chunk);
    if (this.#answerBytesLeft !== null) {
      this.#answerBytesLeft -= chunk.length;
      return;
    }
    const held = Buffer.concat([this.#answerHead, chunk]);
    const end = held.indexOf(HEAD_END);
    this.#answerHead = end < 0 ? held : NOTHING;
    if (end >= 0) this.#answerBytesLeft = end + HEAD_END.length + lengthOf(held.toString("latin1", 0, end)) - held.length;
  }

  #refuse(): void {
    this.#client.write("HTTP/1.1 502 Bad Gateway\r\nServer: bench\r\nContent-Length: 0\r\n\r\n");
  }
}

const NOTHING = Buffer.alloc(0);
const HEAD_END = Buffer.from("\r\n\r\n");

function lengthOf(head: string): number {
  return Number(/\r\nContent-Length: (\d+)/i.exec(head)?.[1] ?? 0);
}

function greetSocks5(client: Socket, greeting: Buffer): void {
  client.write(Buffer.of(5, greeting.includes(0, 2) ? 0 : 0xff));
  client.once("data", (request: Buffer) => {
    const isName = request[3] === 3;
    const end = isName ? 5 + (request[4] as number) : 8;
    const host = isName ? request.toString("latin1", 5, end) : request.subarray(4, 8).join(".");
    const isIpv6 = request[3] === 4;
    const reply = (code: number) => Buffer.of(5, code, 0, 1, 127, 0, 0, 1, 0, 0);
    open(client, isIpv6 ? null : { host, port: request.readUInt16BE(end) }, reply(0), reply(4));
  });
}

function openSocks4(client: Socket, request: Buffer): void {
  if (request[0] !== 4) {
    client.end();
    return;
  }
  const address = request.subarray(4, 8);
  const isName = address.readUInt32BE() > 0 && address.readUInt32BE() < 256; // 0.0.0.x: SOCKS4a
  const nameAt = request.indexOf(0, 8) + 1;
  const host = isName ? request.toString("latin1", nameAt, request.indexOf(0, nameAt)) : address.join(".");
  open(client, { host, port: request.readUInt16BE(2) }, Buffer.of(0, 90, 0, 0, 0, 0, 0, 0), Buffer.of(0, 91, 0, 0, 0, 0, 0, 0));
}

function open(client: Socket, target: HostPort | null, opened: Buffer, refused: Buffer): void {
  const hop = target === null ? null : dial(target);
  if (hop === null) {
    client.end(refused);
    return;
  }
  hop.once("error", () => client.end(refused));
  hop.once("connect", () => {
    client.write(opened);
    splice(client, hop);
  });
}
