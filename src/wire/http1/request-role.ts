import { type Fault, FaultError, fault } from "../../core/fault.ts";
import { allWithin, CR, firstOutside, isSpace, LF, SP, TARGET_BYTES, TOKEN_BYTES } from "./characters.ts";
import { excerpt, nameByte } from "./excerpt.ts";
import { nameForeignStart } from "./foreign-start.ts";
import type { FieldProblem, HeadRole } from "./head-role.ts";
import { isFraming } from "./known-field.ts";
import { parseAuthority } from "./request-target.ts";
import { usualWord } from "./usual-words.ts";

/** RFC 9112 section 3. */
export interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly minor: 0 | 1;
}

/** How a request's head is read: strictly. No excerpt of target or values goes into a fault, as they may hold passwords. */
export const REQUEST_ROLE: HeadRole<RequestLine> = {
  skipsEmptyLine: true, // RFC 9112 2.2: at least one SHOULD be ignored, for clients that send CRLF after a body
  refusesSpaceInFraming: true,
  checkStart,
  parseStart: parseRequestLine,
  badStart: (reason) => fault("client.bad_request", `bad request line: ${reason}`),
  longStart: (limit) => fault("client.uri_too_long", `the request line is longer than ${limit} bytes`),
  longField: (name, _size, limit) =>
    tooLarge(name === "" ? `a field is larger than ${limit} bytes` : `the field ${excerpt(name)} is larger than ${limit} bytes`),
  largeHead: (_size, limit) => tooLarge(`the head is larger than ${limit} bytes`),
  manyFields: (limit) => tooLarge(`the head has more than ${limit} fields`),
  badField,
};

/** For what is wrong with a request beyond its syntax. */
export function badRequest(details: string): FaultError {
  return new FaultError(fault("client.bad_request", details));
}

/** For framing that another recipient could read in another way. */
export function smugglingSuspect(details: string): FaultError {
  return new FaultError(fault("client.smuggling_suspect", details));
}

/** Longer than any method, and too short for any limit. */
const START_BYTES = 24;

/** Tells at once what is no request; else binary bytes without an LF would have to wait for a timeout. */
function checkStart(bytes: Buffer, from: number, to: number): boolean {
  if (bytes[from] === CR && to - from === 1) return false;
  const end = Math.min(to, from + START_BYTES);
  for (let i = from; i < end; i++) {
    const byte = bytes[i] as number;
    if (TOKEN_BYTES[byte] === 1) continue;
    if (byte === SP && i > from) return true;
    if (byte === CR || byte === LF)
      throw i === from ? emptyLine(bytes.toString("latin1", from, end)) : badRequest("bad request line: no target");
    throw badRequest(`not an HTTP request: it begins with ${excerpt(bytes.toString("latin1", from, i + 1))}`);
  }
  return true;
}

/** Which protocol it is, may be told only where its first bytes came together. */
function emptyLine(text: string): FaultError {
  return badRequest(nameForeignStart(text) ?? "there is an empty line where a request should begin");
}

/** Looks at bytes rather than at characters: those of a line that is a part of a longer text cost three times as much. */
function parseRequestLine(line: string, bytes: Buffer, at: number): RequestLine {
  const methodEnd = line.indexOf(" ");
  const targetEnd = line.length - VERSION_LENGTH - 1;
  const minor = bytes[at + targetEnd] === SP ? readMinor(bytes, at + targetEnd + 1) : null;
  if (minor === null || methodEnd <= 0 || targetEnd <= methodEnd + 1) throw badLine(line);
  const isSound = allWithin(TOKEN_BYTES, bytes, at, at + methodEnd) && allWithin(TARGET_BYTES, bytes, at + methodEnd + 1, at + targetEnd);
  if (!isSound) throw badLine(line);
  const method = usualWord(bytes, at, at + methodEnd) ?? line.slice(0, methodEnd);
  const target = line.slice(methodEnd + 1, targetEnd);
  checkForm(method, target);
  return { method, target, minor };
}

const VERSION = Buffer.from("HTTP/1.", "latin1");
const VERSION_LENGTH = VERSION.length + 1;

/** The last digit of the version that stands at `at`; null: none of ours stands there. */
function readMinor(bytes: Buffer, at: number): 0 | 1 | null {
  for (let i = 0; i < VERSION.length; i++) if (bytes[at + i] !== VERSION[i]) return null;
  const minor = (bytes[at + VERSION.length] as number) - DIGIT_0;
  return minor === 0 || minor === 1 ? minor : null;
}

const DIGIT_0 = 0x30;

/** Says what is wrong with a line that is known to be bad. */
function badLine(line: string): FaultError {
  const foreign = nameForeignStart(line);
  if (foreign !== null) return badRequest(foreign);
  const methodEnd = firstOutside(TOKEN_BYTES, line);
  if (methodEnd === 0 || line.charCodeAt(methodEnd) !== SP) return badByte("the method is not a token", methodEnd, line);
  const target = line.slice(methodEnd + 1);
  const targetEnd = methodEnd + 1 + firstOutside(TARGET_BYTES, target);
  if (targetEnd === methodEnd + 1) return badByte("the target is missing", targetEnd, line);
  if (targetEnd === line.length) return badByte("no version follows the target", targetEnd, line);
  if (line.charCodeAt(targetEnd) !== SP) return badByte("a byte of the target is not allowed unless percent-encoded", targetEnd, line);
  if (isSpace(line.charCodeAt(targetEnd + 1))) return badByte("a second space stands before the version", targetEnd + 1, line);
  return badRequest("bad request line: the version is neither HTTP/1.1 nor HTTP/1.0");
}

function badByte(reason: string, at: number, line: string): FaultError {
  const what = at < line.length ? `${nameByte(line.charCodeAt(at))} at byte ${at}` : `it ends at byte ${at}`;
  return badRequest(`bad request line: ${reason} (${what})`);
}

/** RFC 9112 3.2: which of the four forms a method may use. What a scheme other than http and https is for is not decided here. */
function checkForm(method: string, target: string): void {
  if (method === "CONNECT") {
    if (parseAuthority(target) === null) throw badRequest("bad request line: CONNECT needs host:port as its target");
  } else if (target.charCodeAt(0) === SLASH || target.startsWith("http://") || target.startsWith("https://")) {
    return;
  } else if (target === "*") {
    if (method !== "OPTIONS") throw badRequest("bad request line: only OPTIONS may have the target *");
  } else if (!/^[a-z]+:\/\/./i.test(target)) {
    throw badRequest("bad request line: the target is neither a path nor a URL");
  }
}

const SLASH = 0x2f;

function badField({ reason, name, offset }: FieldProblem): Fault {
  const where = name === "" ? `at byte ${offset}` : `in the field ${excerpt(name)}, at byte ${offset}`;
  return fault(isFraming(name) ? "client.smuggling_suspect" : "client.bad_request", `${reason} (${where} of the head)`);
}

function tooLarge(details: string): Fault {
  return fault("client.header_too_large", details);
}
