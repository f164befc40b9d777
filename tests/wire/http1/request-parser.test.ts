import assert from "node:assert/strict";
import test from "node:test";
import type { FaultId } from "../../../src/core/fault.ts";
import { RequestParser } from "../../../src/wire/http1/request-parser.ts";
import { bytes, LIMITS, readRequests } from "./codec.ts";

const GET = "GET http://example.com/a?b HTTP/1.1\r\n";

function only(text: string) {
  const { messages, fault } = readRequests([bytes(text)]);
  assert.equal(fault, null);
  assert.equal(messages.length, 1);
  return messages[0] as (typeof messages)[number];
}

test("reads a request with its fields in order, case and bytes", () => {
  const text = `${GET}hOsT: example.com\r\nX-B:  two words \t\r\nx-a:\r\nX-B: caf\xe9\r\n\r\n`;
  const { head } = only(text);
  assert.deepEqual(head, {
    method: "GET",
    target: "http://example.com/a?b",
    minor: 1,
    fields: ["hOsT", "example.com", "X-B", "two words", "x-a", "", "X-B", "caf\xe9"],
    framing: { kind: "none" },
    keepAlive: true,
    expectContinue: false,
    upgrade: null,
    host: "example.com",
    bytes: text.length,
  });
});

test("hands out what came behind the head, and reads the next request from it", () => {
  const parser = new RequestParser(LIMITS);
  const two = bytes(`${GET}Host: a\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n`);
  assert.equal(parser.push(two)?.host, "a");
  assert.equal(parser.push(parser.rest())?.host, "b");
  assert.equal(parser.rest().length, 0);
});

test("says how much of an unfinished head has come, and keeps no part of a chunk", () => {
  const parser = new RequestParser(LIMITS);
  const chunk = bytes(`${GET}Host: exam`);
  assert.equal(parser.push(chunk), null);
  assert.equal(parser.buffered, chunk.length);
  chunk.fill(0);
  assert.equal(parser.push(bytes("ple.com\r\n\r\n"))?.host, "example.com");
  assert.equal(parser.buffered, 0);
});

test("skips one empty line before a request, which is no part of its head", () => {
  const parser = new RequestParser(LIMITS);
  assert.equal(parser.push(bytes("\r\n")), null);
  assert.equal(parser.buffered, 0);
  const text = `${GET}Host: a\r\n\r\n`;
  assert.equal(parser.push(bytes(text))?.bytes, text.length);
  assert.equal(readRequests([bytes(`\r\n\r\n${text}`)]).fault?.id, "client.bad_request");
});

test("takes each method the forms of target that it may have", () => {
  assert.equal(only("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n").head.target, "example.com:443");
  assert.equal(only("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").head.target, "*");
  assert.equal(only("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").head.target, "/a");
  assert.equal(only("PURGE ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n").head.target, "ftp://a/");
});

test("needs no Host in HTTP/1.0, and keeps no such connection open", () => {
  const { head } = only(
    "GET / HTTP/1.0\r\nConnection: keep-alive, Upgrade\r\nUpgrade: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
  );
  assert.deepEqual([head.minor, head.host, head.keepAlive, head.upgrade, head.expectContinue], [0, null, false, null, false]);
});

test("reads what Connection, Upgrade and Expect ask for", () => {
  const close = only(`${GET}Host: a\r\nConnection: foo\r\nConnection: Close\r\n\r\n`).head;
  assert.equal(close.keepAlive, false);
  const upgrade = only(`${GET}Host: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nUpgrade: x\r\n\r\n`).head;
  assert.equal(upgrade.upgrade, "websocket, x");
  assert.equal(only(`${GET}Host: a\r\nUpgrade: websocket\r\n\r\n`).head.upgrade, null);
  assert.equal(only("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\nab").head.expectContinue, true);
  assert.equal(only(`${GET}Host: a\r\nExpect: 100-continue\r\n\r\n`).head.expectContinue, false);
});

test("reads bodies by length and by chunks", () => {
  assert.equal(only("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 007\r\n\r\npayload").body, "payload");
  const chunked = only(
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3;x="y"\r\npay\r\n4\r\nload\r\n0\r\nX-T: v\r\n\r\n',
  );
  assert.deepEqual([chunked.body, chunked.trailers], ["payload", ["X-T", "v"]]);
  assert.deepEqual(only("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").head.framing, { kind: "length", length: 0 });
});

