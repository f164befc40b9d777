import assert from "node:assert/strict";
import test from "node:test";
import { FaultError } from "../../../src/core/fault.ts";
import { chunkHead, LAST_CHUNK, writeTrailers } from "../../../src/wire/http1/chunk-writer.ts";
import { type OutboundResponse, writeResponseHead } from "../../../src/wire/http1/response-writer.ts";

const PLAIN: OutboundResponse = {
  status: 200,
  reason: "OK",
  minor: 1,
  fields: [],
  framing: { kind: "none" },
  connection: null,
  upgrade: null,
  extra: [],
};

function lines(more: Partial<OutboundResponse>): string[] {
  const text = writeResponseHead({ ...PLAIN, ...more });
  assert.ok(text.endsWith("\r\n\r\n"));
  return text.slice(0, -4).split("\r\n");
}

function isInternal(error: unknown): boolean {
  return error instanceof FaultError && error.fault.id === "gateway.internal_error";
}

test("writes the hop's fields in their order, case and value, and extra ones behind them", () => {
  const fields = ["sErVer", "x", "Set-Cookie", "a", "set-cookie", "caf\xe9"];
  const extra = ["Proxy-Status", "gw; error=x"];
  assert.deepEqual(lines({ status: 502, reason: "exit de-7 refused TCP", fields, extra }), [
    "HTTP/1.1 502 exit de-7 refused TCP",
    "sErVer: x",
    "Set-Cookie: a",
    "set-cookie: caf\xe9",
    "Proxy-Status: gw; error=x",
  ]);
});

test("drops hop-by-hop fields, a proxy's challenges, and all that Connection lists", () => {
  const fields = ["Connection", "X-Listed, close", "X-Listed", "1", "Keep-Alive", "timeout=5", "Proxy-Connection", "close", "TE", "x"];
  const more = [
    "Proxy-Authenticate",
    "Basic",
    "Proxy-Authentication-Info",
    "x",
    "Upgrade",
    "h2c",
    "Transfer-Encoding",
    "chunked",
    "A",
    "b",
  ];
  const extra = ["Proxy-Authenticate", 'Basic realm="gw"'];
  assert.deepEqual(lines({ fields: [...fields, ...more], extra }).slice(1), ["A: b", 'Proxy-Authenticate: Basic realm="gw"']);
});

test("writes framing and Connection where the hop's stood, else at the end", () => {
  const fields = ["Transfer-encoding", "chunked", "connection", "close", "A", "b"];
  assert.deepEqual(lines({ fields, framing: { kind: "chunked" }, connection: "keep-alive" }).slice(1), [
    "Transfer-encoding: chunked",
    "connection: keep-alive",
    "A: b",
  ]);
  assert.deepEqual(lines({ fields, framing: { kind: "length", length: 3 } }).slice(1), ["Content-Length: 3", "A: b"]);
  assert.deepEqual(lines({ fields, framing: { kind: "close" } }).slice(1), ["A: b"]);
  const own = lines({ framing: { kind: "length", length: 3 }, connection: "close" }).slice(1);
  assert.deepEqual(own, ["Content-Length: 3", "Connection: close"]);
});

test("keeps the length that an answer without a body states, once, but never in 1xx and 204", () => {
  const fields = ["Content-Length", "5, 5", "content-length", "5"];
  assert.deepEqual(lines({ fields }).slice(1), ["Content-Length: 5"]);
  assert.deepEqual(lines({ status: 304, fields: ["content-length", "5"] }).slice(1), ["content-length: 5"]);
  assert.deepEqual(lines({ status: 204, fields }).slice(1), []);
  assert.deepEqual(lines({ status: 103, fields }).slice(1), []);
});

test("writes the Upgrade of a 101, listed by Connection", () => {
  const fields = ["Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Accept", "k"];
  assert.deepEqual(lines({ status: 101, reason: "", fields, upgrade: "websocket" }), [
    "HTTP/1.1 101 ",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: k",
  ]);
});

const UNWRITABLE: Readonly<Record<string, Partial<OutboundResponse>>> = {
  "a line break in its reason phrase": { reason: "a\r\nX: y" },
  "a line break in a value": { fields: ["A", "b\r\nX: y"] },
  "a lone LF in an extra value": { extra: ["A", "b\nX: y"] },
  "a NUL in a name": { fields: ["A\0", "b"] },
  "a status that is none": { status: 20 },
  "chunks for HTTP/1.0": { minor: 0, framing: { kind: "chunked" } },
};
for (const [what, more] of Object.entries(UNWRITABLE)) {
  test(`never writes a response with ${what}`, () => {
    assert.throws(() => writeResponseHead({ ...PLAIN, ...more }), isInternal);
  });
}

test("writes chunks of any size but none, and their end with and without trailers", () => {
  assert.equal(chunkHead(255), "ff\r\n");
  assert.throws(() => chunkHead(0), isInternal);
  assert.equal(writeTrailers([]), LAST_CHUNK);
  assert.equal(writeTrailers(["A", "b", "a", "c"]), "0\r\nA: b\r\na: c\r\n\r\n");
  assert.throws(() => writeTrailers(["A", "b\r\n"]), isInternal);
});
