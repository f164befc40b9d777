import { ipFromBytes } from "../../wire/ip-bytes.ts";

/** What a connection may begin with: the PROXY protocol, by which some proxies tell whom they act for, asked or not. */
export type Preamble =
  /** The connection begins with its own protocol. */
  | { readonly kind: "none" }
  /** It may become one: more bytes are wanted. */
  | { readonly kind: "more" }
  /** As a line of version 1, whichever version it was, and how many bytes it took. */
  | { readonly kind: "told"; readonly line: string; readonly length: number };

/** Reads the PROXY protocol, version 1 or 2, at the start of a connection. What is broken is none. */
export function readPreamble(bytes: Buffer): Preamble {
  if (isStartOf(bytes, BINARY)) return readBinary(bytes);
  return isStartOf(bytes, TEXT) ? readText(bytes) : NONE;
}

const NONE: Preamble = { kind: "none" };
const MORE: Preamble = { kind: "more" };
const TEXT = Buffer.from("PROXY ");
/** The longest line of version 1, its end included. */
const LINE_BYTES_MAX = 107;
/** Of version 2. */
const BINARY = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const BINARY_HEAD_BYTES_MAX = 16;
const BINARY_BYTES_MAX = 1024;

function isStartOf(bytes: Buffer, mark: Buffer): boolean {
  const length = Math.min(bytes.length, mark.length);
  return length > 0 && bytes.subarray(0, length).equals(mark.subarray(0, length));
}

function readText(bytes: Buffer): Preamble {
  const end = bytes.indexOf("\r\n");
  if (end >= 0 && end < LINE_BYTES_MAX) return { kind: "told", line: bytes.toString("latin1", 0, end), length: end + 2 };
  return end < 0 && bytes.length < LINE_BYTES_MAX ? MORE : NONE;
}

function readBinary(bytes: Buffer): Preamble {
  if (bytes.length < BINARY_HEAD_BYTES_MAX) return MORE;
  const length = BINARY_HEAD_BYTES_MAX + bytes.readUInt16BE(14);
  if (length > BINARY_BYTES_MAX) return NONE;
  if (bytes.length < length) return MORE;
  return { kind: "told", line: lineOf(bytes.subarray(BINARY_HEAD_BYTES_MAX, length), (bytes[13] as number) >> 4), length };
}

const FAMILIES: Readonly<Record<number, { readonly name: string; readonly bytes: number }>> = {
  1: { name: "TCP4", bytes: 4 },
  2: { name: "TCP6", bytes: 16 },
};

function lineOf(addresses: Buffer, family: number): string {
  const known = FAMILIES[family];
  if (known === undefined || addresses.length < 2 * known.bytes + 4) return "PROXY UNKNOWN";
  const at = (index: number) => ipFromBytes(addresses.subarray(index * known.bytes, (index + 1) * known.bytes));
  const port = (index: number) => addresses.readUInt16BE(2 * known.bytes + 2 * index);
  return `PROXY ${known.name} ${at(0)} ${at(1)} ${port(0)} ${port(1)}`;
}
