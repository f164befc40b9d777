import { Buffer } from "node:buffer";
import { UnreadableList } from "./candidate-lines.ts";

/** The bytes of a list in UTF-8, and what it begins with. */
export interface ListBytes {
  /** At most HEAD_BYTES_MAX of it, as text. */
  readonly head: string;
  /** All of it, the head too. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * Looks at the beginning of a list: takes its byte order mark off, and makes UTF-8 of UTF-16, which some editors and shells write.
 * @throws UnreadableList where it is no text at all.
 */
export async function openListBytes(chunks: AsyncIterable<Uint8Array>): Promise<ListBytes> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    const first = await readFirst(iterator);
    const encoding = encodingOf(first);
    const rest = continueWith(first.subarray(encoding === "utf-8" && first[0] === 0xef ? 3 : 0), iterator);
    if (encoding === "utf-8") {
      refuseBinary(first);
      return { head: first.toString("utf8", 0, HEAD_BYTES_MAX).replace(/^\ufeff/, ""), chunks: rest };
    }
    const head = new TextDecoder(encoding).decode(first.subarray(0, HEAD_BYTES_MAX));
    return { head, chunks: toUtf8(rest, encoding) };
  } catch (error) {
    await iterator.return?.();
    throw error;
  }
}

/** What shows its format within this. */
const HEAD_BYTES_MAX = 64 * 1024;
/** Of a byte order mark, and of what compressed files begin with. */
const MARK_BYTES = 4;
const LF = 0x0a;

/** The first chunk, and more where it does not hold the first line: names above CSV are cut anywhere in a pipe. */
async function readFirst(iterator: AsyncIterator<Uint8Array>): Promise<Buffer> {
  let first: Buffer = Buffer.alloc(0);
  while (first.length < MARK_BYTES || (first.length < HEAD_BYTES_MAX && !first.includes(LF))) {
    const { value, done } = await iterator.next();
    if (done === true) break;
    first = Buffer.concat([first, value]);
  }
  return first;
}

async function* continueWith(first: Buffer, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (first.length > 0) yield first;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}

function encodingOf(first: Buffer): "utf-8" | "utf-16le" | "utf-16be" {
  const start = first.toString("latin1", 0, MARK_BYTES);
  if (UTF_16_LE.test(start)) return "utf-16le";
  return UTF_16_BE.test(start) ? "utf-16be" : "utf-8";
}

/** A byte order mark, or two characters of a list, as it may begin without one. */
const UTF_16_LE = /^(?:\xff\xfe|[\t\n\r -~]\0[\t\n\r -~]\0)/;
const UTF_16_BE = /^(?:\xfe\xff|\0[\t\n\r -~]\0[\t\n\r -~])/;

async function* toUtf8(chunks: AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}

/** What compressed files begin with, and the command that unpacks them. */
const COMPRESSED: readonly (readonly [magic: string, command: string])[] = [
  ["\x1f\x8b", "gunzip"],
  ["PK\x03\x04", "unzip"],
  ["\xfd7zX", "unxz"],
  ["BZh", "bunzip2"],
  ["\x28\xb5\x2f\xfd", "unzstd"],
];

function refuseBinary(first: Buffer): void {
  const start = first.toString("latin1", 0, MARK_BYTES);
  const found = COMPRESSED.find(([magic]) => start.startsWith(magic));
  if (found !== undefined) throw new UnreadableList(`is compressed: unpack it first (${found[1]})`);
  if (isBinary(first.subarray(0, HEAD_BYTES_MAX))) throw new UnreadableList("is a binary file, not a list of proxies");
}

/** Of the bytes of a text, how many are none of a text's at the most: a stray NUL spoils its line, not the list. */
const STRAY_SHARE_MAX = 0.05;

function isBinary(head: Buffer): boolean {
  if (!head.includes(0)) return false;
  let strays = 0;
  for (const byte of head) if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) strays += 1;
  return strays > head.length * STRAY_SHARE_MAX;
}
