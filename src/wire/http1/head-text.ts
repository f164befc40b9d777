import { FaultError, fault } from "../../core/fault.ts";
import type { Framing } from "../../core/message.ts";
import type { KnownField } from "./known-field.ts";

/**
 * A head or trailer section in the making. Nothing that is added can break out of its line, whatever it was taken from: FaultError
 * gateway.internal_error is thrown where any part holds CR, LF, NUL or what is not latin1. Fields that pass unchanged may come as the lines
 * that a `HeadReader` has read, which is much cheaper than to write them again: runs of them are copied whole.
 */
export class HeadText {
  #text: string;
  readonly #lines: string | null;
  /** Within `#lines`: what passes and is not in the text yet, and how far the fields have been told. */
  #from = 0;
  #to = 0;

  /**
   * @param start of `checked` parts: a request line, a `statusLine`, or, before trailers, `LAST_CHUNK_LINE`
   * @param lines as the reader of the fields gives them, with a line for each field; each is passed or left out, in order. Null: there are none.
   */
  constructor(start: StartLine, lines: string | null) {
    this.#text = start;
    this.#lines = lines;
  }

  /** The next field of those that came goes on as it is. */
  pass(name: string, value: string): void {
    if (this.#lines === null) this.add(name, value);
    else this.#to += lineLength(name, value);
  }

  /** The next field of those that came does not. */
  leaveOut(name: string, value: string): void {
    if (this.#lines === null) return;
    this.#copyLines(this.#lines);
    this.#to += lineLength(name, value);
    this.#from = this.#to;
  }

  add(name: string, value: string): void {
    if (this.#lines !== null) this.#copyLines(this.#lines);
    this.#text += `${checked(name)}: ${checked(value)}\r\n`;
  }

  /** Adds a value of our own unless it is null, which it is from then on: each stands once. */
  addOnce(name: string, value: string | null): null {
    if (value !== null) this.add(name, value);
    return null;
  }

  /** The whole text, with the empty line. */
  end(): string {
    if (this.#lines !== null) {
      this.#copyLines(this.#lines);
      if (this.#to !== this.#lines.length) throw internalError("the lines of a head to write are not those of its fields");
    }
    return `${this.#text}\r\n`;
  }

  #copyLines(lines: string): void {
    if (this.#from < this.#to) this.#text += lines.slice(this.#from, this.#to);
    this.#from = this.#to;
  }
}

/** A first line that nothing breaks out of, with its end. */
export type StartLine = string & { readonly [sound]: true };
declare const sound: unique symbol;

/** @param status of three digits */
export function statusLine(status: number, reason: string): StartLine {
  if (status !== latest.status || reason !== latest.reason)
    latest = { status, reason, line: `HTTP/1.1 ${status} ${checked(reason)}\r\n` as StartLine };
  return latest.line;
}

/** RFC 9112 7.1: trailers follow it. */
export const LAST_CHUNK_LINE: StartLine = "0\r\n" as StartLine;

/** Mostly the next answer begins like the one before. */
let latest: { readonly status: number; readonly reason: string; readonly line: StartLine } = {
  status: 0,
  reason: "",
  line: "" as StartLine,
};

function lineLength(name: string, value: string): number {
  return name.length + value.length + 4; // ": " and CRLF
}

/** As latin1, U+010A would be written as LF. */
const BREAKS = /[\0\r\n\u0100-\uffff]/;

/** The same text, which stays in its line. Throws FaultError where it would not. */
export function checked(part: string): string {
  if (BREAKS.test(part)) throw internalError("a head to write holds CR, LF, NUL or no latin1 within a line");
  return part;
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
