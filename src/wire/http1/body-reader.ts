import type { Framing, RawFields } from "../../core/message.ts";
import type { MessageLimits } from "../../core/settings.ts";
import { ChunkedReader } from "./chunked-reader.ts";

/** Finds the payload and the end of one message's body, RFC 9112 sections 6 and 7. Keeps no payload. */
export class BodyReader {
  readonly #chunked: ChunkedReader | null;
  readonly #untilClose: boolean;
  #left: number;
  #done: boolean;

  constructor(framing: Framing, limits: MessageLimits, side: "request" | "response") {
    this.#chunked = framing.kind === "chunked" ? new ChunkedReader(limits, side) : null;
    this.#untilClose = framing.kind === "close";
    this.#left = framing.kind === "length" ? framing.length : 0;
    this.#done = framing.kind === "none" || (framing.kind === "length" && framing.length === 0);
  }

  /**
   * Reads chunk[from…] and hands the payload in it to `sink`, as parts of the chunk and no copies. Returns the index of the first byte that is no
   * longer this body's. Throws FaultError: `body.bad_chunk` and `trailers.*` for a response; `client.bad_request` and `client.smuggling_suspect`
   * for a request.
   */
  read(chunk: Buffer, from: number, sink: (slice: Buffer) => void): number {
    if (this.#done || from === chunk.length) return from;
    if (this.#chunked !== null) {
      const end = this.#chunked.read(chunk, from, sink);
      this.#done = this.#chunked.done;
      return end;
    }
    const end = this.#untilClose ? chunk.length : Math.min(chunk.length, from + this.#left);
    this.#left -= end - from;
    this.#done = !this.#untilClose && this.#left === 0;
    sink(from === 0 && end === chunk.length ? chunk : chunk.subarray(from, end));
    return end;
  }

  get done(): boolean {
    return this.#done;
  }

  /** Name, value, … of the trailer section once the body is done, without forbidden fields; null without a section. */
  get trailers(): RawFields | null {
    return this.#chunked?.trailers ?? null;
  }

  /** The peer sent FIN. True where the body is complete by that; false: it was cut off. */
  finish(): boolean {
    if (this.#untilClose) this.#done = true;
    return this.#done;
  }
}
