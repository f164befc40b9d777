import { EXIT_SCHEMES, type ExitHop, type ExitScheme } from "../core/route.ts";
import { passwordParams } from "./password-params.ts";

/** What a byte may be part of. */
const USER = 1;
const PASSWORD = 2;
const CLASSES: Uint8Array = classify();

const COLON = 0x3a;
const SLASH = 0x2f;
const AT = 0x40;
const UNDERSCORE = 0x5f;
const SPACE = 0x20;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const PORT_MAX = 0xffff;
const BYTE_MAX = 0xff;
const LOGIN_BYTES_MAX = 255;

/** `scheme://user:pass@192.0.2.1:8080`, scheme and user optional, in bytes that mean themselves in every form of a line. */
export class PlainRoute {
  /** Where the route that was read last ends. */
  end = 0;
  readonly #default: ExitScheme;
  #scheme: ExitScheme;
  #from = 0;
  /** Where the user begins; before it stands the scheme. */
  #userAt = 0;
  /** Behind the user; where there is none, the same as `#userAt`. */
  #userEnd = 0;
  #hostAt = 0;
  #hostEnd = 0;
  #port = 0;

  constructor(scheme: ExitScheme) {
    this.#default = scheme;
    this.#scheme = scheme;
  }

  /** Reads what stands at an offset, up to a space or `end`. */
  read(bytes: Buffer, from: number, end: number): boolean {
    this.#from = from;
    let at = this.#readScheme(bytes, from, end);
    if (at < 0) return false;
    this.#userAt = at;
    this.#userEnd = at;
    const colon = skip(bytes, at, end, USER);
    const stop = bytes[colon] === COLON ? skip(bytes, colon + 1, end, PASSWORD) : end;
    if (stop < end && bytes[stop] === AT) {
      if (!isLogin(colon - at) || !isLogin(stop - colon - 1) || this.#scheme.startsWith("socks4")) return false;
      if (hasParams(bytes, colon + 1, stop)) return false; // they belong to its name
      this.#userEnd = colon;
      at = stop + 1;
    }
    this.#hostAt = at;
    at = readAddress(bytes, at, end);
    if (at < 0 || at >= end || bytes[at] !== COLON) return false;
    this.#hostEnd = at;
    return this.#readPort(bytes, at + 1, end);
  }

  /** The URL without the password. */
  text(bytes: Buffer): string {
    const hostAndPort = bytes.toString("latin1", this.#hostAt, this.end);
    const scheme = this.#userAt === this.#from ? `${this.#scheme}://` : "";
    if (this.#userEnd > this.#userAt) return `${scheme}${bytes.toString("latin1", this.#from, this.#userEnd)}@${hostAndPort}`;
    return `${scheme === "" ? bytes.toString("latin1", this.#from, this.#userAt) : scheme}${hostAndPort}`;
  }

  hop(bytes: Buffer): ExitHop {
    const hasLogin = this.#userEnd > this.#userAt;
    // Cut out of one text: each text that is made of bytes costs more than a cut.
    const start = this.#userAt;
    const text = bytes.toString("latin1", start, this.#hostEnd);
    return {
      scheme: this.#scheme,
      host: text.slice(this.#hostAt - start),
      port: this.#port,
      username: hasLogin ? text.slice(0, this.#userEnd - start) : null,
      password: hasLogin ? text.slice(this.#userEnd + 1 - start, this.#hostAt - 1 - start) : null,
      insecure: false,
    };
  }

  /** Where it ends; negative: it is none of ours. */
  #readScheme(bytes: Buffer, from: number, end: number): number {
    this.#scheme = this.#default;
    const colon = skip(bytes, from, end, USER);
    if (colon + 2 >= end || bytes[colon] !== COLON || bytes[colon + 1] !== SLASH || bytes[colon + 2] !== SLASH) return from;
    for (const scheme of EXIT_SCHEMES) {
      if (!isText(bytes, from, colon, scheme)) continue;
      this.#scheme = scheme;
      return colon + 3;
    }
    return -1;
  }

  #readPort(bytes: Buffer, from: number, end: number): boolean {
    let port = 0;
    let at = from;
    for (; at < end && port <= PORT_MAX && isDigit(bytes[at] as number); at++) port = 10 * port + (bytes[at] as number) - ZERO;
    this.end = at;
    this.#port = port;
    return port >= 1 && port <= PORT_MAX && bytes[from] !== ZERO && (at === end || bytes[at] === SPACE);
  }
}

function hasParams(bytes: Buffer, from: number, end: number): boolean {
  for (let at = from; at < end; at++) if (bytes[at] === UNDERSCORE) return passwordParams(bytes.toString("latin1", from, end)) !== "";
  return false;
}

function isLogin(length: number): boolean {
  return length >= 1 && length <= LOGIN_BYTES_MAX;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function skip(bytes: Buffer, from: number, end: number, what: number): number {
  let at = from;
  while (at < end && ((CLASSES[bytes[at] as number] as number) & what) !== 0) at++;
  return at;
}

function isText(bytes: Buffer, from: number, end: number, text: string): boolean {
  if (end - from !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Behind four numbers up to 255, none with a zero in front; negative: there is something else. */
function readAddress(bytes: Buffer, from: number, end: number): number {
  let at = from;
  for (let group = 0; group < 4; group++) {
    if (group > 0 && bytes[at++] !== DOT) return -1;
    const first = at;
    let value = 0;
    for (; at < end && value <= BYTE_MAX && isDigit(bytes[at] as number); at++) value = 10 * value + (bytes[at] as number) - ZERO;
    if (at === first || value > BYTE_MAX || (bytes[first] === ZERO && at > first + 1)) return -1;
  }
  return at;
}

function classify(): Uint8Array {
  const classes = new Uint8Array(256);
  for (let byte = 0; byte < 128; byte++) {
    const char = String.fromCharCode(byte);
    if (/[\w.~-]/.test(char)) classes[byte] = USER | PASSWORD;
    else if (/[*!]/.test(char)) classes[byte] = PASSWORD;
  }
  return classes;
}
