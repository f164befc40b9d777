import type { HopFailure } from "../core/ledger.ts";
import type { RawFields, ResponseHead } from "../core/message.ts";
import type { HopStream } from "../net/hop-stream.ts";
import type { ResponseSink } from "../net/response-sink.ts";

/**
 * A final response on its way: its head, the start of its body where that was read as evidence, and the stream that has the rest.
 * It can be held while another attempt is made, then relayed or dropped.
 */
export class Answer implements ResponseSink {
  readonly head: ResponseHead;
  readonly hop: HopStream;
  readonly start: Buffer[] = [];
  startBytes = 0;
  ending: { readonly trailers: RawFields | null; readonly excess: Buffer | null } | { readonly failure: HopFailure } | null = null;
  #collectMax = 0;
  #onCollected: (() => void) | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(head: ResponseHead, hop: HopStream) {
    this.head = head;
    this.hop = hop;
  }

  /** Reads at most `maxBytes` of the body, for at most `timeoutMs`. */
  collect(maxBytes: number, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#collectMax = maxBytes;
      this.#onCollected = resolve;
      this.#timer = setTimeout(() => this.#collected(), timeoutMs);
      this.hop.takeBody(this);
    });
  }

  /** The start of the body, for fingerprints. */
  get evidence(): Buffer {
    return this.start.length === 1 ? (this.start[0] as Buffer) : Buffer.concat(this.start);
  }

  onSlice(slice: Buffer): boolean {
    this.start.push(slice);
    this.startBytes += slice.length;
    if (this.startBytes < this.#collectMax) return this.#onCollected !== null;
    this.#collected();
    return false;
  }

  onComplete(trailers: RawFields | null, excess: Buffer | null): void {
    this.ending = { trailers, excess };
    this.#collected();
  }

  onFailure(failure: HopFailure): void {
    this.ending = { failure };
    this.#collected();
  }

  /** Nobody wants it. */
  drop(): void {
    if (this.ending === null) this.hop.drop();
    else this.hop.connection.destroy();
  }

  #collected(): void {
    clearTimeout(this.#timer);
    const tell = this.#onCollected;
    this.#onCollected = null;
    tell?.();
  }
}
