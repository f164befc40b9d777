import type { Clock } from "../core/clock.ts";
import { type Fault, FaultError, fault } from "../core/fault.ts";
import type { MessageLimits, Timeouts } from "../core/settings.ts";
import { RequestParser } from "../wire/http1/request-parser.ts";
import type { ClientInfo, ClientStream } from "./client-stream.ts";
import type { Connection, ConnectionOwner } from "./connection.ts";
import { Http1Stream } from "./http1-stream.ts";
import { IdleSockets } from "./idle-sockets.ts";

export interface Http1ServerOptions {
  readonly limits: MessageLimits;
  readonly timeouts: Timeouts;
  readonly clock: Clock;
  /** One request. The handler ends the stream; the next request is read after that. */
  readonly onRequest: (stream: ClientStream) => void;
  /** A head that is none: the whole answer to write before the connection closes, or null to close without. */
  readonly onRejected: (fault: Fault, client: ClientInfo) => string | null;
  /** No more requests on this connection after the one at hand. */
  readonly isDraining: () => boolean;
  readonly onClosed: (server: Http1Server) => void;
}

const OWN_SOCKETS_MAX = 8;

/**
 * Drives the HTTP/1.1 codec on an accepted connection: requests are handed out one after the other, pipelined ones wait.
 *
 *     client -bytes-> RequestParser -head-> onRequest(stream) -reply-> client
 */
export class Http1Server implements ConnectionOwner {
  readonly connection: Connection;
  readonly client: ClientInfo;
  readonly options: Http1ServerOptions;
  ownSockets: IdleSockets | null = null;
  /** How long the head that is awaited may take from the next sweep on; Infinity while an exchange is at work. */
  #patienceMs: number;
  /** On the clock: when what is awaited is late; Infinity until a sweep has set it. */
  #deadline = Number.POSITIVE_INFINITY;
  #parser: RequestParser;
  #stream: Http1Stream | null = null;
  /** Bytes of requests that are not due yet. */
  #ahead: Buffer | null = null;
  #serving = false;
  #closing = false;
  /** Its last answer was broken off. */
  #broken = false;

  constructor(connection: Connection, client: ClientInfo, options: Http1ServerOptions) {
    this.connection = connection;
    this.client = client;
    this.options = options;
    this.#parser = new RequestParser(options.limits);
    this.#patienceMs = options.timeouts.clientHead;
  }

  /** Idle between requests: may be closed at any time. */
  get idle(): boolean {
    return this.#stream === null && this.#parser.buffered === 0;
  }

