import type { RawFields } from "../core/message.ts";
import type { HopStream } from "../net/hop-stream.ts";
import type { BodySink, RequestBody } from "../net/request-body.ts";
import { chunkHead, LAST_CHUNK, writeTrailers } from "../wire/http1/chunk-writer.ts";

/**
 * A request's body that can be sent more than once: it streams, and its first bytes are kept. Once more than that has passed, the
 * request cannot be repeated.
 */
export class ReplayBody implements BodySink {
  readonly #body: RequestBody;
  readonly #keepBytes: number;
  readonly #exchange: { bodySent(): void };
  #kept: Buffer[] | null = [];
  #keptBytes = 0;
  #complete = false;
  #trailers: RawFields | null = null;
  #hop: HopStream | null = null;
  /** Slices of the body that came from the client. */
  bytes = 0;

  /** `exchange` hears when the body is complete. */
  constructor(body: RequestBody, keepBytes: number, exchange: { bodySent(): void }) {
    this.#body = body;
    this.#keepBytes = keepBytes;
    this.#exchange = exchange;
  }

  /** Everything that has left so far can leave again. */
  get replayable(): boolean {
    return this.#kept !== null;
  }

  get complete(): boolean {
    return this.#complete || this.#body.done;
  }

  /** Sends the body from its start, then goes on as it arrives. */
  feed(hop: HopStream): void {
    this.#hop = hop;
    let room = true;
    for (const slice of this.#kept ?? []) room = this.#send(hop, slice);
    if (this.#complete) this.#finish(hop);
    else this.#body.take(this);
    if (!room) this.#body.stop();
  }

  /** The hop has room again. */
  resume(): void {
    if (this.#hop !== null && !this.#complete) this.#body.take(this);
  }

  /** The attempt is over: what still comes waits for the next one. */
  detach(): void {
    if (this.#hop === null) return;
    this.#hop = null;
    if (!this.#complete) this.#body.stop();
  }

  onSlice(slice: Buffer): boolean {
    this.bytes += slice.length;
    this.#keep(slice);
    return this.#hop === null ? false : this.#send(this.#hop, slice);
  }

  onComplete(trailers: RawFields | null): void {
    if (this.#complete) return;
    this.#complete = true;
    this.#trailers = trailers;
    this.#exchange.bodySent();
    if (this.#hop !== null) this.#finish(this.#hop);
  }

  #keep(slice: Buffer): void {
    if (this.#kept === null) return;
    this.#keptBytes += slice.length;
    if (this.#keptBytes > this.#keepBytes) this.#kept = null;
    else this.#kept.push(Buffer.from(slice));
  }

  #send(hop: HopStream, slice: Buffer): boolean {
    if (this.#body.framing.kind !== "chunked") return hop.write(slice);
    hop.write(chunkHead(slice.length));
    hop.write(slice);
    return hop.write("\r\n");
  }

  #finish(hop: HopStream): void {
    if (this.#body.framing.kind === "chunked") hop.write(this.#trailers === null ? LAST_CHUNK : writeTrailers(this.#trailers));
    hop.sent();
  }
}
