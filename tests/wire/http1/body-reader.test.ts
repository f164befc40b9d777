import assert from "node:assert/strict";
import test from "node:test";
import type { FaultId } from "../../../src/core/fault.ts";
import type { Framing } from "../../../src/core/message.ts";
import { BodyReader } from "../../../src/wire/http1/body-reader.ts";
import { bytes, LIMITS, readRequests, readResponse } from "./codec.ts";

const ignore = (): void => {};

function readerOf(framing: Framing): BodyReader {
  return new BodyReader(framing, LIMITS, "response");
}

test("hands out payload as parts of the chunk, without copies", () => {
  const reader = readerOf({ kind: "length", length: 3 });
  const chunk = bytes("..abcde");
  const slices: Buffer[] = [];
  assert.equal(
    reader.read(chunk, 2, (slice) => slices.push(slice)),
    5,
  );
  chunk.fill("z");
  assert.deepEqual([slices.map(String), reader.done], [["zzz"], true]);
});

test("is done at once where there is no body, and then takes nothing more", () => {
  for (const framing of [{ kind: "none" }, { kind: "length", length: 0 }] as const) {
    const reader = readerOf(framing);
    assert.equal(reader.done, true);
    assert.equal(
      reader.read(bytes("next"), 0, () => assert.fail()),
      0,
    );
    assert.equal(reader.finish(), true);
  }
});

test("reads until close, which only FIN completes", () => {
  const reader = readerOf({ kind: "close" });
  assert.equal(reader.read(bytes("abc"), 0, ignore), 3);
  assert.equal(reader.done, false);
  assert.equal(reader.finish(), true);
  assert.equal(reader.done, true);
});

test("takes FIN before a length is reached for a body that was cut off", () => {
  const reader = readerOf({ kind: "length", length: 3 });
  reader.read(bytes("ab"), 0, ignore);
  assert.equal(reader.finish(), false);
});

test("reads chunks, drops their extensions, and hands over trailers", () => {
  const reader = readerOf({ kind: "chunked" });
  const slices: string[] = [];
  const whole = bytes('3\r\nabc\r\n0A;x;y=z;q="a\\";b"\r\n0123456789\r\n000\r\nX-A: 1\r\nx-a: 2\r\n\r\nnext');
  const end = reader.read(whole, 0, (slice) => slices.push(String(slice)));
  assert.deepEqual([slices, whole.subarray(end).toString(), reader.done], [["abc", "0123456789"], "next", true]);
  assert.deepEqual(reader.trailers, ["X-A", "1", "x-a", "2"]);
});

test("has no trailers where the section is empty, and empty ones where it holds only fields that have no business in it", () => {
  for (const [section, trailers] of [
    ["", null],
    ["Set-Cookie: a=b\r\nHost: x\r\nAuthorization: y\r\n", []],
  ] as const) {
    const reader = readerOf({ kind: "chunked" });
    reader.read(bytes(`0\r\n${section}\r\n`), 0, ignore);
    assert.deepEqual([reader.done, reader.trailers], [true, trailers]);
  }
});

function requestFault(body: string): FaultId | null {
  return readRequests([bytes(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}`)]).fault?.id ?? null;
}

function responseFault(body: string): FaultId | null {
  return readResponse([bytes(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`)]).fault?.id ?? null;
}

