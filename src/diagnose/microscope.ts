import { type Fault, FaultError, type FaultId } from "../core/fault.ts";
import type { MessageLimits, ResponseTolerances } from "../core/settings.ts";
import { BodyReader } from "../wire/http1/body-reader.ts";
import { ResponseParser } from "../wire/http1/response-parser.ts";
import type { TestResult } from "./question.ts";

/** Bytes of a line of the dump. */
const LINE_BYTES = 16;
/** Lines before the offending one. */
const LINES_BEFORE = 2;

/** As loose as a reader can be told to be. */
const LOOSE: ResponseTolerances = { bareLf: true, obsFold: true, spaceBeforeColon: true, repeatedLength: true, missingReason: true };
const STRICT: ResponseTolerances = { bareLf: false, obsFold: false, spaceBeforeColon: false, repeatedLength: false, missingReason: false };

/** Where an answer stops to be HTTP: a dump with a caret below the byte. Null: it parses, or nothing was kept of it. */
export function lookAtBytes({ raw, attributed, spec }: TestResult, limits: MessageLimits): readonly string[] | null {
  if (raw === null || attributed === null) return null;
  const at = offenceIn(raw.bytes, spec.method, limits, STRICT);
  if (at === null) return null;
  const start = Math.max(0, Math.floor(at / LINE_BYTES) - LINES_BEFORE) * LINE_BYTES;
  const end = Math.min(raw.shown.length, (Math.floor(at / LINE_BYTES) + 1) * LINE_BYTES);
  const lines: string[] = [];
  for (let from = start; from < end; from += LINE_BYTES)
    lines.push(dumpLine(raw.shown.subarray(from, Math.min(end, from + LINE_BYTES)), from));
  const caret = `${" ".repeat(OFFSET_CHARS + 2 + (at % LINE_BYTES) * BYTE_CHARS)}^^ byte ${at}: ${attributed.fault.details} (${clauseOf(attributed.fault.id)})`;
  const tolerated = offenceIn(raw.bytes, spec.method, limits, LOOSE) === null;
  const last = tolerated
    ? "a tolerance of this gateway would have accepted it (tolerances)"
    : "no tolerance of this gateway would have accepted it";
  return [...lines, caret, last];
}

const OFFSET_CHARS = 6;
const BYTE_CHARS = 3;

/** The first byte with which the parser gives up; null: it does not. */
function offenceIn(raw: Buffer, method: string, limits: MessageLimits, tolerances: ResponseTolerances): number | null {
  const parser = new ResponseParser(limits, tolerances);
  let body: BodyReader | null = null;
  for (let at = 0; at < raw.length; at++) {
    const byte = raw.subarray(at, at + 1);
    try {
      if (body !== null) {
        body.read(byte, 0, () => {});
        if (body.done) return null;
      } else {
        const head = parser.push(byte, method);
        if (head !== null && (head.status >= 200 || head.status === 101)) body = new BodyReader(head.framing, limits, "response");
      }
    } catch (thrown) {
      if (!(thrown instanceof FaultError)) throw thrown;
      return placeIn(thrown.fault, raw, at);
    }
  }
  return null;
}

/** A line is read as soon as it is whole, and what frames once the head is: which byte it was, the parser says, or the field's place. */
function placeIn({ id, details }: Fault, raw: Buffer, at: number): number {
  const place = Number(/at byte (\d+) of the head/.exec(details)?.[1] ?? (isOfFraming(id) ? lastFramingField(raw, at) : at));
  return Math.min(place, at);
}

function isOfFraming(id: FaultId): boolean {
  return id === "head.bad_framing" || id === "head.bad_transfer_coding";
}

/** Where the field begins that contradicts those before it. */
function lastFramingField(raw: Buffer, end: number): number {
  const fields = [...raw.toString("latin1", 0, end).matchAll(/^(?:content-length|transfer-encoding)[ \t]*:/gim)];
  return fields.at(-1)?.index ?? end;
}

function dumpLine(bytes: Buffer, offset: number): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const text = bytes.toString("latin1").replace(/[^\x20-\x7e]/g, ".");
  return `${offset.toString(16).padStart(OFFSET_CHARS, "0")}  ${hex.padEnd(LINE_BYTES * BYTE_CHARS)} ${text}`;
}

function clauseOf(id: FaultId): string {
  if (id.startsWith("body.")) return "RFC 9112, 6 and 7";
  if (isOfFraming(id)) return "RFC 9112, 6.1 to 6.3: what frames a body";
  return id === "head.not_http" || id === "head.bad_status_line" ? "RFC 9112, 4: a status line" : "RFC 9112, 5: fields";
}
