import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { Intake } from "../../src/net/intake.ts";
import { SHARED } from "../../src/net/shared-reads.ts";

/** A dialled socket that reads by an intake, and its peer. */
async function dialled(): Promise<{ intake: Intake; socket: Socket; peer: Socket; asked: () => number } & Disposable> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection");
  const intake = new Intake();
  const { buffer } = intake.onread;
  let asked = 0;
  intake.onread.buffer = () => {
    asked += 1;
    return buffer();
  };
  const socket = connect({ onread: intake.onread, host: "127.0.0.1", port: (server.address() as AddressInfo).port });
  const [peer] = (await accepted) as [Socket];
  if (socket.connecting) await once(socket, "connect");
  server.close();
  for (const one of [socket, peer]) one.on("error", () => {});
  return { intake, socket, peer, asked: () => asked, [Symbol.dispose]: () => void [socket, peer].map((one) => one.destroy()) };
}

/** Resolves once so many bytes have come, with all of them. */
function collect(intake: Intake, socket: Socket, bytes: number): { add: (chunk: Buffer) => void; all: Promise<Buffer> } {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const add = (chunk: Buffer) => {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size >= bytes) resolve(Buffer.concat(chunks));
  };
  intake.connect(socket, add);
  return { add, all: promise };
}

test("a dialled socket reads into the shared buffer without asking for one each time", async () => {
  using pair = await dialled();
  const { all } = collect(pair.intake, pair.socket, 10);
  const before = pair.asked();
  pair.peer.write("first");
  pair.peer.write("again");
  assert.equal((await all).toString(), "firstagain");
  assert.equal(pair.asked(), before, "this Node has other fields: it asks, and costs more");
});

test("what a splice borrows comes in buffers that the next read leaves alone, and what it does not in the shared one again", async () => {
  using pair = await dialled();
  const sent = Buffer.alloc(8 * 1024 * 1024);
  for (let i = 0; i < sent.length; i += 4) sent.writeUInt32LE(i, i);
  const { add, all } = collect(pair.intake, pair.socket, sent.length);
  const lent: { readonly view: Buffer; readonly returned: () => void }[] = [];
  let borrowed = 0;
  const giveBack = () => {
    const first = lent.shift();
    if (first === undefined) return;
    assert.notEqual(first.view.buffer, SHARED.buffer);
    add(first.view);
    first.returned();
  };
  pair.intake.lendTo((view, returned) => {
    borrowed += 1;
    lent.push({ view, returned });
    setImmediate(giveBack);
    return false;
  });
  pair.peer.end(sent);
  assert.equal((await all).equals(sent), true);
  assert.equal(borrowed > 0, true);
});

test("a dialled socket whose intake was given back is a stream that holds its peer back", async () => {
  using pair = await dialled();
  collect(pair.intake, pair.socket, 1);
  pair.intake.giveBack(pair.socket);
  pair.socket.pause();
  const sent = Buffer.from(Uint32Array.from({ length: 2_000_000 }, (_, index) => index * 31).buffer);
  pair.peer.end(sent);
  pair.socket.read(0);
  await once(pair.socket, "readable");
  assert.ok(pair.socket.readableLength < 1024 * 1024, `${pair.socket.readableLength} bytes were read of which nobody wanted one`);
  const chunks: Buffer[] = [];
  for await (const chunk of pair.socket) chunks.push(chunk);
  assert.ok(Buffer.concat(chunks).equals(sent));
});
