import assert from "node:assert/strict";
import test from "node:test";
import { fieldValue } from "../../src/core/message.ts";
import { BAD_ANSWERS } from "../../src/lab/bad-answers.ts";
import { BAD_TUNNELS, type BadTunnel, byMethod, diesAtFirst } from "../../src/lab/bad-exits.ts";
import { afterHead } from "../../src/lab/behaviours.ts";
import { createAuthority } from "../../src/lab/certificates.ts";
import { startEdge } from "../../src/lab/edge.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { dialLab } from "../../src/lab/lab-connection.ts";
import { findClosedPort, startLabServer } from "../../src/lab/lab-server.ts";
import { ask, openConnect, proxyGet, readAnswer, startClientTls } from "../../src/lab/raw-client.ts";
import { REFUSALS, type Refusal, refuses } from "../../src/lab/refusals.ts";
import { startSite } from "../../src/lab/site.ts";

test("an HTTP exit passes plain requests on, on one connection, by the lab's own names", async () => {
  await using site = await startSite();
  await using exit = await startHttpExit({ reach: { "site.lab": site } });
  const peer = await dialLab(exit);
  await peer.send(
    `POST http://site.lab/echo HTTP/1.1\r\nHost: site.lab\r\nX-One: 1\r\nProxy-Connection: keep-alive\r\nContent-Length: 2\r\n\r\nok`,
  );
  const answer = await readAnswer(peer, "POST");
  assert.deepEqual(JSON.parse(answer.body.toString()), {
    method: "POST",
    target: "/echo",
    fields: ["Host", "site.lab", "X-One", "1", "Content-Length", "2", "Connection", "close"],
    body: "ok",
  });
  await peer.send(`HEAD http://127.0.0.1:${site.port}/bytes/9 HTTP/1.1\r\n\r\nGET http://site.lab/chunked HTTP/1.1\r\n\r\n`);
  assert.equal((await readAnswer(peer, "HEAD")).status, 200);
  assert.equal((await readAnswer(peer, "GET")).body.toString(), "first\nsecond\n");
  assert.equal(exit.accepted, 1);
  peer.wire.destroy();
});

test("an HTTP exit opens tunnels, and TLS goes through them", async () => {
  const authority = createAuthority();
  await using site = await startSite(authority.issue({ names: ["site.lab"] }));
  await using exit = await startHttpExit({ reach: { "site.lab:443": site } });
  const { answer, peer } = await openConnect(exit, "site.lab:443");
  assert.equal(answer.status, 200);
  const secure = await startClientTls(peer, { servername: "site.lab", ca: authority.cert });
  await secure.send("GET /bytes/3 HTTP/1.1\r\nHost: site.lab\r\n\r\n");
  assert.equal((await readAnswer(secure, "GET")).body.toString(), "012");
  peer.wire.destroy();
});

test("an HTTP exit may be reached over TLS itself", async () => {
  const authority = createAuthority();
  await using site = await startSite();
  await using exit = await startHttpExit({ tls: authority.issue({ names: ["exit.lab"] }) });
  const secure = await startClientTls(await dialLab(exit), { servername: "exit.lab", ca: authority.cert });
  await secure.send(proxyGet(`http://127.0.0.1:${site.port}/bytes/3`));
  assert.equal((await readAnswer(secure, "GET")).body.toString(), "012");
  secure.wire.destroy();
});

test("an exit's tunnel passes half-closed sides and resets", async () => {
  await using site = await startSite();
  await using resetting = await startLabServer(afterHead(BAD_ANSWERS.rst));
  await using exit = await startHttpExit();
  const closing = await openConnect(exit, `127.0.0.1:${site.port}`);
  await closing.peer.send("GET /bytes/3 HTTP/1.1\r\nConnection: close\r\n\r\n");
  closing.peer.stream.end();
  assert.match((await closing.peer.reader.rest()).toString(), /012$/);
  const reset = await openConnect(exit, `127.0.0.1:${resetting.port}`);
  await reset.peer.send("GET / HTTP/1.1\r\n\r\n");
  await assert.rejects(reset.peer.reader.rest(), { how: "reset" });
});

test("an exit reaches nothing but the lab, and says in Squid's words what it could not do", async () => {
  const closed = await findClosedPort();
  await using exit = await startHttpExit();
  for (const [target, error] of [
    [`127.0.0.1:${closed.port}`, "ERR_CONNECT_FAIL 111"],
    ["example.com:80", "ERR_DNS_FAIL 0"],
    ["192.0.2.1:80", "ERR_DNS_FAIL 0"],
  ] as const) {
    const { answer, peer } = await openConnect(exit, target);
    assert.deepEqual([answer.status, fieldValue(answer.fields, "x-squid-error")], [503, error]);
    peer.wire.destroy();
    const plain = await ask(exit, proxyGet(`http://${target}/`));
    assert.deepEqual([plain.status, fieldValue(plain.fields, "x-squid-error")], [503, error]);
  }
});

