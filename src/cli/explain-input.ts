import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";

/** What is to be explained, as it comes: bytes of its beginning to tell what it is, and all of it. */
export interface Input {
  readonly name: string;
  readonly head: Buffer;
  /** All bytes, the head's too, unpacked. Ends early, with `broken` set, where they cannot be read on. */
  readonly chunks: AsyncGenerator<Buffer>;
  /** Why it ended early; null: it did not. */
  broken: string | null;
}

const HEAD_BYTES_MAX = 64 * 1024;
const FIRST_LINE_BYTES_MAX = 64 * 1024 * 1024;

/** Opens a file, or stdin for `-`; what gzip has packed is unpacked. */
export async function openInput(source: string): Promise<Input> {
  const packed = readAhead(source === "-" ? process.stdin : createReadStream(source, { highWaterMark: 4 * HEAD_BYTES_MAX }));
  const first = await packed.next();
  const start: Buffer = first.done ? Buffer.alloc(0) : first.value;
  const whole = start[0] === 0x1f && start[1] === 0x8b ? unpack(start, packed) : chain([start], packed);
  const input: Input = { name: source === "-" ? "stdin" : source, head: Buffer.alloc(0), chunks: whole, broken: null };
  const held: Buffer[] = [];
  for (let bytes = 0; bytes < HEAD_BYTES_MAX; ) {
    const next = await take(input, whole);
    if (next === null) break;
    held.push(next);
    bytes += next.length;
    // What is typed or piped slowly is told apart by its first lines.
    if (source === "-" && next.includes("\n")) break;
  }
  const head = Buffer.concat(held).subarray(0, HEAD_BYTES_MAX);
  const telling = head.length < HEAD_BYTES_MAX || head.includes("\n") ? head : await readSecondLines(() => take(input, whole), held);
  const rest = async function* (): AsyncGenerator<Buffer> {
    yield* held;
    for (let next = await take(input, whole); next !== null; next = await take(input, whole)) yield next;
  };
  return Object.assign(input, { head: telling, chunks: rest() });
}

/** What follows a first line that no head holds: a hole of zeros that a rotation left in a log, say. All that is read for it is held. */
async function readSecondLines(take: () => Promise<Buffer | null>, held: Buffer[]): Promise<Buffer> {
  let bytes = 0;
  let after: Buffer | null = null;
  while (bytes < FIRST_LINE_BYTES_MAX && (after?.length ?? 0) < HEAD_BYTES_MAX) {
    const next = await take();
    if (next === null) break;
    held.push(next);
    bytes += next.length;
    const end = next.indexOf("\n");
    if (after !== null) after = Buffer.concat([after, next]);
    else if (end >= 0) after = next.subarray(end + 1);
  }
  return (after ?? held[0] ?? Buffer.alloc(0)).subarray(0, HEAD_BYTES_MAX);
}

async function* readAhead(stream: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const chunk of stream) yield chunk as Buffer;
}

async function* chain(first: readonly Buffer[], rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield* first;
  yield* rest;
}

async function* unpack(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const feed = async () => {
    try {
      for await (const chunk of chain([first], rest)) {
        if (!gunzip.write(chunk)) await new Promise<void>((resolve) => gunzip.once("drain", resolve).once("close", resolve));
        if (gunzip.destroyed) return;
      }
      gunzip.end();
    } catch (error) {
      gunzip.destroy(error as Error);
    }
  };
  void feed();
  for await (const chunk of gunzip) yield chunk as Buffer;
}

async function take(input: Input, chunks: AsyncGenerator<Buffer>): Promise<Buffer | null> {
  try {
    const { done, value } = await chunks.next();
    return done ? null : value;
  } catch (error) {
    input.broken = error instanceof Error ? error.message : String(error);
    return null;
  }
}
