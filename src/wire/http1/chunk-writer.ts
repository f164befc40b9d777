import type { RawFields } from "../../core/message.ts";
import { HeadText, internalError, LAST_CHUNK_LINE } from "./head-text.ts";

/** The line before a chunk's data (RFC 9112 7.1), of at least one byte; CRLF follows the data. */
export function chunkHead(size: number): string {
  if (!(size > 0)) throw internalError("a chunk without data would end the body");
  return `${size.toString(16)}\r\n`;
}

/** The end of a chunked body without trailers. */
export const LAST_CHUNK = "0\r\n\r\n";

/** The end of a chunked body with these trailers: last chunk, fields and the empty line (RFC 9112 7.1.2). It stands in place of LAST_CHUNK. */
export function writeTrailers(trailers: RawFields): string {
  const text = new HeadText(LAST_CHUNK_LINE, null);
  for (let i = 0; i < trailers.length; i += 2) text.add(trailers[i] as string, trailers[i + 1] as string);
  return text.end();
}
