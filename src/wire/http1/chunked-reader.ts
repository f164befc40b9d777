import { FaultError, fault } from "../../core/fault.ts";
import type { RawFields } from "../../core/message.ts";
import type { MessageLimits } from "../../core/settings.ts";
import { CR, isSpace, LF } from "./characters.ts";
import { EXTENSION_START, type ExtensionState, stepExtension } from "./chunk-extension.ts";
import { excerpt, nameByte } from "./excerpt.ts";
import { TrailerReader } from "./trailer-reader.ts";

type State = "size" | "extension" | "size-lf" | "data" | "data-cr" | "data-lf" | "trailers" | "done";

/** Reads a chunked body (RFC 9112 7.1) strictly: hex digits and nothing around them, CRLF, well-formed extensions, which are dropped. */
export class ChunkedReader {
  readonly #limits: MessageLimits;
  readonly #side: "request" | "response";
  #state: State = "size";
  #extension: ExtensionState = EXTENSION_START;
  #extensionBytes = 0;
  /** Of the current chunk: its size while that is read, then what is left of it. */
  #size = 0;
  #digits = 0;
  #trailerReader: TrailerReader | null = null;
  #trailers: RawFields | null = null;
  /** Bytes of the body, coding included, in earlier calls. */
  #seen = 0;

  constructor(limits: MessageLimits, side: "request" | "response") {
    this.#limits = limits;
    this.#side = side;
  }

  get done(): boolean {
    return this.#state === "done";
  }

  get trailers(): RawFields | null {
    return this.#trailers;
  }

  /** Reads chunk[from…]; hands payload on as parts of it; the index behind what is this body's. Throws FaultError. */
  read(chunk: Buffer, from: number, sink: (slice: Buffer) => void): number {
    let at = from;
    while (at < chunk.length && this.#state !== "done") {
      if (this.#state === "data") at = this.#passData(chunk, at, sink);
      else if (this.#state === "trailers") at = this.#readTrailers(chunk, at);
      else this.#step(chunk, at++, from);
    }
    this.#seen += at - from;
    return at;
  }

  #passData(chunk: Buffer, at: number, sink: (slice: Buffer) => void): number {
    const end = Math.min(chunk.length, at + this.#size);
    this.#size -= end - at;
    if (this.#size === 0) this.#state = "data-cr";
    sink(chunk.subarray(at, end));
    return end;
  }

  #readTrailers(chunk: Buffer, at: number): number {
    if (this.#trailerReader === null) {
      if (chunk[at] === CR && chunk[at + 1] === LF) {
        this.#state = "done";
        return at + 2;
      }
      this.#trailerReader = new TrailerReader(this.#limits, this.#side);
    }
    const end = this.#trailerReader.push(chunk, at);
    if (end < 0) return chunk.length;
    this.#trailers = this.#trailerReader.take();
    this.#state = "done";
    return end;
  }

  /** One byte of the coding around the data. */
  #step(chunk: Buffer, at: number, from: number): void {
    const byte = chunk[at] as number;
    const bad = (reason: string, suspect = false): FaultError =>
      this.#problem(`${reason}, at byte ${this.#seen + at - from} of the body`, suspect);
    switch (this.#state) {
      case "size":
        this.#stepSize(byte, bad);
        break;
      case "extension":
        this.#stepExtension(byte, bad);
        break;
      case "size-lf":
        if (byte !== LF) throw bad(`${nameByte(byte)} follows the CR of a chunk's size`, true);
        this.#state = this.#size === 0 ? "trailers" : "data";
        this.#digits = 0;
        break;
      case "data-cr":
        if (byte !== CR)
          throw bad(`a chunk's data is not followed by CRLF but by ${excerpt(chunk.toString("latin1", at, at + 33), 32)}`, byte === LF);
        this.#state = "data-lf";
        break;
      default:
        if (byte !== LF) throw bad(`${nameByte(byte)} follows the CR behind a chunk's data`, true);
        this.#state = "size";
        this.#size = 0;
    }
  }

  #stepSize(byte: number, bad: (reason: string, suspect?: boolean) => FaultError): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#size = this.#size * 16 + digit;
      this.#digits++;
      if (this.#digits > 16 || this.#size > Number.MAX_SAFE_INTEGER) throw bad("a chunk's size is too large a number", true);
    } else if (this.#digits === 0) {
      throw bad(`a chunk's size begins with ${nameByte(byte)}`, isTrick(byte));
    } else if (byte === CR) {
      this.#state = "size-lf";
    } else if (byte === SEMICOLON) {
      this.#state = "extension";
      this.#extension = EXTENSION_START;
      this.#countExtension();
    } else {
      throw bad(`a chunk's size holds ${nameByte(byte)}`, isTrick(byte));
    }
  }

  #stepExtension(byte: number, bad: (reason: string, suspect?: boolean) => FaultError): void {
    this.#extension = stepExtension(this.#extension, byte);
    if (this.#extension === "bad") throw bad(`a chunk's extension holds ${nameByte(byte)}`, isTrick(byte));
    if (this.#extension === "end") this.#state = "size-lf";
    else this.#countExtension();
  }

  #countExtension(): void {
    const limit = this.#limits.chunkExtensionBytes;
    if (++this.#extensionBytes > limit) throw this.#problem(`chunk extensions are larger than ${limit} bytes in all`, false);
  }

  #problem(details: string, suspect: boolean): FaultError {
    if (this.#side === "response") return new FaultError(fault("body.bad_chunk", details, { params: { coding: "chunked" } }));
    return new FaultError(fault(suspect ? "client.smuggling_suspect" : "client.bad_request", `bad chunked body: ${details}`));
  }
}

const SEMICOLON = 0x3b;

/** Bytes that other recipients may skip, take for an end of line, or for part of a number. */
function isTrick(byte: number): boolean {
  return byte === LF || byte === CR || isSpace(byte) || "+-_xX\0".includes(String.fromCharCode(byte));
}

/** The digit's value, -1 where it is none. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}
