import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import test from "node:test";
import { connect as connectTls } from "node:tls";
import { findStatements } from "../../src/check/judge/dress.ts";
import { startLocalJudge } from "../../src/check/judge/local-judge.ts";
import { type JudgePayload, readPayload } from "../../src/check/judge/payload.ts";
import { readPlainRequest } from "../../src/check/judge/plain-request.ts";
import { ByteReader } from "../../src/lab/byte-reader.ts";

const BODY = "user=someone&password=secret";

test("A request is plain that is whole, alone and in the strictest form; its fields keep order, case and value.", () => {
  const text = `POST http://a.example/b?id=1 HTTP/1.1\r\nHost: a.example\r\ncontent-LENGTH: ${BODY.length}\r\nX-Odd: a  b,\xe9\r\nConnection: Close\r\n\r\n${BODY}`;
  const request = readPlainRequest(Buffer.from(text, "latin1"));
  assert.deepEqual(request?.received.fields, [
    ["Host", "a.example"],
    ["content-LENGTH", String(BODY.length)],
    ["X-Odd", "a  b,\xe9"],
    ["Connection", "Close"],
  ]);
  assert.deepEqual(
    [request?.received.target, request?.received.bodyBytes, request?.isLast],
    ["http://a.example/b?id=1", BODY.length, true],
  );
});

test("What a server has to think about is not plain: it is left to one that does.", () => {
  const head = "GET / HTTP/1.1\r\nHost: a\r\n";
  const others = [
    head,
    `${head}\r\nGET / HTTP/1.1\r\n`,
    `${head}X:a\r\n\r\n`,
    `${head}X: a \r\n\r\n`,
    `${head}X:\r\n\r\n`,
    `${head}X: a\r\n b\r\n\r\n`,
    `${head}X : a\r\n\r\n`,
    `${head}X: a\tb\r\n\r\n`,
    `${head}X: a\nY: b\r\n\r\n`,
    `${head}Content-Length: 1\r\n\r\n`,
    `${head}Content-Length: +0\r\n\r\n`,
    `${head}Content-Length: 0\r\nContent-Length: 0\r\n\r\n`,
    `${head}Connection: close\r\nConnection: close\r\n\r\n`,
    `${head}Connection: upgrade\r\n\r\n`,
    `${head}Transfer-Encoding: chunked\r\n\r\n`,
    `${head}Upgrade: h2c\r\n\r\n`,
    `${head}Expect: 100-continue\r\n\r\n`,
    `${head}Proxy-Connection: close\r\n\r\n`,
    `${head}${"X: a\r\n".repeat(200)}\r\n`,
    `${head}X: ${"a".repeat(16 * 1024)}\r\n\r\n`,
    "GET / HTTP/1.0\r\n\r\n",
    "GET a.example:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET http:/a HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET ?id=1 HTTP/1.1\r\nHost: a\r\n\r\n",
    "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
  ];
  for (const text of others) assert.equal(readPlainRequest(Buffer.from(text, "latin1")), null, JSON.stringify(text));
});

test("A judge answers a plain request just as it answers another, over HTTP and TLS, one after the other on a connection.", async () => {
  const { judge, address } = await startLocalJudge();
  await using _ = judge;
  const port = Number(address.url.port);
  for (const isTls of [false, true]) {
    const socket = isTls ? connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false }) : connect(port, "127.0.0.1");
    await once(socket, isTls ? "secureConnect" : "connect");
    const reader = new ByteReader(socket);
    const ask = async (field: string): Promise<Answer> => {
      socket.write(`POST /a?id=7 HTTP/1.1\r\nHost: h\r\nContent-Length: ${BODY.length}\r\n${field}\r\n\r\n${BODY}`);
      return await readAnswer(reader);
    };
    const plain = await ask("X-Field: value");
    const more = await ask("X-Field: value");
    const other = await ask("X-Field:value");
    assert.deepEqual(plain.names, other.names);
    assert.deepEqual(withoutTime(plain.payload), withoutTime(other.payload));
    assert.deepEqual(withoutTime(more.payload), withoutTime(other.payload));
    assert.equal(other.payload.fields.length, 3);
    socket.write("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const last = await readAnswer(reader);
    assert.ok(last.names.includes("Connection: close"));
    assert.equal(await reader.next(), null);
    socket.destroy();
  }
});

test("Who comes again to a judge is shown its certificate again: no session is resumed.", async () => {
  const { judge, address } = await startLocalJudge();
  await using _ = judge;
  const options = { port: Number(address.url.port), host: "127.0.0.1", rejectUnauthorized: false };
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    let session: Buffer | undefined;
    for (let visit = 0; visit < 2; visit++) {
      const socket = connectTls({ ...options, maxVersion, ...(session === undefined ? {} : { session }) });
      socket.on("session", (given: Buffer) => (session = given));
      await once(socket, "secureConnect");
      assert.equal(socket.isSessionReused(), false);
      socket.write("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      await readAnswer(new ByteReader(socket)); // which comes behind tickets
      socket.destroy();
    }
  }
});

interface Answer {
  readonly names: readonly string[];
  readonly payload: JudgePayload;
}

async function readAnswer(reader: ByteReader): Promise<Answer> {
  const head = (await reader.until("\r\n\r\n")).toString("latin1");
  const body = await reader.take(Number(/\r\nContent-Length: (\d+)/.exec(head)?.[1]));
  const payload = readPayload(findStatements(body)[0]?.payload ?? "");
  assert.ok(payload !== null);
  // Values that differ from one to the next are left out.
  const names = head.split("\r\n").map((line) => line.replace(/^(Date|Content-Length): .*/, "$1"));
  return { names, payload };
}

function withoutTime({ at: _, ...rest }: JudgePayload): Omit<JudgePayload, "at"> {
  return rest;
}
