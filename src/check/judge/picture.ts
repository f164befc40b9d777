import { crc32 } from "node:zlib";

/** A small grey PNG with a comment: every byte of it is a function of the comment, whatever packs pictures on this machine. */
export function drawPicture(comment: Buffer): Buffer {
  beside ??= {
    before: Buffer.concat([SIGNATURE, chunk("IHDR", header())]),
    after: Buffer.concat([chunk("IDAT", stored(pixels())), chunk("IEND", NOTHING)]),
  };
  return Buffer.concat([beside.before, chunk("tEXt", Buffer.concat([KEYWORD, comment])), beside.after]);
}

/** What is the same in all of them. */
let beside: { readonly before: Buffer; readonly after: Buffer } | null = null;

const KEYWORD = Buffer.from("Comment\0");
const NOTHING = Buffer.alloc(0);

function header(): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32BE(SIDE_PIXELS_MAX, 0);
  bytes.writeUInt32BE(SIDE_PIXELS_MAX, 4);
  bytes[8] = 8; // bits a pixel, grey
  return bytes;
}

const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");
const HEADER_BYTES = 13;
const SIDE_PIXELS_MAX = 32;

/** Rows of a gradient, each behind the byte of its filter: none. */
function pixels(): Buffer {
  const rows = Array.from({ length: SIDE_PIXELS_MAX }, (_, y) => [
    0,
    ...Array.from({ length: SIDE_PIXELS_MAX }, (_pixel, x) => 4 * (x ^ y)),
  ]);
  return Buffer.from(rows.flat());
}

/** RFC 1950 around one block of RFC 1951 that is not compressed. */
function stored(data: Buffer): Buffer {
  const head = Buffer.from("7801010000ffff", "hex");
  head.writeUInt16LE(data.length, 3);
  head.writeUInt16LE(0xffff - data.length, 5);
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(adler32(data));
  return Buffer.concat([head, data, tail]);
}

/** RFC 1950 8.2. */
function adler32(data: Buffer): number {
  let low = 1;
  let high = 0;
  for (const byte of data) {
    low = (low + byte) % 0xfff1;
    high = (high + low) % 0xfff1;
  }
  return high * 0x10000 + low;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
