import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldValue } from "../../src/core/message.ts";
import { readHead } from "../../src/lab/lab-http.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { readAnswer } from "../../src/lab/raw-client.ts";
import { startSite } from "../../src/lab/site.ts";
import { urlOf } from "../../src/lab/stages/scenes.ts";
import { dialClient } from "./client.ts";
import { startLabGateway } from "./lab-gateway.ts";
import { ok } from "./raw-target.ts";

const EXPECT = "Content-Length: 5\r\nExpect: 100-continue\r\n";

function post(url: string, fields: string): string {
  return `POST ${url} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;
}

test("a client that waits for 100 Continue gets the target's own, then sends its body", async () => {
  await using site = await startSite();
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(post(urlOf(site, "/echo"), EXPECT));
  assert.match((await peer.reader.until("\r\n\r\n")).toString(), /^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  await peer.send("hello");
  const answer = await readAnswer(peer, "POST");
  const { fields, body } = JSON.parse(answer.body.toString());
  assert.equal(body, "hello");
  assert.equal(fieldValue(fields, "expect"), "100-continue");
});

test("no 100 is made up: a target that says nothing leaves the client to its own patience", async () => {
  await using target = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    await peer.reader.take(5);
    await peer.send(ok("done"));
  });
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(post(urlOf(target), EXPECT));
  await target.whenAccepted(1);
  await peer.send("hello"); // no longer
  assert.match((await peer.reader.until("\r\n\r\n")).toString(), /^HTTP\/1\.1 200 OK\r\n/);
});

test("a client that does not wait has its body passed on, and the expectation with it is dropped or met, never doubled", async () => {
  await using site = await startSite();
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(`${post(urlOf(site, "/echo"), EXPECT)}hello`);
  assert.match((await peer.reader.until("\r\n\r\n")).toString(), /^HTTP\/1\.1 200 OK\r\n/);
});

test("a final answer instead of 100 reaches the client at once, and its connection closes since the body never came", async () => {
  await using target = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    await peer.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno");
    await peer.skip();
    peer.stream.end();
  });
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(post(urlOf(target), EXPECT));
  const answer = await readAnswer(peer, "POST");
  assert.equal(answer.status, 417);
  assert.equal(answer.body.toString(), "no");
  assert.equal(fieldValue(answer.fields, "connection"), "close");
  assert.equal(await peer.reader.next(), null);
  await target.whenLeft(1); // half a request went out on that socket: it is of no further use
  assert.equal((await gateway.nextRecord()).outcome, "ok");
});

test("an early 413 in the middle of a large upload reaches the client", async () => {
  await using target = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    await peer.reader.take(1000);
    await peer.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbig\n");
    await peer.end();
  });
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(post(urlOf(target), `Content-Length: ${50 * 1024 * 1024}\r\n`));
  await peer.send(Buffer.alloc(64 * 1024));
  const answer = await readAnswer(peer, "POST");
  assert.equal(answer.status, 413);
  assert.equal(answer.body.toString(), "big\n");
});

test("an exit that dies after its 100 does not make the client see two of them", async () => {
  await using dying = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    await peer.send("HTTP/1.1 100 Continue\r\n\r\n");
    peer.reset();
  });
  await using working = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    await peer.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n");
    await peer.send(ok(`got ${await peer.reader.take(5)}`));
  });
  await using gateway = await startLabGateway({
    exits: [`http://${dying.host}:${dying.port} id=a`, `http://${working.host}:${working.port} id=b`],
    options: { random: () => 0 },
  });
  using peer = await dialClient(gateway.address);
  await peer.send(`PUT http://site.lab/ HTTP/1.1\r\nHost: x\r\n${EXPECT}\r\n`);
  assert.match((await peer.reader.until("\r\n\r\n")).toString(), /^HTTP\/1\.1 100 /);
  assert.match((await peer.reader.until("\r\n\r\n")).toString(), /^HTTP\/1\.1 103 /);
  await peer.send("hello");
  const answer = await readAnswer(peer, "PUT");
  assert.equal(answer.body.toString(), "got hello");
  assert.equal((await gateway.nextRecord()).outcome, "rescued");
});
