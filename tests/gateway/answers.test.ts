import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldValue } from "../../src/core/message.ts";
import { afterHead, says, silence } from "../../src/lab/behaviours.ts";
import { readHead } from "../../src/lab/lab-http.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { proxyGet, readAnswer } from "../../src/lab/raw-client.ts";
import { startSite } from "../../src/lab/site.ts";
import { urlOf } from "../../src/lab/stages/scenes.ts";
import { dialClient, exchange } from "./client.ts";
import { startLabGateway } from "./lab-gateway.ts";
import { ok, startRawTarget, targetOf } from "./raw-target.ts";

function ask(method: string, url: string, version = "HTTP/1.1", fields = ""): string {
  return `${method} ${url} ${version}\r\nHost: x\r\n${fields}\r\n`;
}

test("an answer to HEAD keeps the length that it states, and the connection goes on after its head", async () => {
  await using site = await startSite();
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(ask("HEAD", urlOf(site, "/bytes/1234")) + ask("GET", urlOf(site, "/bytes/3")));
  const head = await readAnswer(peer, "HEAD");
  assert.equal(head.status, 200);
  assert.equal(fieldValue(head.fields, "content-length"), "1234");
  assert.equal((await readAnswer(peer, "GET")).body.toString(), "012");
});

test("an answer to HEAD that would be chunked or until the end is complete with its head", async () => {
  await using target = await startRawTarget((request) =>
    targetOf(request) === "/chunked"
      ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      : "HTTP/1.1 200 OK\r\nX-Page: endless\r\n\r\n",
  );
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  for (const path of ["/chunked", "/endless", "/chunked"]) {
    const answer = await exchange(peer, ask("HEAD", target.url(path)), "HEAD");
    assert.equal(answer.ending, "complete");
    assert.equal(fieldValue(answer.fields, "content-length"), null);
  }
  assert.equal(target.accepted, 1);
});

test("answers 204 and 304 have no body, a 304 keeps the length of what it stands for, a 204 has none", async () => {
  await using target = await startRawTarget((request) => {
    const status = targetOf(request).slice(1);
    return `HTTP/1.1 ${status} Lab\r\nContent-Length: ${status === "204" ? 0 : 77}\r\nETag: "a"\r\n\r\n`;
  });
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(ask("GET", target.url("/304")) + ask("GET", target.url("/204")));
  const notModified = await readAnswer(peer, "GET");
  assert.equal(notModified.status, 304);
  assert.equal(fieldValue(notModified.fields, "content-length"), "77");
  const noContent = await readAnswer(peer, "GET");
  assert.equal(noContent.status, 204);
  assert.deepEqual(noContent.fields, ["ETag", '"a"']);
});

