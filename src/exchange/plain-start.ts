import { brotliDecompressSync, constants, gunzipSync, inflateSync, type ZlibOptions, zstdDecompressSync } from "node:zlib";
import { fieldValue, type RawFields } from "../core/message.ts";

/** Bytes of a compressed body that are decompressed to be looked at; a page's first sentences are in them. */
const COMPRESSED_BYTES_MAX = 4 * 1024;
/** Bytes that they may become; what grows more is no page. */
const PLAIN_BYTES_MAX = 1024 * 1024;

const NOTHING = new Uint8Array();

/**
 * The start of a body as its reader sees it: decompressed where `Content-Encoding` says how, as far as it came. Empty where it cannot be.
 * For evidence alone: what is passed on stays as it was.
 */
export function plainStart(fields: RawFields, start: Uint8Array): Uint8Array {
  if (start.byteLength === 0) return start;
  const coding = fieldValue(fields, "content-encoding")?.toLowerCase() ?? "identity";
  if (coding === "identity" || coding === "") return start;
  const decompress = DECOMPRESSORS.get(coding);
  if (decompress === undefined) return NOTHING;
  try {
    return decompress(start.subarray(0, COMPRESSED_BYTES_MAX));
  } catch {
    return NOTHING;
  }
}

/** A body that is cut off gives what there was of it. */
const CUT: ZlibOptions = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: PLAIN_BYTES_MAX };
const gunzip = (start: Uint8Array): Uint8Array => gunzipSync(start, CUT);

const DECOMPRESSORS: ReadonlyMap<string, (start: Uint8Array) => Uint8Array> = new Map([
  ["gzip", gunzip],
  ["x-gzip", gunzip],
  ["deflate", (start) => inflateSync(start, CUT)],
  ["br", (start) => brotliDecompressSync(start, { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength: PLAIN_BYTES_MAX })],
  ["zstd", (start) => zstdDecompressSync(start, { finishFlush: constants.ZSTD_e_flush, maxOutputLength: PLAIN_BYTES_MAX })],
]);
