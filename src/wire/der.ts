/** The few DER encodings (X.690) that a certificate needs. Every function gives one complete element: tag, length, content. */

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(0x30, ...parts);
}

export function set(...parts: readonly Uint8Array[]): Buffer {
  return element(0x31, ...parts);
}

/** A non-negative INTEGER, from its big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes[0] ?? 0;
  return first > 0x7f ? element(0x02, Buffer.of(0), bytes) : element(0x02, bytes);
}

export function bool(value: boolean): Buffer {
  return element(0x01, Buffer.of(value ? 0xff : 0));
}

/** An OBJECT IDENTIFIER in dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

export function utf8String(text: string): Buffer {
  return element(0x0c, Buffer.from(text));
}

/** GeneralizedTime, which RFC 5280 4.1.2.5 asks for from 2050 on and UTCTime before. */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`;
  return date.getUTCFullYear() < 2050 ? element(0x17, Buffer.from(digits.slice(2))) : element(0x18, Buffer.from(digits));
}

export function octetString(content: Uint8Array): Buffer {
  return element(0x04, content);
}

/** A BIT STRING of whole bytes, less `unusedBits` at the end. */
export function bitString(content: Uint8Array, unusedBits = 0): Buffer {
  return element(0x03, Buffer.of(unusedBits), content);
}

/** A context-specific element: constructed for explicit tagging, primitive for a bare implicit value. */
export function tagged(number: number, content: Uint8Array, form: "constructed" | "primitive"): Buffer {
  return element((form === "constructed" ? 0xa0 : 0x80) | number, content);
}

function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), encodeLength(content.length), content]);
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  if (length < 0x100) return Buffer.of(0x81, length);
  return Buffer.of(0x82, length >> 8, length & 0xff); // a certificate of more than 64 KiB is not made here
}

function base128(arc: number): number[] {
  const digits = [arc & 0x7f];
  for (let rest = arc >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}
