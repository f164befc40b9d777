import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { fieldValue } from "../../src/core/message.ts";
import { afterHead, fin, rst, says, silence } from "../../src/lab/behaviours.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import type { LabConnection } from "../../src/lab/lab-connection.ts";
import { type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { openConnect, openSocks4, openSocks5 } from "../../src/lab/raw-client.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";
import { dialClient, disposable, echo, openTunnel } from "./client.ts";
import { type LabGateway, startLabGateway } from "./lab-gateway.ts";

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

for (const way of ["direct", "http", "socks5h"] as const) {
  test(`every byte passes unchanged over ${way}, both ways at once, however the reader hesitates`, async () => {
    const digests = Promise.withResolvers<string[]>();
    await using target = await startLabServer(async (peer) => {
      digests.resolve(await Promise.all([pour(peer), drink(peer)]));
    });
    const { gateway, stack } = await startOver(way);
    await using _ = stack;
    using peer = await openTunnel(gateway.address, target);
    const [poured, drunk] = await Promise.all([pour(peer), drink(peer)]);
    const [pouredByTarget, drunkByTarget] = await digests.promise;
    assert.equal(drunk, pouredByTarget);
    assert.equal(drunkByTarget, poured);
    assert.equal((await gateway.nextRecord()).outcome, "ok");
  });
}

/** Sends 6 MB that are like no others, then FIN; gives their digest. */
async function pour(peer: LabConnection): Promise<string> {
  const digest = createHash("sha256");
  for (let i = 0; i < 100; i++) {
    const piece = randomBytes(64 * 1024);
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

test("a refusal is its head's, also where not a byte of its body comes: silence, a reset or an end behind it changes nothing", async () => {
  for (const fields of ["", "Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n"]) {
    for (const then of [silence, rst, fin]) {
      await using exit = await startLabServer(afterHead(says(`HTTP/1.1 403 Forbidden\r\n${fields}\r\n`, then)));
      await using gateway = await startLabGateway({ exits: [`http://${exit.host}:${exit.port}`] });
      const { answer, peer } = await openConnect(gateway.address, "site.lab:443");
      peer.wire.destroy();
      assert.equal(answer.status, 502);
      const { verdict } = await gateway.nextRecord();
      assert.equal(verdict?.fault, "handshake.policy_denied", `${fields} ${then.name}`);
    }
  }
});
