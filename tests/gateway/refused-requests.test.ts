import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldValue } from "../../src/core/message.ts";
import { smugglingRequests } from "../../src/lab/bad-clients.ts";
import { proxyGet, readAnswer } from "../../src/lab/raw-client.ts";
import { dialClient, exchange } from "./client.ts";
import { type LabGatewayOptions, startLabGateway } from "./lab-gateway.ts";
import { ok, type RawTarget, startRawTarget } from "./raw-target.ts";

/** The gateway refuses with this status, closes, and nothing reaches the target: not even the good request that follows at once. */
async function assertRefused(request: (url: string) => string, status: number, given: LabGatewayOptions = {}): Promise<void> {
  await using target = await startRawTarget(() => ok("reached"));
  await using gateway = await startLabGateway(given);
  using peer = await dialClient(gateway.address);
  peer.stream.write(Buffer.from(request(target.url("/")) + proxyGet(target.url("/next")), "latin1"));
  const answer = await readAnswer(peer, "POST");
  assert.equal(answer.status, status, answer.body.toString());
  assert.equal(fieldValue(answer.fields, "connection"), "close");
  assert.ok((fieldValue(answer.fields, "proxy-status") ?? "").includes("culprit=client"));
  assert.equal(await peer.reader.next(), null, "the connection closes");
  const record = await gateway.nextRecord();
  assert.equal(record.status, status);
  assert.equal(record.verdict?.culprit, "client");
  assertUntouched(target);
}

function assertUntouched(target: RawTarget): void {
  assert.equal(target.accepted, 0);
  assert.deepEqual(target.requests, []);
}

for (const kind of Object.keys(smugglingRequests("http://x/"))) {
  test(`a request that two parsers may read in two ways is refused with 400: ${kind}`, () =>
    assertRefused((url) => smugglingRequests(url)[kind] ?? "", 400));
}

const post = (url: string, fields: string, body = "") => `POST ${url} HTTP/1.1\r\nHost: x\r\n${fields}\r\n${body}`;

const MALFORMED: Readonly<Record<string, (url: string) => string>> = {
  "an empty Content-Length": (url) => post(url, "Content-Length: \r\n"),
  "a negative Content-Length": (url) => post(url, "Content-Length: -1\r\n"),
  "a hexadecimal Content-Length": (url) => post(url, "Content-Length: 0x5\r\n", "hello"),
  "a Content-Length beyond what numbers hold": (url) => post(url, "Content-Length: 18446744073709551617\r\n", "a"),
  "Transfer-Encoding in HTTP/1.0": (url) => `POST ${url} HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  "Transfer-Encoding with a tab before chunked": (url) => post(url, "Transfer-Encoding:\tchunked\r\n", "0\r\n\r\n"),
  "Transfer-Encoding with a vertical tab": (url) => post(url, "Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n"),
  "two Transfer-Encoding fields": (url) => post(url, "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"),
  "a line that ends with CR alone": (url) => post(url, "X-A: b\rContent-Length: 5\r\n", "hello"),
  "a request line that ends with LF alone": (url) => `GET ${url} HTTP/1.1\nHost: x\r\n\r\n`,
  "a field without a name": (url) => post(url, ": x\r\n"),
  "a field without a colon": (url) => post(url, "X-A\r\n"),
  "a control byte in a value": (url) => post(url, "X-A: a\x01b\r\n"),
  "a DEL in a value": (url) => post(url, "X-A: a\x7fb\r\n"),
  "a space in a name": (url) => post(url, "X A: b\r\n"),
  "no Host": (url) => `GET ${url} HTTP/1.1\r\n\r\n`,
  "an empty Host": (url) => `GET ${url} HTTP/1.1\r\nHost:\r\n\r\n`,
  "a Host that is a list": (url) => `GET ${url} HTTP/1.1\r\nHost: a, b\r\n\r\n`,
  "a version that nobody speaks": (url) => `GET ${url} HTTP/1.2\r\nHost: x\r\n\r\n`,
  "HTTP/0.9": (url) => `GET ${url}\r\n`,
  "two spaces in the request line": (url) => `GET  ${url} HTTP/1.1\r\nHost: x\r\n\r\n`,
  "a space in the target": (url) => `GET ${url} x HTTP/1.1\r\nHost: x\r\n\r\n`,
  "a fragment in the target": (url) => `GET ${url}#a HTTP/1.1\r\nHost: x\r\n\r\n`,
  "a body on CONNECT": (url) => `CONNECT ${new URL(url).host} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello`,
  "CONNECT without a port": () => "CONNECT site.lab HTTP/1.1\r\nHost: x\r\n\r\n",
  "CONNECT with a URL": (url) => `CONNECT ${url} HTTP/1.1\r\nHost: x\r\n\r\n`,
};

for (const [what, request] of Object.entries(MALFORMED)) {
  test(`a request with ${what} is refused with 400`, () => assertRefused(request, 400));
}

test("a request line over the limit is 414, a field or a head over theirs is 431", async () => {
  await assertRefused((url) => proxyGet(`${url}${"x".repeat(20_000)}`), 414);
  await assertRefused((url) => proxyGet(url, { "X-Large": "v".repeat(40_000) }), 431);
  await assertRefused((url) => proxyGet(url, { "X-A": "v".repeat(30_000), "X-B": "v".repeat(30_000), "X-C": "v".repeat(30_000) }), 431);
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`X-${i}`, "1"]));
  await assertRefused((url) => proxyGet(url, many), 431);
});