test("takes what follows a CONNECT for the tunnel's bytes, even behind a Content-Length of 0", () => {
  const { messages, rest } = readRequests([bytes("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 0\r\n\r\n\x16\x03\x01")]);
  assert.deepEqual([messages[0]?.head.framing, messages[0]?.complete, rest], [{ kind: "none" }, true, "\x16\x03\x01"]);
});

const BAD: Readonly<Record<string, string>> = {
  "no token as its method": "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
  "no target": "GET HTTP/1.1\r\nHost: a\r\n\r\n",
  "two spaces in its line": "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
  "a space in its target": "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
  "a tab in its line": "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
  "a fragment": "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
  "bytes above ASCII in its target": "GET /caf\xe9 HTTP/1.1\r\nHost: a\r\n\r\n",
  "no version": "GET /\r\nHost: a\r\n\r\n",
  "a version that we do not know": "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
  "the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "a target that is neither path nor URL": "GET example.com HTTP/1.1\r\nHost: a\r\n\r\n",
  "the target * without OPTIONS": "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
  "a CONNECT target without port": "CONNECT example.com HTTP/1.1\r\nHost: a\r\n\r\n",
  "a CONNECT target that is a URL": "CONNECT http://a:80/ HTTP/1.1\r\nHost: a\r\n\r\n",
  "a line that ends with LF alone": "GET / HTTP/1.1\nHost: a\r\n\r\n",
  "a field that ends with LF alone": "GET / HTTP/1.1\r\nHost: a\n\r\n",
  "an empty line that is LF alone": "GET / HTTP/1.1\r\nHost: a\r\n\n",
  "a CR within a value": "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
  "a CR within a value that has not ended": "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb",
  "a folded field": "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
  "a space before its first field": "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
  "a space before a colon": "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
  "a field without a colon": "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
  "a field without a name": "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
  "a name that is no token": "GET / HTTP/1.1\r\nHost: a\r\nX@Y: z\r\n\r\n",
  "a NUL in a value": "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
  "a control byte in a value": "GET / HTTP/1.1\r\nHost: a\r\nX: a\x01b\r\n\r\n",
  "a DEL in a value": "GET / HTTP/1.1\r\nHost: a\r\nX: a\x7fb\r\n\r\n",
  "no Host": "GET / HTTP/1.1\r\nX: a\r\n\r\n",
  "two Hosts": "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\nhost: a\r\n\r\n",
  "an empty Host": "GET / HTTP/1.1\r\nHost:\r\n\r\n",
  "a list as its Host": "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
  "a user in its Host": "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
  "a path in its Host": "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
  "a port in its Host that is none": "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n",
  "bytes that are not HTTP": "\x16\x03\x01\x02\0\x01",
};
for (const [what, text] of Object.entries(BAD)) {
  test(`refuses a request with ${what}`, () => assert.equal(readRequests([bytes(text)]).fault?.id, "client.bad_request"));
}

const SMUGGLING: Readonly<Record<string, string>> = {
  "both framing fields": "Content-Length: 5\r\nTransfer-Encoding: chunked",
  "both framing fields, the other way round": "Transfer-Encoding: chunked\r\nContent-Length: 5",
  "two lengths": "Content-Length: 5\r\nContent-Length: 6",
  "the same length twice": "Content-Length: 5\r\nContent-Length: 5",
  "a list of lengths": "Content-Length: 5, 5",
  "a signed length": "Content-Length: +5",
  "a negative length": "Content-Length: -5",
  "a hexadecimal length": "Content-Length: 0x5",
  "a length with a space in it": "Content-Length: 5 5",
  "an empty length": "Content-Length:",
  "a length beyond what can be counted": "Content-Length: 9007199254740993",
  "a tab before its length": "Content-Length:\t5",
  "a space before the colon of its length": "Content-Length : 5",
  "an unknown coding": "Transfer-Encoding: xchunked",
  "a coding behind chunked": "Transfer-Encoding: chunked, identity",
  "a coding before chunked": "Transfer-Encoding: gzip, chunked",
  "chunked twice": "Transfer-Encoding: chunked, chunked",
  "two Transfer-Encoding fields": "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
  "chunked with a parameter": "Transfer-Encoding: chunked;x=y",
  "a quoted coding": 'Transfer-Encoding: "chunked"',
  "an empty coding": "Transfer-Encoding:",
  "a space behind chunked": "Transfer-Encoding: chunked ",
  "a tab before chunked": "Transfer-Encoding:\tchunked",
  "a space before the colon of its coding": "Transfer-Encoding : chunked",
  "a vertical tab before chunked": "Transfer-Encoding: \x0bchunked",
  "a folded coding": "Transfer-Encoding:\r\n chunked",
};
for (const [what, field] of Object.entries(SMUGGLING)) {
  test(`suspects smuggling in a request with ${what}`, () => {
    const { fault } = readRequests([bytes(`POST / HTTP/1.1\r\nHost: a\r\n${field}\r\n\r\n0\r\n\r\n`)]);
    assert.equal(fault?.id, "client.smuggling_suspect");
  });
}

