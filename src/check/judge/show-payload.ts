/**
 * A payload for people to read: its JSON over lines, a space before what is one level deeper, as HTML in ASCII. Byte for byte the same on every
 * machine, and in one pass, since thousands of answers are held against it.
 *
 * What it gives is lent: the next call writes over it.
 *
 * @param payload as writePayload makes it: without space between its parts, and with all that is not ASCII as `\u....`.
 */
export function showPayload(payload: string): Buffer {
  const page = new Page(payload.length);
  let depth = 0;
  let isInText = false;
  for (let at = page.copy(payload, 0, isInText); at < payload.length; at = page.copy(payload, at + 1, isInText)) {
    const char = payload.charCodeAt(at);
    if (isInText && char === BACKSLASH) at = copyEscape(page, payload, at);
    else if (char === QUOTE) {
      isInText = !isInText;
      page.reference(QUOTE);
    } else if (isInText) page.text(char);
    else depth = copyMark(page, payload, at, depth);
  }
  return page.bytes;
}

/** A payload has four; deeper ones, which only a judge that is none would sign, must not cost memory by the square of their depth. */
const LEVELS_MAX = 16;

const QUOTE = 0x22;
const AMPERSAND = 0x26;
const APOSTROPHE = 0x27;
const HASH = 0x23;
const COMMA = 0x2c;
const ZERO = 0x30;
const SEMICOLON = 0x3b;
const COLON = 0x3a;
const LESS = 0x3c;
const GREATER = 0x3e;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const SPACE = 0x20;
const DELETE = 0x7f;

/** Two characters, or six: of those, control characters stay as they are, and others become what HTML has for them. @returns where it ends */
function copyEscape(page: Page, payload: string, at: number): number {
  if (payload[at + 1] !== "u") {
    page.put(BACKSLASH);
    page.text(payload.charCodeAt(at + 1));
    return at + 1;
  }
  const end = at + UNICODE_ESCAPE_CHARS - 1;
  const code = Number.parseInt(payload.slice(at + 2, end + 1), 16);
  if (code >= DELETE) page.reference(code);
  else for (let i = at; i <= end; i++) page.put(payload.charCodeAt(i));
  return end;
}

const UNICODE_ESCAPE_CHARS = 6;

/** What stands between texts: brackets, commas, colons, numbers and words. @returns how deep it leads */
function copyMark(page: Page, payload: string, at: number, depth: number): number {
  const char = payload.charCodeAt(at);
  const isOpening = isOpener(char);
  const isClosing = isCloser(char);
  if (isClosing && !isOpener(payload.charCodeAt(at - 1))) page.line(depth - 1);
  page.put(char);
  if (char === COLON) page.put(SPACE);
  if (char === COMMA) page.line(depth);
  if (isOpening && !isCloser(payload.charCodeAt(at + 1))) page.line(depth + 1);
  return depth + Number(isOpening) - Number(isClosing);
}

const OPENING = { array: 0x5b, object: 0x7b } as const;
const CLOSING = { array: 0x5d, object: 0x7d } as const;

function isOpener(char: number): boolean {
  return char === OPENING.array || char === OPENING.object;
}

function isCloser(char: number): boolean {
  return char === CLOSING.array || char === CLOSING.object;
}

/** Room that grows, and is used again: memory beside the heap is collected late. */
let room: Buffer = Buffer.allocUnsafeSlow(16 * 1024);
/** Beyond that, it is given back. */
const KEPT_BYTES_MAX = 256 * 1024;

/** What one character of a payload may take beside its own byte: two lines with their space. */
const MORE_BYTES_MAX = 64;

class Page {
  #bytes: Buffer = room;
  #length = 0;
  /** Characters of the payload that are still to come: there is room for a byte of each. */
  #left: number;

  constructor(characters: number) {
    this.#left = characters;
    this.#reserve();
  }

  get bytes(): Buffer {
    if (this.#bytes.length <= KEPT_BYTES_MAX) room = this.#bytes;
    return this.#bytes.subarray(0, this.#length);
  }

  /** Copies characters that are shown as they are: nearly all. @returns where one stands that is not, for which there is room then */
  copy(payload: string, from: number, isInText: boolean): number {
    const bytes = this.#bytes;
    const isCopied = isInText ? COPIED_IN_TEXT : COPIED_BETWEEN;
    let at = from;
    let length = this.#length;
    for (; at < payload.length; at++) {
      const char = payload.charCodeAt(at);
      if (isCopied[char] !== 1) break;
      bytes[length++] = char;
    }
    this.#length = length;
    this.#left = payload.length - at;
    this.#reserve();
    return at;
  }

  put(char: number): void {
    this.#bytes[this.#length++] = char;
  }

  /** ASCII that HTML may take for its own. */
  text(char: number): void {
    if (char === AMPERSAND || char === LESS || char === GREATER || char === APOSTROPHE || char === QUOTE) this.reference(char);
    else this.put(char);
  }

  /** `&#34;` */
  reference(code: number): void {
    this.put(AMPERSAND);
    this.put(HASH);
    let place = 1;
    while (code >= 10 * place) place *= 10;
    for (; place >= 1; place = Math.floor(place / 10)) this.put(ZERO + (Math.floor(code / place) % 10));
    this.put(SEMICOLON);
  }

  line(depth: number): void {
    this.put(NEWLINE);
    for (let i = Math.min(depth, LEVELS_MAX); i > 0; i--) this.put(SPACE);
  }

  #reserve(): void {
    const needed = this.#length + this.#left + MORE_BYTES_MAX;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * needed);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** By character: a 1 for those that are shown as they are, within texts and between them. */
const COPIED_IN_TEXT = new Uint8Array(DELETE);
const COPIED_BETWEEN = new Uint8Array(DELETE);
for (let char = SPACE; char < DELETE; char++) {
  COPIED_IN_TEXT[char] = Number(![QUOTE, BACKSLASH, AMPERSAND, LESS, GREATER, APOSTROPHE].includes(char));
  COPIED_BETWEEN[char] = Number(![QUOTE, COMMA, COLON].includes(char) && !isOpener(char) && !isCloser(char));
}
