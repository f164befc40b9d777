/** A line's first characters are enough to tell what it says; the rest is read over. */
const LINE_CHARS_MAX = 64 * 1024;

/** Takes the bytes of a log as they come and hands out its lines, each byte a character; holds one unfinished line, cut. */
export class LineCutter {
  /** Lines of which only the start was read. */
  cut = 0;
  #held = "";
  readonly #take: (line: string) => void;

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  push(chunk: Uint8Array): void {
    const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
    let from = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", from)) {
      this.#finish(this.#held === "" ? text.slice(from, Math.min(end, from + LINE_CHARS_MAX + 1)) : this.#joined(text.slice(from, end)));
      from = end + 1;
    }
    if (from < text.length) this.#held = this.#joined(text.slice(from));
  }

  /** A last line may have no end: the file is still written, or was cut off. */
  end(): void {
    if (this.#held !== "") this.#finish(this.#held);
  }

  #finish(line: string): void {
    this.#held = "";
    if (line.length > LINE_CHARS_MAX) this.cut++;
    this.#take(line.endsWith("\r") ? line.slice(0, -1) : line);
  }

  /** One character too many tells that there was more. */
  #joined(more: string): string {
    return this.#held.length > LINE_CHARS_MAX ? this.#held : this.#held + more.slice(0, LINE_CHARS_MAX + 1 - this.#held.length);
  }
}

/** A text that does not keep the whole chunk in memory of which it is a part. */
export function detach(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}

/** Characters that were bytes, as people read them. */
export function decodeBytes(text: string): string {
  if (/[^\x00-\xff]/.test(text)) return text;
  const decoded = Buffer.from(text, "latin1").toString("utf8");
  return decoded.includes("\ufffd") ? text : decoded;
}