test("suspects smuggling in a Transfer-Encoding of HTTP/1.0, and in a CONNECT with a body", () => {
  const texts = [
    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 3\r\n\r\nabc",
    "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ];
  for (const text of texts) assert.equal(readRequests([bytes(text)]).fault?.id, "client.smuggling_suspect");
});

test("enforces each limit of a head, exactly", () => {
  const small = { ...LIMITS, lineBytes: 40, fieldBytes: 30, headBytes: 130, fields: 4 };
  const faultOf = (text: string): FaultId | null => readRequests([bytes(text)], small).fault?.id ?? null;
  const line = (size: number) => `GET /${"a".repeat(size - 14)} HTTP/1.1\r\n`;
  assert.equal(faultOf(`${line(40)}Host: a\r\n\r\n`), null);
  assert.equal(faultOf(`${line(41)}Host: a\r\n\r\n`), "client.uri_too_long");
  const field = (size: number) => `X: ${"a".repeat(size - 3)}\r\n`;
  assert.equal(faultOf(`${line(20)}Host: a\r\n${field(30)}\r\n`), null);
  assert.equal(faultOf(`${line(20)}Host: a\r\n${field(31)}\r\n`), "client.header_too_large");
  assert.equal(faultOf(`${line(20)}Host: a\r\n${field(5).repeat(3)}\r\n`), null);
  assert.equal(faultOf(`${line(20)}Host: a\r\n${field(5).repeat(4)}\r\n`), "client.header_too_large");
  const filled = `${line(25)}Host: a\r\n${field(30)}${field(30)}`; // 100 bytes
  assert.equal(faultOf(`${filled}${field(26)}\r\n`), null);
  assert.equal(faultOf(`${filled}${field(27)}\r\n`), "client.header_too_large");
});

test("says what is wrong and where, but quotes no target and no value that may hold a password", () => {
  const detailsOf = (text: string) => readRequests([bytes(text)]).fault?.details ?? "";
  assert.equal(
    detailsOf(`${GET}Host: a\r\nProxy-Authorization: Basic c2VjcmV0\0\r\n\r\n`),
    "a field value holds 0x00 (NUL) (in the field 'Proxy-Authorization', at byte 81 of the head)",
  );
  assert.equal(
    detailsOf("GET http://user:secret@a/\x01 HTTP/1.1\r\n\r\n"),
    "bad request line: a byte of the target is not allowed unless percent-encoded (0x01 at byte 25)",
  );
  assert.equal(detailsOf("\x16\x03\x01"), "not an HTTP request: it begins with '\\x16'");
});

test("a client of another protocol is told which, and what to change", () => {
  const told = (text: string) => readRequests([bytes(text)]).fault;
  for (const header of ["PROXY TCP4 192.0.2.1 192.0.2.2 5000 8502\r\n", "PROXY UNKNOWN\r\n", "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"]) {
    const fault = told(`${header}${GET}Host: a\r\n\r\n`);
    assert.equal(fault?.id, "client.bad_request");
    assert.match(fault.details, /PROXY protocol header.*switch it off/);
  }
  assert.match(told("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")?.details ?? "", /speaks HTTP\/2.*set the client to HTTP\/1.1/);
  assert.doesNotMatch(told("PROXY http://a/ HTTP/1.2\r\n\r\n")?.details ?? "", /PROXY protocol/);
});
