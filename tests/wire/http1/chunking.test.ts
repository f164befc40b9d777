import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { MessageLimits } from "../../../src/core/settings.ts";
import { byteByByte, cutAt, LIMITS, type Reading, readRequests, readResponse, TOLERANT } from "./codec.ts";
import { nearRequests, nearResponse } from "./near-valid.ts";

const RUNS = { numRuns: 300 };
const cuts = fc.array(fc.nat(), { maxLength: 4 });
/** Small enough to be met by small messages, each on its own and several at once. */
const tightLimits: fc.Arbitrary<MessageLimits> = fc.record({
  lineBytes: fc.integer({ min: 30, max: 60 }),
  fieldBytes: fc.integer({ min: 5, max: 60 }),
  headBytes: fc.integer({ min: 60, max: 200 }),
  fields: fc.integer({ min: 1, max: 8 }),
  chunkExtensionBytes: fc.integer({ min: 0, max: 8 }),
  trailerBytes: fc.integer({ min: 2, max: 20 }),
  interimResponses: fc.constant(1),
});
const limits = fc.oneof(fc.constant(LIMITS), tightLimits);
const tolerances = fc.oneof(fc.constant(TOLERANT), fc.constant({ ...TOLERANT, bareLf: true }));

/** What must not depend on how the bytes were cut: all but the evidence, which grows with the bytes that are there. */
function essence(reading: Reading<unknown>): unknown {
  const { messages, fault, rest } = reading;
  return { messages, fault: fault?.id ?? null, rest: fault === null ? rest : null };
}

test("a client's bytes give the same requests or the same fault, however they are cut", () => {
  fc.assert(
    fc.property(nearRequests, cuts, limits, (whole, at, used) => {
      const expected = essence(readRequests([whole], used));
      assert.deepEqual(essence(readRequests(cutAt(whole, at), used)), expected);
      assert.deepEqual(essence(readRequests(byteByByte(whole), used)), expected);
    }),
    RUNS,
  );
});

test("a hop's bytes give the same response or the same fault, however they are cut", () => {
  fc.assert(
    fc.property(nearResponse, cuts, limits, tolerances, (whole, at, used, tolerated) => {
      const options = { limits: used, tolerances: tolerated };
      const expected = essence(readResponse([whole], options));
      assert.deepEqual(essence(readResponse(cutAt(whole, at), options)), expected);
      assert.deepEqual(essence(readResponse(byteByByte(whole), options)), expected);
    }),
    RUNS,
  );
});

test("arbitrary bytes throw nothing but faults, and no more of an unfinished head is kept than its limit", () => {
  const prefix = fc.constantFrom(
    "",
    "GET http://example.com/ HTTP/1.1\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
  );
  const statusLine = fc.constantFrom(
    "",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\r\n",
  );
  const strange = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ min: 30, max: 60, maxLength: 300 }));
  const small = { ...LIMITS, lineBytes: 100, fieldBytes: 80, headBytes: 200 };
  fc.assert(
    fc.property(prefix, statusLine, strange, cuts, (requestStart, responseStart, bytes, at) => {
      const requests = readRequests(cutAt(Buffer.concat([Buffer.from(requestStart), bytes]), at), small);
      const response = readResponse(cutAt(Buffer.concat([Buffer.from(responseStart), bytes]), at), { limits: small });
      assert.ok(requests.mostBuffered <= small.headBytes && response.mostBuffered <= small.headBytes);
    }),
    RUNS,
  );
});

test("a line that never ends is refused at its limit", () => {
  for (const filler of ["a", "a: ", ": ", " "]) {
    const endless = Array.from({ length: 100 }, () => Buffer.from(filler.repeat(100)));
    assert.equal(readRequests([Buffer.from("GET / HTTP/1.1\r\nX: y\r\n"), ...endless]).fault?.id, "client.header_too_large");
    const response = readResponse([Buffer.from("HTTP/1.1 200 OK\r\nX: y\r\n"), ...endless]);
    assert.equal(response.fault?.id, "head.field_too_large");
    assert.ok(response.mostBuffered <= LIMITS.headBytes);
  }
});
