const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;
const DEL = 0x7f;

/** Byte classes of the HTTP grammar as tables: 1 at the index of each byte that belongs to the class. */
export const TOKEN_BYTES: Uint8Array = tableOf(isTokenByte); // RFC 9110 5.6.2, tchar
/** RFC 9110 5.5: field-vchar, obs-text, SP and HTAB; RFC 9112 4 allows the same in a reason phrase. */
export const VALUE_BYTES: Uint8Array = tableOf((byte) => byte === HTAB || (byte >= SP && byte !== DEL));

/** Visible ASCII without `#`: no form of a request's target holds a fragment (RFC 9112 3.2). */
export const TARGET_BYTES: Uint8Array = tableOf((byte) => byte > SP && byte < DEL && byte !== 0x23);

/** True for a token of RFC 9110 5.6.2. */
export function isToken(text: string): boolean {
  return text !== "" && firstOutside(TOKEN_BYTES, text) === text.length;
}

/** The index of the first character that does not belong to the class; the text's length where all do. */
export function firstOutside(table: Uint8Array, text: string, from = 0): number {
  let i = from;
  while (i < text.length && table[text.charCodeAt(i)] === 1) i++;
  return i;
}

/** True where all of bytes[from, to) belong to the class. */
export function allWithin(table: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (table[bytes[i] as number] !== 1) return false;
  return true;
}

/** Without the spaces and tabs around it (OWS of RFC 9110 5.6.3). */
export function trimSpace(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isSpace(text.charCodeAt(from))) from++;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

/** SP or HTAB. */
export function isSpace(byte: number | undefined): boolean {
  return byte === SP || byte === HTAB;
}

function isTokenByte(byte: number): boolean {
  return /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte));
}

function tableOf(belongs: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (belongs(byte) ? 1 : 0));
}
