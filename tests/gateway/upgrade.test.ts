import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldValue } from "../../src/core/message.ts";
import { BAD_ANSWERS } from "../../src/lab/bad-answers.ts";
import { afterHead } from "../../src/lab/behaviours.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { readHead } from "../../src/lab/lab-http.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { proxyGet, readAnswer } from "../../src/lab/raw-client.ts";
import { startSite } from "../../src/lab/site.ts";
import { urlOf } from "../../src/lab/stages/scenes.ts";
import { dialClient, exchange } from "./client.ts";
import { startLabGateway } from "./lab-gateway.ts";
import { ok, startRawTarget } from "./raw-target.ts";

const WEBSOCKET = {
  Connection: "keep-alive, Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version": "13",
};

for (const way of ["directly", "through an HTTP exit"]) {
  test(`a WebSocket handshake passes ${way}, with its bytes in both directions, and those sent ahead`, async () => {
    await using site = await startSite();
    await using exit = await startHttpExit();
    await using gateway = await startLabGateway({ exits: way === "directly" ? [] : [`http://${exit.host}:${exit.port}`] });
    using peer = await dialClient(gateway.address);
    await peer.send(`${proxyGet(urlOf(site), WEBSOCKET)}ahead `);
    const head = await readHead(peer.reader);
    assert.equal(head.line[1], "101");
    assert.equal(fieldValue(head.fields, "upgrade"), "websocket");
    assert.match(fieldValue(head.fields, "connection") ?? "", /upgrade/i);
    assert.equal(fieldValue(head.fields, "sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    await peer.send("of it\x00\xff");
    assert.equal((await peer.reader.take(13)).toString("latin1"), "ahead of it\x00\xff");
    peer.stream.end();
    assert.equal(await peer.reader.next(), null);
    const record = await gateway.nextRecord();
    assert.equal(record.outcome, "ok");
    assert.equal(record.status, 101);
  });
}

test("a refused upgrade is an answer as any other, and the connection goes on", async () => {
  await using target = await startRawTarget(() => ok("no such protocol here"));
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  const answer = await exchange(peer, proxyGet(target.url("/"), WEBSOCKET));
  assert.equal(answer.body.toString(), "no such protocol here");
  assert.equal((await exchange(peer, proxyGet(target.url("/")))).status, 200);
  assert.match(target.requests[0]?.head ?? "", /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/);
});

test("a 426 may say which protocols there are", async () => {
  await using target = await startRawTarget(
    () => "HTTP/1.1 426 Upgrade Required\r\nUpgrade: lab/2\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n",
  );
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  const answer = await exchange(peer, proxyGet(target.url("/")));
  assert.equal(answer.status, 426);
});

test("a 101 that nobody asked for is a fault of who sent it, and no byte behind it passes", async () => {
  await using target = await startLabServer(afterHead(BAD_ANSWERS.unexpectedUpgrade));
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  const answer = await exchange(peer, proxyGet(urlOf(target)));
  assert.equal(answer.status, 502);
  const { verdict } = await gateway.nextRecord();
  assert.equal(verdict?.fault, "head.upgrade_failed");
  assert.equal(verdict?.culprit, "origin");
});

test("an Upgrade that Connection does not name goes no further", async () => {
  await using target = await startRawTarget(() => ok("x"));
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await exchange(peer, proxyGet(target.url("/"), { Upgrade: "websocket" }));
  assert.doesNotMatch(target.requests[0]?.head ?? "", /upgrade/i);
});

test("an upgraded connection ends on both sides when the target resets it", async () => {
  await using target = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    await peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: lab\r\n\r\nhi");
    await peer.reader.take(1);
    peer.reset();
  });
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(proxyGet(urlOf(target), { Connection: "Upgrade", Upgrade: "lab" }));
  await readHead(peer.reader);
  assert.equal((await peer.reader.take(2)).toString(), "hi");
  await peer.send("x");
  assert.equal((await readAnswer(peer, "GET")).ending, "reset");
});
