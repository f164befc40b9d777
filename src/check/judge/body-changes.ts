import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { fieldValue } from "../../core/message.ts";
import { excerpt } from "../../wire/http1/excerpt.ts";
import { dress, isDressed, type Statement } from "./dress.ts";
import { ANSWER_BYTES_MAX, type JudgeResponse } from "./judged.ts";
import type { JudgePayload } from "./payload.ts";

/** What a client would see of a body: unpacked where somebody packed it, which a judge never does. Where it cannot be, or is more than that, as it came. */
export function decodeBody({ body, fields }: JudgeResponse, bytesMax: number = ANSWER_BYTES_MAX): Buffer {
  const coding = fieldValue(fields, "content-encoding")?.trim().toLowerCase() ?? "";
  const decode = DECODERS.get(coding);
  if (decode === undefined) return body;
  try {
    return decode(body, { maxOutputLength: bytesMax });
  } catch {
    return body; // broken, or larger than it may be
  }
}

type Decode = (body: Buffer, options: { maxOutputLength: number }) => Buffer;

const DECODERS: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ["gzip", gunzipSync],
  ["x-gzip", gunzipSync],
  ["deflate", inflateSync],
  ["br", brotliDecompressSync],
  ["zstd", zstdDecompressSync],
]);

/** How a body differs from the one that its statement demands, byte for byte; empty: not at all. */
export function bodyChanges(answer: JudgeResponse, statement: Statement, { kind }: JudgePayload): string[] {
  if (!answer.isCut && isDressed(answer.body, kind, statement)) return [];
  const expected = dress(kind, statement);
  const seen = decodeBody(answer);
  if (!answer.isCut && seen.equals(expected))
    return ["the body was compressed, although no-transform forbids it; its content is unchanged"];
  return [tellDifference(expected, seen, answer.isCut)];
}

function tellDifference(expected: Buffer, seen: Buffer, isCut: boolean): string {
  const same = commonLength(expected, seen);
  const sameEnd = Math.min(commonLength(reversed(expected), reversed(seen)), expected.length - same, seen.length - same);
  const put = seen.subarray(same, seen.length - sameEnd);
  const lost = expected.subarray(same, expected.length - sameEnd);
  if (isCut)
    return `more than ${seen.length} bytes came where the judge sent ${expected.length}; from byte ${same} on they are not its own`;
  const where = `at byte ${same} of ${expected.length}`;
  if (put.length === 0) return `the body lost ${lost.length} bytes ${where}: ${show(lost)}`;
  if (lost.length === 0) return tellInsertion(seen, same, put.length, where);
  return `the body was changed ${where}: ${show(put)} instead of ${show(lost)}`;
}

/** What was put before a tag seems to begin behind its bracket where it begins with one too: as far back as it may be, to its own. */
function tellInsertion(seen: Buffer, at: number, length: number, where: string): string {
  let start = at;
  while (start > 0 && at - start < length && seen[start] !== TAG && seen[start - 1] === seen[start + length - 1]) start--;
  if (seen[start] !== TAG) start = at;
  const put = seen.subarray(start, start + length);
  return `${/<script/i.test(put.toString("latin1")) ? "a script" : "something"} was put into the body ${where}: ${show(put)}`;
}

const TAG = 0x3c; // <

function show(bytes: Buffer): string {
  return excerpt(bytes.subarray(0, SHOWN_BYTES_MAX + 1).toString("latin1"), SHOWN_BYTES_MAX);
}

const SHOWN_BYTES_MAX = 60;

function commonLength(a: Buffer, b: Buffer): number {
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a[at] === b[at]) at++;
  return at;
}

function reversed(bytes: Buffer): Buffer {
  return Buffer.from(bytes).reverse();
}
