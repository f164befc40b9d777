import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { FaultError } from "../../../src/core/fault.ts";
import { RequestParser } from "../../../src/wire/http1/request-parser.ts";
import { writeRequestHead } from "../../../src/wire/http1/request-writer.ts";
import { ResponseParser } from "../../../src/wire/http1/response-parser.ts";
import { writeResponseHead } from "../../../src/wire/http1/response-writer.ts";
import { bytes, LIMITS } from "./codec.ts";

const TOLERANT = { bareLf: true, obsFold: true, spaceBeforeColon: true, repeatedLength: true, missingReason: true };
const name = fc.constantFrom(
  "A",
  "X-Some-Name",
  "connection",
  "Keep-Alive",
  "TE",
  "Upgrade",
  "Expect",
  "Max-Forwards",
  "Via",
  "Proxy-Authorization",
);
const value = fc.constantFrom("", "1", "x-some-name", "close", "keep-alive, a", "trailers", "a value of some length", "caf\xe9");
const between = fc.constantFrom(": ", ": ", ": ", ":", ":  ");
const field = fc.tuple(name, between, value).map((parts) => parts.join(""));

function requestOf(lines: readonly string[]): { parser: RequestParser; head: NonNullable<ReturnType<RequestParser["push"]>> } {
  const parser = new RequestParser(LIMITS);
  const head = parser.push(bytes(`POST http://a/ HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`));
  assert.ok(head !== null);
  return { parser, head };
}

test("a request's head reads the same whether its fields are written one by one or passed as the lines that they came in", () => {
  let passed = 0;
  const host = fc.constantFrom("a", "other");
  const write = (fields: string[], own: string, at: number) => {
    const { parser, head } = requestOf(fields.toSpliced(at % (fields.length + 1), 0, `Host: ${own}`, "Content-Length: 3"));
    const rest = { upgrade: head.upgrade, proxyAuthorization: "Basic x", via: "1.1 gw", close: false, expectContinue: head.expectContinue };
    const request = { method: head.method, target: "/", host: "a", fields: head.fields, framing: head.framing, ...rest };
    if (parser.lines !== null) passed++;
    assert.equal(writeRequestHead(request, parser.lines), writeRequestHead(request));
  };
  fc.assert(fc.property(fc.array(field, { maxLength: 8 }), host, fc.nat(), write));
  assert.ok(passed > 10, `${passed} had their lines`);
});

test("a response's head reads the same whether its fields are written one by one or passed as the lines that they came in", () => {
  let passed = 0;
  const length = fc.constantFrom(
    "Content-Length: 3",
    "content-length: 03",
    "Content-Length: 3\r\nContent-Length: 3",
    "Transfer-Encoding: chunked",
  );
  const write = (fields: string[], framing: string, at: number, method: string) => {
    const parser = new ResponseParser(LIMITS, TOLERANT);
    const all = fields.toSpliced(at % (fields.length + 1), 0, framing);
    const head = parser.push(bytes(`HTTP/1.1 200 OK\r\n${all.map((line) => `${line}\r\n`).join("")}\r\n`), method);
    assert.ok(head !== null);
    const response = { status: 200, reason: "OK", minor: 1 as const, fields: head.fields, framing: head.framing };
    const outbound = { ...response, connection: null, upgrade: null, extra: ["Proxy-Status", "gw"] };
    if (parser.lines !== null) passed++;
    assert.equal(writeResponseHead(outbound, parser.lines), writeResponseHead(outbound));
  };
  fc.assert(fc.property(fc.array(field, { maxLength: 8 }), length, fc.nat(), fc.constantFrom("GET", "HEAD"), write));
  assert.ok(passed > 10, `${passed} had their lines`);
});

test("lines are given only where they are what a writer would write, and came in one chunk", () => {
  assert.equal(requestOf(["Host: a", "A: b"]).parser.lines, "Host: a\r\nA: b\r\n");
  assert.equal(requestOf(["Host:a", "A: b"]).parser.lines, null);
  assert.equal(requestOf(["Host: a", "A: b "]).parser.lines, null);
  assert.equal(requestOf(["Host: a", "A:"]).parser.lines, null);
  const parser = new RequestParser(LIMITS);
  assert.equal(parser.push(bytes("GET / HTTP/1.1\r\nHost: a\r\nA: ")), null);
  assert.deepEqual(parser.push(bytes("b\r\n\r\n"))?.fields, ["Host", "a", "A", "b"]);
  assert.equal(parser.lines, null);
});

test("what comes behind a head in its chunk is not among its lines, and the next head has its own", () => {
  const parser = new RequestParser(LIMITS);
  parser.push(bytes("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n"));
  assert.equal(parser.lines, "Host: a\r\nA: b\r\n");
  parser.push(parser.rest());
  assert.equal(parser.lines, "Host: b\r\n");
});

test("lines that are not those of the fields are a bug of ours and are not sent", () => {
  const rest = { upgrade: null, proxyAuthorization: null, via: null, close: false, expectContinue: false };
  const request = { method: "GET", target: "/", host: "a", fields: ["Host", "a"], framing: { kind: "none" as const }, ...rest };
  const isInternal = (error: unknown) => error instanceof FaultError && error.fault.id === "gateway.internal_error";
  assert.throws(() => writeRequestHead(request, "Host: a\r\nA: b\r\n"), isInternal);
  assert.throws(() => writeRequestHead(request, ""), isInternal);
});
