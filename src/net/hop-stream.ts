import type { Clock } from "../core/clock.ts";
import { type Fault, FaultError, fault, type Stage } from "../core/fault.ts";
import type { HopFailure, Interruption, Observation } from "../core/ledger.ts";
import type { ResponseHead } from "../core/message.ts";
import type { HopRole } from "../core/route.ts";
import type { MessageLimits, ResponseTolerances } from "../core/settings.ts";
import { BodyReader } from "../wire/http1/body-reader.ts";
import type { ResponseParser } from "../wire/http1/response-parser.ts";
import type { Connection, ConnectionOwner } from "./connection.ts";
import { interruptionOf } from "./errno.ts";
import { FIRST_BYTES_MAX, withFirstOf } from "./first-bytes.ts";
import type { HopObserver, ResponseSink } from "./response-sink.ts";
import { giveBackParser, takeParser } from "./spare-parser.ts";

const EMPTY = Buffer.alloc(0);

export interface HopStreamOptions {
  readonly limits: MessageLimits;
  readonly tolerances: ResponseTolerances;
  readonly clock: Clock;
  readonly method: string;
  readonly role: HopRole;
  /** 1 = nearest to us. */
  readonly hop: number;
  readonly reused: boolean;
  /** On the clock. */
  readonly startedAt: number;
}

/**
 * The twin of ClientStream: one request and its response on a connection to a hop.
 * It counts what attribution needs, and says how far the response came when the connection breaks.
 */
export class HopStream implements ConnectionOwner {
  readonly connection: Connection;
  head: ResponseHead | null = null;
  /** The head's fields as one text, where the parser has it. */
  lines: string | null = null;
  readonly #options: HopStreamOptions;
  readonly #observer: HopObserver;
  readonly #startedAt: number;
  /** Of a head that has begun and is not complete. */
  #parser: ResponseParser | null = null;
  #reader: BodyReader | null = null;
  #sink: ResponseSink | null = null;
  #bytesIn = 0;
  #bytesOut = 0;
  /** What came first: a chunk as it came as long as nothing more is waited for, which is mostly all there is; then so many bytes of it. */
  #first: Uint8Array = EMPTY;
  /** Bytes that came before their taker. */
  #held: Buffer | null = null;
  #paused = false;
  #requestSent = false;
  /** Broke after the head, before anybody took the body, or its rest. */
  #untold: HopFailure | null = null;
  #over = false;

  constructor(connection: Connection, options: HopStreamOptions, observer: HopObserver) {
    this.connection = connection;
    this.#options = options;
    this.#observer = observer;
    this.#startedAt = options.startedAt;
  }

  get bytesIn(): number {
    return this.#bytesIn;
  }

  get bytesOut(): number {
    return this.#bytesOut;
  }

