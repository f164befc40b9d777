import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { Connection } from "../../src/net/connection.ts";
import { type SpliceEnd, splice } from "../../src/net/splice.ts";

const LIMITS = { idleMs: 20_000, halfClosedMs: 20_000, silentMs: 0, onAnswer: null };

/** A connection of ours and the peer at its other end. */
async function connected(): Promise<{ ours: Connection; peer: Socket } & Disposable> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection");
  const peer = connect({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, allowHalfOpen: true });
  const [socket] = (await accepted) as [Socket];
  server.close();
  peer.on("error", () => {});
  return { ours: new Connection(socket), peer, [Symbol.dispose]: () => void [peer, socket].map((one) => one.destroy()) };
}

/** Everything up to the peer's end of the stream. */
async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  await once(socket, "end");
  return Buffer.concat(chunks).toString();
}

test("passes bytes and a FIN on, and the other direction stays open for the answer", async () => {
  using client = await connected();
  using hop = await connected();
  const joined = splice(client.ours, hop.ours, LIMITS);
  client.peer.end("question");
  assert.equal(await readAll(hop.peer), "question");
  hop.peer.end("answer");
  assert.equal(await readAll(client.peer), "answer");
  assert.deepEqual(await joined, { how: "closed", side: null, bytesFromClient: 8, bytesFromHop: 6 });
});

test("closes both sides where both had ended before they were joined", async () => {
  using client = await connected();
  using hop = await connected();
  client.peer.end();
  hop.peer.end();
  const nobody = { onData() {}, onEnd() {}, onClose() {}, onDrain() {} };
  for (const { ours } of [client, hop]) {
    ours.own(nobody);
    if (!ours.ended) await once(ours.socket, "end");
    ours.disown();
  }
  const closed = Promise.all([once(client.ours.socket, "close"), once(hop.ours.socket, "close")]);
  assert.equal((await splice(client.ours, hop.ours, LIMITS)).how, "closed");
  client.peer.resume();
  hop.peer.resume();
  await closed;
});

test("resets the client where the hop is reset", async () => {
  using client = await connected();
  using hop = await connected();
  const joined = splice(client.ours, hop.ours, LIMITS);
  const lost = new Promise<NodeJS.ErrnoException>((resolve) => client.peer.once("error", resolve));
  client.peer.resume();
  hop.peer.resetAndDestroy();
  const { how, side } = await joined;
  assert.deepEqual({ how, side }, { how: "reset", side: "hop" });
  assert.equal((await lost).code, "ECONNRESET");
});

test("ends a tunnel in which nothing happens", async () => {
  using client = await connected();
  using hop = await connected();
  assert.equal((await splice(client.ours, hop.ours, { idleMs: 40, halfClosedMs: 40, silentMs: 0, onAnswer: null })).how, "idle");
});

/** Whether a tunnel has ended, told without waiting for it. */
function watchEnd(joined: Promise<SpliceEnd>): { how: string | null } {
  const seen: { how: string | null } = { how: null };
  void joined.then(({ how }) => {
    seen.how = how;
  });
  return seen;
}

test("a tunnel that falls silent lives as long as it may, and at most an eighth longer", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  using client = await connected();
  using hop = await connected();
  const joined = splice(client.ours, hop.ours, { ...LIMITS, idleMs: 8000 });
  const seen = watchEnd(joined);
  t.mock.timers.tick(1001);
  client.peer.write("x");
  await once(hop.peer, "data");
  t.mock.timers.tick(7999);
  await Promise.resolve();
  assert.equal(seen.how, null, "the byte is not yet 8 s old");
  t.mock.timers.tick(1000);
  assert.equal((await joined).how, "idle");
});

test("the silence before two sides were joined counts, and so does none before the client's FIN", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  using client = await connected();
  using hop = await connected();
  const late = splice(client.ours, hop.ours, { ...LIMITS, idleMs: 8000, silentMs: 7500 });
  t.mock.timers.tick(1000);
  assert.equal((await late).how, "idle");

  using other = await connected();
  using otherHop = await connected();
  const joined = splice(other.ours, otherHop.ours, { idleMs: 8000, halfClosedMs: 4000, silentMs: 0, onAnswer: null });
  const seen = watchEnd(joined);
  t.mock.timers.tick(7000);
  otherHop.peer.resume();
  other.peer.end();
  await once(otherHop.peer, "end");
  t.mock.timers.tick(3500);
  await Promise.resolve();
  assert.equal(seen.how, null, "4 s from the FIN on");
  t.mock.timers.tick(1000);
  assert.equal((await joined).how, "idle");
});
