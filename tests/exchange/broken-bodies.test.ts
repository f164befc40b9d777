import assert from "node:assert/strict";
import { test } from "node:test";
import type { FaultId } from "../../src/core/fault.ts";
import { BAD_ANSWERS } from "../../src/lab/bad-answers.ts";
import { afterHead, fin, says } from "../../src/lab/behaviours.ts";
import { PeerLeft } from "../../src/lab/byte-reader.ts";
import { createAuthority } from "../../src/lab/certificates.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import type { LabConnection } from "../../src/lab/lab-connection.ts";
import { type Behaviour, startLabServer } from "../../src/lab/lab-server.ts";
import { proxyGet, readAnswer } from "../../src/lab/raw-client.ts";
import { urlOf } from "../../src/lab/stages/scenes.ts";
import { dialClient, dialTlsClient } from "../gateway/client.ts";
import { startLabGateway } from "../gateway/lab-gateway.ts";

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/** Ways to break an answer's body off, and what the record must say of it. */
const BREAKS: Readonly<Record<string, readonly [behave: Behaviour, fault: FaultId]>> = {
  "is short of its length": [BAD_ANSWERS.truncatedByLength, "body.truncated"],
  "ends within a chunk": [BAD_ANSWERS.truncatedByChunk, "body.truncated"],
  "has no last chunk": [BAD_ANSWERS.missingLastChunk, "body.truncated"],
  "ends within its trailers": [says(`${CHUNKED}5\r\nhello\r\n0\r\nX-Sum: 1`, fin), "body.truncated"],
  "is reset": [BAD_ANSWERS.resetInBody, "body.reset"],
  "has a bad chunk": [BAD_ANSWERS.badChunk, "body.bad_chunk"],
  "has bad trailers": [BAD_ANSWERS.badTrailers, "trailers.invalid"],
  "has endless trailers": [BAD_ANSWERS.hugeTrailers, "trailers.too_large"],
  stalls: [says("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly the first part", silenceUntilLeft), "body.idle_timeout"],
  "stalls within a chunk": [says(`${CHUNKED}5\r\nhel`, silenceUntilLeft), "body.idle_timeout"],
};

/** Silence, and a FIN once the peer has sent its own. */
async function silenceUntilLeft(peer: LabConnection): Promise<void> {
  await peer.skip();
  peer.stream.end();
}

/** A client of HTTP/1.0 knows the end of an answer by the end of the connection: only a reset tells it that something is missing. */
async function readOld(peer: LabConnection): Promise<"closed" | "reset"> {
  try {
    await peer.reader.rest();
    return "closed";
  } catch (error) {
    if (error instanceof PeerLeft) return error.how;
    throw error;
  }
}

for (const [what, [behave, id]] of Object.entries(BREAKS)) {
  test(`an answer that ${what} is no whole answer for a client of HTTP/1.1, and the record blames the origin`, async () => {
    await using target = await startLabServer(afterHead(behave));
    await using gateway = await startLabGateway({ timeouts: { bodyIdle: 200 } });
    using peer = await dialClient(gateway.address);
    await peer.send(proxyGet(urlOf(target)));
    const answer = await readAnswer(peer, "GET");
    assert.equal(answer.status, 200);
    assert.notEqual(answer.ending, "complete");
    const record = await gateway.nextRecord();
    assert.equal(record.outcome, "failed");
    assert.equal(record.verdict?.fault, id);
    assert.equal(record.verdict?.culprit, "origin");
    await target.whenLeft(1);
  });

  test(`an answer that ${what} is a reset for a client of HTTP/1.0, and the record blames the exit that relayed it`, async () => {
    await using exit = await startLabServer(afterHead(behave));
    await using gateway = await startLabGateway({ exits: [`http://${exit.host}:${exit.port} id=bad`], timeouts: { bodyIdle: 200 } });
    using peer = await dialClient(gateway.address);
    await peer.send("GET http://site.lab/ HTTP/1.0\r\n\r\n");
    assert.equal(await readOld(peer), "reset");
    const record = await gateway.nextRecord();
    assert.equal(record.verdict?.fault, id);
    assert.equal(record.verdict?.culprit, "exit");
    assert.equal(gateway.gateway.pool.snapshot()[0]?.inFlight, 0);
    await exit.whenLeft(1);
  });
}

test("an answer that ends with its connection is reset for both when the target resets", async () => {
  for (const version of ["HTTP/1.1", "HTTP/1.0"]) {
    await using target = await startLabServer(afterHead(says("HTTP/1.1 200 OK\r\n\r\nsome of it", (peer) => peer.reset())));
    await using gateway = await startLabGateway();
    using peer = await dialClient(gateway.address);
    await peer.send(`GET ${urlOf(target)} ${version}\r\nHost: x\r\n\r\n`);
    if (version === "HTTP/1.0") assert.equal(await readOld(peer), "reset");
    else assert.notEqual((await readAnswer(peer, "GET")).ending, "complete");
    assert.equal((await gateway.nextRecord()).verdict?.fault, "body.reset");
  }
});

test("a broken answer is no whole one for clients over TLS either", async () => {
  const authority = createAuthority();
  const tls = authority.issue({ names: ["localhost"] });
  for (const [version, behave] of [
    ["HTTP/1.1", BAD_ANSWERS.truncatedByLength],
    ["HTTP/1.0", BAD_ANSWERS.truncatedByLength],
    ["HTTP/1.0", BAD_ANSWERS.missingLastChunk],
  ] as const) {
    await using target = await startLabServer(afterHead(behave));
    await using gateway = await startLabGateway({ listener: { tls } });
    using peer = await dialTlsClient(gateway.address, { servername: "localhost", ca: authority.cert });
    await peer.send(`GET ${urlOf(target)} ${version}\r\nHost: x\r\n\r\n`);
    if (version === "HTTP/1.0") assert.equal(await readOld(peer), "reset");
    else assert.notEqual((await readAnswer(peer, "GET")).ending, "complete");
  }
});

test("a broken answer through a tunnel to the target is the target's, not the exit's", async () => {
  const authority = createAuthority();
  await using target = await startLabServer(afterHead(BAD_ANSWERS.truncatedByLength), authority.issue({ names: ["site.lab"] }));
  await using exit = await startHttpExit({ reach: { "site.lab": target } });
  await using gateway = await startLabGateway({ exits: [`http://${exit.host}:${exit.port}`], exchange: { ca: [authority.cert] } });
  using peer = await dialClient(gateway.address);
  await peer.send(proxyGet("https://site.lab/"));
  assert.notEqual((await readAnswer(peer, "GET")).ending, "complete");
  assert.equal((await gateway.nextRecord()).verdict?.culprit, "origin");
  assert.equal(gateway.gateway.pool.snapshot()[0]?.failures, 0);
});

test("a client that pipelines gets no later answer behind one that broke off", async () => {
  await using target = await startLabServer(afterHead(BAD_ANSWERS.truncatedByLength));
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(proxyGet(urlOf(target)).repeat(2));
  const answer = await readAnswer(peer, "GET");
  assert.notEqual(answer.ending, "complete");
  assert.doesNotMatch(answer.body.toString(), /HTTP/);
  assert.equal(target.accepted, 1);
});
