import assert from "node:assert/strict";
import test from "node:test";
import { FaultError } from "../../../src/core/fault.ts";
import { type OutboundRequest, writeRequestHead } from "../../../src/wire/http1/request-writer.ts";

const PLAIN: OutboundRequest = {
  method: "GET",
  target: "/a",
  host: "example.com",
  fields: [],
  framing: { kind: "none" },
  upgrade: null,
  proxyAuthorization: null,
  via: null,
  close: false,
  expectContinue: false,
};

/** The lines of the head, without the empty one. */
function lines(more: Partial<OutboundRequest>): string[] {
  const text = writeRequestHead({ ...PLAIN, ...more });
  assert.ok(text.endsWith("\r\n\r\n"));
  return text.slice(0, -4).split("\r\n");
}

test("writes the client's fields in their order, case and value, Host in its place", () => {
  const fields = ["User-Agent", "x", "hOsT", "other", "X-b", "caf\xe9", "x-B", "", "Cookie", "a=b; c"];
  assert.deepEqual(lines({ fields }), ["GET /a HTTP/1.1", "User-Agent: x", "hOsT: example.com", "X-b: caf\xe9", "x-B: ", "Cookie: a=b; c"]);
});

test("writes Host first where the client had none", () => {
  assert.deepEqual(lines({ fields: ["A", "b"] }), ["GET /a HTTP/1.1", "Host: example.com", "A: b"]);
});

test("drops hop-by-hop fields, and all that Connection lists", () => {
  const fields = [
    "X-Listed",
    "1",
    "Host",
    "a",
    "Connection",
    "keep-alive, X-Listed",
    "Keep-Alive",
    "timeout=5",
    "Proxy-Connection",
    "keep-alive",
  ];
  const more = [
    "connection",
    "x-also, Max-Forwards",
    "X-ALSO",
    "2",
    "Max-Forwards",
    "3",
    "Proxy-Authorization",
    "Basic eA==",
    "Proxy-Authenticate",
    "x",
    "A",
    "b",
  ];
  assert.deepEqual(lines({ fields: [...fields, ...more] }), ["GET /a HTTP/1.1", "Host: example.com", "A: b"]);
});

test("is not told by Connection to drop what it decides itself", () => {
  const fields = ["Host", "a", "Connection", "Host, Content-Length, close", "Content-Length", "3"];
  assert.deepEqual(lines({ fields, framing: { kind: "length", length: 3 } }), [
    "GET /a HTTP/1.1",
    "Host: example.com",
    "Content-Length: 3",
  ]);
});

test("writes the framing it is given where the client's stood", () => {
  const fields = ["Host", "a", "content-length", "007", "A", "b"];
  assert.deepEqual(lines({ fields, framing: { kind: "length", length: 7 } }).slice(2), ["content-length: 7", "A: b"]);
  assert.deepEqual(lines({ fields, framing: { kind: "chunked" } }).slice(2), ["Transfer-Encoding: chunked", "A: b"]);
  assert.deepEqual(lines({ fields, framing: { kind: "none" } }).slice(2), ["A: b"]);
  const chunked = ["Host", "a", "Transfer-encoding", "Chunked", "A", "b"];
  assert.deepEqual(lines({ fields: chunked, framing: { kind: "chunked" } }).slice(2), ["Transfer-encoding: chunked", "A: b"]);
  assert.deepEqual(lines({ fields: chunked, framing: { kind: "length", length: 0 } }).slice(2), ["Content-Length: 0", "A: b"]);
  assert.deepEqual(lines({ fields: ["Host", "a"], framing: { kind: "length", length: 2 } }).slice(2), ["Content-Length: 2"]);
});

test("keeps trailers of TE alone, and lists it", () => {
  const fields = ["Host", "a", "Connection", "TE", "te", "deflate;q=0.5, Trailers"];
  assert.deepEqual(lines({ fields }).slice(2), ["Connection: TE", "te: trailers"]);
  assert.deepEqual(lines({ fields: ["Host", "a", "TE", "deflate"] }).slice(2), []);
});

