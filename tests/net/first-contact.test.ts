import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import { FaultError } from "../../src/core/fault.ts";
import type { LabConnection } from "../../src/lab/lab-connection.ts";
import { findClosedPort, startLabServer } from "../../src/lab/lab-server.ts";
import { ask } from "../../src/net/ask.ts";
import { Cancellation } from "../../src/net/cancellation.ts";
import { connectTcp } from "../../src/net/connect-tcp.ts";
import { dial } from "../../src/net/dial.ts";
import type { DialOptions } from "../../src/net/dial-options.ts";
import { type FirstContactOptions, type Heard, makeFirstContact } from "../../src/net/first-contact.ts";
import { openingWords } from "../../src/wire/exit-handshake.ts";

const clock = { now: () => performance.now(), wall: () => Date.now() };
const target = { host: "192.0.2.1", port: 80 };

function within(ms: number): FirstContactOptions {
  return { connectTcp, clock, signal: null, deadline: clock.now() + ms, timeoutMs: ms, stage: "handshake" };
}

/** Says nothing. */
async function stayUntilLeft(peer: LabConnection): Promise<void> {
  await peer.skip();
  await peer.end();
}

function socks5At({ host, port }: { host: string; port: number }) {
  return { scheme: "socks5" as const, host, port, username: null, password: null, insecure: false, tags: [] };
}

function dialOptions(): DialOptions {
  const resolver = { resolve: () => Promise.reject(new Error("nothing is to be resolved")) };
  const limits = { connect: 20_000, handshake: 20_000, tls: 20_000 };
  const common = { connectTcp: () => Promise.reject(new Error("it is open already")), clock, signal: null, deadline: clock.now() + 20_000 };
  return { ...common, resolver, timeouts: limits, ca: null, isOwnListener: () => false } as unknown as DialOptions;
}

function heard(outcome: Awaited<ReturnType<typeof makeFirstContact>>): Heard {
  assert.ok(outcome.kind === "heard", JSON.stringify(outcome));
  return outcome;
}

