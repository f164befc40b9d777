import { CR, TOKEN_BYTES, VALUE_BYTES } from "./characters.ts";

/** Where in `;name=value` a chunk extension is (RFC 9112 7.1.1); no space is allowed around its parts, as some recipients end a line there. */
export type ExtensionState = "start" | "name" | "value" | "token" | "quoted" | "escaped" | "quote-closed" | "end" | "bad";

/** The state behind the `;` of an extension. */
export const EXTENSION_START: ExtensionState = "start";

/** One byte further: `end` at the CR that ends the line, `bad` where the byte does not fit. */
export function stepExtension(state: ExtensionState, byte: number): ExtensionState {
  switch (state) {
    case "start":
      return isTokenByte(byte) ? "name" : "bad";
    case "name":
      if (byte === EQUALS) return "value";
      return isTokenByte(byte) ? "name" : behind(byte);
    case "value":
      if (byte === QUOTE) return "quoted";
      return isTokenByte(byte) ? "token" : "bad";
    case "token":
      return isTokenByte(byte) ? "token" : behind(byte);
    case "quoted":
      if (byte === BACKSLASH) return "escaped";
      if (byte === QUOTE) return "quote-closed";
      return VALUE_BYTES[byte] === 1 ? "quoted" : "bad";
    case "escaped":
      return VALUE_BYTES[byte] === 1 ? "quoted" : "bad";
    case "quote-closed":
      return behind(byte);
    default:
      return "bad";
  }
}

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Behind a whole extension: the next one, or the end of the line. */
function behind(byte: number): ExtensionState {
  if (byte === CR) return "end";
  return byte === SEMICOLON ? "start" : "bad";
}

function isTokenByte(byte: number): boolean {
  return TOKEN_BYTES[byte] === 1;
}
