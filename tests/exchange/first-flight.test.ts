import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostPort } from "../../src/core/address.ts";
import { BAD_TUNNELS, opensTunnel } from "../../src/lab/bad-exits.ts";
import { afterBytes, fin, rst, says, silence } from "../../src/lab/behaviours.ts";
import { createAuthority } from "../../src/lab/certificates.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import type { LabConnection } from "../../src/lab/lab-connection.ts";
import { type Behaviour, startLabServer } from "../../src/lab/lab-server.ts";
import { openConnect, openSocks5, proxyGet, readAnswer, startClientTls } from "../../src/lab/raw-client.ts";
import { startSite } from "../../src/lab/site.ts";
import { openTunnel } from "../gateway/client.ts";
import { type LabGateway, type LabGatewayOptions, startLabGateway } from "../gateway/lab-gateway.ts";
import { helloMessage, inRecords } from "../wire/client-hello-bytes.ts";

const HELLO = inRecords(helloMessage({ serverName: "localhost" }));
const authority = createAuthority();
const siteTls = authority.issue({ names: ["localhost"] });

function exitLine(id: string, { host, port }: HostPort, more = ""): string {
  return `http://${host}:${port} id=${id} ${more}`;
}

/** GET over TLS inside a tunnel, as a browser would. */
async function getInside(peer: LabConnection): Promise<number | null> {
  const secure = await startClientTls(peer, { servername: "localhost", ca: authority.cert });
  await secure.send(proxyGet("http://localhost/").replace("http://localhost", ""));
  const answer = await readAnswer(secure, "GET");
  peer.wire.destroy();
  return answer.status;
}

/** A gateway that meets the bad exits first, in their order: a random source that only says 0 draws from the front of the list. */
async function startWithBad(bad: readonly Behaviour[], given: LabGatewayOptions = {}) {
  const stack = new AsyncDisposableStack();
  const site = stack.use(await startSite(siteTls));
  const servers = await Promise.all(bad.map((behave) => startLabServer(behave)));
  for (const server of servers) stack.use(server);
  const good = stack.use(await startHttpExit());
  const lines = servers.map((server, index) => exitLine(`bad-${index}`, server));
  const options = { random: () => 0 };
  const gateway = stack.use(await startLabGateway({ exits: [...lines, exitLine("good", good)], options, ...given }));
  return { gateway, site, stack };
}

/** The exchange was rescued, and the exits that lost the flight are to blame. */
async function assertRescued(gateway: LabGateway, lost: number): Promise<void> {
  const record = await gateway.nextRecord();
  assert.equal(record.outcome, "rescued");
  assert.equal(record.attempts.length, lost + 1);
  for (const attempt of record.attempts.slice(0, lost)) {
    assert.equal(attempt.culprit, "exit");
    assert.match(attempt.details ?? "", /the same ClientHello was answered through another exit/);
  }
  assert.equal(record.attempts.at(-1)?.exit, "good");
}

const GARBAGE = Buffer.from("9d03f1c6e84b7725aa00d1580c93bf6ee2", "hex");
const PAGE = "<html><h1>Best proxies, click here</h1></html>".repeat(1000);

const LOSSES: Readonly<Record<string, Behaviour>> = {
  "closes after the ClientHello": BAD_TUNNELS.finAfterHello,
  "resets after the ClientHello": BAD_TUNNELS.rstAfterHello,
  "stays silent": BAD_TUNNELS.silentAfterHello,
  "answers with garbage": BAD_TUNNELS.garbageAfterHello,
  "answers with a page": BAD_TUNNELS.pageAfterHello,
  "sends garbage as soon as the tunnel is open": opensTunnel(says(GARBAGE, silence)),
  "sends a page as soon as the tunnel is open, and closes": opensTunnel(says(PAGE, fin)),
  "closes as soon as the tunnel is open": BAD_TUNNELS.finAtOnce,
  "resets as soon as the tunnel is open": BAD_TUNNELS.rstAtOnce,
};

