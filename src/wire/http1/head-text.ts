import { FaultError, fault } from "../../core/fault.ts";
import type { Framing } from "../../core/message.ts";
import type { KnownField } from "./known-field.ts";

/**
 * A head or trailer section in the making. Nothing that is added can break out of its line, whatever it was taken from: `end` throws FaultError
 * gateway.internal_error where any part holds CR, LF, NUL or what is not latin1. That is found by counting line ends at the end, which is much cheaper than to search
 * each part.
 */
export class HeadText {
  #text: string;
  #lines = 1;

  constructor(startLine: string) {
    this.#text = `${startLine}\r\n`;
  }

  add(name: string, value: string): void {
    this.#text += `${name}: ${value}\r\n`;
    this.#lines++;
  }

  /** Adds a value of our own unless it is null, which it is from then on: each stands once. */
  addOnce(name: string, value: string | null): null {
    if (value !== null) this.add(name, value);
    return null;
  }

  /** The whole text, with the empty line. */
  end(): string {
    const text = `${this.#text}\r\n`;
    const lineEnds = this.#lines + 1;
    const breaks = text.includes("\0") || count(text, "\r") !== lineEnds || count(text, "\n") !== lineEnds;
    if (breaks || BEYOND_LATIN1.test(text)) throw internalError("a head to write holds CR, LF, NUL or no latin1 within a line");
    return text;
  }
}

/** As latin1, U+010A would be written as LF. */
const BEYOND_LATIN1 = /[\u0100-\uffff]/;

function count(text: string, character: string): number {
  let found = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) found++;
  return found;
}

/** For what only a bug of ours can ask a writer to write. */
export function internalError(details: string): FaultError {
  return new FaultError(fault("gateway.internal_error", details));
}

/** The field that states a framing; null where none does. */
export interface FramingField {
  readonly known: KnownField;
  readonly name: string;
  readonly value: string;
}

export function framingField(framing: Framing): FramingField | null {
  if (framing.kind === "chunked") return CHUNKED;
  if (framing.kind === "length") return { known: "content-length", name: "Content-Length", value: String(framing.length) };
  return null;
}

const CHUNKED: FramingField = { known: "transfer-encoding", name: "Transfer-Encoding", value: "chunked" };