test("a body of every byte that there is arrives as it was sent, short or long, by length or in chunks", async () => {
  const allBytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  for (const body of [allBytes, Buffer.concat(Array.from({ length: 9 }, () => allBytes))]) {
    const heads = [`Content-Length: ${body.length}\r\n\r\n`, `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`];
    for (const [index, head] of heads.entries()) {
      const whole = Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${head}`), body, Buffer.from(index === 0 ? "" : "\r\n0\r\n\r\n")]);
      await using target = await startLabServer(afterHead(says(whole, silence)));
      await using gateway = await startLabGateway();
      using peer = await dialClient(gateway.address);
      const answer = await exchange(peer, proxyGet(urlOf(target)));
      assert.equal(answer.ending, "complete");
      assert.deepEqual(answer.body, body);
    }
  }
});

test("interim answers reach a client of HTTP/1.1 in their order, and not one of HTTP/1.0", async () => {
  const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX-Case: Kept\r\n\r\n";
  await using target = await startRawTarget(() => `${hints}HTTP/1.1 102 Processing\r\n\r\n${hints}${ok("final")}`);
  await using gateway = await startLabGateway();
  using modern = await dialClient(gateway.address);
  await modern.send(ask("GET", target.url("/")));
  assert.equal((await modern.reader.take(hints.length)).toString(), hints);
  assert.match((await modern.reader.until("\r\n\r\n")).toString(), /^HTTP\/1\.1 102 Processing\r\n\r\n$/);
  assert.equal((await modern.reader.take(hints.length)).toString(), hints);
  assert.equal((await readAnswer(modern, "GET")).body.toString(), "final");
  using old = await dialClient(gateway.address);
  await old.send(ask("GET", target.url("/"), "HTTP/1.0"));
  assert.match((await old.reader.rest()).toString(), /^HTTP\/1\.1 200 OK\r\n(?!.*HTTP).*\r\n\r\nfinal$/s);
});

test("an answer that ends with its connection is chunked for HTTP/1.1, and the client's connection goes on", async () => {
  await using target = await startRawTarget(() => "HTTP/1.1 200 OK\r\nConnection: close\r\nX-A: 1\r\n\r\nuntil the end");
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  for (let i = 0; i < 2; i++) {
    const answer = await exchange(peer, ask("GET", target.url("/")));
    assert.equal(answer.body.toString(), "until the end");
    assert.equal(fieldValue(answer.fields, "transfer-encoding"), "chunked");
    assert.equal(fieldValue(answer.fields, "connection"), null);
  }
});

test("a client of HTTP/1.0 gets neither chunks nor trailers, and the end of its connection as the end of the answer", async () => {
  await using site = await startSite();
  await using gateway = await startLabGateway();
  for (const path of ["/chunked", "/close"]) {
    using peer = await dialClient(gateway.address);
    await peer.send(ask("GET", urlOf(site, path), "HTTP/1.0", "Connection: keep-alive\r\n"));
    const { fields } = await readHead(peer.reader);
    assert.equal(fieldValue(fields, "transfer-encoding"), null);
    assert.equal(fieldValue(fields, "connection"), "close");
    assert.equal((await peer.reader.rest()).toString(), path === "/chunked" ? "first\nsecond\n" : "until the end\n");
  }
});

test("a client of HTTP/1.0 may leave Host out, and the target gets one all the same", async () => {
  await using target = await startRawTarget(() => ok("x"));
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(`GET ${target.url("/")} HTTP/1.0\r\n\r\n`);
  assert.match((await peer.reader.rest()).toString(), /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(target.requests[0]?.head ?? "", new RegExp(`^GET / HTTP/1\\.1\r\nHost: ${target.host}:${target.port}\r\n`));
});

test("the trailers of an answer reach the client in their order and case", async () => {
  await using target = await startRawTarget(
    () =>
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 6\r\nx-lower: Y\r\nX-Sum: 7\r\n\r\n",
  );
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(ask("GET", target.url("/"), "HTTP/1.1", "TE: trailers\r\nConnection: TE\r\n"));
  await peer.reader.until("\r\n\r\n");
  assert.equal((await peer.reader.until("\r\n\r\n")).toString(), "3\r\nabc\r\n0\r\nX-Sum: 6\r\nx-lower: Y\r\nX-Sum: 7\r\n\r\n");
  assert.match(target.requests[0]?.head ?? "", /\r\nTE: trailers\r\nConnection: TE\r\n/);
});

test("an answer from HTTP/1.0 without a length is passed on whole", async () => {
  await using target = await startRawTarget(() => "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nold style");
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  const answer = await exchange(peer, ask("GET", target.url("/")));
  assert.equal(answer.body.toString(), "old style");
});

test("a status and a reason phrase that nobody knows pass unchanged", async () => {
  await using target = await startRawTarget(() => "HTTP/1.1 299 Mostly  Fine \xe9\r\nContent-Length: 0\r\n\r\n");
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(ask("GET", target.url("/")));
  assert.equal((await peer.reader.until("\r\n")).toString("latin1"), "HTTP/1.1 299 Mostly  Fine \xe9\r\n");
});

test("a slow answer reaches a client whole that has shut its own half, however long after timeouts.clientGone", async () => {
  const clientGone = 200;
  await using target = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n");
    for (let i = 0; i < 40; i++) {
      await peer.send("x");
      await new Promise((resolve) => setTimeout(resolve, clientGone / 10));
    }
  });
  await using gateway = await startLabGateway({ timeouts: { clientGone } });
  using peer = await dialClient(gateway.address);
  await peer.send(proxyGet(urlOf(target)));
  peer.stream.end();
  const answer = await readAnswer(peer, "GET");
  assert.equal(answer.ending, "complete");
  assert.equal(answer.body.length, 40);
});

test("a client that has shut its own half gets the whole of a large answer, though it reads late", async () => {
  const size = 4 * 1024 * 1024;
  await using site = await startSite();
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(proxyGet(urlOf(site, `/bytes/${size}`)));
  peer.stream.end();
  await site.whenAccepted(1);
  const answer = await readAnswer(peer, "GET");
  assert.equal(answer.ending, "complete");
  assert.equal(answer.body.length, size);
});
