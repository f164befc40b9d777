import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { judgeRequests } from "../../src/check/judge/judge-requests.ts";
import { startLocalJudge } from "../../src/check/judge/local-judge.ts";
import { createJudgeKey } from "../../src/check/judge/signature.ts";
import { SlowReaders } from "../../src/check/judge/slow-readers.ts";
import { THROUGHPUT_BYTES_MAX } from "../../src/check/judge/throughput.ts";

/** More than the system's buffers hold. */
const LARGE_BYTES = 32 * 1024 * 1024;

test("Of those that do not read what they asked for, the first is closed when there are too many; who has read all counts no more.", async () => {
  const accepted: Socket[] = [];
  const server = createServer((socket) => accepted.push(socket.on("error", () => {}))).listen(0, "127.0.0.1");
  await once(server, "listening");
  const clients: Socket[] = [];
  for (let i = 0; i < 4; i++) {
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    client.on("error", () => {});
    clients.push(client);
    await once(server, "connection");
  }
  const [reading, first, second, third] = accepted as [Socket, Socket, Socket, Socket];
  const slow = new SlowReaders(2);
  const give = (socket: Socket) => {
    const written = new Promise((resolve) => socket.write(Buffer.alloc(LARGE_BYTES), resolve));
    slow.note(socket);
    return written;
  };
  const read = give(reading);
  clients[0]?.resume();
  await read;
  void give(first);
  void give(second);
  assert.deepEqual([reading.destroyed, first.destroyed, second.destroyed], [false, false, false]);
  void give(third);
  assert.deepEqual([reading.destroyed, first.destroyed, second.destroyed, third.destroyed], [false, true, false, false]);
  for (const socket of [...accepted, ...clients]) socket.destroy();
  server.close();
});

const askBytes = (n: number): string => `GET /goodgateway/judge/bytes?n=${n} HTTP/1.1\r\nHost: judge.test\r\n\r\n`;

test("Those that ask for bytes to measure throughput by, and do not read them, are slow readers too.", async () => {
  const voice = { key: createJudgeKey(), certificate: "", slowReaders: new SlowReaders(2), addresses: () => [], preambleOf: () => null };
  const server = createHttpServer(judgeRequests(voice)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const clients: Socket[] = [];
  for (let i = 0; i < 3; i++) {
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    client.on("error", () => {});
    clients.push(client);
    const answered = once(client, "readable");
    client.write(askBytes(LARGE_BYTES));
    await answered;
  }
  const [first, ...others] = clients as [Socket, Socket, Socket];
  let got = 0;
  first.on("data", (chunk: Buffer) => {
    got += chunk.length;
  });
  await once(first, "close");
  assert.ok(got < THROUGHPUT_BYTES_MAX, `${got} bytes`);
  assert.ok(others.every(({ destroyed }) => !destroyed));
  for (const client of others) client.destroy();
  server.close();
});

test("Bytes that are asked for ahead come one answer after the other, and whole.", async () => {
  const { judge, address } = await startLocalJudge();
  await using _ = judge;
  const client = connect(Number(address.url.port), "127.0.0.1");
  client.end(askBytes(200_000) + askBytes(0) + askBytes(300_000));
  const [, ...answers] = Buffer.concat(await client.toArray())
    .toString("latin1")
    .split("HTTP/1.1 200 OK");
  assert.deepEqual(
    answers.map((answer) => answer.length - answer.indexOf("\r\n\r\n") - 4),
    [200_000, 0, 300_000],
  );
});
