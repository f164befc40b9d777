import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import fc from "fast-check";
import { findStatements } from "../../src/check/judge/dress.ts";
import { startLocalJudge } from "../../src/check/judge/local-judge.ts";
import { readPayload } from "../../src/check/judge/payload.ts";
import { readPreamble } from "../../src/check/judge/preamble.ts";

const LINE = "PROXY TCP4 198.51.100.7 203.0.113.5 4711 8504";
const V2 = Buffer.from(`0d0a0d0a000d0a515549540a2111000cc6336407cb007105126721380000`.slice(0, 56), "hex");

test("The PROXY protocol is read in both versions, however it is cut, and the bytes behind it are left.", () => {
  for (const told of [Buffer.from(`${LINE}\r\n`), V2]) {
    for (let length = 1; length < told.length; length++) assert.equal(readPreamble(told.subarray(0, length)).kind, "more");
    const whole = readPreamble(Buffer.concat([told, Buffer.from("GET / HTTP/1.1\r\n")]));
    assert.deepEqual(whole, { kind: "told", line: LINE, length: told.length });
  }
});

test("HTTP, TLS and arbitrary bytes are none, and no line without an end is waited for beyond its limit.", () => {
  for (const text of ["GET / HTTP/1.1", "POST / HTTP/1.1", "PROPFIND /", "\x16\x03\x01", "\r\nGET /", `PROXY ${"x".repeat(200)}`]) {
    assert.equal(readPreamble(Buffer.from(text, "latin1")).kind, "none", text);
  }
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (tail) => {
      readPreamble(Buffer.from(tail));
      readPreamble(Buffer.concat([V2.subarray(0, 12), tail]));
      readPreamble(Buffer.concat([Buffer.from("PROXY "), tail]));
    }),
    { numRuns: 300 },
  );
});

test("A judge tells it of plain connections and of those with TLS, in one piece or two.", async () => {
  const { judge, address } = await startLocalJudge();
  await using _ = judge;
  const port = Number(address.url.port);
  for (const isTls of [false, true]) {
    for (const parts of [[`${LINE}\r\n`], [LINE.slice(0, 9), `${LINE.slice(9)}\r\n`]]) {
      const raw = connect(port, "127.0.0.1");
      await once(raw, "connect");
      for (const part of parts) await new Promise((sent) => raw.write(part, sent));
      const socket = isTls ? connectTls({ socket: raw, rejectUnauthorized: false }) : raw;
      if (isTls) await once(socket, "secureConnect");
      socket.write("GET /?id=abc HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      const chunks: Buffer[] = [];
      for await (const chunk of socket) chunks.push(chunk as Buffer);
      const [statement] = findStatements(Buffer.concat(chunks));
      assert.equal(readPayload(statement?.payload ?? "")?.preamble, LINE);
    }
  }
});
