import assert from "node:assert/strict";
import test from "node:test";
import { leavesAt, leavesInBody, readsLate, sendsPartOf, smugglingRequests, uploads } from "../../src/lab/bad-clients.ts";
import { afterHead, neverReads, says } from "../../src/lab/behaviours.ts";
import { PeerLeft } from "../../src/lab/byte-reader.ts";
import { formatAnswer, readHead } from "../../src/lab/lab-http.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { proxyGet } from "../../src/lab/raw-client.ts";
import { refuses } from "../../src/lab/refusals.ts";
import { startSite } from "../../src/lab/site.ts";

test("a smuggler's requests end their head once, and each has something that strict parsers refuse", () => {
  const requests = Object.entries(smugglingRequests("http://site.lab/"));
  assert.ok(requests.length >= 10);
  for (const [name, request] of requests) {
    assert.ok(request.startsWith("POST http://site.lab/ HTTP/1.1\r\nHost: site.lab\r\n"), name);
    assert.ok(request.includes("\r\n\r\n"), name);
  }
});

test("a slow client sends no more than it was given, and hears what is said of it", async () => {
  let heard = "";
  await using server = await startLabServer(async (peer) => {
    heard = (await peer.reader.peek(10)).toString();
    await peer.send(formatAnswer(408, {}, ""));
  });
  assert.equal((await sendsPartOf(server, "GET / HTTP")).status, 408);
  assert.equal(heard, "GET / HTTP");
});

test("a client that leaves does so by RST, at its moment", async () => {
  const left = Promise.withResolvers<unknown>();
  await using server = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    await peer.skip().catch((error) => left.resolve(error));
  });
  const answer = await leavesAt(server, proxyGet("http://site.lab/"), () => server.whenAccepted(1));
  assert.equal(answer.status, null);
  const error = await left.promise;
  assert.ok(error instanceof PeerLeft && error.how === "reset");
});

test("a client that leaves in the body has seen the head", async () => {
  await using site = await startSite();
  const answer = await leavesInBody(site, "GET /bytes/1000000 HTTP/1.1\r\n\r\n");
  assert.deepEqual([answer.status, answer.body.length, answer.ending], [200, 1, "reset"]);
  await site.whenLeft(1);
});

test("a late reader gets all that waited for it", async () => {
  await using site = await startSite();
  const answer = await readsLate(site, "GET /bytes/5 HTTP/1.1\r\nConnection: close\r\n\r\n", () => site.whenAccepted(1));
  assert.equal(answer.body.toString(), "01234");
});

test("an uploader reads while it sends: an answer that comes early is not lost", async () => {
  await using early = await startLabServer(afterHead(says(formatAnswer(413, {}, ""), neverReads)));
  assert.equal((await uploads(early, "http://site.lab/", 10_000_000)).status, 413);
  await using whole = await startSite();
  assert.equal((await uploads(whole, `http://${whole.host}:${whole.port}/echo`, 1000)).status, 200);
  await using refusing = await startLabServer(refuses("denied403"));
  assert.equal((await uploads(refusing, "http://site.lab/", 1000)).status, 403);
});
