import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { connect } from "node:tls";
import { createAuthority } from "../../src/lab/certificates.ts";
import { readHead } from "../../src/lab/lab-http.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { proxyGet, readAnswer } from "../../src/lab/raw-client.ts";
import { startSite } from "../../src/lab/site.ts";
import { helloMessage, inRecords } from "../wire/client-hello-bytes.ts";
import { basic, dialClient, dialTlsClient, exchange } from "./client.ts";
import { startLabGateway } from "./lab-gateway.ts";
import { ok, startRawTarget } from "./raw-target.ts";

const authority = createAuthority();
const tls = authority.issue({ names: ["localhost"] });
const trust = { servername: "localhost", ca: authority.cert };

test("a listener with a certificate serves HTTP within TLS, request after request", async () => {
  await using target = await startRawTarget(({ body }) => ok(`got ${body}`));
  await using gateway = await startLabGateway({ listener: { tls } });
  using peer = await dialTlsClient(gateway.address, trust);
  assert.equal((await exchange(peer, proxyGet(target.url("/")))).body.toString(), "got ");
  const post = `POST ${target.url("/")} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody`;
  assert.equal((await exchange(peer, post, "POST")).body.toString(), "got body");
});

test("CONNECT within TLS opens a tunnel, TLS within it included", async () => {
  await using site = await startSite(tls);
  await using gateway = await startLabGateway({ listener: { tls } });
  using peer = await dialTlsClient(gateway.address, trust);
  await peer.send(`CONNECT localhost:${site.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
  assert.equal((await readHead(peer.reader)).line[1], "200");
  const inner = connect({ ...trust, socket: peer.stream });
  await once(inner, "secureConnect");
  inner.write("GET /bytes/4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const chunks: Buffer[] = [];
  for await (const chunk of inner) chunks.push(chunk);
  assert.match(Buffer.concat(chunks).toString(), /\r\n\r\n0123$/);
});

test("SOCKS5 and SOCKS4a within TLS open tunnels too", async () => {
  await using target = await startLabServer(async (peer) => {
    await peer.send(await peer.reader.take(2));
  });
  await using gateway = await startLabGateway({ listener: { tls } });
  const port = Buffer.of(target.port >> 8, target.port & 0xff);
  using five = await dialTlsClient(gateway.address, trust);
  await five.send(Buffer.of(5, 1, 0));
  assert.equal((await five.reader.take(2)).toString("hex"), "0500");
  await five.send(Buffer.concat([Buffer.of(5, 1, 0, 1, 127, 0, 0, 1), port]));
  assert.equal((await five.reader.take(10))[1], 0);
  await five.send("hi");
  assert.equal((await five.reader.take(2)).toString(), "hi");
  using four = await dialTlsClient(gateway.address, trust);
  await four.send(Buffer.concat([Buffer.of(4, 1), port, Buffer.of(0, 0, 0, 1, 0), Buffer.from("localhost\0")]));
  assert.equal((await four.reader.take(8))[1], 90);
});

test("users are asked for within TLS as well", async () => {
  await using target = await startRawTarget(() => ok("x"));
  await using gateway = await startLabGateway({ listener: { tls, users: [{ name: "lab", password: "right" }] } });
  using peer = await dialTlsClient(gateway.address, trust);
  assert.equal((await exchange(peer, proxyGet(target.url("/")))).status, 407);
  assert.equal((await exchange(peer, proxyGet(target.url("/"), basic("lab:right")))).status, 200);
});

test("a half-closed client within TLS gets its whole answer, and close_notify behind it", async () => {
  await using target = await startRawTarget(() => ok("a".repeat(300_000)));
  await using gateway = await startLabGateway({ listener: { tls } });
  using peer = await dialTlsClient(gateway.address, trust);
  await peer.send(proxyGet(target.url("/")));
  peer.stream.end();
  const answer = await readAnswer(peer, "GET");
  assert.equal(answer.ending, "complete");
  assert.equal(answer.body.length, 300_000);
  assert.equal(await peer.reader.next(), null);
});

test("a client that speaks TLS to a listener without a certificate gets an alert, and the record says what to do", async () => {
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(inRecords(helloMessage({ serverName: "localhost" })));
  assert.equal((await peer.reader.rest()).toString("hex"), "15030300020246"); // fatal, protocol_version
  const record = await gateway.nextRecord();
  assert.equal(record.verdict?.fault, "client.tls_handshake_failed");
  assert.match(record.verdict?.evidence.join() ?? "", /http:\/\//);
  assert.equal(record.status, null);
  assert.equal(record.bytesToClient, 7);
});

test("a listener with a certificate serves clear text beside it", async () => {
  await using target = await startRawTarget(() => ok("clear"));
  await using gateway = await startLabGateway({ listener: { tls } });
  using peer = await dialClient(gateway.address);
  assert.equal((await exchange(peer, proxyGet(target.url("/")))).body.toString(), "clear");
});

test("a handshake that the client breaks off leaves nothing behind, and the gateway lives", async () => {
  await using target = await startRawTarget(() => ok("x"));
  await using gateway = await startLabGateway({ listener: { tls }, timeouts: { clientHead: 300 } });
  for (const bytes of ["160301000501000001ff", "16", `1603010200${"00".repeat(40)}`]) {
    using peer = await dialClient(gateway.address);
    await peer.send(Buffer.from(bytes, "hex"));
    await peer.reader.rest().catch(() => {}); // an alert, or silence until the limit
  }
  await assert.rejects(dialTlsClient(gateway.address, { servername: "localhost", ca: createAuthority().cert }));
  const told = [/LENGTH_TOO_SHORT/, /no complete TLS handshake within 300 ms/, /TLS handshake/, /closed in the TLS handshake/];
  for (const details of told) {
    const { verdict } = await gateway.nextRecord();
    assert.deepEqual([verdict?.fault, verdict?.culprit], ["client.tls_handshake_failed", "client"]);
    assert.match(verdict?.evidence.join() ?? "", details);
  }
  using peer = await dialTlsClient(gateway.address, trust);
  assert.equal((await exchange(peer, proxyGet(target.url("/")))).status, 200);
});

test("a client that leaves after the handshake without a word, as browsers do, has broken nothing", async () => {
  await using gateway = await startLabGateway({ listener: { tls } });
  // In TLS 1.2 the server's part is done before the client's, so that both have ended when it says so.
  const [port, maxVersion] = [gateway.address.port, "TLSv1.2" as const];
  const [ends, resets] = [connect({ ...trust, port, maxVersion }), connect({ ...trust, port, maxVersion })];
  await Promise.all([once(ends, "secureConnect"), once(resets, "secureConnect")]);
  resets.destroy();
  ends.end();
  ends.resume();
  await once(ends, "close");
  using another = await dialClient(gateway.address);
  assert.equal((await exchange(another, proxyGet("ftp://site.lab/"))).status, 400);
  assert.equal((await gateway.nextRecord()).verdict?.fault, "client.bad_request", "the first record");
});

test("TLS within TLS is refused, and told as that", async () => {
  await using gateway = await startLabGateway({ listener: { tls } });
  using peer = await dialTlsClient(gateway.address, trust);
  await peer.send(inRecords(helloMessage({ serverName: "localhost" })));
  assert.equal((await peer.reader.rest()).toString("hex"), "15030300020246");
  assert.match((await gateway.nextRecord()).verdict?.evidence.join() ?? "", /TLS within TLS/);
});

test("where others can reach the listener, https:// URLs are taken within TLS only, whatever else it serves in clear text", async () => {
  await using site = await startSite(tls);
  const users = [{ name: "lab", password: "right" }];
  await using gateway = await startLabGateway({
    listener: { host: "0.0.0.0", tls, users },
    exchange: { ca: [authority.cert], targets: { addresses: "any", tunnelPorts: [], remoteDns: "check" } },
  });
  const request = proxyGet(`https://localhost:${site.port}/bytes/1`, basic("lab:right"));
  const at = { host: "127.0.0.1", port: gateway.address.port };
  using clear = await dialClient(at);
  const refused = await exchange(clear, request);
  assert.equal(refused.status, 403);
  assert.match(refused.body.toString(), /allowPlaintextHttps/);
  using secure = await dialTlsClient(at, trust);
  assert.equal((await exchange(secure, request)).status, 200);
});
