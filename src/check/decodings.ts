/** A text, or what one becomes when it is decoded. */
export interface Decoding {
  readonly text: string;
  /** For a sentence; empty: as it is. */
  readonly form: string;
}

/** A text and all that is encoded in it, one within another, in bounded time: percent-encoding, base64, base32, hex, character references. Latin1. */
export function decodings(text: string): Decoding[] {
  const found: Decoding[] = [{ text: text.slice(0, TEXT_CHARS_MAX), form: "" }];
  let from = 0;
  for (let depth = 0; depth < DEPTH_MAX; depth++) {
    const to = found.length;
    for (const decoding of found.slice(from, to)) {
      for (const next of decode(decoding)) {
        if (found.length >= DECODINGS_MAX) return found;
        if (!found.some((known) => known.text === next.text)) found.push(next);
      }
    }
    from = to;
  }
  return found;
}

const TEXT_CHARS_MAX = 16 * 1024;
const DEPTH_MAX = 3;
const DECODINGS_MAX = 256;

function* decode({ text, form }: Decoding): Generator<Decoding> {
  const within = (name: string) => (form === "" ? name : `${form}, ${name}`);
  if (/%[\da-f]{2}/i.test(text)) {
    const plain = text.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    yield { text: plain, form: within("percent-encoded") };
  }
  if (/&#x?[\da-f]+;|\\u[\da-f]{4}|\\x[\da-f]{2}/i.test(text)) yield { text: withoutEscapes(text), form: within("escaped") };
  for (const [token] of text.matchAll(/(?<![\da-f])(?:0x)?(?:[\da-f]{2}[:\-. ]?){3,}[\da-f]{2}(?![\da-f])/gi)) {
    const digits = token.replace(/^0x/i, "").replace(/[:\-. ]/g, "");
    yield { text: Buffer.from(digits, "hex").toString("latin1"), form: within("in hex") };
  }
  // RFC 4648 6. What has no digit is a word.
  for (const [token] of text.matchAll(
    /(?<![A-Z\d])(?=[A-Z]*[2-7])[A-Z2-7]{7,}(?![A-Z\d])|(?<![a-z\d])(?=[a-z]*[2-7])[a-z2-7]{7,}(?![a-z\d])/g,
  ))
    yield { text: fromBase32(token.toUpperCase()), form: within("in base32") };
  for (const [token] of text.matchAll(/[A-Za-z0-9+/_-]{6,}/g)) {
    // What separates words in a name may be a digit of base64 too.
    for (const part of new Set([token, ...token.split(/[+/_-]/)])) {
      if (part.length >= BASE64_CHARS_MIN) yield { text: Buffer.from(part, "base64").toString("latin1"), form: within("in base64") };
    }
  }
}

/** Of four bytes. */
const BASE64_CHARS_MIN = 6;

function fromBase32(token: string): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const digit of token) {
    value = ((value << 5) | BASE32.indexOf(digit)) & 0xffff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    text += String.fromCharCode((value >> bits) & 0xff);
  }
  return text;
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function withoutEscapes(text: string): string {
  return text
    .replace(/&#(\d{1,5});/g, (_, code: string) => String.fromCharCode(Number(code) & 0xff))
    .replace(/(?:&#x|\\u00|\\x)([\da-f]{1,2});?/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