const BAD_CHUNKS: Readonly<Record<string, readonly [fault: FaultId, body: string]>> = {
  "a size that is no number": ["client.bad_request", "g\r\n"],
  "no size": ["client.smuggling_suspect", "\r\nabc\r\n"],
  "a size with a sign": ["client.smuggling_suspect", "+5\r\nabcde\r\n"],
  "a negative size": ["client.smuggling_suspect", "-5\r\nabcde\r\n"],
  "a size with 0x before it": ["client.smuggling_suspect", "0x5\r\nabcde\r\n"],
  "a size with an underscore": ["client.smuggling_suspect", "1_0\r\nabcde\r\n"],
  "a space before its size": ["client.smuggling_suspect", " 5\r\nabcde\r\n"],
  "a space behind its size": ["client.smuggling_suspect", "5 \r\nabcde\r\n"],
  "a space before an extension": ["client.smuggling_suspect", "5 ;a\r\nabcde\r\n"],
  "a size that overflows 64 bits": ["client.smuggling_suspect", "10000000000000005\r\nabcde\r\n"],
  "a size beyond what can be counted": ["client.smuggling_suspect", "20000000000000\r\nabcde\r\n"],
  "zeros without end before its size": ["client.smuggling_suspect", `${"0".repeat(30)}5\r\nabcde\r\n`],
  "LF alone behind its size": ["client.smuggling_suspect", "5\nabcde\r\n"],
  "CR alone behind its size": ["client.smuggling_suspect", "5\rabcde\r\n"],
  "LF alone behind its data": ["client.smuggling_suspect", "5\r\nabcde\n0\r\n\r\n"],
  "more data than its size": ["client.bad_request", "5\r\nabcdef\r\n0\r\n\r\n"],
  "an extension without a name": ["client.smuggling_suspect", "5;\r\nabcde\r\n"],
  "an extension without a value": ["client.smuggling_suspect", "5;a=\r\nabcde\r\n"],
  "LF alone in an extension": ["client.smuggling_suspect", "5;a\nabcde\r\n"],
  "LF in a quoted extension": ["client.smuggling_suspect", '5;a="\n"\r\nabcde\r\n'],
  "an extension that is no token": ["client.bad_request", "5;a@b\r\nabcde\r\n"],
};
for (const [what, [fault, body]] of Object.entries(BAD_CHUNKS)) {
  test(`refuses a chunk with ${what}`, () => {
    assert.equal(requestFault(body), fault);
    assert.equal(responseFault(body), "body.bad_chunk");
  });
}

test("limits chunk extensions over all chunks of a body", () => {
  const half = ";".padEnd(LIMITS.chunkExtensionBytes / 2, "x");
  const body = `1${half}\r\na\r\n1${half}\r\na\r\n`;
  assert.equal(responseFault(`${body}0\r\n\r\n`), null);
  assert.equal(responseFault(`${body}0;x\r\n\r\n`), "body.bad_chunk");
  assert.equal(requestFault(`${body}0;x\r\n\r\n`), "client.bad_request");
});

test("limits the trailer section, its fields' size and their number", () => {
  const tooMuch = [
    `A: ${"x".repeat(LIMITS.trailerBytes)}\r\n`,
    `A: ${"x".repeat(LIMITS.trailerBytes / 2)}\r\n`.repeat(2),
    "A: x\r\n".repeat(LIMITS.fields + 1),
  ];
  for (const section of tooMuch) {
    assert.equal(responseFault(`0\r\n${section}\r\n`), "trailers.too_large");
    assert.equal(requestFault(`0\r\n${section}\r\n`), "client.bad_request");
  }
});

test("refuses trailers that are malformed, and framing fields among them", () => {
  for (const section of ["A: x\n", "A : x\r\n", "A: x\r\n y\r\n", "A\r\n", ": x\r\n", "A: \0\r\n"]) {
    assert.equal(responseFault(`0\r\n${section}\r\n`), "trailers.invalid");
    assert.equal(requestFault(`0\r\n${section}\r\n`), "client.bad_request");
  }
  for (const section of ["Content-Length: 1\r\n", "transfer-encoding: chunked\r\n"]) {
    assert.equal(responseFault(`0\r\n${section}\r\n`), "trailers.invalid");
    assert.equal(requestFault(`0\r\n${section}\r\n`), "client.smuggling_suspect");
  }
});

test("says where in the body a chunk is broken, and quotes it", () => {
  const { fault } = readResponse([bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n"), bytes("abcOops, a log line\r\n")]);
  assert.equal(fault?.details, "a chunk's data is not followed by CRLF but by 'Oops, a log line\\r\\n', at byte 6 of the body");
  assert.deepEqual(fault?.params, { coding: "chunked" });
});
