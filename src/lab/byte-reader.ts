import type { Readable } from "node:stream";

/** The peer ended or reset the connection while something was still expected of it. */
export class PeerLeft extends Error {
  override readonly name = "PeerLeft";
  readonly how: "closed" | "reset";
  /** What it had sent of the piece that was being read. */
  readonly unread: Buffer;

  constructor(how: "closed" | "reset", unread: Buffer) {
    super(`the peer ${how === "closed" ? "closed" : "reset"} the connection, ${unread.length} bytes unread`);
    this.how = how;
    this.unread = unread;
  }
}

/** Reads a stream piece by piece. The lab's own reader: it must not share a mistake with the code that it tests. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #unread: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream.iterator({ destroyOnReturn: false });
  }

  /** Exactly `count` bytes. */
  async take(count: number): Promise<Buffer> {
    while (this.#unread.length < count) await this.#more();
    return this.#cut(count);
  }

  /** Everything up to and including `delimiter`, at most 1 MiB. */
  async until(delimiter: string): Promise<Buffer> {
    for (let from = 0; ; ) {
      const at = this.#unread.indexOf(delimiter, from, "latin1");
      if (at >= 0) return this.#cut(at + delimiter.length);
      if (this.#unread.length > 1024 * 1024) throw new Error(`lab: no ${JSON.stringify(delimiter)} within 1 MiB`);
      from = Math.max(0, this.#unread.length - delimiter.length + 1);
      await this.#more();
    }
  }

  /** Whatever is there, at least one byte; null once the peer has ended. */
  async next(): Promise<Buffer | null> {
    try {
      if (this.#unread.length === 0) await this.#more();
    } catch (error) {
      if (error instanceof PeerLeft && error.how === "closed") return null;
      throw error;
    }
    return this.#cut(this.#unread.length);
  }

  /** Everything up to the peer's end. */
  async rest(): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let piece = await this.next(); piece !== null; piece = await this.next()) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** The next `count` bytes, which stay unread. */
  async peek(count: number): Promise<Buffer> {
    while (this.#unread.length < count) await this.#more();
    return this.#unread.subarray(0, count);
  }

  async #more(): Promise<void> {
    const next = await this.#chunks.next().catch((error: NodeJS.ErrnoException) => {
      throw new PeerLeft(error.code === "ERR_STREAM_PREMATURE_CLOSE" ? "closed" : "reset", this.#unread);
    });
    if (next.done) throw new PeerLeft("closed", this.#unread);
    this.#unread = this.#unread.length === 0 ? next.value : Buffer.concat([this.#unread, next.value]);
  }

  #cut(count: number): Buffer {
    const piece = this.#unread.subarray(0, count);
    this.#unread = this.#unread.subarray(count);
    return piece;
  }
}
