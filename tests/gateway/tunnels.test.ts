import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { HostPort } from "../../src/core/address.ts";
import { fieldValue } from "../../src/core/message.ts";
import { fin } from "../../src/lab/behaviours.ts";
import { PeerLeft } from "../../src/lab/byte-reader.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import type { LabConnection } from "../../src/lab/lab-connection.ts";
import { type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { openConnect, openSocks4, openSocks5 } from "../../src/lab/raw-client.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";
import { type Client, dialClient, disposable } from "./client.ts";
import { type LabGateway, startLabGateway } from "./lab-gateway.ts";

/** Sends back what it gets, and its FIN after the peer's. */
async function echo(peer: LabConnection): Promise<void> {
  for (let piece = await peer.reader.next(); piece !== null; piece = await peer.reader.next()) await peer.send(piece);
  peer.stream.end();
}

async function openTunnel(gateway: HostPort, { host, port }: HostPort): Promise<Client> {
  const { answer, peer } = await openConnect(gateway, `${host}:${port}`);
  assert.equal(answer.status, 200);
  return disposable(peer);
}

const OPENERS: Readonly<Record<string, typeof openTunnel>> = {
  CONNECT: openTunnel,
  SOCKS5: async (gateway, target) => {
    const { reply, peer } = await openSocks5(gateway, target);
    assert.equal(reply, 0);
    return disposable(peer);
  },
  SOCKS4a: async (gateway, target) => {
    const { reply, peer } = await openSocks4(gateway, target);
    assert.equal(reply, 90);
    return disposable(peer);
  },
};

/** Direct, and over one exit of each kind. */
const WAYS = ["direct", "http", "socks5", "socks5h", "socks4", "socks4a"] as const;

async function startOver(way: (typeof WAYS)[number]): Promise<{ gateway: LabGateway; stack: AsyncDisposableStack }> {
  const stack = new AsyncDisposableStack();
  if (way === "direct") return { gateway: stack.use(await startLabGateway()), stack };
  const exit: LabServer = stack.use(way === "http" ? await startHttpExit() : await startSocksExit());
  return { gateway: stack.use(await startLabGateway({ exits: [`${way}://${exit.host}:${exit.port} id=exit`] })), stack };
}

for (const [protocol, open] of Object.entries(OPENERS)) {
  for (const way of WAYS) {
    test(`${protocol} over ${way}: bytes pass both ways, a FIN passes, and the record counts them`, async () => {
      await using target = await startLabServer(echo);
      const { gateway, stack } = await startOver(way);
      await using _ = stack;
      using peer = await open(gateway.address, target);
      await peer.send("hello\x00\xff");
      assert.equal((await peer.reader.take(7)).toString("latin1"), "hello\x00\xff");
      peer.stream.end();
      assert.equal(await peer.reader.next(), null);
      const record = await gateway.nextRecord();
      assert.equal(record.outcome, "ok");
      assert.equal(record.protocol, protocol === "SOCKS4a" ? "socks4" : protocol.toLowerCase());
      assert.equal(record.attempts[0]?.exit, way === "direct" ? null : "exit");
      assert.ok(record.bytesFromClient >= 7 && record.bytesToClient >= 7);
      const types = gateway.events.map(({ type }) => type).filter((type) => type.startsWith("tunnel"));
      assert.deepEqual(types, ["tunnel-opened", "tunnel-closed"]);
    });
  }
}

test("the 2xx to a CONNECT says which exit and how many attempts it took", async () => {
  await using target = await startLabServer(echo);
  await using exit = await startHttpExit();
  await using gateway = await startLabGateway({
    exits: ["http://127.0.0.1:1 id=dead", `http://${exit.host}:${exit.port} id=good`],
    options: { random: () => 0 },
  });
  const { answer, peer } = await openConnect(gateway.address, `127.0.0.1:${target.port}`);
  using _ = disposable(peer);
  const status = fieldValue(answer.fields, "proxy-status") ?? "";
  assert.match(status, /^goodgateway; /);
  assert.match(status, /exit=good/);
  assert.match(status, /attempts=2/);
  assert.doesNotMatch(status, /error=/);
  assert.equal(fieldValue(answer.fields, "content-length"), null);
  assert.equal(fieldValue(answer.fields, "transfer-encoding"), null);
});

test("bytes sent together with the CONNECT, and bytes that the target says first, are the tunnel's", async () => {
  await using target = await startLabServer(async (peer) => {
    await peer.send("banner ");
    await echo(peer);
  });
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(`CONNECT 127.0.0.1:${target.port} HTTP/1.1\r\nHost: x\r\n\r\nahead`);
  await peer.reader.until("\r\n\r\n");
  assert.equal((await peer.reader.take(12)).toString(), "banner ahead");
});

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
  await using gateway = await startLabGateway({ timeouts: { tunnelIdle: 1000 } });
  using peer = await openTunnel(gateway.address, target);
  for (let i = 0; i < 15; i++) {
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

for (const way of ["direct", "http", "socks5h"] as const) {
  test(`every byte passes unchanged over ${way}, both ways at once, however the reader hesitates`, async () => {
    const digests = Promise.withResolvers<string[]>();
    await using target = await startLabServer(async (peer) => {
      digests.resolve(await Promise.all([pour(peer, 1), drink(peer)]));
    });
    const { gateway, stack } = await startOver(way);
    await using _ = stack;
    using peer = await openTunnel(gateway.address, target);
    const [poured, drunk] = await Promise.all([pour(peer, 2), drink(peer)]);
    const [pouredByTarget, drunkByTarget] = await digests.promise;
    assert.equal(drunk, pouredByTarget);
    assert.equal(drunkByTarget, poured);
    assert.equal((await gateway.nextRecord()).outcome, "ok");
  });
}

/** Sends 3 MB that never repeat, then FIN; gives their digest. */
async function pour(peer: LabConnection, seed: number): Promise<string> {
  const digest = createHash("sha256");
  let block = createHash("sha512").update(String(seed)).digest();
  for (let i = 0; i < 150; i++) {
    const piece = Buffer.concat(Array.from({ length: 320 }, () => (block = createHash("sha512").update(block).digest())));
    digest.update(piece);
    await peer.send(piece);
  }
  peer.stream.end();
  return digest.digest("hex");
}

async function drink(peer: LabConnection): Promise<string> {
  const digest = createHash("sha256");
  let pieces = 0;
  for (let piece = await peer.reader.next(); piece !== null; piece = await peer.reader.next()) {
    digest.update(piece);
    pieces += 1;
    if (pieces % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return digest.digest("hex");
}

test("a tunnel to nobody is refused with the reason in the reason phrase, by SOCKS with its reply code", async () => {
  await using gateway = await startLabGateway();
  const { answer, peer } = await openConnect(gateway.address, "127.0.0.1:1");
  using _ = disposable(peer);
  assert.equal(answer.status, 502);
  assert.match(answer.reason, /connect\.refused/);
  const socks = await openSocks5(gateway.address, { host: "127.0.0.1", port: 1 });
  assert.equal(socks.reply, 5); // connection refused
  socks.peer.wire.destroy();
  const old = await openSocks4(gateway.address, { host: "127.0.0.1", port: 1 });
  assert.equal(old.reply, 91); // rejected or failed
  old.peer.wire.destroy();
});

test("after a refused CONNECT the connection goes on, as a client with a pool expects", async () => {
  await using target = await startLabServer(echo);
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send("CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: x\r\n\r\n");
  const head = (await peer.reader.until("\r\n\r\n")).toString();
  await peer.reader.take(Number(/Content-Length: (\d+)/.exec(head)?.[1]));
  await peer.send(`CONNECT 127.0.0.1:${target.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
  assert.match((await peer.reader.until("\r\n\r\n")).toString(), /^HTTP\/1\.1 200 /);
});

test("a target that closes at once is no fault of the tunnel", async () => {
  await using target = await startLabServer(fin);
  await using gateway = await startLabGateway();
  using peer = await openTunnel(gateway.address, target);
  assert.equal(await peer.reader.next(), null);
  peer.stream.end();
  assert.equal((await gateway.nextRecord()).outcome, "ok");
});
