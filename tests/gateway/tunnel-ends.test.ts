import assert from "node:assert/strict";
import { test } from "node:test";
import { fin } from "../../src/lab/behaviours.ts";
import { PeerLeft } from "../../src/lab/byte-reader.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { echo, openTunnel } from "./client.ts";
import { startLabGateway } from "./lab-gateway.ts";

test("a client that has sent its FIN still gets all that the target has to say", async () => {
  await using target = await startLabServer(async (peer) => {
    const said = await peer.reader.rest();
    for (let i = 0; i < 50; i++) await peer.send(Buffer.alloc(20_000, said));
    peer.stream.end();
  });
  await using gateway = await startLabGateway();
  using peer = await openTunnel(gateway.address, target);
  await peer.send("x");
  peer.stream.end();
  assert.equal((await peer.reader.rest()).length, 1_000_000);
  assert.equal((await gateway.nextRecord()).outcome, "ok");
});

test("a target that has sent its FIN still gets all that the client has to say", async () => {
  const said = Promise.withResolvers<number>();
  await using target = await startLabServer(async (peer) => {
    peer.stream.end("bye");
    said.resolve((await peer.reader.rest()).length);
  });
  await using gateway = await startLabGateway();
  using peer = await openTunnel(gateway.address, target);
  assert.equal((await peer.reader.take(3)).toString(), "bye");
  assert.equal(await peer.reader.next(), null);
  await peer.send(Buffer.alloc(1_000_000));
  peer.stream.end();
  assert.equal(await said.promise, 1_000_000);
  assert.equal((await gateway.nextRecord()).outcome, "ok");
});

test("a reset from either side resets the other", async () => {
  const ended = Promise.withResolvers<string>();
  await using target = await startLabServer(async (peer) => {
    const first = (await peer.reader.take(1)).toString();
    if (first === "r") peer.reset();
    else
      ended.resolve(
        await peer.reader.next().then(
          () => "closed",
          (error) => (error as PeerLeft).how,
        ),
      );
  });
  await using gateway = await startLabGateway();
  using first = await openTunnel(gateway.address, target);
  await first.send("r");
  await assert.rejects(first.reader.rest(), (error) => error instanceof PeerLeft && error.how === "reset");
  const record = await gateway.nextRecord();
  assert.equal(record.verdict?.fault, "tunnel.reset");
  using second = await openTunnel(gateway.address, target);
  await second.send("c");
  await target.whenAccepted(2);
  second.reset();
  assert.equal(await ended.promise, "reset");
  assert.equal((await gateway.nextRecord()).outcome, "ok");
});

test("a tunnel that is silent both ways ends after timeouts.tunnelIdle", async () => {
  await using target = await startLabServer(echo);
  await using gateway = await startLabGateway({ timeouts: { tunnelIdle: 200 } });
  using peer = await openTunnel(gateway.address, target);
  await peer.send("x");
  await peer.reader.take(1);
  await assert.rejects(peer.reader.rest(), (error) => error instanceof PeerLeft && error.how === "reset");
  assert.equal((await gateway.nextRecord()).verdict?.fault, "tunnel.idle_timeout");
  await target.whenLeft(1);
});

test("bytes in one direction keep a tunnel open", async () => {
  await using target = await startLabServer(echo);
  await using gateway = await startLabGateway({ timeouts: { tunnelIdle: 600 } });
  using peer = await openTunnel(gateway.address, target);
  for (let i = 0; i < 12; i++) {
    await peer.send("x");
    await peer.reader.take(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal(
    gateway.events.some(({ type }) => type === "tunnel-closed"),
    false,
  );
});

test("a tunnel whose client has gone ends after timeouts.tunnelHalfClosed, though its far side never closes", async () => {
  await using target = await startLabServer(async (peer) => {
    await peer.skip(); // and never closes
  });
  await using gateway = await startLabGateway({ timeouts: { tunnelHalfClosed: 200 } });
  using peer = await openTunnel(gateway.address, target);
  await peer.send("x");
  peer.stream.end();
  const record = await gateway.nextRecord();
  assert.equal(record.protocol, "connect");
  await assert.rejects(peer.reader.rest(), PeerLeft);
});

test("a client that is gone without a word ends its tunnel with the next byte for it", async () => {
  await using target = await startLabServer(async (peer) => {
    await peer.reader.take(1);
    for (;;) await peer.send(Buffer.alloc(1000));
  });
  await using gateway = await startLabGateway();
  using peer = await openTunnel(gateway.address, target);
  await peer.send("x");
  await peer.reader.take(1);
  peer.wire.destroy();
  await gateway.nextRecord();
  await target.whenLeft(1);
});

test("a target that closes at once is no fault of the tunnel", async () => {
  await using target = await startLabServer(fin);
  await using gateway = await startLabGateway();
  using peer = await openTunnel(gateway.address, target);
  assert.equal(await peer.reader.next(), null);
  peer.stream.end();
  assert.equal((await gateway.nextRecord()).outcome, "ok");
});
