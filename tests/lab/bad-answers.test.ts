import assert from "node:assert/strict";
import test from "node:test";
import { BAD_ANSWERS, type BadAnswer, keepAliveRace } from "../../src/lab/bad-answers.ts";
import { afterBytes, afterHead, fin, firstly, rst } from "../../src/lab/behaviours.ts";
import { PeerLeft } from "../../src/lab/byte-reader.ts";
import { dialLab, type LabConnection } from "../../src/lab/lab-connection.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { readAnswer } from "../../src/lab/raw-client.ts";

const REQUEST = "GET / HTTP/1.1\r\nHost: site.lab\r\n\r\n";

/** What comes at least, and how it ends; `open`: it does not. */
const SEEN: Readonly<Record<BadAnswer, readonly [content: string | RegExp, ending: "closed" | "reset" | "open"]>> = {
  fin: [/^$/, "closed"],
  rst: [/^$/, "reset"],
  silence: ["", "open"],
  neverReads: ["", "open"],
  halfHead: [/^HTTP\/1\.1 200 OK\r\nContent-Type: text\/pl$/, "closed"],
  halfHeadThenReset: [/^(HTTP\/1\.1 200 OK\r\nContent-Type: text\/pl)?$/, "reset"],
  halfHeadThenSilence: ["HTTP/1.1 200 OK\r\nContent-Type: text/pl", "open"],
  drip: [/^HTTP\/1\.1 200 OK\r\n(.+\r\n)+\r\nslowly\n$/, "closed"],
  truncatedByLength: [/Content-Length: 1000\r\n\r\nonly the first part$/, "closed"],
  truncatedByChunk: [/\r\n\r\n5\r\nfirst\r\n400\r\nnot all of it$/, "closed"],
  missingLastChunk: [/\r\n\r\n5\r\nfirst\r\n$/, "closed"],
  resetInBody: [/^(HTTP.+only the first part)?$/s, "reset"],
  stallInBody: ["only the first part", "open"],
  hugeHead: [`X-Lab-199: ${"v".repeat(4000)}\r\n\r\n`, "open"],
  hugeField: [`${"c".repeat(512 * 1024)}\r\n`, "open"],
  tooManyFields: ["X-Lab-1999: v\r\n\r\n", "open"],
  hugeTrailers: [`0\r\nX-Lab-0: ${"v".repeat(4000)}\r\n`, "open"],
  interimFlood: ["HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n".repeat(2000), "open"],
  garbage: [/^\x9d\x03/, "closed"],
  sshBanner: ["SSH-2.0-", "open"],
  smtpBanner: ["220 mail.lab ESMTP", "open"],
  ftpBanner: ["220 (vsFTPd", "open"],
  tlsAlert: [/^\x15\x03\x01\x00\x02\x02\x46$/, "closed"],
  socksReply: [/^\x05\xff$/, "closed"],
  http2: [/^\0\0\x06\x04/, "closed"],
  http09: [/^<html>/, "closed"],
  badStatusLine: [/^HTTP\/1\.1 two-hundred OK\r\n/, "closed"],
  fieldWithNul: [/X-Lab: a\0b\r\n/, "closed"],
  fieldWithSpaceInName: [/\r\nX Lab: a\r\n/, "closed"],
  fieldWithoutColon: [/\r\nX-Lab\r\n/, "closed"],
  lengthAndChunked: [/Content-Length: 5\r\nTransfer-Encoding: chunked\r\n/, "closed"],
  twoLengths: [/Content-Length: 5\r\nContent-Length: 6\r\n/, "closed"],
  badLength: [/Content-Length: 5x\r\n/, "closed"],
  unknownCoding: [/Transfer-Encoding: lab\r\n/, "closed"],
  unexpectedUpgrade: ["HTTP/1.1 101 Switching Protocols\r\n", "open"],
  badChunk: [/\r\nzz\r\n/, "closed"],
  badTrailers: [/\r\n0\r\nno colon here\r\n/, "closed"],
  beyondLength: ["\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", "open"],
  bodyOn204: ["HTTP/1.1 204 No Content\r\n\r\nstill a body", "open"],
  early413: [/^HTTP\/1\.1 413 .+too much\n$/s, "closed"],
};

for (const name of Object.keys(SEEN) as BadAnswer[]) {
  const [content, ending] = SEEN[name];
  test(`${name} sends what it says, and ends ${ending}`, async () => {
    await using server = await startLabServer(afterHead(BAD_ANSWERS[name]));
    const peer = await dialLab(server);
    await peer.send(REQUEST);
    if (typeof content === "string") {
      if (content !== "") await peer.reader.until(content);
      assert.equal(peer.wire.readableEnded, false);
    } else {
      const seen = await readToTheEnd(peer);
      assert.match(seen.content, content);
      assert.equal(seen.ending, ending);
    }
    peer.wire.destroy();
  });
}

test("a keep-alive race serves one request of a connection, and ends when the second one comes", async () => {
  for (const [ending, expected] of [
    [fin, "closed"],
    [rst, "reset"],
  ] as const) {
    await using server = await startLabServer(keepAliveRace(ending));
    const peer = await dialLab(server);
    await peer.send(REQUEST);
    assert.equal((await readAnswer(peer, "GET")).body.toString(), "first\n");
    await peer.send(REQUEST);
    assert.deepEqual(await readToTheEnd(peer), { content: "", ending: expected });
    peer.wire.destroy();
  }
});

test("a server may treat its first connections unlike the later ones", async () => {
  await using server = await startLabServer(firstly(1, afterBytes(rst), afterBytes(fin)));
  for (const ending of ["reset", "closed", "closed"]) {
    const peer = await dialLab(server);
    await peer.send("x");
    assert.equal((await readToTheEnd(peer)).ending, ending);
    peer.wire.destroy();
  }
  assert.equal(server.accepted, 3);
});

test("a server that is disposed of ends its connections and frees its port", async () => {
  const server = await startLabServer(BAD_ANSWERS.silence);
  const peer = await dialLab(server);
  await server.whenAccepted(1);
  assert.equal(server.open, 1);
  await server[Symbol.asyncDispose]();
  await assert.rejects(peer.reader.take(1), PeerLeft);
  await assert.rejects(dialLab(server), { code: "ECONNREFUSED" });
  peer.wire.destroy();
});

async function readToTheEnd(peer: LabConnection): Promise<{ content: string; ending: "closed" | "reset" }> {
  const pieces: Buffer[] = [];
  try {
    for (let piece = await peer.reader.next(); piece !== null; piece = await peer.reader.next()) pieces.push(piece);
    return { content: Buffer.concat(pieces).toString("latin1"), ending: "closed" };
  } catch (error) {
    if (!(error instanceof PeerLeft)) throw error;
    return { content: Buffer.concat([...pieces, error.unread]).toString("latin1"), ending: error.how };
  }
}
