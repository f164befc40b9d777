import assert from "node:assert/strict";
import test from "node:test";
import { createAuthority } from "../../src/lab/certificates.ts";
import { dialLab } from "../../src/lab/lab-connection.ts";
import { ask, readAnswer, startClientTls } from "../../src/lab/raw-client.ts";
import { startSite } from "../../src/lab/site.ts";

const PAGES: readonly [path: string, status: number, body: string | RegExp][] = [
  ["/", 200, /It works/],
  ["/bytes/20", 200, "0123456789abcdef0123"],
  ["/chunked", 200, "first\nsecond\n"],
  ["/close", 200, "until the end\n"],
  ["/status/503", 503, "status 503\n"],
  ["/status/204", 204, ""],
  ["/slow/1", 200, "after 1 ms\n"],
  ["/nowhere", 404, "no such page\n"],
];

test("the site serves its pages on one connection after the other", async () => {
  await using site = await startSite();
  for (const [path, status, body] of PAGES) {
    const answer = await ask(site, `GET ${path} HTTP/1.1\r\nHost: site.lab\r\n\r\n`);
    assert.deepEqual([path, answer.status, answer.ending], [path, status, "complete"]);
    if (typeof body === "string") assert.equal(answer.body.toString(), body);
    else assert.match(answer.body.toString(), body);
  }
});

test("the site echoes method, target, fields in their order and case, and body of either framing", async () => {
  await using site = await startSite();
  const byLength = await ask(site, "POST /echo?a=b HTTP/1.1\r\nHost: site.lab\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nhello");
  assert.deepEqual(JSON.parse(byLength.body.toString()), {
    method: "POST",
    target: "/echo?a=b",
    fields: ["Host", "site.lab", "X-One", "1", "Content-Length", "5"],
    body: "hello",
  });
  const chunked = await ask(
    site,
    "PUT /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nX-Trailer: 1\r\n\r\n",
  );
  assert.equal(JSON.parse(chunked.body.toString()).body, "hello");
});

test("the site keeps a connection alive until it is asked to close it", async () => {
  await using site = await startSite();
  const peer = await dialLab(site);
  await peer.send("GET /bytes/1 HTTP/1.1\r\n\r\nHEAD /bytes/2 HTTP/1.1\r\n\r\nGET /bytes/3 HTTP/1.1\r\nConnection: close\r\n\r\n");
  assert.equal((await readAnswer(peer, "GET")).body.length, 1);
  assert.equal((await readAnswer(peer, "HEAD")).body.length, 0);
  assert.equal((await readAnswer(peer, "GET")).body.length, 3);
  assert.equal(await peer.reader.next(), null);
  assert.equal(site.accepted, 1);
  peer.wire.destroy();
});

test("the site says 100 Continue before it reads a body that waits for it", async () => {
  await using site = await startSite();
  const peer = await dialLab(site);
  await peer.send("POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  assert.equal((await peer.reader.until("\r\n\r\n")).toString(), "HTTP/1.1 100 Continue\r\n\r\n");
  await peer.send("ok");
  assert.equal((await readAnswer(peer, "POST")).status, 200);
  peer.wire.destroy();
});

test("the site switches protocols and echoes", async () => {
  await using site = await startSite();
  const peer = await dialLab(site);
  await peer.send(
    "GET /upgrade HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  const answer = await readAnswer(peer, "GET");
  assert.equal(answer.status, 101);
  assert.ok(answer.fields.includes("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")); // RFC 6455 1.3
  await peer.send("any bytes");
  assert.equal((await peer.reader.take(9)).toString(), "any bytes");
  peer.stream.end();
  assert.equal(await peer.reader.next(), null);
  peer.wire.destroy();
});

test("the site serves the same over TLS", async () => {
  const authority = createAuthority();
  await using site = await startSite(authority.issue({ names: ["site.lab"] }));
  const peer = await startClientTls(await dialLab(site), { servername: "site.lab", ca: authority.cert });
  await peer.send("GET /bytes/5 HTTP/1.1\r\nHost: site.lab\r\nConnection: close\r\n\r\n");
  assert.equal((await readAnswer(peer, "GET")).body.toString(), "01234");
  assert.equal(await peer.reader.next(), null);
  peer.wire.destroy();
});