for (const [what, behave] of Object.entries(LOSSES)) {
  test(`an exit that ${what} is replaced, and the client sees one valid handshake`, async () => {
    const { gateway, site, stack } = await startWithBad([behave], { timeouts: { tls: 300 } });
    await using _ = stack;
    const { answer, peer } = await openConnect(gateway.address, `127.0.0.1:${site.port}`);
    assert.equal(answer.status, 200);
    assert.equal(await getInside(peer), 200);
    await assertRescued(gateway, 1);
  });
}

test("a SOCKS client's first flight is replayed too", async () => {
  const { gateway, site, stack } = await startWithBad([BAD_TUNNELS.rstAfterHello]);
  await using _ = stack;
  const { reply, peer } = await openSocks5(gateway.address, { host: "127.0.0.1", port: site.port });
  assert.equal(reply, 0);
  assert.equal(await getInside(peer), 200);
  await assertRescued(gateway, 1);
});

test("three lost flights in a row still end in one valid handshake", async () => {
  const bad = [BAD_TUNNELS.finAfterHello, BAD_TUNNELS.rstAfterHello, BAD_TUNNELS.garbageAfterHello];
  const { gateway, site, stack } = await startWithBad(bad);
  await using _ = stack;
  const { peer } = await openConnect(gateway.address, `127.0.0.1:${site.port}`);
  assert.equal(await getInside(peer), 200);
  await assertRescued(gateway, 3);
});

test("an alert is the target's answer: it reaches the client, nothing is replayed, and the record notes it", async () => {
  await using exit = await startLabServer(BAD_TUNNELS.alertAfterHello);
  await using gateway = await startLabGateway({ exits: [exitLine("only", exit)] });
  const { peer } = await openConnect(gateway.address, "localhost:443");
  await peer.send(HELLO);
  const alert = await peer.reader.take(7);
  assert.equal(alert.toString("hex"), "15030300020228");
  peer.wire.destroy();
  const record = await gateway.nextRecord();
  assert.equal(record.attempts.length, 1);
  assert.deepEqual(record.notes, ["the far side answered the ClientHello with alert 40 (handshake_failure)"]);
});

test("what the client sends beyond its ClientHello is never sent twice", async () => {
  await using a = await startLabServer(opensTunnel(afterBytes(rst)));
  await using b = await startLabServer(opensTunnel(afterBytes(rst)));
  await using gateway = await startLabGateway({ exits: [exitLine("a", a), exitLine("b", b)] });
  const { peer } = await openConnect(gateway.address, "localhost:443");
  await peer.send(Buffer.concat([HELLO, Buffer.from("x")]));
  assert.notEqual((await readAnswer(peer, "GET")).ending, "complete");
  assert.equal((await gateway.nextRecord()).attempts.length, 1);
});

test("an exit that lost the flight is not convicted where the client gave up before any other answered", async () => {
  await using lost = await startLabServer(BAD_TUNNELS.finAfterHello);
  await using silent = await startLabServer(BAD_TUNNELS.silentAfterHello);
  const exits = [exitLine("lost", lost), exitLine("silent", silent)];
  await using gateway = await startLabGateway({ exits, timeouts: { tunnelHalfClosed: 100 }, options: { random: () => 0 } });
  const { peer } = await openConnect(gateway.address, "localhost:443");
  await peer.send(HELLO);
  await silent.whenAccepted(1);
  peer.wire.end();
  const record = await gateway.nextRecord();
  const [first] = record.attempts;
  assert.equal(first?.exit, "lost");
  assert.equal(first?.culprit, "origin");
  assert.doesNotMatch(first?.details ?? "", /answered through another exit/);
});

test("a client that leaves while its lost flight's next tunnel is being dialled ends the dial", async () => {
  await using lost = await startLabServer(BAD_TUNNELS.finAfterHello);
  await using mute = await startLabServer(silence);
  const exits = [exitLine("lost", lost), exitLine("mute", mute)];
  await using gateway = await startLabGateway({ exits, timeouts: { handshake: 60_000 }, options: { random: () => 0 } });
  const { peer } = await openConnect(gateway.address, "localhost:443");
  await peer.send(HELLO);
  await mute.whenAccepted(1);
  peer.wire.resetAndDestroy();
  const record = await gateway.nextRecord();
  assert.equal(record.outcome, "aborted");
  assert.equal(record.verdict?.fault, "client.closed_waiting");
  assert.equal(record.attempts[0]?.culprit, "origin", "nothing more was learned about the exit that lost the flight");
});

