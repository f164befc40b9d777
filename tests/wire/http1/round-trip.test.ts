import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { Framing } from "../../../src/core/message.ts";
import { chunkHead, LAST_CHUNK, writeTrailers } from "../../../src/wire/http1/chunk-writer.ts";
import { writeRequestHead } from "../../../src/wire/http1/request-writer.ts";
import { writeResponseHead } from "../../../src/wire/http1/response-writer.ts";
import { bytes, cutAt, LIMITS, readRequests, readResponse } from "./codec.ts";

const RUNS = { numRuns: 200 };
const cuts = fc.array(fc.nat(), { maxLength: 4 });
const name = fc.stringMatching(/^X-[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
const value = fc.stringMatching(/^([\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]{0,20}[\x21-\x7e\x80-\xff])?)?$/);
const fields = fc.array(fc.tuple(name, value), { maxLength: 8 }).map((pairs) => pairs.flat());
const slices = fc.array(fc.stringMatching(/^[\0-\xff]{1,20}$/), { maxLength: 4 });
const trailers = fc.oneof(fc.constant([]), fields);

/** A framing, and the body as it goes on the wire. */
function encode(parts: readonly string[], chunked: boolean, end: readonly string[]): { framing: Framing; wire: string } {
  const body = parts.join("");
  if (!chunked) return { framing: { kind: "length", length: body.length }, wire: body };
  const wire = parts.map((part) => `${chunkHead(part.length)}${part}\r\n`).join("");
  return { framing: { kind: "chunked" }, wire: wire + (end.length === 0 ? LAST_CHUNK : writeTrailers(end)) };
}

test("what the writers write of a request, the parser reads", () => {
  fc.assert(
    fc.property(fields, slices, fc.boolean(), trailers, cuts, (own, parts, chunked, end, at) => {
      const { framing, wire } = encode(parts, chunked, end);
      const request = { method: "PUT", target: "/a", host: "a", fields: ["Host", "b", ...own], framing, upgrade: null };
      const text = writeRequestHead({ ...request, proxyAuthorization: null, via: null, close: false, expectContinue: false });
      const { messages, fault } = readRequests(cutAt(bytes(text + wire), at), LIMITS);
      assert.equal(fault, null);
      assert.equal(messages.length, 1);
      const [read] = messages as [(typeof messages)[number]];
      assert.deepEqual(read.head.fields.slice(0, own.length + 2), ["Host", "a", ...own]);
      assert.deepEqual(
        [read.head.framing, read.body, read.trailers ?? [], read.complete],
        [framing, parts.join(""), chunked ? end : [], true],
      );
    }),
    RUNS,
  );
});

test("what the writers write of a response, the parser reads", () => {
  const status = fc.integer({ min: 200, max: 999 }).filter((code) => code !== 204 && code !== 304);
  fc.assert(
    fc.property(status, value, fields, slices, fc.boolean(), trailers, cuts, (code, reason, own, parts, chunked, end, at) => {
      const { framing, wire } = encode(parts, chunked, end);
      const text = writeResponseHead({ status: code, reason, minor: 1, fields: own, framing, connection: null, upgrade: null, extra: [] });
      const { messages, fault } = readResponse(cutAt(bytes(text + wire), at));
      assert.equal(fault, null);
      const [read] = messages as [(typeof messages)[number]];
      assert.deepEqual([read.head.status, read.head.reason, read.head.fields.slice(0, own.length)], [code, reason, own]);
      assert.deepEqual(
        [read.head.framing, read.body, read.trailers ?? [], read.complete],
        [framing, parts.join(""), chunked ? end : [], true],
      );
    }),
    RUNS,
  );
});