  /** Called now and then: closes what is late. */
  sweep(now: number): void {
    this.#stream?.sweep(now);
    if (this.#deadline === Number.POSITIVE_INFINITY) this.#deadline = now + this.#patienceMs;
    if (now < this.#deadline) return;
    if (this.#broken) this.connection.reset();
    else if (this.#closing) this.connection.destroy();
    else if (this.#parser.buffered === 0) this.close();
    else this.#reject(fault("client.request_timeout", `no complete head within ${this.options.timeouts.clientHead} ms`));
  }

  /** Ends in order: FIN, then what still comes is dropped for a while, so that the last answer is not lost to a reset. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#await(this.options.timeouts.clientGone);
    this.connection.end(); // once the client has ended too and all is written, the socket goes by itself
    this.connection.resume();
  }

  /** Ends with a reset behind what was written, so that no client takes a broken answer for a whole one. */
  breakOff(): void {
    this.#stream = null;
    this.#closing = true;
    this.#broken = true;
    this.#await(this.options.timeouts.clientGone);
    this.connection.resetWhenWritten();
  }

  onData(chunk: Buffer): void {
    if (this.#closing) return;
    const stream = this.#stream;
    if (stream === null) {
      this.#addAhead(chunk);
      this.#serveAhead();
    } else if (stream.body.done) this.#keepAhead(chunk);
    else this.#keepAhead(stream.body.push(chunk));
  }

  onEnd(): void {
    if (this.#closing) return;
    if (this.#stream !== null) this.#stream.onClientEnd();
    else if (this.#ahead === null) this.#onEndBetween();
  }

  onClose(): void {
    this.#await(Number.POSITIVE_INFINITY);
    this.ownSockets?.clear();
    this.#stream?.onClientClosed();
    this.options.onClosed(this);
  }

  onDrain(): void {
    if (this.#stream === null) this.#serveAhead();
    else this.#stream.onDrain();
  }

  keepOwnSockets(): IdleSockets {
    const { clock, timeouts } = this.options;
    this.ownSockets ??= new IdleSockets({ clock, max: OWN_SOCKETS_MAX, maxPerRoute: 1, idleMs: timeouts.clientIdle });
    return this.ownSockets;
  }

  /** The stream's last word: the next request may come, or the connection closes. */
  streamEnded(stream: Http1Stream, keepAlive: boolean): void {
    this.#stream = null;
    if (!keepAlive || !stream.body.done || this.options.isDraining()) {
      this.close();
      return;
    }
    this.#await(this.options.timeouts.clientIdle);
    // Whoever ended the stream has yet to give back what it took: its place in the limits, its socket to the hop.
    if (this.#ahead === null || this.#serving) this.#serveAhead();
    else setImmediate(this.#serveAhead);
  }

  /** The connection leaves for a tunnel, with what was read ahead. */
  giveAway(): Connection {
    this.#stream = null;
    this.#closing = true; // for us
    this.#await(Number.POSITIVE_INFINITY);
    this.ownSockets?.clear();
    this.options.onClosed(this);
    this.connection.disown();
    if (this.#ahead !== null) this.connection.unread(this.#ahead);
    return this.connection;
  }

  /** Starts a limit at the next sweep: reading the clock for every request costs more than a limit that is late by one sweep. */
  #await(patienceMs: number): void {
    this.#patienceMs = patienceMs;
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  /**
   * Hands out what was read ahead, request after request: in a loop, since those that are answered at once must not make the stack
   * grow, and no faster than the client reads its answers.
   */
  readonly #serveAhead = (): void => {
    if (this.#serving || this.#stream !== null || this.connection.closed) return;
    this.#serving = true;
    while (this.#ahead !== null && this.#stream === null && !this.#closing && !this.connection.awaitsRoom) {
      const chunk = this.#ahead;
      this.#ahead = null;
      this.#parse(chunk);
    }
    this.#serving = false;
    if (this.#stream !== null || this.#closing) return;
    if (this.#ahead !== null) this.connection.pause();
    else if (this.connection.ended) this.#onEndBetween();
    else this.connection.resume();
  };

  #parse(chunk: Buffer): void {
    const isFirst = this.#parser.buffered === 0;
    try {
      const head = this.#parser.push(chunk);
      if (head === null) {
        if (isFirst) this.#await(this.options.timeouts.clientHead);
        return;
      }
      this.#await(Number.POSITIVE_INFINITY);
      const rest = this.#parser.rest();
      const stream = new Http1Stream(this, head, this.#parser.lines);
      this.#stream = stream;
      if (!stream.body.done) stream.body.onLeftover = (leftover) => this.#keepAhead(leftover);
      if (rest.length > 0) this.#keepAhead(stream.body.done ? rest : stream.body.push(rest));
      this.options.onRequest(stream);
    } catch (thrown) {
      if (!(thrown instanceof FaultError)) throw thrown;
      this.#reject(thrown.fault);
    }
  }

  /** A client that sends faster than it is answered waits in its own socket, beyond one read. */
  #keepAhead(chunk: Buffer | null): void {
    if (chunk === null || chunk.length === 0) return;
    this.#addAhead(chunk);
    this.connection.pause();
  }

  #addAhead(chunk: Buffer): void {
    this.#ahead = this.#ahead === null ? chunk : Buffer.concat([this.#ahead, chunk]);
  }

  #onEndBetween(): void {
    if (this.#parser.buffered > 0) this.#reject(fault("client.bad_request", "the client closed in the middle of a head"));
    else this.close();
  }

  #reject(value: Fault): void {
    const answer = this.options.onRejected(value, this.client);
    if (answer !== null) this.connection.write(answer);
    this.close();
  }
}
