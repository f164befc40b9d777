import assert from "node:assert/strict";
import test from "node:test";
import type { Fault } from "../../../src/core/fault.ts";
import type { ResponseTolerances } from "../../../src/core/settings.ts";
import { bytes, LIMITS, readResponse, STRICT, TOLERANT } from "./codec.ts";

const OK = "HTTP/1.1 200 OK\r\n";

function only(text: string, method = "GET") {
  const { messages, fault } = readResponse([bytes(text)], { method });
  assert.equal(fault, null);
  return messages.at(-1) as (typeof messages)[number];
}

function faultOf(text: string, options: { limits?: typeof LIMITS; tolerances?: ResponseTolerances; method?: string } = {}): Fault | null {
  return readResponse([bytes(text)], options).fault;
}

test("reads a response with its fields in order, case and bytes", () => {
  const text = `${OK}Server:x\r\nSet-Cookie: a=b\r\nset-cookie: c\xe9\r\nContent-Length: 2\r\nKeep-Alive: max=9, timeout=5\r\n\r\n`;
  const { head, body, complete } = only(`${text}ab`);
  assert.deepEqual(head, {
    status: 200,
    reason: "OK",
    minor: 1,
    fields: ["Server", "x", "Set-Cookie", "a=b", "set-cookie", "c\xe9", "Content-Length", "2", "Keep-Alive", "max=9, timeout=5"],
    framing: { kind: "length", length: 2 },
    keepAlive: true,
    keepAliveMs: 5000,
    upgrade: null,
    tolerated: [],
    bytes: text.length,
  });
  assert.deepEqual([body, complete], ["ab", true]);
});

