import type { Clock } from "../core/clock.ts";
import type { HopFailure } from "../core/ledger.ts";
import type { RawFields, ResponseHead } from "../core/message.ts";
import type { HopRole } from "../core/route.ts";
import type { MessageLimits, ResponseTolerances } from "../core/settings.ts";
import type { Connection, ConnectionOwner } from "./connection.ts";
import { HopStream } from "./hop-stream.ts";

/** What came back: of a complete answer. */
export interface WholeResponse {
  readonly status: number;
  readonly fields: RawFields;
  /** At most as much of it as was wanted. */
  readonly body: Buffer;
  /** The body went on beyond that. */
  readonly isCut: boolean;
  readonly trailers: RawFields | null;
  /** Bytes that belong to no answer came after it, empty lines aside. */
  readonly hasExcess: boolean;
  /** 1xx heads that came before it. */
  readonly interim: readonly { readonly status: number; readonly fields: RawFields }[];
}

export interface AskOptions {
  readonly limits: MessageLimits;
  readonly tolerances: ResponseTolerances;
  readonly clock: Clock;
  readonly method: string;
  readonly role: HopRole;
  /** 1 = nearest to us. */
  readonly hop: number;
  readonly reused: boolean;
  /** For the whole answer, from now on. */
  readonly timeoutMs: number;
  /** Of the body; what goes on beyond is not read. */
  readonly bodyBytesMax: number;
  /** Of all that comes, as it comes: what is kept of its start for whoever wants to see the bytes. 0: nothing. */
  readonly rawBytesMax: number;
}

export interface Answered {
  readonly kind: "answered";
  readonly head: ResponseHead;
  readonly response: WholeResponse;
  /** From the request's first byte to the head's last, and to the end of the body. */
  readonly ms: { readonly head: number; readonly total: number };
  /** The connection, free for the next request; null: it cannot carry one. */
  readonly connection: Connection | null;
}

export type Asked = Answered | { readonly kind: "failed"; readonly failure: HopFailure /** Its start. */; readonly raw: Buffer };

/**
 * Sends a request over a connection and reads the whole answer, in bounded time and memory. A connection that is not given back is destroyed.
 *
 * @param head as writeRequestHead makes it
 */
export function ask(connection: Connection, head: string, body: Buffer | null, options: AskOptions): Promise<Asked> {
  return new Promise((resolve) => new Asking(connection, options, resolve).start(head, body));
}

/** In one piece: each write of a new connection is a packet, and a call into the kernel. Latin1. */
export function wholeRequest(head: string, body: Buffer | null): string {
  return body === null ? head : head + body.toString("latin1");
}

/** Keeps the start of what passes. */
class Tap implements ConnectionOwner {
  readonly #next: ConnectionOwner;
  readonly #bytesMax: number;
  #kept: Buffer = Buffer.alloc(0);

  constructor(next: ConnectionOwner, bytesMax: number) {
    this.#next = next;
    this.#bytesMax = bytesMax;
  }

  get kept(): Buffer {
    return this.#kept;
  }

  onData(chunk: Buffer): void {
    if (this.#kept.length < this.#bytesMax) this.#kept = Buffer.concat([this.#kept, chunk.subarray(0, this.#bytesMax - this.#kept.length)]);
    this.#next.onData(chunk);
  }

  onEnd(): void {
    this.#next.onEnd();
  }

  onClose(error: Error | null): void {
    this.#next.onClose(error);
  }

  onDrain(): void {
    this.#next.onDrain();
  }
}

class Asking {
  readonly #options: AskOptions;
  readonly #resolve: (asked: Asked) => void;
  readonly #connection: Connection;
  readonly #stream: HopStream;
  readonly #tap: Tap;
  readonly #startedAt: number;
  readonly #interim: { status: number; fields: RawFields }[] = [];
  /** Grows by doubling: a body may come byte by byte. */
  #body: Buffer = Buffer.alloc(0);
  readonly #deadline: NodeJS.Timeout;
  #bytes = 0;
  #headMs = 0;

