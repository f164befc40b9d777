import { type Fault, FaultError } from "../../../src/core/fault.ts";
import type { RawFields, RequestHead, ResponseHead } from "../../../src/core/message.ts";
import type { MessageLimits, ResponseTolerances } from "../../../src/core/settings.ts";
import { BodyReader } from "../../../src/wire/http1/body-reader.ts";
import { RequestParser } from "../../../src/wire/http1/request-parser.ts";
import { ResponseParser } from "../../../src/wire/http1/response-parser.ts";

export const LIMITS: MessageLimits = {
  lineBytes: 1000,
  fieldBytes: 2000,
  headBytes: 4000,
  fields: 50,
  chunkExtensionBytes: 100,
  trailerBytes: 500,
  interimResponses: 3,
};

/** Nothing is tolerated. */
export const STRICT: ResponseTolerances = {
  bareLf: false,
  obsFold: false,
  spaceBeforeColon: false,
  repeatedLength: false,
  missingReason: false,
};

/** As the config's defaults are. */
export const TOLERANT: ResponseTolerances = { ...STRICT, obsFold: true, spaceBeforeColon: true, repeatedLength: true, missingReason: true };

/** A message with its body. */
interface ReadMessage<Head> {
  readonly head: Head;
  readonly body: string;
  readonly trailers: RawFields | null;
  /** The body's end was seen, by a FIN too. */
  readonly complete: boolean;
}

/** All that could be read from chunks. */
export interface Reading<Head> {
  readonly messages: ReadMessage<Head>[];
  readonly fault: Fault | null;
  /** What came behind the last message; for a tunnel, its bytes. */
  readonly rest: string;
  /** The end of the last message has not come, where a FIN is none. */
  readonly unfinished: boolean;
  /** The most bytes of an unfinished head that were ever kept. */
  readonly mostBuffered: number;
}

/** Reads a client's chunks as the gateway does: until a request that must be the last. */
export function readRequests(chunks: readonly Buffer[], limits: MessageLimits = LIMITS): Reading<RequestHead> {
  return read(
    chunks,
    new RequestParser(limits),
    "request",
    limits,
    (parser, chunk) => parser.push(chunk),
    (head) => head.keepAlive && head.method !== "CONNECT" && head.upgrade === null,
  );
}

/** Reads a hop's chunks and its FIN: interim responses and the final one. */
export function readResponse(
  chunks: readonly Buffer[],
  {
    method = "GET",
    tolerances = TOLERANT,
    limits = LIMITS,
  }: { method?: string; tolerances?: ResponseTolerances; limits?: MessageLimits } = {},
): Reading<ResponseHead> {
  const parser = new ResponseParser(limits, tolerances);
  return read(
    chunks,
    parser,
    "response",
    limits,
    (_, chunk) => parser.push(chunk, method),
    (head) => head.status < 200 && head.status !== 101,
  );
}

interface HeadParser {
  rest(): Buffer;
  readonly buffered: number;
}

function read<Head extends RequestHead | ResponseHead, Parser extends HeadParser>(
  chunks: readonly Buffer[],
  parser: Parser,
  side: "request" | "response",
  limits: MessageLimits,
  push: (parser: Parser, chunk: Buffer) => Head | null,
  goesOn: (head: Head) => boolean,
): Reading<Head> {
  const messages: (ReadMessage<Head> & { body: string; trailers: RawFields | null; complete: boolean })[] = [];
  let body: BodyReader | null = null;
  let over = false;
  let rest = "";
  let mostBuffered = 0;
  try {
    for (const chunk of chunks) {
      let left = chunk;
      while (left.length > 0 && !over) {
        if (body === null) {
          const head = push(parser, left);
          mostBuffered = Math.max(mostBuffered, parser.buffered);
          left = parser.rest();
          if (head === null) break;
          messages.push({ head, body: "", trailers: null, complete: false });
          body = new BodyReader(head.framing, limits, side);
        }
        const message = messages.at(-1) as (typeof messages)[number];
        const end: number = body.read(left, 0, (slice) => {
          message.body += slice.toString("latin1");
        });
        left = left.subarray(end);
        if (!body.done) continue;
        Object.assign(message, { trailers: body.trailers, complete: true });
        over = !goesOn(message.head);
        body = null;
      }
      if (over) rest += left.toString("latin1");
    }
  } catch (thrown) {
    if (!(thrown instanceof FaultError)) throw thrown;
    return { messages, fault: thrown.fault, rest, mostBuffered, unfinished: true };
  }
  const unfinished = parser.buffered > 0 || body?.finish() === false;
  if (body !== null) (messages.at(-1) as { complete: boolean }).complete = !unfinished;
  return { messages, fault: null, rest, mostBuffered, unfinished };
}

/** Latin1 text as one chunk. */
export function bytes(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** Cuts bytes at these places. */
export function cutAt(whole: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, i) => Buffer.from(whole.subarray(from, at[i] ?? whole.length))).filter((chunk) => chunk.length > 0);
}

/** Every byte a chunk of its own. */
export function byteByByte(whole: Buffer): Buffer[] {
  return Array.from(whole, (byte) => Buffer.of(byte));
}
