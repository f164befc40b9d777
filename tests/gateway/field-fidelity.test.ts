import assert from "node:assert/strict";
import { test } from "node:test";
import { proxyGet } from "../../src/lab/raw-client.ts";
import { dialClient, exchange } from "./client.ts";
import { startLabGateway } from "./lab-gateway.ts";
import { type RawTarget, startRawTarget } from "./raw-target.ts";

/** Names in odd cases, repeated ones apart, empty values, bytes beyond ASCII, spaces and quotes within. */
const ODD_FIELDS = [
  "x-LOWER-upper: One",
  "Cookie: a=1; b=2",
  "Accept: ",
  "X-Twice: first",
  'X-Quoted: "a, b"; c="\\"d\\""',
  "x-twice: second",
  "X-Latin: caf\xe9 \xfe\xff",
  "X-Tab: a\tb",
  "cookie: c=3",
  "X-Spaces: a   b",
  "Authorization: Basic Zm9vOmJhcg==",
  "User-Agent: Test/1.0 (odd; fields)",
  `X-Long: ${"v".repeat(9000)}`,
  "Via: 1.1 somebody-before-us",
  "X-Forwarded-For: 192.0.2.7",
  "Forwarded: for=192.0.2.7",
  "X-Last: end",
].join("\r\n");

async function reached(target: RawTarget, exits: readonly string[], host: string, more = ""): Promise<string> {
  await using gateway = await startLabGateway({ exits });
  using peer = await dialClient(gateway.address);
  const answer = await exchange(
    peer,
    Buffer.from(`GET http://site.lab/p?q=1&r=%20 HTTP/1.1\r\n${more}${ODD_FIELDS}\r\nHost: ${host}\r\n\r\n`, "latin1"),
  );
  assert.equal(answer.status, 200);
  return target.requests[0]?.head ?? "";
}

const ODD_ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\n${ODD_FIELDS}\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nContent-Length: 2\r\nDate: now\r\n\r\nok`,
  "latin1",
);

test("an HTTP exit gets the fields of a request byte for byte, in absolute form", async () => {
  await using exit = await startRawTarget(() => ODD_ANSWER);
  const head = await reached(exit, [`http://${exit.host}:${exit.port}`], "site.lab");
  assert.equal(head, `GET http://site.lab/p?q=1&r=%20 HTTP/1.1\r\n${ODD_FIELDS}\r\nHost: site.lab\r\n\r\n`);
});

test("an HTTP exit with credentials gets them, behind all else, and in nobody else's place", async () => {
  await using exit = await startRawTarget(() => ODD_ANSWER);
  const head = await reached(exit, [`http://us%40er:p%3Aw@${exit.host}:${exit.port}`], "site.lab");
  const credentials = Buffer.from("us@er:p:w").toString("base64");
  assert.equal(
    head,
    `GET http://site.lab/p?q=1&r=%20 HTTP/1.1\r\n${ODD_FIELDS}\r\nHost: site.lab\r\nProxy-Authorization: Basic ${credentials}\r\n\r\n`,
  );
});

test("a target that is reached directly gets them byte for byte too, in origin form", async () => {
  await using target = await startRawTarget(() => ODD_ANSWER);
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  const request = `DELETE ${target.url("/p?q=1")} HTTP/1.1\r\nhOST: ${target.host}:${target.port}\r\n${ODD_FIELDS}\r\n\r\n`;
  await exchange(peer, Buffer.from(request, "latin1"));
  assert.equal(target.requests[0]?.head, `DELETE /p?q=1 HTTP/1.1\r\nhOST: ${target.host}:${target.port}\r\n${ODD_FIELDS}\r\n\r\n`);
});

test("a client gets the fields of an answer byte for byte, whichever way it came", async () => {
  await using server = await startRawTarget(() => ODD_ANSWER);
  for (const exits of [[], [`http://${server.host}:${server.port}`]]) {
    await using gateway = await startLabGateway({ exits });
    using peer = await dialClient(gateway.address);
    await peer.send(proxyGet(server.url("/")));
    assert.deepEqual(await peer.reader.take(ODD_ANSWER.length), ODD_ANSWER);
  }
});

test("Host is that of the target, in the place where the client had another, and the record notes it", async () => {
  await using exit = await startRawTarget(() => ODD_ANSWER);
  await using gateway = await startLabGateway({ exits: [`http://${exit.host}:${exit.port}`] });
  using peer = await dialClient(gateway.address);
  await exchange(peer, "GET http://site.lab:81/ HTTP/1.1\r\nA: 1\r\nHOST: other.lab\r\nB: 2\r\n\r\n");
  assert.equal(exit.requests[0]?.head, "GET http://site.lab:81/ HTTP/1.1\r\nA: 1\r\nHOST: site.lab:81\r\nB: 2\r\n\r\n");
  assert.deepEqual((await gateway.nextRecord()).notes, ['Host was "other.lab"; the target\'s own was sent']);
});

test("a Host that only says the default port or another case is no other one", async () => {
  await using exit = await startRawTarget(() => ODD_ANSWER);
  await using gateway = await startLabGateway({ exits: [`http://${exit.host}:${exit.port}`] });
  using peer = await dialClient(gateway.address);
  await exchange(peer, "GET http://Site.lab/ HTTP/1.1\r\nHost: SITE.lab\r\n\r\n");
  assert.deepEqual((await gateway.nextRecord()).notes, []);
});

