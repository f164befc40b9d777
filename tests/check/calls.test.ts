import assert from "node:assert/strict";
import { test } from "node:test";
import { Calls } from "../../src/check/calls.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { Cancellation } from "../../src/net/cancellation.ts";
import { candidateOf, startChecking } from "./checking.ts";

test("A proxy that used up its time before it began to answer was not hurried.", async () => {
  let passedMs = 0;
  const clock = { now: () => performance.now() + passedMs, wall: () => Date.now() };
  await using checking = await startChecking({ timeoutMs: 8000, clock });
  await using exit = await startLabServer(async (peer) => {
    await peer.reader.take(3);
    passedMs = 7900;
    await peer.send(Uint8Array.of(5, 0));
    await peer.skip();
    await peer.end();
  });
  const calls = new Calls(checking.context);
  const way = {
    exit: candidateOf(`socks5://${exit.host}:${exit.port}`).exit,
    target: { scheme: "http", host: "192.0.2.1", port: 80 },
    tunnel: true,
    verify: false,
  } as const;
  const turn = { deadline: clock.now() + 8000, signal: new Cancellation(), onConnected: null };
  const outcome = await calls.call(way, () => assert.fail("nothing is to be asked"), turn);
  assert.ok(outcome.kind === "failed");
  assert.deepEqual([outcome.attributed.fault.id, outcome.wasHurried, calls.connections], ["handshake.timeout", false, 1]);
  await exit.whenLeft(1);
});

test("What is cut short behind a tunnel that took most of the time was hurried.", async () => {
  let passedMs = 0;
  const clock = { now: () => performance.now() + passedMs, wall: () => Date.now() };
  await using checking = await startChecking({ timeoutMs: 8000, clock });
  await using exit = await startLabServer(async (peer) => {
    await peer.reader.until("\r\n\r\n");
    passedMs = 7900;
    await peer.send("HTTP/1.1 200 OK\r\n\r\n");
    await peer.skip();
    await peer.end();
  });
  const calls = new Calls(checking.context);
  const way = {
    exit: candidateOf(`http://${exit.host}:${exit.port}`).exit,
    target: { scheme: "https", host: "192.0.2.1", port: 443 },
    tunnel: true,
    verify: false,
  } as const;
  const turn = { deadline: clock.now() + 8000, signal: new Cancellation(), onConnected: null };
  const outcome = await calls.call(way, () => assert.fail("nothing is to be asked"), turn);
  assert.ok(outcome.kind === "failed");
  assert.deepEqual([outcome.attributed.fault.id, outcome.wasHurried], ["tls.handshake_timeout", true]);
});