test("when every exit loses the flight the client is reset, and the story is in the record", async () => {
  await using a = await startLabServer(BAD_TUNNELS.rstAfterHello);
  await using b = await startLabServer(BAD_TUNNELS.finAfterHello);
  await using gateway = await startLabGateway({ exits: [exitLine("a", a), exitLine("b", b)] });
  const { peer } = await openConnect(gateway.address, "localhost:443");
  await peer.send(HELLO);
  const { ending } = await readAnswer(peer, "GET");
  assert.equal(ending, "reset");
  const record = await gateway.nextRecord();
  assert.equal(record.outcome, "failed");
  assert.equal(record.verdict?.fault, "tls.closed_in_handshake");
  assert.ok(record.attempts.length >= 2);
});

test("a hard session stays with its exit: the loss is passed on, not replayed", async () => {
  await using a = await startLabServer(BAD_TUNNELS.finAfterHello);
  await using b = await startLabServer(BAD_TUNNELS.finAfterHello);
  await using gateway = await startLabGateway({ exits: [exitLine("a", a), exitLine("b", b)] });
  const authorization = `Basic ${Buffer.from("any-hardsession-s1:x").toString("base64")}`;
  const { peer } = await openConnect(gateway.address, "localhost:443", { "Proxy-Authorization": authorization });
  await peer.send(HELLO);
  const { ending } = await readAnswer(peer, "GET");
  assert.notEqual(ending, "complete");
  peer.wire.destroy();
  const record = await gateway.nextRecord();
  assert.equal(record.attempts.length, 1);
});

for (const [what, greeting] of Object.entries({
  "a greeting that we know": "SSH-2.0-OpenSSH_9.6\r\n",
  "one that nobody knows": "J\0\0\0\nlab",
})) {
  test(`a server that speaks first, with ${what}, is heard by a client that waits for it`, async () => {
    await using server = await startLabServer(says(greeting, silence));
    await using exit = await startHttpExit();
    await using gateway = await startLabGateway({ exits: [exitLine("good", exit)] });
    const { peer } = await openConnect(gateway.address, `127.0.0.1:${server.port}`);
    assert.equal((await peer.reader.take(greeting.length)).toString("latin1"), greeting);
    peer.reset();
    assert.equal((await gateway.nextRecord()).attempts.length, 1);
  });
}

test("the time in which nobody said a word counts towards the tunnel's idle limit", async () => {
  await using target = await startLabServer(silence);
  await using exit = await startHttpExit();
  await using gateway = await startLabGateway({
    exits: [`http://${exit.host}:${exit.port} id=e`],
    timeouts: { tls: 20, tunnelIdle: 1200 },
  });
  using peer = await openTunnel(gateway.address, target);
  const openedAt = performance.now();
  await peer.reader.rest().catch(() => null);
  const livedMs = performance.now() - openedAt;
  assert.ok(livedMs > 1150 && livedMs < 2300, `${livedMs} ms`);
});

test("a tunnel in which nobody says a word ends all the same, and tells nothing of its exit", async () => {
  await using target = await startLabServer(silence);
  await using exit = await startHttpExit();
  await using gateway = await startLabGateway({
    exits: [`http://${exit.host}:${exit.port} id=e`],
    timeouts: { tls: 20, tunnelIdle: 60 },
  });
  using peer = await openTunnel(gateway.address, target);
  await peer.reader.rest().catch(() => null);
  assert.equal((await gateway.nextRecord()).verdict?.fault, "tunnel.idle_timeout");
  const found = gateway.gateway.pool.find("e");
  assert.deepEqual([found?.inFlight, found?.state], [0, "untried"]);
});