const HOP_BY_HOP = [
  "Connection: keep-alive, X-Named, close-ish",
  "X-Named: dropped",
  "Keep-Alive: timeout=5",
  "Proxy-Connection: keep-alive",
  "Proxy-Authorization: Basic bGFiOnJpZ2h0",
  "TE: gzip",
  "Upgrade: h2c",
  "X-Kept: yes",
].join("\r\n");

test("hop-by-hop fields of a request end at the gateway, those that Connection names with them", async () => {
  await using server = await startRawTarget(() => ODD_ANSWER);
  for (const exits of [[], [`http://${server.host}:${server.port}`]]) {
    await using gateway = await startLabGateway({ exits });
    using peer = await dialClient(gateway.address);
    await exchange(peer, `GET ${server.url("/")} HTTP/1.1\r\nHost: ${server.host}:${server.port}\r\n${HOP_BY_HOP}\r\n\r\n`);
    const head = server.requests.at(-1)?.head ?? "";
    assert.equal(head.slice(head.indexOf("\r\n")), `\r\nHost: ${server.host}:${server.port}\r\nX-Kept: yes\r\n\r\n`);
  }
});

test("hop-by-hop fields of an answer end at the gateway, and so does what an exit asks of its own client", async () => {
  const fields = [
    "Connection: X-Named",
    "X-Named: dropped",
    "Keep-Alive: timeout=5",
    "Proxy-Authenticate: Basic realm=exit",
    "Proxy-Authentication-Info: x",
    "Proxy-Connection: keep-alive",
    "X-Kept: yes",
  ];
  await using server = await startRawTarget(() => `HTTP/1.1 200 OK\r\n${fields.join("\r\n")}\r\nContent-Length: 0\r\n\r\n`);
  await using gateway = await startLabGateway({ exits: [`http://${server.host}:${server.port}`] });
  using peer = await dialClient(gateway.address);
  const answer = await exchange(peer, proxyGet("http://site.lab/"));
  assert.deepEqual(answer.fields, ["X-Kept", "yes", "Content-Length", "0"]);
});

test("Connection cannot name away what the gateway frames and routes by", async () => {
  await using target = await startRawTarget(() => ODD_ANSWER);
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  const named = "Connection: Host, Content-Length, Transfer-Encoding, close\r\n";
  await exchange(peer, `POST ${target.url("/")} HTTP/1.1\r\nHost: x\r\n${named}Content-Length: 3\r\n\r\nabc`);
  const { head, body } = target.requests[0] ?? assert.fail();
  assert.equal(head, `POST / HTTP/1.1\r\nHost: ${target.host}:${target.port}\r\nContent-Length: 3\r\n\r\n`);
  assert.equal(body.toString(), "abc");
});

test("Via is added only where the config says so, as one more field", async () => {
  await using target = await startRawTarget(() => ODD_ANSWER);
  await using gateway = await startLabGateway({ exchange: { via: true, name: "gw-1" } });
  using peer = await dialClient(gateway.address);
  await exchange(peer, `GET ${target.url("/")} HTTP/1.1\r\nHost: ${target.host}:${target.port}\r\nVia: 1.0 before\r\n\r\n`);
  assert.equal(
    target.requests[0]?.head,
    `GET / HTTP/1.1\r\nHost: ${target.host}:${target.port}\r\nVia: 1.0 before\r\nVia: 1.1 gw-1\r\n\r\n`,
  );
});

test("Max-Forwards counts down for OPTIONS and TRACE, and at 0 the gateway answers itself", async () => {
  await using target = await startRawTarget(() => ODD_ANSWER);
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  const ask = (method: string, count: number) =>
    exchange(peer, `${method} ${target.url("/")} HTTP/1.1\r\nHost: x\r\nMax-Forwards: ${count}\r\n\r\n`, method);
  await ask("OPTIONS", 3);
  await ask("GET", 3);
  assert.match(target.requests[0]?.head ?? "", /\r\nMax-Forwards: 2\r\n/);
  assert.match(target.requests[1]?.head ?? "", /\r\nMax-Forwards: 3\r\n/);
  assert.equal((await ask("OPTIONS", 0)).status, 200);
  assert.equal((await ask("TRACE", 0)).status, 403);
  assert.equal(target.requests.length, 2);
});

test("OPTIONS of a whole site goes on as *, to an exit without a path", async () => {
  await using server = await startRawTarget(() => ODD_ANSWER);
  for (const [exits, line] of [
    [[], "OPTIONS * HTTP/1.1"],
    [[`http://${server.host}:${server.port}`], `OPTIONS http://${server.host}:${server.port} HTTP/1.1`],
  ] as const) {
    await using gateway = await startLabGateway({ exits });
    using peer = await dialClient(gateway.address);
    await exchange(peer, `OPTIONS http://${server.host}:${server.port} HTTP/1.1\r\nHost: x\r\n\r\n`, "OPTIONS");
    assert.equal(server.requests.at(-1)?.head.split("\r\n", 1)[0], line);
  }
});
