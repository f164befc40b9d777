import { type Fault, FaultError, fault } from "../../core/fault.ts";
import type { Framing } from "../../core/message.ts";
import { isToken } from "./characters.ts";
import { excerpt } from "./excerpt.ts";
import type { ControlFields } from "./known-field.ts";
import { smugglingSuspect } from "./request-role.ts";

const NONE: Framing = { kind: "none" };
const CHUNKED: Framing = { kind: "chunked" };
const CLOSE: Framing = { kind: "close" };

/** How a request's body ends. The steps are those of RFC 9112 section 6.3, made stricter wherever two recipients could read them differently. */
export function requestFraming(method: string, minor: 0 | 1, control: ControlFields): Framing {
  const { contentLength, transferEncoding } = control;
  // Steps 1 and 2 are about responses. A CONNECT has no body (RFC 9110 9.3.6): bytes behind it are the tunnel's, whatever its fields claim.
  if (method === "CONNECT") return connectFraming(contentLength, transferEncoding);
  // 3. Both fields.
  if (transferEncoding !== null && contentLength !== null) throw smugglingSuspect("both Transfer-Encoding and Content-Length are there");
  // 4. Transfer-Encoding: chunked, once and alone, as nobody may send another coding that was not asked for. Never in HTTP/1.0 (section 6.1).
  if (transferEncoding !== null) {
    if (minor === 0) throw smugglingSuspect("Transfer-Encoding does not exist in HTTP/1.0");
    if (!isChunked(transferEncoding)) throw smugglingSuspect(`Transfer-Encoding is ${excerpt(transferEncoding)} and not chunked`);
    return CHUNKED;
  }
  // 7. Neither field: no body.
  if (contentLength === null) return NONE;
  // 5. and 6. A valid length, once.
  const length = parseLength(contentLength);
  if (length === null) throw smugglingSuspect(`Content-Length is ${excerpt(contentLength)} and not one plain number`);
  return { kind: "length", length };
}

function connectFraming(contentLength: string | null, transferEncoding: string | null): Framing {
  if (transferEncoding !== null || (contentLength !== null && parseLength(contentLength) !== 0)) {
    throw smugglingSuspect("a CONNECT request has no body, but a field announces one");
  }
  return NONE;
}

/** What decides how a response's body ends. */
export interface ResponseFacts {
  readonly requestMethod: string;
  readonly status: number;
  readonly minor: 0 | 1;
  readonly control: ControlFields;
  /** RFC 9112 6.3, step 5: equal lengths may be taken for one. */
  readonly repeatedLength: boolean;
}

/** How a response's body ends. The steps are those of RFC 9112 section 6.3. */
export function responseFraming({ requestMethod, status, minor, control, repeatedLength }: ResponseFacts): Framing {
  const { contentLength, transferEncoding } = control;
  // 2. A 2xx to CONNECT opens the tunnel; the fields are ignored.
  if (requestMethod === "CONNECT" && status >= 200 && status < 300) return NONE;
  // 3. and 5. come before 1., since a response without a body may state its length too, and we pass that on.
  if (transferEncoding !== null && contentLength !== null) throw badFraming("both Transfer-Encoding and Content-Length are there");
  const length = contentLength === null ? null : readLength(contentLength, repeatedLength);
  if (transferEncoding !== null) checkCoding(transferEncoding, minor);
  // 1. The answer to HEAD, 1xx, 204 and 304 end with their head.
  if (requestMethod === "HEAD" || status < 200 || status === 204 || status === 304) return NONE;
  // 4. Transfer-Encoding, by now chunked.
  if (transferEncoding !== null) return CHUNKED;
  // 6. A valid length.
  if (length !== null) return { kind: "length", length };
  // 8. Neither field: until the connection closes.
  return CLOSE;
}

/** A plain decimal number that a double holds exactly; null for anything else: signs, spaces, lists, hex. */
export function parseLength(text: string): number | null {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return null;
    length = length * 10 + digit;
    if (length > Number.MAX_SAFE_INTEGER) return null;
  }
  return text === "" ? null : length;
}

function readLength(text: string, repeatedLength: boolean): number {
  const length = parseLength(text);
  if (length !== null) return length;
  const [first, ...others] = text.split(",").map((item) => parseLength(item.trim()));
  if (first === undefined || first === null || others.some((other) => other !== first)) {
    throw badFraming(`Content-Length is ${excerpt(text)} and not one number`);
  }
  if (!repeatedLength) throw badFraming(`Content-Length is there more than once: ${excerpt(text)}`);
  return first;
}

function checkCoding(text: string, minor: 0 | 1): void {
  if (minor === 0) throw badFraming("Transfer-Encoding does not exist in HTTP/1.0");
  if (isChunked(text)) return;
  const codings = text.split(",").map((coding) => coding.trim().toLowerCase());
  const coding = codings.find((name) => name !== "chunked") ?? "chunked";
  if (coding === "") throw badFraming(`Transfer-Encoding is ${excerpt(text)}`);
  const details = `Transfer-Encoding is ${excerpt(text)} and not chunked`;
  throw new FaultError(fault("head.bad_transfer_coding", details, { params: isToken(coding) ? { coding } : {} }));
}

function isChunked(text: string): boolean {
  return text === "chunked" || text.toLowerCase() === "chunked";
}

function badFraming(details: string): FaultError {
  const value: Fault = fault("head.bad_framing", details);
  return new FaultError(value);
}
