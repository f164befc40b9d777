const EMPTY = Buffer.alloc(0);

/** The beginning of a line whose end has not come: a copy, as a socket may reuse its chunks. Grows by doubling; its owner sets the limit. */
export class PartialLine {
  #bytes: Buffer = EMPTY;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds chunk[from, to); all bytes kept so far, as a view that the next call may change. */
  append(chunk: Buffer, from: number, to: number): Buffer {
    const length = this.#length + (to - from);
    if (length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(256, 2 * this.#bytes.length, length));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    chunk.copy(this.#bytes, this.#length, from, to);
    this.#length = length;
    return this.#bytes.subarray(0, length);
  }

  clear(): void {
    this.#bytes = EMPTY;
    this.#length = 0;
  }
}