test("an exit with credentials wants them on every request", async () => {
  await using site = await startSite();
  await using exit = await startHttpExit({ credentials: { username: "lab", password: "se:cret" } });
  const url = `http://127.0.0.1:${site.port}/bytes/1`;
  const given = { "Proxy-Authorization": `Basic ${Buffer.from("lab:se:cret").toString("base64")}` };
  assert.equal((await ask(exit, proxyGet(url))).status, 407);
  assert.equal((await ask(exit, proxyGet(url, { "Proxy-Authorization": "Basic bGFiOm5v" }))).status, 407);
  assert.equal((await ask(exit, proxyGet(url, given))).status, 200);
  assert.equal((await openConnect(exit, `127.0.0.1:${site.port}`)).answer.status, 407);
  assert.equal((await openConnect(exit, `127.0.0.1:${site.port}`, given)).answer.status, 200);
});

test("an exit may open tunnels with another 2xx, die after some requests, be slow, or tamper", async () => {
  await using site = await startSite();
  const url = `http://127.0.0.1:${site.port}/bytes/3`;
  await using created = await startHttpExit({ opened: "HTTP/1.1 201 Created\r\nContent-Length: 10\r\n\r\n" });
  const { answer, peer } = await openConnect(created, `127.0.0.1:${site.port}`);
  assert.equal(answer.status, 201);
  await peer.send("GET /bytes/1 HTTP/1.1\r\n\r\n");
  assert.equal((await readAnswer(peer, "GET")).status, 200);
  peer.wire.destroy();

  await using dying = await startHttpExit({ servesAtMost: 1 });
  assert.equal((await ask(dying, proxyGet(url))).status, 200);
  assert.equal((await ask(dying, proxyGet(url))).ending, "reset");

  await using slow = await startHttpExit({ delayMs: 5 });
  assert.equal((await ask(slow, proxyGet(url))).status, 200);

  await using tampering = await startHttpExit({ tamper: (body) => Buffer.concat([body, Buffer.from("<script>")]) });
  assert.equal((await ask(tampering, proxyGet(url))).body.toString(), "012<script>");
});

test("an exit breaks off where its target did, in the same manner", async () => {
  for (const [name, ending] of [
    ["truncatedByLength", "closed"],
    ["truncatedByChunk", "closed"],
    ["resetInBody", "reset"],
    ["halfHead", "closed"],
  ] as const) {
    await using target = await startLabServer(afterHead(BAD_ANSWERS[name]));
    await using exit = await startHttpExit();
    const answer = await ask(exit, proxyGet(`http://127.0.0.1:${target.port}/`));
    assert.equal(answer.ending, ending, name);
  }
});

test("an exit passes interim answers and upgrades", async () => {
  await using site = await startSite();
  await using exit = await startHttpExit();
  const peer = await dialLab(exit);
  await peer.send(`GET http://127.0.0.1:${site.port}/upgrade HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: lab\r\n\r\n`);
  assert.equal((await readAnswer(peer, "GET")).status, 101);
  await peer.send("echo");
  assert.equal((await peer.reader.take(4)).toString(), "echo");
  peer.wire.destroy();
});

test("an edge serves its origins by host, and answers as nginx once one is gone", async () => {
  const origin = await startSite();
  await using edge = await startEdge({ "site.lab": origin });
  assert.equal((await ask(edge, "GET /bytes/3 HTTP/1.1\r\nHost: site.lab\r\n\r\n")).body.toString(), "012");
  assert.equal((await ask(edge, "GET / HTTP/1.1\r\nHost: other.lab\r\n\r\n")).status, 404);
  await origin[Symbol.asyncDispose]();
  const answer = await ask(edge, "GET / HTTP/1.1\r\nHost: site.lab\r\n\r\n");
  assert.equal(answer.status, 502);
  assert.equal(fieldValue(answer.fields, "server"), "nginx/1.27.3");
  assert.match(answer.body.toString(), /<center><h1>502 Bad Gateway<\/h1><\/center>\r\n<hr><center>nginx\/1\.27\.3<\/center>/);
});

test("an exit can treat CONNECT and plain requests unlike, and drop every request at the first try", async () => {
  await using split = await startLabServer(byMethod(refuses("denied403"), refuses("auth407")));
  assert.equal((await openConnect(split, "site.lab:443")).answer.status, 403);
  assert.equal((await ask(split, proxyGet("http://site.lab/"))).status, 407);
  await using shaky = await startLabServer(diesAtFirst(60_000, refuses("denied403")));
  for (const status of [null, 403, null, 403]) assert.equal((await ask(shaky, proxyGet("http://site.lab/"))).status, status);
});

