import assert from "node:assert/strict";
import test from "node:test";
import { BAD_SOCKS, type BadSocks } from "../../src/lab/bad-exits.ts";
import { fin } from "../../src/lab/behaviours.ts";
import { dialLab, type LabConnection } from "../../src/lab/lab-connection.ts";
import { findClosedPort, startLabServer } from "../../src/lab/lab-server.ts";
import { openSocks4, openSocks5, readAnswer } from "../../src/lab/raw-client.ts";
import { startSite } from "../../src/lab/site.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";

test("a SOCKS exit opens tunnels for versions 5 and 4a, by the lab's own names", async () => {
  await using site = await startSite();
  await using exit = await startSocksExit({ reach: { "site.lab": site } });
  const five = await openSocks5(exit, { host: "site.lab", port: 80 });
  assert.equal(five.reply, 0);
  await assertServes(five.peer);
  const four = await openSocks4(exit, { host: "site.lab", port: 80 });
  assert.equal(four.reply, 90);
  await assertServes(four.peer);
});

test("a SOCKS exit takes addresses: version 4, and version 5 of either family", async () => {
  await using site = await startSite();
  await using exit = await startSocksExit({ reach: { "0000:0000:0000:0000:0000:0000:0000:0001": site } });
  const port = Buffer.of(site.port >> 8, site.port & 0xff);
  const four = await dialLab(exit);
  await four.send(Buffer.concat([Buffer.of(4, 1), port, Buffer.of(127, 0, 0, 1), Buffer.from("user\0")]));
  assert.equal((await four.reader.take(8))[1], 90);
  await assertServes(four);
  for (const address of [Buffer.of(1, 127, 0, 0, 1), Buffer.concat([Buffer.of(4), Buffer.alloc(15), Buffer.of(1)])]) {
    const five = await dialLab(exit);
    await five.send(Buffer.concat([Buffer.of(5, 1, 0, 5, 1, 0), address, port]));
    assert.deepEqual([...(await five.reader.take(12))], [5, 0, 5, 0, 0, 1, 127, 0, 0, 1, 0, 0]);
    await assertServes(five);
  }
});

test("a SOCKS exit with credentials takes the right ones, and refuses others, none, and version 4", async () => {
  await using site = await startSite();
  const credentials = { username: "lab", password: "secret" };
  await using exit = await startSocksExit({ credentials });
  const target = { host: "127.0.0.1", port: site.port };
  const right = await openSocks5(exit, target, credentials);
  assert.equal(right.reply, 0);
  await assertServes(right.peer);
  for (const wrong of [{ username: "lab", password: "no" }, null]) {
    const { reply, peer } = await openSocks5(exit, target, wrong);
    assert.equal(reply, null);
    peer.wire.destroy();
  }
  const { reply, peer } = await openSocks4(exit, target);
  assert.equal(reply, 93);
  peer.wire.destroy();
});

test("a SOCKS exit says what it could not do, and reaches nothing but the lab", async () => {
  await using exit = await startSocksExit();
  for (const [target, five, four] of [
    [await findClosedPort(), 5, 91],
    [{ host: "example.com", port: 80 }, 4, 91],
    [{ host: "192.0.2.1", port: 80 }, 4, 91],
  ] as const) {
    assert.equal((await openSocks5(exit, target)).reply, five);
    assert.equal((await openSocks4(exit, target)).reply, four);
  }
});

test("a SOCKS exit can give any reply, whole or a byte at a time, and open a tunnel to nowhere", async () => {
  await using site = await startSite();
  const target = { host: "127.0.0.1", port: site.port };
  for (const reply of [1, 2, 3, 4, 5, 6, 7, 8, 0x7f]) {
    await using exit = await startSocksExit({ reply });
    assert.equal((await openSocks5(exit, target)).reply, reply);
  }
  for (const reply of [91, 92, 93]) {
    await using exit = await startSocksExit({ reply });
    assert.equal((await openSocks4(exit, target)).reply, reply);
  }
  await using slow = await startSocksExit({ byteWise: true });
  const { reply, peer } = await openSocks5(slow, target);
  assert.equal(reply, 0);
  await assertServes(peer);
  await using nowhere = await startSocksExit({ opened: fin });
  const open = await openSocks5(nowhere, target);
  assert.equal(open.reply, 0);
  assert.equal(await open.peer.reader.next(), null);
  open.peer.wire.destroy();
});

/** What comes back for a SOCKS5 greeting. */
const SEEN: Readonly<Record<BadSocks, RegExp | "reset" | "silence">> = {
  fin: /^$/,
  rst: "reset",
  silence: "silence",
  wrongVersion: /^\x07\0/,
  halfReply: /^\x05$/,
  http: /^HTTP\/1\.1 400 Bad Request\r\n/,
  noMethod: /^\x05\xff$/,
  unknownMethod: /^\x05\x7e/,
  tlsAlert: /^\x15\x03\x01/,
  sshBanner: /^SSH-2\.0-/,
};

test("bad SOCKS exits answer a greeting as they are called", async () => {
  for (const [name, expected] of Object.entries(SEEN) as [BadSocks, (typeof SEEN)[keyof typeof BAD_SOCKS]][]) {
    await using exit = await startLabServer(BAD_SOCKS[name]);
    const peer = await dialLab(exit);
    await peer.send(Buffer.of(5, 1, 0));
    if (expected === "reset") await assert.rejects(peer.reader.next(), { how: "reset" });
    else if (expected === "silence") assert.equal(peer.wire.readableEnded, false);
    else assert.match(((await peer.reader.next()) ?? Buffer.alloc(0)).toString("latin1"), expected, name);
    peer.wire.destroy();
  }
});

async function assertServes(peer: LabConnection): Promise<void> {
  await peer.send("GET /bytes/3 HTTP/1.1\r\nHost: site.lab\r\n\r\n");
  assert.equal((await readAnswer(peer, "GET")).body.toString(), "012");
  peer.wire.destroy();
}
