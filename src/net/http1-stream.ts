import { type Fault, fault } from "../core/fault.ts";
import type { Framing, RawFields, RequestHead } from "../core/message.ts";
import { chunkHead, LAST_CHUNK, writeTrailers } from "../wire/http1/chunk-writer.ts";
import { writeResponseHead } from "../wire/http1/response-writer.ts";
import type { ClientInfo, ClientObserver, ClientStream, Reply } from "./client-stream.ts";
import type { Connection } from "./connection.ts";
import type { Http1Server } from "./http1-server.ts";
import type { IdleSockets } from "./idle-sockets.ts";
import { type BodyObserver, RequestBody } from "./request-body.ts";

/** Bodies up to this size go out in one write with their head. */
const COALESCE_BYTES = 16 * 1024;
/** Short ones leave as text with it, which is cheaper than to make a buffer for both. */
const TEXT_BYTES = 512;
const CRLF = "\r\n";
const NO_BODY: Framing = { kind: "none" };
const UNOBSERVED: ClientObserver = { onLeft() {}, onBodyFault() {}, onDrain() {} };

/** One request of an HTTP/1.1 connection and its reply. */
export class Http1Stream implements ClientStream, BodyObserver {
  readonly head: RequestHead;
  readonly lines: string | null;
  readonly body: RequestBody;
  bytesOut = 0;
  gone = false;
  answered = false;
  readonly #server: Http1Server;
  readonly #connection: Connection;
  #observer: ClientObserver = UNOBSERVED;
  #framing: Framing = NO_BODY;
  #keepAlive: boolean;
  /** The head that waits for the first slice, so that both leave in one write. */
  #pendingHead = "";
  #ended = false;
  /** On the clock: when a client that sent FIN is taken for gone. */
  #goneAt = Number.POSITIVE_INFINITY;
  /** On the clock: when a body that is being read is late. */
  #bodyDueAt = Number.POSITIVE_INFINITY;
  #bodyBytesSeen = -1;

  constructor(server: Http1Server, head: RequestHead, lines: string | null) {
    this.#server = server;
    this.#connection = server.connection;
    this.head = head;
    this.lines = lines;
    this.#keepAlive = head.keepAlive;
    this.body = new RequestBody(head.framing, server.options.limits, server.connection, this);
  }

  get client(): ClientInfo {
    return this.#server.client;
  }

  get ownSockets(): IdleSockets | null {
    return this.#server.ownSockets;
  }

  keepOwnSockets(): IdleSockets {
    return this.#server.keepOwnSockets();
  }

  observe(observer: ClientObserver): void {
    this.#observer = observer;
  }

  interim(status: number, reason: string, fields: RawFields): void {
    if (this.head.minor === 0) return;
    this.#send(writeResponseHead({ status, reason, minor: 1, fields, framing: NO_BODY, connection: null, upgrade: null, extra: [] }));
  }