/** Status, and something that only this proxy says. */
const WORDS: Readonly<Record<Refusal, readonly [status: number, words: RegExp]>> = {
  squidRefused: [503, /X-Squid-Error: ERR_CONNECT_FAIL 111\r\n.*<body id=ERR_CONNECT_FAIL>/s],
  squidTimeout: [503, /X-Squid-Error: ERR_CONNECT_FAIL 110\r\n/],
  squidUnreachable: [503, /X-Squid-Error: ERR_CONNECT_FAIL 113\r\n/],
  squidDns: [503, /X-Squid-Error: ERR_DNS_FAIL 0\r\n/],
  squidDenied: [403, /X-Squid-Error: ERR_ACCESS_DENIED 0\r\n/],
  squidEmpty: [502, /X-Squid-Error: ERR_ZERO_SIZE_OBJECT 0\r\n/],
  squidInvalid: [502, /X-Squid-Error: ERR_INVALID_RESP 0\r\n/],
  squidReadTimeout: [504, /X-Squid-Error: ERR_READ_TIMEOUT 110\r\n/],
  squidNoParent: [503, /X-Squid-Error: ERR_CANNOT_FORWARD 0\r\n/],
  nginx502: [502, /Server: nginx\/.*<hr><center>nginx/s],
  tinyproxy500: [500, /^HTTP\/1\.1 500 Unable to connect\r\nServer: tinyproxy\/.*Generated by tinyproxy/s],
  haproxy503: [503, /<h1>503 Service Unavailable<\/h1>\nNo server is available to handle this request\.\n/],
  brightDataTarget: [502, /x-brd-err-code: target_40001\r\n/],
  brightDataPeer: [502, /x-brd-err-code: peer_30030\r\n/],
  brightDataPolicy: [403, /x-brd-err-code: policy_20050\r\n/],
  brightDataQuota: [502, /x-brd-err-code: client_10100\r\n/],
  brightDataRate: [429, /x-brd-err-code: client_10110\r\n/],
  brightDataAuth: [407, /Proxy-Status: brd\.superproxy\.io; received-status=407; error="http_request_denied"/],
  oxylabsSession: [502, /X-Error-Description: Session failed\r\n/],
  oxylabsNoExit: [525, /X-Error-Description: No exit found/],
  proxyStatusRefused: [502, /Proxy-Status: exit\.lab; error=connection_refused/],
  proxyStatusDns: [502, /error=dns_error; rcode="NXDOMAIN"/],
  proxyStatusTimeout: [504, /error=connection_timeout/],
  auth407: [407, /Proxy-Authenticate: Basic realm="lab"\r\n/],
  denied403: [403, /not through here/],
  rate429: [429, /Retry-After: 1\r\n/],
  bare500: [500, /^HTTP\/1\.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n$/],
  bare502: [502, /^HTTP\/1\.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n$/],
  bare503: [503, /^HTTP\/1\.1 503/],
  bare504: [504, /^HTTP\/1\.1 504/],
};

test("every refusal is a complete answer, to CONNECT and to plain requests, in its proxy's words", async () => {
  for (const [name, [status, words]] of Object.entries(WORDS) as [Refusal, (typeof WORDS)[Refusal]][]) {
    await using exit = await startLabServer(refuses(name));
    const plain = await ask(exit, proxyGet("http://site.lab/"));
    assert.deepEqual([name, plain.status, plain.ending], [name, status, "complete"]);
    assert.equal((await openConnect(exit, "site.lab:443")).answer.status, status);
    assert.match(REFUSALS[name].toString("latin1"), words);
  }
});

/** What a ClientHello's sender gets from beyond a tunnel that opened. */
const BEYOND: Readonly<Record<BadTunnel, RegExp | "reset" | "silence">> = {
  finAtOnce: /^$/,
  rstAtOnce: "reset",
  finAfterHello: /^$/,
  rstAfterHello: "reset",
  silentAfterHello: "silence",
  garbageAfterHello: /^\x9d\x03/,
  pageAfterHello: /^HTTP\/1\.1 200 OK\r\n.*Best proxies/s,
  alertAfterHello: /^\x15\x03\x03\x00\x02\x02\x28$/,
};

test("bad tunnels open well, and break once a ClientHello could be answered", async () => {
  for (const [name, expected] of Object.entries(BEYOND) as [BadTunnel, (typeof BEYOND)[BadTunnel]][]) {
    await using exit = await startLabServer(BAD_TUNNELS[name]);
    const { answer, peer } = await openConnect(exit, "site.lab:443");
    if (name !== "rstAtOnce") assert.equal(answer.status, 200, name); // there the RST may overtake the answer
    if (answer.status === 200) await peer.send(Buffer.from("1603010005", "hex")).catch(() => {});
    if (expected === "reset") await assert.rejects(peer.reader.rest(), { how: "reset" }, name);
    else if (expected === "silence") assert.equal(peer.wire.readableEnded, false);
    else assert.match((await peer.reader.rest()).toString("latin1"), expected, name);
    peer.wire.destroy();
  }
});