const BAD_CHUNKS: Readonly<Record<string, string>> = {
  "a size that overflows": "ffffffffffffffffff\r\nhello\r\n0\r\n\r\n",
  "a size that is no number": "zz\r\nhello\r\n0\r\n\r\n",
  "a size with a sign": "+5\r\nhello\r\n0\r\n\r\n",
  "a size with 0x before it": "0x5\r\nhello\r\n0\r\n\r\n",
  "space before the size": " 5\r\nhello\r\n0\r\n\r\n",
  "space after the size": "5 \r\nhello\r\n0\r\n\r\n",
  "an LF alone behind the size": "5\nhello\r\n0\r\n\r\n",
  "an LF alone within an extension": "5;a\nb\r\nhello\r\n0\r\n\r\n",
  "more data than the size says": "5\r\nhello!\r\n0\r\n\r\n",
  "endless extensions": `5;${"x".repeat(20_000)}\r\nhello\r\n0\r\n\r\n`,
  "a trailer that frames": "5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n",
};

for (const [what, chunks] of Object.entries(BAD_CHUNKS)) {
  test(`a chunked body with ${what} is refused, and the target gets no end of it`, async () => {
    const bodies: string[] = [];
    await using target = await startRawTarget(({ body }) => {
      bodies.push(body.toString());
      return ok("taken");
    });
    await using gateway = await startLabGateway();
    using peer = await dialClient(gateway.address);
    peer.stream.write(post(target.url("/"), "Transfer-Encoding: chunked\r\n", chunks) + proxyGet(target.url("/next")));
    const answer = await readAnswer(peer, "POST");
    assert.equal(answer.status, 400, answer.body.toString());
    assert.equal(await peer.reader.next(), null);
    assert.deepEqual(bodies, []);
    const { verdict } = await gateway.nextRecord();
    assert.equal(verdict?.culprit, "client");
  });
}

const NOT_FOR_A_PROXY: Readonly<Record<string, string>> = {
  "origin-form": "GET /page HTTP/1.1\r\nHost: site.lab\r\n\r\n",
  "asterisk-form": "OPTIONS * HTTP/1.1\r\nHost: site.lab\r\n\r\n",
  "an ftp: URL": "GET ftp://site.lab/ HTTP/1.1\r\nHost: site.lab\r\n\r\n",
  "a URL without a host": "GET http:///x HTTP/1.1\r\nHost: site.lab\r\n\r\n",
  "a URL with userinfo": "GET http://user:secret@site.lab/ HTTP/1.1\r\nHost: site.lab\r\n\r\n",
  "a port of 0": "GET http://site.lab:0/ HTTP/1.1\r\nHost: site.lab\r\n\r\n",
  "a port beyond 65535": "GET http://site.lab:65536/ HTTP/1.1\r\nHost: site.lab\r\n\r\n",
};

for (const [what, request] of Object.entries(NOT_FOR_A_PROXY)) {
  test(`a target in ${what} is a 400 that says what is wrong, and the connection goes on`, async () => {
    await using target = await startRawTarget(() => ok("x"));
    await using gateway = await startLabGateway();
    using peer = await dialClient(gateway.address);
    const answer = await exchange(peer, request);
    assert.equal(answer.status, 400);
    assert.match(answer.body.toString(), /scheme|proxy|URL/);
    assert.doesNotMatch(answer.body.toString() + answer.fields.join() + gateway.lines.join(), /secret/);
    assert.equal((await exchange(peer, proxyGet(target.url("/")))).status, 200);
  });
}

test("a head that stays unfinished is a 408 after timeouts.clientHead", () =>
  assertSlow("GET http://site.lab/ HTTP/1.1\r\nHos", { clientHead: 200 }, 408));

test("a head that comes byte by byte is a 408 all the same: the limit is for the whole of it", async () => {
  await using gateway = await startLabGateway({ timeouts: { clientHead: 300 } });
  using peer = await dialClient(gateway.address);
  const answered = readAnswer(peer, "GET");
  const drip = setInterval(() => peer.stream.write("x"), 20);
  await peer.send("GET http://site.lab/");
  assert.equal((await answered).status, 408);
  clearInterval(drip);
});

test("a body that stops coming is a 408 after timeouts.bodyIdle", async () => {
  await using target = await startRawTarget(() => ok("x"));
  await assertSlow(post(target.url("/"), "Content-Length: 10\r\n", "half"), { bodyIdle: 200 }, 408);
  assert.deepEqual(target.requests, []);
});

test("a client that never says a word is left after timeouts.clientHead", async () => {
  await using gateway = await startLabGateway({ timeouts: { clientHead: 200 } });
  using peer = await dialClient(gateway.address);
  assert.equal(await peer.reader.next(), null);
});

async function assertSlow(sent: string, timeouts: LabGatewayOptions["timeouts"], status: number): Promise<void> {
  await using gateway = await startLabGateway({ timeouts: timeouts ?? {} });
  using peer = await dialClient(gateway.address);
  const answer = await exchange(peer, sent, "POST");
  assert.equal(answer.status, status);
  assert.equal(fieldValue(answer.fields, "connection"), "close");
  assert.equal(await peer.reader.next(), null);
  const { verdict } = await gateway.nextRecord();
  assert.equal(verdict?.culprit, "client");
}

test("a client that closes in the middle of its head is told so, should it still listen", async () => {
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send("GET http://site.lab/ HTTP/1.1\r\nHos");
  peer.stream.end();
  assert.equal((await readAnswer(peer, "GET")).status, 400);
  assert.equal(await peer.reader.next(), null);
  assert.equal((await gateway.nextRecord()).verdict?.fault, "client.bad_request");
});
