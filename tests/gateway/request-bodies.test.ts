import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { HostPort } from "../../src/core/address.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { dialLab, type LabConnection, splice } from "../../src/lab/lab-connection.ts";
import { readHead } from "../../src/lab/lab-http.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { readAnswer } from "../../src/lab/raw-client.ts";
import { urlOf } from "../../src/lab/stages/scenes.ts";
import { type Client, dialClient } from "./client.ts";
import { startLabGateway } from "./lab-gateway.ts";
import { liveBytes } from "./live-bytes.ts";
import { ok, startRawTarget } from "./raw-target.ts";

function postHead(url: string, fields: string): string {
  return `POST ${url} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;
}

test("a body with a length arrives with that length, and one in chunks arrives in chunks", async () => {
  await using target = await startRawTarget(({ body }) => ok(body.toString()));
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(`${postHead(target.url("/"), "Content-Length: 11\r\n")}hello world`);
  assert.equal((await readAnswer(peer, "POST")).body.toString(), "hello world");
  await peer.send(`${postHead(target.url("/"), "Transfer-Encoding: chunked\r\n")}5;ext="x"\r\nhello\r\n6\r\n world\r\n0\r\n\r\n`);
  assert.equal((await readAnswer(peer, "POST")).body.toString(), "hello world");
  const [first, second] = target.requests;
  assert.match(first?.head ?? "", /\r\nContent-Length: 11\r\n/);
  assert.doesNotMatch(first?.head ?? "", /transfer-encoding/i);
  assert.match(second?.head ?? "", /\r\nTransfer-Encoding: chunked\r\n/);
  assert.doesNotMatch(second?.head ?? "", /content-length/i);
});

test("a body is passed on as it comes, and the answer beside it", async () => {
  // Echoes each piece of the request's body as soon as it is there.
  await using target = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (let size = -1; size !== 0; ) {
      size = Number.parseInt((await peer.reader.until("\r\n")).toString(), 16);
      const piece = await peer.reader.take(size + 2);
      await peer.send(Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), piece]));
    }
  });
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(postHead(urlOf(target), "Transfer-Encoding: chunked\r\n"));
  await peer.reader.until("\r\n\r\n");
  for (const word of ["one", "two", "three"]) {
    const chunk = `${word.length}\r\n${word}\r\n`;
    await peer.send(chunk);
    assert.equal((await peer.reader.take(chunk.length)).toString(), chunk);
  }
  await peer.send("0\r\n\r\n");
  assert.equal((await peer.reader.until("0\r\n\r\n")).toString(), "0\r\n\r\n");
  const record = await gateway.nextRecord();
  assert.equal(record.outcome, "ok");
});

test("an answer that waits for the rest of a body is not taken for stalled while the body comes", async () => {
  const bodyIdle = 1000;
  await using target = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nd");
    await peer.reader.take(30);
    await peer.send("one");
  });
  await using gateway = await startLabGateway({ timeouts: { bodyIdle } });
  using peer = await dialClient(gateway.address);
  await peer.send(`POST ${urlOf(target)} HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n`);
  const answered = readAnswer(peer, "POST");
  for (let i = 0; i < 30; i++) {
    await peer.send("x");
    await new Promise((resolve) => setTimeout(resolve, bodyIdle / 20));
  }
  assert.equal((await answered).body.toString(), "done");
});

test("the trailers of a chunked request reach the target", async () => {
  const trailers = Promise.withResolvers<string>();
  await using target = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    trailers.resolve((await peer.reader.until("\r\n\r\n")).toString());
    await peer.send(ok("x"));
  });
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(
    `${postHead(urlOf(target), "Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n")}2\r\nab\r\n0\r\nX-Sum: 7\r\nx-other: Z\r\n\r\n`,
  );
  assert.equal((await readAnswer(peer, "POST")).status, 200);
  assert.equal(await trailers.promise, "2\r\nab\r\n0\r\nX-Sum: 7\r\nx-other: Z\r\n\r\n");
});

const MEGABYTE = 1024 * 1024;

/** A tunnel to wherever the request asks for, as seen by who only sees bytes. */
async function passOn(peer: LabConnection, to: HostPort): Promise<void> {
  await splice(peer, await dialLab(to));
}

/** Sends so many megabytes as fast as they are taken; gives their digest, and the most that was held meanwhile. */
async function pour(peer: Client, count: number, isChunked: boolean): Promise<{ digest: string; held: number }> {
  const digest = createHash("sha256");
  const before = liveBytes();
  let held = 0;
  for (let i = 0; i < count; i++) {
    const piece = Buffer.alloc(MEGABYTE, `piece ${i} of a large body `);
    digest.update(piece);
    if (isChunked) await peer.send(`${piece.length.toString(16)}\r\n`);
    await peer.send(piece);
    if (isChunked) await peer.send("\r\n");
    if (i % 10 === 9) held = Math.max(held, liveBytes() - before);
  }
  if (isChunked) await peer.send("0\r\n\r\n");
  return { digest: digest.digest("hex"), held };
}

/** Takes a body of so many bytes piece by piece. */
async function drink(peer: Client, bytes: number, isChunked: boolean): Promise<string> {
  const digest = createHash("sha256");
  for (let left = bytes; left > 0; ) {
    const size = isChunked ? Number.parseInt((await peer.reader.until("\r\n")).toString(), 16) : Math.min(left, 65_536);
    digest.update(await peer.reader.take(size));
    if (isChunked) await peer.reader.take(2);
    left -= size;
  }
  if (isChunked) await peer.reader.until("0\r\n\r\n");
  return digest.digest("hex");
}

for (const framing of ["Content-Length", "Transfer-Encoding"] as const) {
  test(`50 MB go up and come back with ${framing}, through an exit, and little of them is held`, async () => {
    const bytes = 50 * MEGABYTE;
    const isChunked = framing === "Transfer-Encoding";
    const field = `${framing}: ${isChunked ? "chunked" : bytes}\r\n`;
    await using target = await startLabServer(async (peer) => {
      await readHead(peer.reader);
      await peer.send(`HTTP/1.1 200 OK\r\n${field}\r\n`);
      for (let piece = await peer.reader.next(); piece !== null; piece = await peer.reader.next()) await peer.send(piece);
    });
    await using exit = await startLabServer((peer) => passOn(peer, target));
    await using gateway = await startLabGateway({ exits: [`http://${exit.host}:${exit.port}`] });
    using peer = await dialClient(gateway.address);
    await peer.send(postHead(urlOf(target), field));
    const pouring = pour(peer, 50, isChunked);
    await readHead(peer.reader);
    const drunk = await drink(peer, bytes, isChunked);
    const { digest, held } = await pouring;
    assert.equal(drunk, digest);
    assert.ok(held < 12 * MEGABYTE, `${held} bytes were held`);
  });
}

