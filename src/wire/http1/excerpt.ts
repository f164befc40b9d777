import { describeBytes } from "../first-bytes.ts";

/** The beginning of latin1 text as printable ASCII in quotes; cut to `max` characters. */
export function excerpt(text: string, max = 48): string {
  return describeBytes(Buffer.from(text.slice(0, max + 1), "latin1"), max);
}

/** A byte as people look it up: `0x0a (LF)`. */
export function nameByte(byte: number): string {
  const hex = `0x${byte.toString(16).padStart(2, "0")}`;
  const name = BYTE_NAMES[byte] ?? (byte > 0x20 && byte < 0x7f ? `'${String.fromCharCode(byte)}'` : null);
  return name === null ? hex : `${hex} (${name})`;
}

/** True where a field's value may be a secret, so that no excerpt of it goes into a fault. */
export function isSecretField(name: string): boolean {
  return /auth|cookie|token|secret|key|password/i.test(name);
}

const BYTE_NAMES: Readonly<Record<number, string>> = { 0: "NUL", 9: "HTAB", 10: "LF", 13: "CR", 32: "space", 127: "DEL" };
