import assert from "node:assert/strict";
import { test } from "node:test";
import { afterHead, rst } from "../../src/lab/behaviours.ts";
import { readHead } from "../../src/lab/lab-http.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { proxyGet, readAnswer } from "../../src/lab/raw-client.ts";
import { urlOf } from "../../src/lab/stages/scenes.ts";
import { dialClient, exchange } from "../gateway/client.ts";
import { startLabGateway } from "../gateway/lab-gateway.ts";
import { ok, startRawTarget } from "../gateway/raw-target.ts";

test("a body of which the first exit took a part reaches the second whole, its rest as it comes", async () => {
  await using bad = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    await peer.reader.take(5);
    peer.reset();
  });
  const begun = Promise.withResolvers<void>();
  const got = Promise.withResolvers<string>();
  await using good = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    const first = (await peer.reader.take(5)).toString();
    begun.resolve();
    got.resolve(first + (await peer.reader.take(6)).toString());
    await peer.send(ok("done"));
  });
  await using gateway = await startLabGateway({
    exits: [`http://${bad.host}:${bad.port} id=a`, `http://${good.host}:${good.port} id=b`],
    options: { random: () => 0 },
  });
  using peer = await dialClient(gateway.address);
  await peer.send("PUT http://site.lab/ HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello");
  await begun.promise;
  await peer.send(" world");
  assert.equal((await readAnswer(peer, "PUT")).body.toString(), "done");
  assert.equal(await got.promise, "hello world");
});

test("a hop that takes nothing of a large body is a write timeout, blamed on it and not on the client", async () => {
  await using target = await startLabServer(() => {});
  await using gateway = await startLabGateway({ timeouts: { bodyIdle: 300 } });
  using peer = await dialClient(gateway.address);
  peer.stream.write(`PUT ${urlOf(target)} HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n`);
  peer.stream.write(Buffer.alloc(50_000_000));
  const answer = await readAnswer(peer, "PUT");
  assert.equal(answer.status, 504);
  const { verdict } = await gateway.nextRecord();
  assert.equal(verdict?.fault, "write.timeout");
  assert.equal(verdict?.culprit, "origin");
});

test("the time limit for a head begins when the request's body is out", async () => {
  await using target = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    await peer.reader.take(20);
    await peer.send(ok("in time"));
  });
  await using gateway = await startLabGateway({ timeouts: { head: 400, total: 400 } });
  using peer = await dialClient(gateway.address);
  await peer.send(`POST ${urlOf(target)} HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n`);
  for (let i = 0; i < 20; i++) {
    await peer.send("x");
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  assert.equal((await readAnswer(peer, "POST")).body.toString(), "in time");
});

test("a request whose every exit fails tells of the last one, with the attempts in the body for machines", async () => {
  await using bad = await startLabServer(afterHead(rst));
  await using gateway = await startLabGateway({ exits: [`http://${bad.host}:${bad.port} id=a`, `http://u@${bad.host}:${bad.port} id=b`] });
  using peer = await dialClient(gateway.address);
  const answer = await exchange(peer, proxyGet("http://site.lab/page?token=secret", { Accept: "application/problem+json" }));
  assert.equal(answer.status, 502);
  const problem = JSON.parse(answer.body.toString());
  assert.ok(problem.attempts.length >= 2);
  assert.doesNotMatch(answer.body.toString(), /secret/);
  assert.match(answer.reason, /head\.reset/);
});

test("an answer that needs no body read is not delayed, one of a page is relayed whole after the look at it", async () => {
  const page = "x".repeat(100_000);
  await using exit = await startRawTarget(() => `HTTP/1.1 500 Oops\r\nContent-Length: ${page.length}\r\n\r\n${page}`);
  await using gateway = await startLabGateway({ exits: [`http://${exit.host}:${exit.port}`] });
  using peer = await dialClient(gateway.address);
  const answer = await exchange(peer, "POST http://site.lab/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "POST");
  assert.equal(answer.status, 500);
  assert.equal(answer.body.toString(), page);
});