test("A hop that answers is handed on with its answer unread, and the handshake goes on without saying its first words again.", async () => {
  const seen: number[][] = [];
  await using server = await startLabServer(async (peer) => {
    seen.push([...(await peer.reader.take(3))]);
    await peer.send(Uint8Array.of(5, 0));
    seen.push([...(await peer.reader.take(10))]);
    await peer.send(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
  });
  const hop = socks5At(server);
  const words = openingWords(hop, target);
  assert.ok(words !== null);
  const contact = heard(await makeFirstContact(server, () => words, within(20_000)));
  const plan = { hops: [hop], target: { ...target, addresses: null, tls: false } };
  const dialled = await dial(plan, dialOptions(), contact);
  assert.equal(dialled.kind, "open");
  assert.deepEqual(seen, [
    [5, 1, 0],
    [5, 1, 0, 1, 192, 0, 2, 1, 0, 80],
  ]);
  assert.equal(contact.connection.bytesOut, 13);
  assert.equal(dialled.report.nextHop, `127.0.0.1:${server.port}`);
  contact.connection.destroy();
});

test("A hop that stays silent is told as the stage that its first words begin, with their bytes, and is left.", async () => {
  await using server = await startLabServer(stayUntilLeft);
  const outcome = await makeFirstContact(server, () => "GET http://192.0.2.1/ HTTP/1.1\r\n\r\n", { ...within(60), stage: "head" });
  assert.ok(outcome.kind === "failed" && outcome.failure.kind === "interrupted");
  const { interruption, seen } = outcome.failure;
  assert.equal(interruption.how, "timeout");
  assert.deepEqual([seen.stage, seen.role, seen.hop, seen.bytesOut, seen.bytesIn], ["head", "exit", 1, 34, 0]);
  assert.equal(outcome.ms.handshake, undefined);
  await server.whenLeft(1);
});

test("A hop that refuses TCP fails at connect, and is told nothing.", async () => {
  let asked = 0;
  const words = () => {
    asked++;
    return "";
  };
  const outcome = await makeFirstContact(await findClosedPort(), words, within(20_000));
  assert.ok(outcome.kind === "failed" && outcome.failure.kind === "interrupted");
  assert.deepEqual(outcome.failure.interruption, { how: "errno", code: "ECONNREFUSED" });
  assert.equal(outcome.failure.seen.stage, "connect");
  assert.equal(asked, 0);
});

for (const [how, end] of [
  ["closed", "end"],
  ["reset", "resetAndDestroy"],
] as const) {
  test(`A hop that only ends is ${how} for whoever understands its protocol.`, async () => {
    await using server = await startLabServer(async (peer) => {
      await peer.reader.take(3);
      peer.wire[end]();
    });
    const hop = socks5At(server);
    const contact = heard(await makeFirstContact(server, () => openingWords(hop, target) ?? "", within(20_000)));
    const plan = { hops: [hop], target: { ...target, addresses: null, tls: false } };
    const dialled = await dial(plan, dialOptions(), contact);
    assert.ok(dialled.kind === "failed" && dialled.failure.kind === "interrupted", JSON.stringify(dialled));
    assert.deepEqual([dialled.failure.interruption.how, dialled.failure.seen.bytesOut], [how, 3]);
  });
}

test("A signal ends the wait, and the connection.", async () => {
  await using server = await startLabServer(stayUntilLeft);
  const signal = new Cancellation();
  const contact = makeFirstContact(server, () => "hello", { ...within(20_000), signal });
  await server.whenAccepted(1);
  signal.cancel();
  const outcome = await contact;
  assert.ok(outcome.kind === "failed" && outcome.failure.kind === "interrupted");
  assert.equal(outcome.failure.interruption.how, "left");
  await server.whenLeft(1);
});

test("A signal that comes as TCP opens, and before anything is said, ends the connection too.", async () => {
  await using server = await startLabServer(stayUntilLeft);
  const signal = new Cancellation();
  const options = within(20_000);
  const outcome = await makeFirstContact(server, () => assert.fail("nothing is to be said"), {
    ...options,
    signal,
    connectTcp: async (...given) => {
      const opened = await connectTcp(...given);
      signal.cancel();
      return opened;
    },
  });
  assert.ok(outcome.kind === "failed" && outcome.failure.kind === "interrupted");
  assert.equal(outcome.failure.interruption.how, "left");
  await server.whenLeft(1);
});

test("An answer that stops after its first byte is timed from the words that went out ahead.", async () => {
  await using server = await startLabServer(async (peer) => {
    await peer.reader.peek(1);
    await peer.send("H");
    await stayUntilLeft(peer);
  });
  const words = "GET / HTTP/1.1\r\n\r\n";
  let now = 1000;
  const slow = { now: () => now, wall: () => 0 };
  const options: FirstContactOptions = { ...within(20_000), clock: slow, deadline: now + 20_000, stage: "head" };
  const { connection } = heard(await makeFirstContact(server, () => words, options));
  now += 4000;
  const asked = await ask(connection, words, null, {
    ...{
      limits: DEFAULTS.limits.message,
      tolerances: DEFAULTS.tolerances,
      clock: slow,
      method: "GET",
      role: "exit",
      hop: 1,
      reused: false,
    },
    ...{ timeoutMs: 50, bodyBytesMax: 0, rawBytesMax: 0 },
  });
  assert.ok(asked.kind === "failed" && asked.failure.kind === "interrupted");
  assert.deepEqual(asked.failure.interruption, { how: "timeout", afterMs: 4050 });
  assert.deepEqual([asked.failure.seen.bytesOut, asked.failure.seen.bytesIn, asked.failure.seen.elapsedMs], [words.length, 1, 4000]);
  await server.whenLeft(1);
});

test("Who begins with other words than were said ahead is a bug, and is told so.", async () => {
  await using server = await startLabServer((peer) => void peer.send("hello"));
  const { connection } = heard(await makeFirstContact(server, () => "GET / HTTP/1.1\r\n\r\n", within(20_000)));
  assert.throws(() => connection.write("HEAD / HTTP/1.1\r\n\r\n"), TypeError);
  connection.destroy();
});

test("Words that cannot be made are the caller's error, not a failure of the hop.", async () => {
  await using server = await startLabServer(stayUntilLeft);
  const words = () => {
    throw new FaultError({ id: "handshake.auth_failed" } as never);
  };
  await assert.rejects(makeFirstContact(server, words, within(20_000)), FaultError);
  await server.whenLeft(1);
});

test("A handshake whose first words depend on what is not known yet has none.", () => {
  const hop = socks5At({ host: "127.0.0.1", port: 1 });
  assert.equal(openingWords(hop, { host: "site.example", port: 80 }), null);
  assert.equal(openingWords({ ...hop, scheme: "socks4" }, { host: "::1", port: 80 }), null);
  assert.equal(openingWords({ ...hop, username: "u".repeat(256), password: "p" }, target), null);
  assert.equal(
    openingWords({ ...hop, scheme: "http" }, { host: "site.example", port: 80 })
      ?.toString()
      .split("\r\n")[0],
    "CONNECT site.example:80 HTTP/1.1",
  );
});
