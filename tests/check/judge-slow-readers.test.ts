import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { SlowReaders } from "../../src/check/judge/slow-readers.ts";

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