  /** False: wait for onRoom. */
  write(data: Buffer | string): boolean {
    if (this.#over) return true;
    this.#bytesOut += data.length;
    return this.connection.write(data);
  }

  /** The whole request is out. An answer may be complete before. */
  get requestSent(): boolean {
    return this.#requestSent;
  }

  /** The request is complete; from here on a close is a close while waiting for the head. */
  sent(): void {
    this.#requestSent = true;
  }

  /** Begins to listen, after the request's head was written. */
  listen(): void {
    this.connection.own(this);
  }

  /** Hands over the body: what has arrived of it comes at once. */
  takeBody(sink: ResponseSink): void {
    const first = this.#sink === null;
    this.#sink = sink;
    if (!first) {
      this.resume();
      return;
    }
    const head = this.head as ResponseHead;
    this.#reader = new BodyReader(head.framing, this.#options.limits, "response");
    const held = this.#held ?? EMPTY;
    this.#held = null;
    this.#read(this.#reader, held);
    if (!this.#over) this.#letGoOfFirst();
    this.#goOn();
  }

  resume(): void {
    this.#paused = false;
    const held = this.#held;
    if (held !== null && this.#reader !== null) {
      this.#held = null;
      this.#read(this.#reader, held);
    }
    this.#goOn();
  }

  /** Stops listening without a word; the connection is the caller's. */
  leave(): Connection {
    this.#over = true;
    this.connection.disown();
    if (this.#held !== null) this.connection.unread(this.#held);
    this.#held = null;
    return this.connection;
  }

  /** Nobody wants the rest. */
  drop(): void {
    this.#over = true;
    this.connection.disown();
    this.connection.destroy();
  }

  onData(chunk: Buffer): void {
    if (this.#over) return;
    this.#bytesIn += chunk.length;
    if (this.#reader !== null && !this.#paused) this.#read(this.#reader, chunk);
    else if (this.head !== null) this.#hold(chunk);
    else this.#readHead(chunk);
  }

  onEnd(): void {
    if (this.#over || this.#paused || (this.head !== null && this.#reader === null)) return; // told again when the body is taken
    // RFC 9112 9.8: what ends with its connection is whole only if TLS said that it ends.
    if (this.head?.framing.kind === "close" && this.connection.tls?.truncated)
      this.#tell({ kind: "fault", fault: cut(), seen: this.#seen() });
    else if (this.#reader?.finish()) this.#complete(null);
    else this.#interrupt({ how: "closed" });
  }

  onClose(error: Error | null): void {
    if (this.#over) return;
    if (error === null && this.head !== null && this.#reader === null) return;
    if (this.#paused && error === null) return;
    const failure = this.#interrupted(error === null ? { how: "closed" } : interruptionOf(error));
    // What is held may be the rest of the body: then nothing is broken.
    if (this.#paused) this.#untold = failure;
    else this.#tell(failure);
  }

  onDrain(): void {
    this.#observer.onRoom();
  }

  /** The failure that a deadline of the caller's amounts to. */
  timedOut(afterMs: number): HopFailure {
    return this.#interrupted({ how: "timeout", afterMs });
  }

  #goOn(): void {
    if (this.#over || this.#paused) return;
    if (this.#untold !== null) {
      this.#tell(this.#untold);
      return;
    }
    this.connection.resume();
    if (this.connection.ended) this.onEnd();
  }

  #readHead(chunk: Buffer): void {
    if (this.#first === EMPTY) this.#first = chunk;
    else this.#first = withFirstOf(this.#first, chunk);
    const { limits, tolerances, method } = this.#options;
    const parser = this.#parser ?? takeParser(limits, tolerances);
    this.#parser = parser;
    try {
      let rest = chunk;
      while (rest.length > 0 && this.head === null && !this.#over) {
        const head: ResponseHead | null = parser.push(rest, method);
        if (head === null) {
          this.#letGoOfFirst();
          return;
        }
        rest = parser.rest();
        this.lines = parser.lines;
        this.#onHead(head, rest);
      }
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** Keeps its first bytes alone, not the whole chunk that they came in. */
  #letGoOfFirst(): void {
    if (this.#first.buffer.byteLength > FIRST_BYTES_MAX) this.#first = withFirstOf(EMPTY, this.#first);
  }

  #onHead(head: ResponseHead, rest: Buffer): void {
    if (head.status >= 200 || head.status === 101) {
      this.head = head;
      if (rest.length > 0) this.#held = rest; // mostly taken before anything else comes: what does, pauses
      if (this.#parser !== null) giveBackParser(this.#parser);
      this.#parser = null;
      this.#observer.onHead(head);
    } else this.#observer.onInterim(head);
  }

  #hold(chunk: Buffer): void {
    this.#held = this.#held === null ? chunk : Buffer.concat([this.#held, chunk]);
    this.connection.pause();
  }

  #read(reader: BodyReader, chunk: Buffer): void {
    try {
      const end = reader.read(chunk, 0, this.#onSlice);
      if (reader.done) this.#complete(end < chunk.length ? chunk.subarray(end) : null);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  readonly #onSlice = (slice: Buffer): void => {
    if (this.#sink?.onSlice(slice) || this.#paused) return;
    this.#paused = true;
    this.connection.pause();
  };

  #complete(excess: Buffer | null): void {
    if (this.#over) return;
    this.#over = true;
    this.connection.disown();
    this.#sink?.onComplete(this.#reader?.trailers ?? null, excess);
  }

  #fail(thrown: unknown): void {
    if (!(thrown instanceof FaultError)) throw thrown;
    this.#tell({ kind: "fault", fault: thrown.fault, seen: this.#seen() });
  }

  #interrupt(interruption: Interruption): void {
    this.#tell(this.#interrupted(interruption));
  }

  #interrupted(interruption: Interruption): HopFailure {
    return { kind: "interrupted", interruption, seen: this.#seen() };
  }

  #tell(failure: HopFailure): void {
    if (this.#over) return;
    if (this.#sink === null && this.head !== null) {
      this.#untold = failure;
      return;
    }
    this.drop();
    if (this.#sink !== null) this.#sink.onFailure(failure);
    else this.#observer.onFailure(failure);
  }

  #seen(): Observation {
    const { role, hop, reused, clock } = this.#options;
    return {
      stage: this.#stage(),
      role,
      hop,
      reused,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      firstBytes: this.#first.subarray(0, FIRST_BYTES_MAX),
      elapsedMs: clock.now() - this.#startedAt,
    };
  }

  #stage(): Stage {
    if (this.head !== null) return "body";
    return this.#requestSent || this.#bytesIn > 0 ? "head" : "write";
  }
}

function cut(): Fault {
  return fault("body.truncated", "TLS ended without close_notify, and the body, which ends with it, may be cut");
}
