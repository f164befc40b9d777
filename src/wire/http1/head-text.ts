import { FaultError, fault } from "../../core/fault.ts";
import type { Framing } from "../../core/message.ts";
import type { KnownField } from "./known-field.ts";

/**
 * A head or trailer section in the making. Nothing that is added can break out of its line, whatever it was taken from: `end` throws FaultError
 * gateway.internal_error where any part holds CR, LF or NUL. All parts are searched at once, which is much cheaper than one by one.
 */
export class HeadText {
  #lines: string;
  #parts: string;

  constructor(startLine: string) {
    this.#lines = `${startLine}\r\n`;
    this.#parts = startLine;
  }

  add(name: string, value: string): void {
    this.#lines += `${name}: ${value}\r\n`;
    this.#parts += name + value;
  }

  /** Adds a value of our own unless it is null, which it is from then on: each stands once. */
  addOnce(name: string, value: string | null): null {
    if (value !== null) this.add(name, value);
    return null;
  }

  /** The whole text, with the empty line. */
  end(): string {
    if (/[\r\n\0]/.test(this.#parts)) throw internalError("a head to write holds CR, LF or NUL within a line");
    return `${this.#lines}\r\n`;
  }
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
