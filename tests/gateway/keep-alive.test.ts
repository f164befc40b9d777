import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import { proxyGet, readAnswer } from "../../src/lab/raw-client.ts";
import { dialClient, exchange } from "./client.ts";
import { startLabGateway } from "./lab-gateway.ts";
import { liveBytes } from "./live-bytes.ts";
import { ok, startRawTarget, targetOf } from "./raw-target.ts";

test("serves one request after the other on a client's connection", async () => {
  await using target = await startRawTarget((request) => ok(targetOf(request)));
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  for (const path of ["/a", "/b", "/c"]) {
    await peer.send(proxyGet(target.url(path)));
    const answer = await readAnswer(peer, "GET");
    assert.equal(answer.status, 200);
    assert.equal(answer.body.toString(), path);
  }
  assert.equal(target.accepted, 1, "the socket to the target was used again");
});

test("answers pipelined requests in their order, and sends none before the one ahead of it is answered", async () => {
  const gate = Promise.withResolvers<void>();
  await using target = await startRawTarget(async (request) => {
    if (targetOf(request) === "/slow") await gate.promise;
    return ok(targetOf(request));
  });
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(["/slow", "/b", "/c"].map((path) => proxyGet(target.url(path))).join(""));
  await target.whenAccepted(1);
  assert.ok(target.requests.length <= 1);
  gate.resolve();
  for (const path of ["/slow", "/b", "/c"]) assert.equal((await readAnswer(peer, "GET")).body.toString(), path);
  assert.deepEqual(target.requests.map(targetOf), ["/slow", "/b", "/c"]);
});

test("tells the bodies of pipelined uploads apart, whatever their framing", async () => {
  await using target = await startRawTarget(({ body }) => ok(`got ${body}`));
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  const head = `POST ${target.url("/")} HTTP/1.1\r\nHost: x\r\n`;
  const requests = [
    `${head}Content-Length: 5\r\n\r\nfirst`,
    `${head}Transfer-Encoding: chunked\r\n\r\n3\r\nsec\r\n3\r\nond\r\n0\r\n\r\n`,
    proxyGet(target.url("/")),
    `${head}Content-Length: 6\r\n\r\nfourth`,
  ];
  await peer.send(requests.join(""));
  const bodies: string[] = [];
  for (const _ of requests) bodies.push((await readAnswer(peer, "POST")).body.toString());
  assert.deepEqual(bodies, ["got first", "got second", "got ", "got fourth"]);
});

test("understands a client that sends its requests a byte per segment", async () => {
  await using target = await startRawTarget(({ body }) => ok(`got ${body}`));
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  const head = `POST ${target.url("/")} HTTP/1.1\r\nHost: x\r\n`;
  const wire = `${head}Content-Length: 3\r\n\r\none${head}Transfer-Encoding: chunked\r\n\r\n3;a=b\r\ntwo\r\n0\r\nX-T: 1\r\n\r\n${proxyGet(target.url("/"))}`;
  for (const byte of Buffer.from(wire, "latin1")) await peer.send(Buffer.of(byte));
  for (const expected of ["got one", "got two", "got "]) assert.equal((await readAnswer(peer, "POST")).body.toString(), expected);
});

test("a pipelined request is in flight when its turn comes, and goes out on the socket of the one before", async () => {
  await using target = await startRawTarget(({ connection }) => ok(`on ${connection}`));
  await using gateway = await startLabGateway({ exchange: { limits: { ...DEFAULTS.limits, exchanges: 1, exchangesPerClient: 1 } } });
  using client = await dialClient(gateway.address);
  const request = proxyGet(target.url("/"));
  await client.send(request.repeat(4));
  for (let i = 0; i < 4; i++) assert.equal((await readAnswer(client, "GET")).body.toString(), "on 1");
});

test("a CONNECT may be pipelined behind a request, and what follows it is the tunnel's", async () => {
  await using target = await startRawTarget(({ head }) => ok(head.split("\r\n", 1)[0] as string));
  await using gateway = await startLabGateway();
  using client = await dialClient(gateway.address);
  const { host, port } = target;
  const connect = `CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`;
  await client.send(`${proxyGet(target.url("/before"))}${connect}GET /within HTTP/1.1\r\nHost: x\r\n\r\n`);
  assert.equal((await readAnswer(client, "GET")).body.toString(), "GET /before HTTP/1.1");
  assert.equal((await readAnswer(client, "CONNECT")).status, 200);
  assert.equal((await exchange(client, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n")).body.toString(), "GET /within HTTP/1.1");
  assert.equal((await readAnswer(client, "GET")).body.toString(), "GET /later HTTP/1.1");
});

test("answers pipelined requests of a client that has sent its FIN, then closes", async () => {
  await using target = await startRawTarget((request) => ok(targetOf(request)));
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(proxyGet(target.url("/a")) + proxyGet(target.url("/b")));
  peer.stream.end();
  assert.equal((await readAnswer(peer, "GET")).body.toString(), "/a");
  assert.equal((await readAnswer(peer, "GET")).body.toString(), "/b");
  assert.equal(await peer.reader.next(), null);
});

test("closes after the answer where the client says Connection: close, and leaves later requests unserved", async () => {
  await using target = await startRawTarget((request) => ok(targetOf(request)));
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(proxyGet(target.url("/a"), { Connection: "close" }) + proxyGet(target.url("/b")));
  const answer = await readAnswer(peer, "GET");
  assert.deepEqual(answer.fields.slice(-2), ["Connection", "close"]);
  assert.equal(await peer.reader.next(), null);
  assert.deepEqual(target.requests.map(targetOf), ["/a"]);
});

test("takes an empty line before a request, as some clients send it after a body", async () => {
  await using target = await startRawTarget(({ body }) => ok(`got ${body}`));
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(`POST ${target.url("/")} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na\r\n${proxyGet(target.url("/"))}`);
  assert.equal((await readAnswer(peer, "POST")).body.toString(), "got a");
  assert.equal((await readAnswer(peer, "GET")).body.toString(), "got ");
});

test("an idle client connection is closed in order after timeouts.clientIdle", async () => {
  await using target = await startRawTarget(() => ok("x"));
  await using gateway = await startLabGateway({ timeouts: { clientIdle: 200 } });
  using peer = await dialClient(gateway.address);
  await peer.send(proxyGet(target.url("/")));
  assert.equal((await readAnswer(peer, "GET")).status, 200);
  assert.equal(await peer.reader.next(), null);
});

test("five thousand refused requests in one write are each answered, and the gateway lives", async () => {
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  const count = 5000;
  const sent = peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(count));
  for (let i = 0; i < count; i++) assert.equal((await readAnswer(peer, "GET")).status, 400);
  await sent;
});

test("a client that pipelines and reads no answer is read no further, and few of its answers are held", async () => {
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  const many = Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(20_000));
  const before = liveBytes();
  let taken = 0;
  for (const stalled = Symbol("stalled"); taken < 100; taken++) {
    const sent = peer.send(many).then(
      () => null,
      () => stalled,
    );
    const patience = new Promise<symbol>((resolve) => setTimeout(resolve, 500, stalled));
    if ((await Promise.race([sent, patience])) === stalled) break;
  }
  assert.ok(taken < 100, "56 MB of requests were taken");
  const held = liveBytes() - before;
  assert.ok(held < 20_000_000, `${held} bytes are held`);
});
