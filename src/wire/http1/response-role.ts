import { type Fault, FaultError, fault } from "../../core/fault.ts";
import type { RawFields } from "../../core/message.ts";
import { adviseScheme, describeBytes, mayBeProtocol, recogniseProtocol } from "../first-bytes.ts";
import { allWithin, CR, firstOutside, LF, SP, VALUE_BYTES } from "./characters.ts";
import { excerpt, isSecretField, nameByte } from "./excerpt.ts";
import type { FieldProblem, HeadRole } from "./head-role.ts";

/** RFC 9112 section 4. */
export interface StatusLine {
  readonly status: number;
  readonly reason: string;
  readonly minor: 0 | 1;
  /** Not even the space before the reason phrase was there. */
  readonly missingReason: boolean;
}

/** How a response's head is read: what is wrong with it is said with as much evidence as a fault may hold. */
export const RESPONSE_ROLE: HeadRole<StatusLine> = {
  skipsEmptyLine: false,
  refusesSpaceInFraming: false,
  checkStart,
  parseStart: parseStatusLine,
  badStart: (reason) => fault("head.bad_status_line", `bad status line: ${reason}`),
  longStart: (limit) => fault("head.bad_status_line", `bad status line: longer than ${limit} bytes`),
  longField,
  largeHead,
  manyFields: (limit) => fault("head.too_many_fields", `the response has more than ${limit} fields`),
  badField,
};

const PREFIX = Buffer.from("HTTP/", "latin1");

function checkStart(bytes: Buffer, from: number, to: number): boolean {
  const end = Math.min(to - from, PREFIX.length);
  for (let i = 0; i < end; i++) {
    if (bytes[from + i] !== PREFIX[i]) return judgeStrange(bytes.subarray(from, to));
  }
  return true;
}

/** False where the bytes may yet turn out to be a protocol that we can name. */
function judgeStrange(first: Buffer): false {
  if (first[0] === CR || first[0] === LF) throw badStatusLine("an empty line stands before it");
  const protocol = recogniseProtocol(first);
  if (protocol === null && !first.includes(LF) && !first.includes(CR) && mayBeProtocol(first)) return false;
  const seen = `the answer begins with ${describeBytes(first)}`;
  // A port that speaks another protocol does what it should: whoever told us to speak HTTP to it was wrong.
  const known = protocol !== null && protocol !== "http";
  throw new FaultError(
    known ? fault("head.not_http", `${adviseScheme(protocol)} (${seen})`, { culprit: "gateway" }) : fault("head.not_http", seen),
  );
}

/** Looks at bytes rather than at characters: those of a line that is a part of a longer text cost three times as much. */
function parseStatusLine(line: string, bytes: Buffer, at: number): StatusLine {
  const minor = (bytes[at + 7] as number) - DIGIT_0;
  const isOurs = bytes[at + 5] === DIGIT_0 + 1 && bytes[at + 6] === DOT; // checkStart has seen to what stands before
  if (!isOurs || (minor !== 0 && minor !== 1)) throw badStatusLine("the version is neither HTTP/1.1 nor HTTP/1.0", line);
  const status = readStatus(bytes, at + 9);
  if (bytes[at + 8] !== SP || status < 100) throw badStatusLine("the status is not a number of three digits from 100 on", line);
  const missingReason = line.length === 12;
  if (!missingReason && bytes[at + 12] !== SP) throw badStatusLine("no space follows the status", line);
  if (!allWithin(VALUE_BYTES, bytes, at + 12, at + line.length)) throw badReason(line);
  return { status, reason: line.slice(13), minor, missingReason };
}

const DIGIT_0 = 0x30;
const DOT = 0x2e;

function badReason(line: string): FaultError {
  const at = firstOutside(VALUE_BYTES, line, 12);
  return badStatusLine(`the reason phrase holds ${nameByte(line.charCodeAt(at))} at byte ${at}`, line);
}

/** The three digits at `at`; 0 where they are not that. */
function readStatus(bytes: Buffer, at: number): number {
  let status = 0;
  for (let i = at; i < at + 3; i++) {
    const digit = (bytes[i] as number) - DIGIT_0;
    if (!(digit >= 0 && digit <= 9)) return 0;
    status = status * 10 + digit;
  }
  return status;
}

function badStatusLine(reason: string, line: string | null = null): FaultError {
  return new FaultError(RESPONSE_ROLE.badStart(line === null ? reason : `${reason}: ${excerpt(line)}`));
}

function badField({ reason, name, offset, line }: FieldProblem): Fault {
  const where = name === "" ? `at byte ${offset}` : `in the field ${excerpt(name)}, at byte ${offset}`;
  const quoted = isSecretField(line) ? "" : `: ${excerpt(line)}`;
  return fault("head.bad_field", `${reason} (${where} of the head)${quoted}`);
}

function longField(name: string, size: number, limit: number): Fault {
  const details = `${name === "" ? "a field" : `the field ${excerpt(name)}`} is larger than ${limit} bytes`;
  return fault("head.field_too_large", details, { params: { ...(name === "" ? {} : { "header-name": name }), "header-size": size } });
}

function largeHead(size: number, limit: number, fields: RawFields): Fault {
  let largest = 0;
  for (let i = 2; i < fields.length; i += 2) if (sizeOf(fields, i) > sizeOf(fields, largest)) largest = i;
  const blame =
    fields.length === 0 ? "" : `; its largest field is ${excerpt(fields[largest] as string)} with ${sizeOf(fields, largest)} bytes`;
  return fault("head.too_large", `the head is larger than ${limit} bytes${blame}`, { params: { "header-section-size": size } });
}

function sizeOf(fields: RawFields, at: number): number {
  return (fields[at] as string).length + (fields[at + 1] as string).length;
}