test("frames responses as RFC 9112 6.3 orders", () => {
  const framingOf = (text: string, method = "GET") => only(text, method).head.framing.kind;
  assert.equal(framingOf(`${OK}Content-Length: 5\r\n\r\n`, "HEAD"), "none");
  assert.equal(framingOf(`${OK}Transfer-Encoding: chunked\r\n\r\n`, "HEAD"), "none");
  assert.equal(framingOf("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"), "none");
  assert.equal(framingOf("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), "none");
  assert.equal(framingOf("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"), "none");
  assert.equal(framingOf(`${OK}Content-Length: 5\r\nTransfer-Encoding: gzip\r\n\r\n`, "CONNECT"), "none");
  assert.equal(framingOf("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", "CONNECT"), "length");
  assert.equal(framingOf(`${OK}Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n`), "chunked");
  assert.equal(framingOf(`${OK}\r\nanything`), "close");
});

test("says whether the connection may carry another exchange", () => {
  const keeps = (text: string) => only(text).head.keepAlive;
  assert.equal(keeps(`${OK}Content-Length: 0\r\nConnection: close\r\n\r\n`), false);
  assert.equal(keeps(`${OK}\r\n`), false);
  assert.equal(keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"), false);
  assert.equal(keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n"), true);
});

test("hands out interim responses one by one, and refuses a flood of them", () => {
  const interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  const { messages, fault } = readResponse([bytes(`${interim.repeat(LIMITS.interimResponses)}${OK}Content-Length: 0\r\n\r\n`)]);
  assert.deepEqual([messages.map(({ head }) => head.status), fault], [[103, 103, 103, 200], null]);
  assert.equal(faultOf(interim.repeat(LIMITS.interimResponses + 1))?.id, "head.unexpected_1xx");
});

test("ends with a 101, whose Upgrade it names, and leaves the other protocol's bytes alone", () => {
  const { messages, rest } = readResponse([
    bytes("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05"),
  ]);
  assert.deepEqual([messages[0]?.head.upgrade, rest], ["websocket", "\x81\x05"]);
});

test("tells a whole body from one that was cut off", () => {
  const isWhole = (text: string) => only(text).complete;
  assert.equal(isWhole(`${OK}\r\nuntil the end`), true);
  assert.equal(isWhole(`${OK}Content-Length: 5\r\n\r\nabcd`), false);
  assert.equal(isWhole(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n`), false);
  assert.equal(isWhole(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n`), false);
});

test("leaves bytes beyond a body unread", () => {
  assert.equal(readResponse([bytes(`${OK}Content-Length: 2\r\n\r\nabcd`)]).rest, "cd");
});

const NOT_HTTP: Readonly<Record<string, readonly [bytes: string, advice: RegExp]>> = {
  TLS: ["\x15\x03\x03\0\x02\x02\x28", /the port speaks TLS: use https:/],
  SSH: ["SSH-2.0-OpenSSH_9.6\r\n", /the port speaks SSH: it is no proxy.*'SSH-2.0-OpenSSH_9.6\\r\\n'/],
  SOCKS5: ["\x05\xff", /the port speaks SOCKS5: use socks5:/],
  "HTTP/2": ["\0\0\x12\x04\0\0\0\0\0\0\x03", /the port speaks HTTP\/2/],
  FTP: ["220 ProFTPD ready\r\n", /the port speaks FTP/],
};
for (const [protocol, [text, advice]] of Object.entries(NOT_HTTP)) {
  test(`names ${protocol} where that answers, and blames who told us to speak HTTP`, () => {
    const fault = faultOf(text);
    assert.deepEqual([fault?.id, fault?.culprit], ["head.not_http", "gateway"]);
    assert.match(fault?.details ?? "", advice);
  });
}

test("leaves the culprit open where the bytes are nothing that we know", () => {
  const fault = faultOf("<html>hello");
  assert.deepEqual([fault?.id, fault?.culprit, fault?.details], ["head.not_http", null, "the answer begins with '<html>hello'"]);
});

test("waits for bytes that may still become a protocol that it knows", () => {
  const chunks = (text: string) => [...text].map(bytes);
  assert.equal(readResponse(chunks("SS")).fault, null);
  assert.equal(readResponse(chunks("SSH-2.0-x")).fault?.culprit, "gateway");
  assert.equal(readResponse(chunks("SSx")).fault?.culprit, null);
});

const BAD: Readonly<Record<string, readonly [id: string, text: string]>> = {
  "an empty line before its status line": ["head.bad_status_line", `\r\n${OK}\r\n`],
  "a version that we do not know": ["head.bad_status_line", "HTTP/2 200 OK\r\n\r\n"],
  "a status of two digits": ["head.bad_status_line", "HTTP/1.1 20 OK\r\n\r\n"],
  "a status of four digits": ["head.bad_status_line", "HTTP/1.1 2000 OK\r\n\r\n"],
  "a status below 100": ["head.bad_status_line", "HTTP/1.1 099 OK\r\n\r\n"],
  "no status": ["head.bad_status_line", "HTTP/1.1 OK\r\n\r\n"],
  "a control byte in its reason phrase": ["head.bad_status_line", "HTTP/1.1 200 O\x01K\r\n\r\n"],
  "a status line that ends with LF alone": ["head.bad_status_line", "HTTP/1.1 200 OK\nA: b\r\n\r\n"],
  "a field that ends with LF alone": ["head.bad_field", `${OK}A: b\n\r\n`],
  "a NUL in a field": ["head.bad_field", `${OK}A: b\0\r\n\r\n`],
  "a CR in a field": ["head.bad_field", `${OK}A: b\rc\r\n\r\n`],
  "a field without a colon": ["head.bad_field", `${OK}oops\r\n\r\n`],
  "a field whose name is no token": ["head.bad_field", `${OK}a b: c\r\n\r\n`],
  "a space before the first field": ["head.bad_field", `${OK} A: b\r\n\r\n`],
  "both framing fields": ["head.bad_framing", `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`],
  "two lengths": ["head.bad_framing", `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`],
  "a list of lengths that differ": ["head.bad_framing", `${OK}Content-Length: 5, 6\r\n\r\n`],
  "a signed length": ["head.bad_framing", `${OK}Content-Length: +5\r\n\r\n`],
  "a length with a unit": ["head.bad_framing", `${OK}Content-Length: 5 bytes\r\n\r\n`],
  "an empty length": ["head.bad_framing", `${OK}Content-Length:\r\n\r\n`],
  "an empty coding": ["head.bad_framing", `${OK}Transfer-Encoding:\r\n\r\n`],
  "chunks in HTTP/1.0": ["head.bad_framing", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
  "a coding that was not asked for": ["head.bad_transfer_coding", `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`],
  "chunked twice": ["head.bad_transfer_coding", `${OK}Transfer-Encoding: chunked, chunked\r\n\r\n`],
};
for (const [what, [id, text]] of Object.entries(BAD)) {
  test(`refuses a response with ${what}`, () => assert.equal(faultOf(text)?.id, id));
}

const TOLERATED: readonly [name: keyof ResponseTolerances, text: string, fields: readonly string[]][] = [
  ["bareLf", "HTTP/1.1 200 OK\nA: b\nContent-Length: 0\n\n", ["A", "b", "Content-Length", "0"]],
  ["obsFold", `${OK}A: b\r\n \t c\r\n\td\r\nContent-Length: 0\r\n\r\n`, ["A", "b c d", "Content-Length", "0"]],
  ["spaceBeforeColon", `${OK}A \t: b\r\nContent-Length : 0\r\n\r\n`, ["A", "b", "Content-Length", "0"]],
  ["repeatedLength", `${OK}Content-Length: 0\r\nContent-Length: 0, 0\r\n\r\n`, ["Content-Length", "0", "Content-Length", "0, 0"]],
  ["missingReason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", ["Content-Length", "0"]],
];
for (const [name, text, fields] of TOLERATED) {
  test(`tolerates what ${name} stands for where that is switched on, and only there`, () => {
    const { messages, fault } = readResponse([bytes(text)], { tolerances: { ...STRICT, [name]: true } });
    assert.equal(fault, null);
    assert.deepEqual(
      [messages[0]?.head.tolerated, messages[0]?.head.fields, messages[0]?.head.framing],
      [[name], fields, { kind: "length", length: 0 }],
    );
    assert.notEqual(faultOf(text, { tolerances: { ...TOLERANT, bareLf: true, [name]: false } }), null);
  });
}

test("takes a folded Transfer-Encoding for what it says once unfolded", () => {
  assert.equal(only(`${OK}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`).head.framing.kind, "chunked");
});

test("enforces each limit of a head, and tells the sizes", () => {
  const small = { ...LIMITS, lineBytes: 40, fieldBytes: 30, headBytes: 100, fields: 4 };
  const field = (size: number) => `X: ${"a".repeat(size - 3)}\r\n`;
  const line = faultOf(`HTTP/1.1 200 ${"a".repeat(28)}\r\n\r\n`, { limits: small });
  assert.deepEqual([line?.id, line?.details], ["head.bad_status_line", "bad status line: longer than 40 bytes"]);
  const large = faultOf(`${OK}${field(31)}\r\n`, { limits: small });
  assert.deepEqual([large?.id, large?.params], ["head.field_too_large", { "header-name": "X", "header-size": 31 }]);
  const folded = faultOf(`${OK}${field(20)} ${field(20)}\r\n`, { limits: small });
  assert.deepEqual([folded?.id, folded?.params], ["head.field_too_large", { "header-name": "X", "header-size": 43 }]);
  const head = faultOf(`${OK}${field(25)}Y: ${"a".repeat(26)}\r\n${field(26)}\r\n`, { limits: small });
  assert.deepEqual([head?.id, head?.params], ["head.too_large", { "header-section-size": 103 }]);
  assert.equal(head?.details, "the head is larger than 100 bytes; its largest field is 'Y' with 27 bytes");
  assert.equal(faultOf(`${OK}${field(5).repeat(5)}\r\n`, { limits: small })?.id, "head.too_many_fields");
});

test("quotes the line that is wrong, unless it may hold a secret", () => {
  assert.equal(
    faultOf(`${OK}X-A: b\0c\r\n\r\n`)?.details,
    "a field value holds 0x00 (NUL) (in the field 'X-A', at byte 23 of the head): 'X-A: b\\x00c'",
  );
  assert.equal(
    faultOf(`${OK}Set-Cookie: b\0c\r\n\r\n`)?.details,
    "a field value holds 0x00 (NUL) (in the field 'Set-Cookie', at byte 30 of the head)",
  );
  assert.deepEqual(faultOf(`${OK}Transfer-Encoding: GZIP\r\n\r\n`)?.params, { coding: "gzip" });
});