test("a target that does not read makes the client wait, and the gateway keeps little of the body", async () => {
  await using target = await startLabServer(() => {});
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  const size = 64 * MEGABYTE;
  await peer.send(postHead(urlOf(target), `Content-Length: ${size}\r\n`));
  const before = liveBytes();
  let taken = 0;
  const piece = Buffer.alloc(MEGABYTE);
  while (taken < size) {
    const stalled = Symbol("stalled");
    const sent = peer.send(piece).then(() => null);
    const timer = new Promise<symbol>((resolve) => setTimeout(resolve, 300, stalled));
    if ((await Promise.race([sent, timer])) === stalled) break;
    taken += piece.length;
  }
  assert.ok(taken < size / 2, `${taken} bytes were taken of a body that nobody reads`);
  const held = liveBytes() - before;
  assert.ok(held < 8 * MEGABYTE, `${held} bytes are held`);
});

test("an exit that dies before the body is read does not lose it: the next one gets it whole", async () => {
  await using target = await startRawTarget(({ body }) => ok(body.toString()));
  await using good = await startHttpExit();
  await using gateway = await startLabGateway({
    exits: ["http://127.0.0.1:1 id=dead", `http://${good.host}:${good.port} id=good`],
    options: { random: () => 0 },
  });
  using peer = await dialClient(gateway.address);
  await peer.send(`${postHead(target.url("/"), "Content-Length: 11\r\n")}hello world`);
  const answer = await readAnswer(peer, "POST");
  assert.equal(answer.body.toString(), "hello world");
});

test("a body that is too long to be kept goes to no second exit when the first refuses in the middle of it", async () => {
  await using refusing = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    await peer.reader.take(100_000);
    await peer.send('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n');
    await peer.reader.rest();
  });
  await using other = await startRawTarget(({ body }) => ok(`got ${body.length}`));
  await using gateway = await startLabGateway({
    exits: [`http://${refusing.host}:${refusing.port} id=refusing`, `http://${other.host}:${other.port} id=other`],
    options: { random: () => 0 },
  });
  using peer = await dialClient(gateway.address);
  await peer.send(`${postHead("http://site.lab/", "Transfer-Encoding: chunked\r\n")}${CHUNKS}`);
  const answer = await readAnswer(peer, "POST");
  assert.equal(answer.status, 502);
  assert.match(answer.body.toString(), /handshake\.auth_required|wants credentials/);
  assert.match((await gateway.nextRecord()).notes.join(), /attempts\.replayBytes/);
  assert.equal(other.requests.length, 0, "it would have got the end of the body for the whole");
});

test("an answer that is held while another attempt is waited for does not take bytes from that attempt's body", async () => {
  const answered = Promise.withResolvers<void>();
  await using target = await startRawTarget(({ body }) => ok(`got ${body.length}`));
  await using busy = await startLabServer(async (peer) => {
    if (busy.accepted > 1) return await splice(peer, await dialLab(target));
    await readHead(peer.reader);
    await peer.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy");
    answered.resolve();
    await peer.reader.rest();
  });
  await using gateway = await startLabGateway({ options: { random: () => 0.99 } });
  using peer = await dialClient(gateway.address);
  await peer.send(postHead(urlOf(busy), "Idempotency-Key: x\r\nTransfer-Encoding: chunked\r\n"));
  await answered.promise;
  await peer.send(CHUNKS);
  const { body } = await readAnswer(peer, "POST");
  assert.ok(["busy", "got 200000"].includes(body.toString()), body.toString());
});

/** 200,000 bytes in 20 chunks. */
const CHUNKS = `${`2710\r\n${"x".repeat(10_000)}\r\n`.repeat(20)}0\r\n\r\n`;
