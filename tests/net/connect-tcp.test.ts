import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { test } from "node:test";
import { startFullBacklog } from "../../src/lab/full-backlog.ts";
import { type Behaviour, findClosedPort, startLabServer } from "../../src/lab/lab-server.ts";
import { connectTcp, type TcpOptions, type TcpOutcome } from "../../src/net/connect-tcp.ts";

const patient: TcpOptions = { timeoutMs: 20_000, attemptDelayMs: 10_000, signal: null };
const holdOpen: Behaviour = () => {};

function opened(outcome: TcpOutcome): Socket {
  assert.ok("socket" in outcome, JSON.stringify(outcome));
  return outcome.socket;
}

test("The first address that accepts gives the socket, without delay for Nagle and open for half-closing.", async () => {
  await using server = await startLabServer(holdOpen);
  const outcome = await connectTcp(["127.0.0.1"], server.port, patient);
  const socket = opened(outcome);
  assert.equal(outcome.address, "127.0.0.1");
  assert.equal(socket.allowHalfOpen, true);
  socket.destroy();
});

test("Nothing is read before the owner resumes: bytes and FIN that came early are all there.", async () => {
  await using server = await startLabServer((peer) => void peer.wire.end("220 early\r\n"));
  const outcome = await connectTcp(["127.0.0.1"], server.port, patient);
  const socket = opened(outcome);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(socket.bytesRead, 0);
  const chunks: Buffer[] = [];
  if ("intake" in outcome) outcome.intake.connect(socket, (chunk) => chunks.push(chunk));
  socket.resume();
  await once(socket, "end");
  assert.equal(Buffer.concat(chunks).toString(), "220 early\r\n");
  socket.destroy();
});

test("A socket comes back with no listener of ours but a guard, so that an unheard error does not end the process.", async () => {
  await using server = await startLabServer(holdOpen);
  const socket = opened(await connectTcp(["127.0.0.1"], server.port, patient));
  assert.equal(socket.listenerCount("error"), 1);
  assert.equal(socket.listenerCount("connect"), 0);
  assert.equal(socket.listenerCount("data"), 0);
  socket.destroy(new Error("unheard"));
  await new Promise((resolve) => socket.once("close", resolve));
});

test("A refusal is told with the address that refused.", async () => {
  const { port } = await findClosedPort();
  const outcome = await connectTcp(["127.0.0.1"], port, patient);
  assert.deepEqual(outcome, { interruption: { how: "errno", code: "ECONNREFUSED" }, address: "127.0.0.1" });
});

test("After a refusal the next address starts at once, not after the head start.", async () => {
  await using server = await startLabServer(holdOpen);
  // 127.0.0.2 is this machine too, but the server listens on 127.0.0.1 alone. The head start is longer than the deadline.
  const outcome = await connectTcp(["127.0.0.2", "127.0.0.1"], server.port, { ...patient, timeoutMs: 9_000 });
  assert.equal(outcome.address, "127.0.0.1");
  opened(outcome).destroy();
});

test("A silent address is not waited for beyond its head start, and its socket does not stay.", async () => {
  await using backlog = await startFullBacklog();
  await using other = await listenOn("127.0.0.2", backlog.port);
  const outcome = await connectTcp(["127.0.0.1", "127.0.0.2"], backlog.port, { ...patient, attemptDelayMs: 1 });
  assert.equal(outcome.address, "127.0.0.2");
  opened(outcome).destroy();
  assert.equal(other.listening, true);
  await nothingLeft("TCPSocketWrap", 4); // the four that fill the backlog
});

test("The deadline is for all addresses together and is told with the time that passed.", async () => {
  await using backlog = await startFullBacklog();
  const outcome = await connectTcp(["127.0.0.1"], backlog.port, { ...patient, timeoutMs: 50 });
  assert.ok("interruption" in outcome && outcome.interruption.how === "timeout");
  assert.ok(outcome.interruption.afterMs >= 49);
  assert.equal(outcome.address, "127.0.0.1");
});

test("Of several failures the hop's own answer is told, not the silence beside it.", async () => {
  await using backlog = await startFullBacklog();
  const outcome = await connectTcp(["127.0.0.1", "127.0.0.2"], backlog.port, { ...patient, timeoutMs: 200, attemptDelayMs: 1 });
  assert.deepEqual(outcome, { interruption: { how: "errno", code: "ECONNREFUSED" }, address: "127.0.0.2" });
});

test("A client that leaves ends the race, and neither listener nor timer nor socket stays.", async () => {
  await using backlog = await startFullBacklog();
  const timers = countResources("Timeout");
  const controller = new AbortController();
  const running = connectTcp(["127.0.0.1", "127.0.0.2"], backlog.port, { ...patient, signal: controller.signal });
  assert.equal(getEventListeners(controller.signal, "abort").length, 1);
  controller.abort();
  const outcome = await running;
  assert.deepEqual(outcome, { interruption: { how: "left" }, address: "127.0.0.1" });
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
  assert.equal(countResources("Timeout"), timers);
  await nothingLeft("TCPSocketWrap", 4);
});

test("A client that has left before dials nothing.", async () => {
  await using server = await startLabServer(holdOpen);
  const outcome = await connectTcp(["127.0.0.1"], server.port, { ...patient, signal: AbortSignal.abort() });
  assert.deepEqual(outcome, { interruption: { how: "left" }, address: "127.0.0.1" });
  assert.equal(server.accepted, 0);
});

test("A success leaves no timer and no abort listener behind.", async () => {
  await using server = await startLabServer(holdOpen);
  const timers = countResources("Timeout");
  const { signal } = new AbortController();
  const socket = opened(await connectTcp(["127.0.0.1", "127.0.0.2"], server.port, { ...patient, signal }));
  assert.equal(countResources("Timeout"), timers);
  assert.equal(getEventListeners(signal, "abort").length, 0);
  socket.destroy();
});

test("A name is a mistake of the caller: nothing is looked up.", async () => {
  await assert.rejects(connectTcp(["localhost"], 80, patient), TypeError);
  await assert.rejects(connectTcp([], 80, patient), RangeError);
});

async function listenOn(host: string, port: number): Promise<Server & AsyncDisposable> {
  const server = createServer((socket) => socket.resume().on("error", () => {}));
  server.listen(port, host);
  await once(server, "listening");
  return server;
}

function countResources(kind: string): number {
  return process.getActiveResourcesInfo().filter((name) => name === kind).length;
}

/** Waits, turn by turn, until at most `count` resources of that kind are open. */
async function nothingLeft(kind: string, count: number): Promise<void> {
  while (countResources(kind) > count) await new Promise((resolve) => setTimeout(resolve, 5));
}