  reply({ status, reason, fields, lines, framing, upgrade, extra }: Reply): void {
    const { minor } = this.head;
    this.answered = true;
    // A body that the hop ends by closing is chunked towards HTTP/1.1 clients, so that a broken one cannot be taken for a whole one.
    const endless = framing.kind === "close" || framing.kind === "chunked";
    this.#framing = endless ? { kind: minor === 1 ? "chunked" : "close" } : framing;
    if (this.#framing.kind === "close" || !this.body.done || this.#server.options.isDraining()) this.#keepAlive = false;
    const connection = upgrade === null ? this.#connectionOption() : null;
    this.#pendingHead = writeResponseHead({ status, reason, minor, fields, framing: this.#framing, connection, upgrade, extra }, lines);
  }

  write(slice: Buffer): boolean {
    if (this.gone || this.#ended) return true;
    const framed = this.#framing.kind === "chunked";
    const before = this.#pendingHead + (framed ? chunkHead(slice.length) : "");
    const after = framed ? CRLF : "";
    this.#pendingHead = "";
    const { length } = slice;
    this.bytesOut += before.length + length + after.length;
    if (before === "") return this.#connection.write(slice);
    if (length <= TEXT_BYTES) return this.#connection.write(before + slice.toString("latin1") + after);
    if (length <= COALESCE_BYTES) {
      const whole = Buffer.allocUnsafe(before.length + length + after.length);
      whole.write(before, 0, "latin1");
      whole.set(slice, before.length);
      if (framed) whole.write(after, before.length + length, "latin1");
      return this.#connection.write(whole);
    }
    this.#connection.socket.cork();
    this.#connection.write(before);
    let room = this.#connection.write(slice);
    if (framed) room = this.#connection.write(after);
    this.#connection.socket.uncork();
    return room;
  }

  flush(): void {
    if (this.#pendingHead === "") return;
    const head = this.#pendingHead;
    this.#pendingHead = "";
    this.#send(head);
  }

  end(trailers: RawFields | null): void {
    if (this.#ended) return;
    const tail = this.#framing.kind !== "chunked" ? "" : trailers === null ? LAST_CHUNK : writeTrailers(trailers);
    const last = this.#pendingHead + tail;
    this.#pendingHead = "";
    if (last !== "") this.#send(last);
    this.#finish();
    this.#server.streamEnded(this, this.#keepAlive && !this.gone);
  }

  abort(): void {
    if (this.#ended) return;
    this.#finish();
    this.flush();
    // Without its last chunk a response is an error to every client. One short of its length is none to Python's requests with urllib3 1,
    // and one that ends by closing is whole to all: these need the reset.
    if (this.#framing.kind === "chunked") this.#server.streamEnded(this, false);
    else this.#server.breakOff();
  }

  takeOver(): Connection {
    this.flush();
    this.#finish();
    return this.#server.giveAway();
  }

  /** Called now and then: tells the exchange of a client that is late or gone. */
  sweep(now: number): void {
    // One that is being answered shows by itself whether it is there: what is written to nobody comes back as a reset.
    if (now >= this.#goneAt && !this.answered) this.#leave();
    if (!this.body.flowing) {
      this.#bodyDueAt = Number.POSITIVE_INFINITY;
      return;
    }
    const { bytesIn } = this.#connection;
    const { bodyIdle } = this.#server.options.timeouts;
    if (bytesIn !== this.#bodyBytesSeen || this.#bodyDueAt === Number.POSITIVE_INFINITY) {
      this.#bodyBytesSeen = bytesIn;
      this.#bodyDueAt = now + bodyIdle;
    } else if (now >= this.#bodyDueAt) {
      this.#bodyDueAt = Number.POSITIVE_INFINITY;
      this.#observer.onBodyFault(fault("client.body_timeout", `no byte of the body for ${bodyIdle} ms`));
    }
  }

  onBodyFault(value: Fault): void {
    this.#observer.onBodyFault(value);
  }

  onClientEnd(): void {
    if (!this.body.done) this.body.interrupted();
    else this.#goneAt = this.#server.options.clock.now() + this.#server.options.timeouts.clientGone;
  }

  onClientClosed(): void {
    this.#leave();
  }

  onDrain(): void {
    this.#observer.onDrain();
  }

  #leave(): void {
    if (this.gone) return;
    this.gone = true;
    if (this.#ended) return;
    if (this.body.done) this.#observer.onLeft();
    else this.body.interrupted();
  }

  #finish(): void {
    this.#ended = true;
    this.answered = true;
    this.#observer = UNOBSERVED;
  }

  #send(text: string): void {
    if (this.gone) return;
    this.bytesOut += text.length;
    this.#connection.write(text);
  }

  /** RFC 9112 9.3: 1.1 keeps a connection unless told, 1.0 closes it unless told. */
  #connectionOption(): "close" | "keep-alive" | null {
    if (!this.#keepAlive) return "close";
    return this.head.minor === 0 ? "keep-alive" : null;
  }
}
