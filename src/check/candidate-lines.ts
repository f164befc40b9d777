import { Buffer } from "node:buffer";

export interface NumberedLine {
  /** Counts from 1. */
  readonly line: number;
  /** Null: the line is too long to be read. */
  readonly text: string | null;
}

/** A list that cannot be read at all; the message says why, as what follows its name. */
export class UnreadableList extends Error {
  override readonly name = "UnreadableList";
}

/** Bytes of a line; longer ones are passed over. */
export const LINE_BYTES_MAX: number = 16 * 1024;

/**
 * Cuts a list into lines as its bytes come, however they are chunked: those of each chunk together, each a string of its own, which holds
 * on to nothing else. A longer line is passed over and named; no more than `bytesMax` of it is ever kept.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  bytesMax: number = LINE_BYTES_MAX,
): AsyncGenerator<readonly NumberedLine[]> {
  const cutter = new LineCutter(bytesMax);
  for await (const chunk of chunks) {
    const lines = cutter.cut(chunk);
    if (lines.length > 0) yield lines;
  }
  const last = cutter.end();
  if (last !== null) yield [last];
}

class LineCutter {
  readonly #bytesMax: number;
  #line = 1;
  /** Of a line whose end has not come. */
  #rest: Buffer = NOTHING;
  /** The line is too long: it is read up to its end, and not kept. */
  #isTooLong = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  cut(chunk: Uint8Array): NumberedLine[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: NumberedLine[] = [];
    let from = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, from)) {
      lines.push(this.#take(bytes, from, end));
      from = end + 1;
    }
    this.#keep(bytes.subarray(from));
    return lines;
  }

  /** What stands behind the last line end. */
  end(): NumberedLine | null {
    return this.#rest.length === 0 && !this.#isTooLong ? null : this.#take(NOTHING, 0, 0);
  }

  #take(bytes: Buffer, from: number, end: number): NumberedLine {
    const line = this.#line++;
    const isTooLong = this.#isTooLong || this.#rest.length + end - from > this.#bytesMax;
    const rest = this.#rest;
    this.#rest = NOTHING;
    this.#isTooLong = false;
    if (isTooLong) return { line, text: null };
    if (rest.length === 0) return { line, text: bytes.toString("utf8", from, end) };
    return { line, text: Buffer.concat([rest, bytes.subarray(from, end)]).toString("utf8") };
  }

  #keep(bytes: Buffer): void {
    if (this.#rest.length + bytes.length > this.#bytesMax) this.#isTooLong = true;
    this.#rest = this.#isTooLong ? NOTHING : Buffer.concat([this.#rest, bytes]);
  }
}

const LF = 0x0a;
const NOTHING: Buffer = Buffer.alloc(0);