test("passes an Upgrade that it is told to, and no other", () => {
  const fields = [
    "Host",
    "a",
    "Upgrade",
    "websocket, h2c",
    "HTTP2-Settings",
    "AAA",
    "Connection",
    "Upgrade, HTTP2-Settings",
    "Sec-WebSocket-Key",
    "k",
  ];
  assert.deepEqual(lines({ fields, upgrade: "websocket" }).slice(2), ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: k"]);
  assert.deepEqual(lines({ fields }).slice(2), ["Sec-WebSocket-Key: k"]);
});

test("adds what the gateway says to the hop where the client said it, else at the end", () => {
  const own = { close: true, proxyAuthorization: "Basic eDp5", via: "1.1 gw", expectContinue: true };
  const expected = ["Proxy-Authorization: Basic eDp5", "Expect: 100-continue", "Connection: close"];
  const fields = ["Host", "a", "Proxy-Authorization", "Basic old", "Expect", "100-Continue", "Connection", "close", "Via", "1.0 x"];
  assert.deepEqual(lines({ fields, ...own }).slice(2), [...expected, "Via: 1.0 x", "Via: 1.1 gw"]);
  assert.deepEqual(lines({ fields: ["Host", "a"], ...own }).slice(2), [
    "Expect: 100-continue",
    "Proxy-Authorization: Basic eDp5",
    "Via: 1.1 gw",
    "Connection: close",
  ]);
});

test("drops an expectation of 100-continue that is not passed on, and no other", () => {
  assert.deepEqual(lines({ fields: ["Host", "a", "Expect", "100-continue"] }).slice(2), []);
  assert.deepEqual(lines({ fields: ["Host", "a", "Expect", "x"] }).slice(2), ["Expect: x"]);
});

test("counts Max-Forwards down for OPTIONS and TRACE alone", () => {
  const forwards = (method: string, value: string) => lines({ method, fields: ["Host", "a", "Max-Forwards", value] })[2];
  assert.equal(forwards("TRACE", "10"), "Max-Forwards: 9");
  assert.equal(forwards("OPTIONS", "1"), "Max-Forwards: 0");
  assert.equal(forwards("OPTIONS", "0"), "Max-Forwards: 0");
  assert.equal(forwards("OPTIONS", "x"), "Max-Forwards: x");
  assert.equal(forwards("GET", "10"), "Max-Forwards: 10");
});

const INJECTED = "a\r\nX: y";
const UNWRITABLE: Readonly<Record<string, Partial<OutboundRequest>>> = {
  "a line break in its method": { method: INJECTED },
  "a space in its method": { method: "GET /b" },
  "no method": { method: "" },
  "a line break in its target": { target: `/${INJECTED}` },
  "a space in its target": { target: "/ HTTP/1.1" },
  "no target": { target: "" },
  "a line break in its host": { host: INJECTED },
  "a line break in a name": { fields: [INJECTED, "b"] },
  "a line break in a value": { fields: ["A", INJECTED] },
  "a lone LF in a value": { fields: ["A", "b\nc"] },
  "a lone CR in a value": { fields: ["A", "b\rc"] },
  "a NUL in a value": { fields: ["A", "b\0c"] },
  "what latin1 would cut down to a line break": { fields: ["A", "b\u010d\u010aX: y"] },
  "a line break in its Upgrade": { upgrade: INJECTED },
  "a line break in its credentials": { proxyAuthorization: INJECTED },
  "a line break in its Via": { via: INJECTED },
  "a body that ends with the connection": { framing: { kind: "close" } },
};
for (const [what, more] of Object.entries(UNWRITABLE)) {
  test(`never writes a request with ${what}`, () => {
    const isInternal = (error: unknown) => error instanceof FaultError && error.fault.id === "gateway.internal_error";
    assert.throws(() => writeRequestHead({ ...PLAIN, ...more }), isInternal);
  });
}
