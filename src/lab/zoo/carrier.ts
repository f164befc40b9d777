import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import type { HostPort } from "../../core/address.ts";
import { LabConnection, splice } from "../lab-connection.ts";
import { type LabRequest, readBody, readHead, type Served, servesHttp } from "../lab-http.ts";
import type { Behaviour } from "../lab-server.ts";

/** A request or an answer that is carried: its start line split at its spaces, its fields in order, its whole body. */
export interface Carried {
  readonly line: readonly [string, string, string];
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** What a proxy may make its doings depend on. */
export interface Seen {
  /** Requests so far, this one included: of the whole proxy, and of this connection. */
  readonly total: number;
  readonly here: number;
  /** Who asked: what a proxy should keep to itself. */
  readonly client: string;
}

/** What a proxy does beyond carrying; each is left out of an honest one. */
export interface Tricks {
  /** Answers itself, with these bytes; null: it carries. */
  readonly instead?: (request: Carried, seen: Seen) => Buffer | null;
  /** Bytes go out as they are; they have to ask for the connection to end. */
  readonly request?: (request: Carried, seen: Seen) => Carried | Buffer;
  /** Bytes go out as they are, and then the connection ends. */
  readonly answer?: (answer: Carried, request: Carried, seen: Seen) => Carried | Buffer;
  /** Where things lead; null: nowhere. */
  readonly way?: (to: HostPort) => HostPort | null;
  /** The address that it leaves from, by the number of its connections so far. */
  readonly from?: (connections: number) => string;
  /** One request a connection. */
  readonly closes?: boolean;
  /** Refuses a tunnel with these bytes; null: opens it. */
  readonly refuses?: (to: HostPort) => Buffer | null;
  /** What an opened tunnel becomes; else it is a tunnel. `asked` is the host as the client named it. */
  readonly tunnel?: (peer: LabConnection, to: HostPort, carrier: Carrier, asked: string) => Promise<void>;
}

/** Where a stream of requests goes. */
export interface Onward {
  readonly to: HostPort;
  readonly secure: boolean;
}

/** Carries HTTP requests one by one, doing its tricks on the way. It holds each as a whole, and dials loopback only. */
export class Carrier {
  readonly tricks: Tricks;
  #total = 0;
  #dialled = 0;

  constructor(tricks: Tricks = {}) {
    this.tricks = tricks;
  }

  /** client -> proxy -> site, for requests that all go to one place: what comes through a tunnel. */
  through(onward: Onward): Behaviour {
    return this.requests(({ target }) => ({ onward, target }));
  }

  /** For requests that each say where they go; null where that is nowhere. */
  requests(place: (request: LabRequest) => { readonly onward: Onward; readonly target: string } | null): Behaviour {
    const perConnection = new WeakMap<LabConnection, number>();
    return servesHttp(async (request) => {
      const here = (perConnection.get(request.peer) ?? 0) + 1;
      perConnection.set(request.peer, here);
      if (request.method === "CONNECT") return this.#connect(request);
      const placed = place(request);
      if (placed === null) return refuse(request);
      this.#total += 1;
      const client = (request.peer.wire.remoteAddress ?? "").replace("::ffff:", "");
      return this.#carry(request, placed, { total: this.#total, here, client });
    });
  }

  /** Throws the socket's error where there is nobody. */
  async dial({ host, port }: HostPort): Promise<LabConnection> {
    this.#dialled += 1;
    const localAddress = host.includes(":") ? undefined : this.tricks.from?.(this.#dialled);
    const socket = connectTcp({ host, port, allowHalfOpen: true, noDelay: true, ...(localAddress && { localAddress }) });
    await once(socket, "connect");
    return new LabConnection(socket);
  }

  way(to: HostPort): HostPort | null {
    const { way = findLoopback } = this.tricks;
    return way(to);
  }

  /** client -> proxy -> anything: passes bytes on, or does what the trick says with them. */
  async tunnel(peer: LabConnection, to: HostPort, asked: string, hop: LabConnection | null): Promise<void> {
    if (this.tricks.tunnel) return this.tricks.tunnel(peer, to, this, asked);
    await splice(peer, hop ?? (await this.dial(to)));
  }

  async #connect(request: LabRequest): Promise<Served> {
    const { peer, target } = request;
    const { hostname, port } = URL.canParse(`tcp://${target}`) ? new URL(`tcp://${target}`) : { hostname: "", port: "" };
    const to = this.way({ host: hostname, port: Number(port) });
    const refusal = this.tricks.refuses?.({ host: hostname, port: Number(port) }) ?? null;
    if (to === null || refusal !== null) return refuse(request, refusal);
    let hop: LabConnection | null = null;
    try {
      if (!this.tricks.tunnel) hop = await this.dial(to);
    } catch {
      return refuse(request);
    }
    await peer.send("HTTP/1.1 200 Connection established\r\n\r\n");
    await this.tunnel(peer, to, hostname, hop);
    return "taken";
  }