  constructor(connection: Connection, options: AskOptions, resolve: (asked: Asked) => void) {
    const { clock, timeoutMs } = options;
    this.#options = options;
    this.#resolve = resolve;
    this.#connection = connection;
    const now = clock.now();
    this.#startedAt = connection.ahead?.at ?? now;
    this.#stream = new HopStream(
      connection,
      { ...options, startedAt: this.#startedAt },
      {
        onInterim: ({ status, fields }) => this.#interim.push({ status, fields }),
        onHead: () => this.#onHead(),
        onFailure: (failure) => this.#fail(failure),
        onRoom() {},
      },
    );
    this.#tap = new Tap(this.#stream, options.rawBytesMax);
    const afterMs = timeoutMs + (now - this.#startedAt);
    this.#deadline = setTimeout(() => this.#fail(this.#stream.timedOut(afterMs)), timeoutMs);
  }

  start(head: string, body: Buffer | null): void {
    this.#stream.write(wholeRequest(head, body));
    this.#stream.sent();
    this.#connection.own(this.#tap);
  }

  #onHead(): void {
    this.#headMs = this.#elapsed();
    this.#stream.takeBody({
      onSlice: (slice) => this.#onSlice(slice),
      onComplete: (trailers, excess) => this.#complete(trailers, excess),
      onFailure: (failure) => this.#fail(failure),
    });
  }

  #onSlice(slice: Buffer): boolean {
    const part = slice.subarray(0, this.#options.bodyBytesMax - this.#bytes);
    this.#keep(part);
    if (part.length === slice.length) return true;
    this.#end(this.#answered({ trailers: null, hasExcess: false, isCut: true }), true);
    return false;
  }

  /** The first part as it is, which mostly is all; copies from the second on. */
  #keep(part: Buffer): void {
    if (this.#bytes === 0) {
      this.#body = part;
      this.#bytes = part.length;
      return;
    }
    const needed = this.#bytes + part.length;
    if (needed > this.#body.length) {
      const { bodyBytesMax } = this.#options;
      const larger = Buffer.allocUnsafe(Math.min(bodyBytesMax, Math.max(needed, 2 * this.#body.length)));
      this.#body.copy(larger, 0, 0, this.#bytes);
      this.#body = larger;
    }
    part.copy(this.#body, this.#bytes);
    this.#bytes = needed;
  }

  #complete(trailers: RawFields | null, excess: Buffer | null): void {
    const answered = this.#answered({ trailers, hasExcess: excess !== null && !isBlank(excess), isCut: false });
    this.#end(answered, answered.connection === null);
  }

  #answered({ trailers, hasExcess, isCut }: Pick<WholeResponse, "trailers" | "hasExcess" | "isCut">): Answered {
    const head = this.#stream.head as ResponseHead;
    const { status, fields } = head;
    const response = {
      status,
      fields,
      body: this.#body.subarray(0, this.#bytes),
      isCut,
      trailers,
      hasExcess,
      interim: this.#interim,
    };
    const isFree = !isCut && !hasExcess && head.keepAlive && !this.#connection.ended && head.framing.kind !== "close";
    const ms = { head: this.#headMs, total: this.#elapsed() };
    return { kind: "answered", head, response, ms, connection: isFree ? this.#connection : null };
  }

  #fail(failure: HopFailure): void {
    this.#end({ kind: "failed", failure, raw: this.#tap.kept }, true);
  }

  #elapsed(): number {
    return this.#options.clock.now() - this.#startedAt;
  }

  #end(asked: Asked, isOver: boolean): void {
    clearTimeout(this.#deadline);
    if (isOver) this.#stream.drop();
    this.#resolve(asked);
  }
}

/** Empty lines, as some servers end a body with: clients skip them, and servers do so before a request (RFC 9112 section 2.2). */
function isBlank(bytes: Buffer): boolean {
  return EMPTY_LINES.test(bytes.toString("latin1"));
}

const EMPTY_LINES = /^(?:\r\n)+$/;