  async #carry(request: LabRequest, { onward, target }: { onward: Onward; target: string }, seen: Seen): Promise<Served> {
    const { peer } = request;
    const asked = { ...(await readCarried(request)), line: [request.method, target, "HTTP/1.1"] } as const;
    const own = this.tricks.instead?.(asked, seen);
    if (own) {
      await peer.send(own);
      return "close";
    }
    const sent = this.tricks.request?.(asked, seen) ?? asked;
    let answer: Carried;
    try {
      answer = await this.#ask(sent, request.method, onward);
    } catch {
      return refuse(request);
    }
    const changed = this.tricks.answer?.(answer, asked, seen) ?? answer;
    const isLast = this.tricks.closes === true;
    await peer.send(Buffer.isBuffer(changed) ? changed : writeCarried(changed, isLast ? "close" : "keep-alive", request.method === "HEAD"));
    return isLast || Buffer.isBuffer(changed) ? "close" : "keep";
  }

  async #ask(request: Carried | Buffer, method: string, { to, secure }: Onward): Promise<Carried> {
    const plain = await this.dial(to);
    const hop = secure ? await wrapOnward(plain, to) : plain;
    try {
      await hop.send(Buffer.isBuffer(request) ? request : writeCarried(request, "close", request.body.length === 0));
      for (;;) {
        const head = await readHead(hop.reader);
        const status = Number(head.line[1]);
        if (status < 200) continue;
        const isBodiless = method === "HEAD" || status === 204 || status === 304;
        const body = isBodiless ? Buffer.alloc(0) : await readBody(hop.reader, head, true);
        return { line: head.line, fields: pairs(head.fields), body };
      }
    } finally {
      hop.wire.destroy();
    }
  }
}

/** Loopback leads to itself, `localhost` to 127.0.0.1, and nothing else anywhere. */
export function findLoopback({ host, port }: HostPort): HostPort | null {
  const name = host.replace(/^\[|\]$/g, "").toLowerCase();
  if (name === "localhost") return { host: "127.0.0.1", port };
  return name.startsWith("127.") || isLoopback6(name) ? { host: name, port } : null;
}

/** A carried message with a field more at its end. */
export function withField(message: Carried, name: string, value: string): Carried {
  return { ...message, fields: [...message.fields, [name, value]] };
}

export function withoutField(message: Carried, name: string): Carried {
  return { ...message, fields: message.fields.filter(([key]) => key.toLowerCase() !== name) };
}

/** With another value for a field; without the field, as it is. */
export function replaced(message: Carried, name: string, value: string): Carried {
  return { ...message, fields: message.fields.map((field) => (field[0].toLowerCase() === name ? [field[0], value] : field)) };
}

/** The value of a field that is there once. */
export function carriedValue({ fields }: Carried, name: string): string | null {
  return fields.find(([key]) => key.toLowerCase() === name)?.[1] ?? null;
}

export function writeCarried({ line, fields, body }: Carried, connection: string, isWithoutLength = false): Buffer {
  const kept = fields.filter(([name]) => !FRAMING.includes(name.toLowerCase()));
  const length = fields.find(([name]) => name.toLowerCase() === "content-length");
  const framing: (readonly [string, string])[] = isWithoutLength ? (length ? [length] : []) : [["Content-Length", String(body.length)]];
  const lines = [line.join(" "), ...[...kept, ...framing, ["Connection", connection] as const].map(([name, value]) => `${name}: ${value}`)];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), body]);
}

const FRAMING = ["content-length", "transfer-encoding", "connection"];
const HOP_BY_HOP = ["connection", "proxy-connection", "keep-alive", "proxy-authorization", "expect", "te", "trailer", "upgrade"];

function isLoopback6(name: string): boolean {
  return /^[0:]*:0*1$/.test(name);
}

async function readCarried({ peer, head, method, target }: LabRequest): Promise<Carried> {
  const expects = pairs(head.fields).some(([name, value]) => name.toLowerCase() === "expect" && /100-continue/i.test(value));
  if (expects) await peer.send("HTTP/1.1 100 Continue\r\n\r\n");
  const fields = pairs(head.fields).filter(([name]) => !HOP_BY_HOP.includes(name.toLowerCase()));
  return { line: [method, target, "HTTP/1.1"], fields, body: await readBody(peer.reader, head) };
}

async function refuse({ peer }: LabRequest, words: Buffer | null = null): Promise<Served> {
  await peer.send(words ?? "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\ncannot reach");
  return "keep";
}

async function wrapOnward(plain: LabConnection, { host }: HostPort): Promise<LabConnection> {
  const servername = /^[\d.]+$|:/.test(host) ? undefined : host;
  const stream = connectTls({ socket: plain.wire, rejectUnauthorized: false, ...(servername && { servername }) });
  await once(stream, "secureConnect");
  return new LabConnection(plain.wire, stream);
}

function pairs(fields: readonly string[]): (readonly [string, string])[] {
  return Array.from({ length: fields.length / 2 }, (_, i) => [fields[2 * i] ?? "", fields[2 * i + 1] ?? ""] as const);
}
