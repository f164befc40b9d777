import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import type { ExchangeRecord } from "../../src/core/ledger.ts";
import { fieldValue } from "../../src/core/message.ts";
import type { Hedging } from "../../src/core/settings.ts";
import { rst } from "../../src/lab/behaviours.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import type { LabConnection } from "../../src/lab/lab-connection.ts";
import { readHead } from "../../src/lab/lab-http.ts";
import { type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { ask, openConnect, proxyGet } from "../../src/lab/raw-client.ts";
import { startSite } from "../../src/lab/site.ts";
import { parseProxyStatus } from "../../src/wire/proxy-status.ts";
import { basic, dialClient, disposable, exchange } from "./client.ts";
import { type LabGateway, type LabGatewayOptions, startLabGateway } from "./lab-gateway.ts";
import { ok, startRawTarget } from "./raw-target.ts";

/** Exits are met in their order, and each first attempt may be followed by a second one soon. */
async function startOver(exits: readonly LabServer[], hedge: Partial<Hedging> = {}, more: LabGatewayOptions = {}): Promise<LabGateway> {
  return await startLabGateway({
    exits: exits.map(({ host, port }, index) => `http://${host}:${port} id=e${index}`),
    options: { random: () => 0 },
    ...more,
    exchange: { hedge: { ...DEFAULTS.hedge, after: { ms: 1 }, maxShare: 1, ...hedge }, ...more.exchange },
  });
}

/** Takes a request and says nothing to it, until the gateway goes. */
const mute = async (peer: LabConnection): Promise<void> => {
  await peer.skip();
  peer.stream.end();
};

/** An exit that is slow for a test's time, and answers. */
const SLOW_MS = 250;

function assertLost(gateway: LabGateway, record: ExchangeRecord): void {
  const [lost, won] = record.attempts;
  assert.equal(record.attempts.length, 2);
  assert.equal(lost?.exit, "e0");
  assert.equal(lost?.fault, null);
  assert.equal(lost?.cancelled, true);
  assert.equal(lost?.details, "another attempt answered first");
  assert.equal(won?.exit, "e1");
  assert.equal(won?.fault, null);
  assert.equal(won?.cancelled, false);
  assert.equal(record.outcome, "ok");
  assert.equal(record.verdict, null);
  assertUnblamed(gateway);
}

function assertUnblamed(gateway: LabGateway): void {
  for (const { id, inFlight, failures, state } of gateway.gateway.pool.snapshot()) {
    assert.equal(inFlight, 0, id);
    assert.equal(failures, 0, id);
    assert.notEqual(state, "benched", id);
  }
}

test("a request over a slow exit is made again over another, whose answer the client gets; the slow one is left and not blamed", async () => {
  await using slow = await startLabServer(mute);
  await using fast = await startRawTarget(() => ok("fast"));
  await using gateway = await startOver([slow, fast]);
  const answer = await ask(gateway.address, proxyGet("http://site.lab/"));
  assert.equal(answer.body.toString(), "fast");
  const [member] = parseProxyStatus(fieldValue(answer.fields, "proxy-status") ?? "") ?? [];
  assert.equal(member?.params["attempts"], 2);
  assert.equal(member?.params["exit"], "e1");
  assertLost(gateway, await gateway.nextRecord());
  await slow.whenLeft(1);
});

test("a body that is here goes out with both", async () => {
  await using slow = await startRawTarget(() => new Promise(() => {}));
  await using fast = await startRawTarget(({ body }) => ok(`got ${body}`));
  await using gateway = await startOver([slow, fast]);
  using peer = await dialClient(gateway.address);
  const head = "PUT http://site.lab/ HTTP/1.1\r\nHost: site.lab\r\nTransfer-Encoding: chunked\r\n\r\n";
  const answer = await exchange(peer, `${head}4\r\nbody\r\n0\r\n\r\n`, "PUT");
  assert.equal(answer.body.toString(), "got body");
  assertLost(gateway, await gateway.nextRecord());
  assert.equal(slow.requests[0]?.body.toString(), "body");
  assert.equal((await exchange(peer, proxyGet("http://site.lab/"))).status, 200);
});

test("a CONNECT over a slow exit is made again over another, before the client is told", async () => {
  await using site = await startSite();
  await using slow = await startLabServer(mute);
  await using fast = await startHttpExit();
  await using gateway = await startOver([slow, fast]);
  const { answer, peer } = await openConnect(gateway.address, `${site.host}:${site.port}`);
  using client = disposable(peer);
  assert.equal(answer.status, 200);
  await client.send(proxyGet("http://site.lab/bytes/5").replace("http://site.lab", ""));
  assert.match((await client.reader.until("\r\n\r\n")).toString("latin1"), /^HTTP\/1\.1 200/);
  client.stream.end();
  assertLost(gateway, await gateway.nextRecord());
  await slow.whenLeft(1);
});

for (const [what, request] of [
  ["a POST", "POST http://site.lab/ HTTP/1.1\r\nHost: site.lab\r\nContent-Length: 4\r\n\r\nbody"],
  ["a hard session", proxyGet("http://site.lab/", basic("lab-hardsession-a:x"))],
  ["a soft session", proxyGet("http://site.lab/", basic("lab-session-a:x"))],
  ["a client that wants one exit", proxyGet("http://site.lab/", basic("lab-exit-e0:x"))],
  ["a client that wants one attempt", proxyGet("http://site.lab/", basic("lab-attempts-1:x"))],
  ["a request to switch protocols", proxyGet("http://site.lab/", { Connection: "Upgrade", Upgrade: "websocket" })],
] as const) {
  test(`${what} waits for its one attempt`, async () => {
    const late = () => new Promise<string>((resolve) => setTimeout(resolve, SLOW_MS, ok("late")));
    await using slow = await startRawTarget(late);
    await using other = await startRawTarget(late);
    await using gateway = await startOver([slow, other]);
    const answer = await ask(gateway.address, request, request.slice(0, request.indexOf(" ")));
    assert.equal(answer.body.toString(), "late");
    assert.equal((await gateway.nextRecord()).attempts.length, 1);
  });
}

test("nothing is sent twice while its body is still on its way", async () => {
  const reached = Promise.withResolvers<void>();
  await using slow = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    reached.resolve();
    await peer.reader.until("end");
    await peer.send(ok("whole"));
  });
  await using other = await startRawTarget(() => ok("other"));
  await using gateway = await startOver([slow, other]);
  using peer = await dialClient(gateway.address);
  await peer.send("PUT http://site.lab/ HTTP/1.1\r\nHost: site.lab\r\nContent-Length: 5\r\n\r\nth");
  await reached.promise;
  await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
  const answer = await exchange(peer, "end", "PUT");
  assert.equal(answer.body.toString(), "whole");
  assert.equal((await gateway.nextRecord()).attempts.length, 1);
});

test("second attempts keep to their share", async () => {
  const late = () => new Promise<string>((resolve) => setTimeout(resolve, SLOW_MS, ok("late")));
  await using first = await startRawTarget(late);
  await using second = await startRawTarget(late);
  await using gateway = await startOver([first, second], { maxShare: 0.05 });
  await Promise.all(Array.from({ length: 40 }, () => ask(gateway.address, proxyGet("http://site.lab/"))));
  let attempts = 0;
  for (let i = 0; i < 40; i++) attempts += (await gateway.nextRecord()).attempts.length;
  assert.ok(attempts > 40 && attempts <= 42, `${attempts} attempts for 40 requests`);
});

test("where the first fails while the second is under way, the second answers, and the first is blamed as ever", async () => {
  const asked = Promise.withResolvers<void>();
  await using failing = await startLabServer(async (peer) => {
    await asked.promise;
    peer.reset();
  });
  await using good = await startRawTarget(async () => {
    asked.resolve();
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS)); // the gateway has heard of the other's end by then
    return ok("good");
  });
  await using gateway = await startOver([failing, good]);
  assert.equal((await ask(gateway.address, proxyGet("http://site.lab/"))).body.toString(), "good");
  const record = await gateway.nextRecord();
  assert.equal(record.outcome, "rescued");
  assert.deepEqual(
    record.attempts.map(({ exit, fault }) => [exit, fault]),
    [
      ["e0", "head.reset"],
      ["e1", null],
    ],
  );
  for (const { inFlight } of gateway.gateway.pool.snapshot()) assert.equal(inFlight, 0);
});

test("where both fail, a third goes on as after any failure", async () => {
  const asked = Promise.withResolvers<void>();
  await using first = await startLabServer(async (peer) => {
    await asked.promise;
    peer.reset();
  });
  await using second = await startLabServer((peer) => {
    asked.resolve();
    return rst(peer);
  });
  await using good = await startRawTarget(() => ok("good"));
  await using gateway = await startOver([first, second, good]);
  assert.equal((await ask(gateway.address, proxyGet("http://site.lab/"))).body.toString(), "good");
  const record = await gateway.nextRecord();
  assert.equal(record.outcome, "rescued");
  assert.equal(record.attempts.length, 3);
  assert.deepEqual(new Set(record.attempts.map(({ exit }) => exit)), new Set(["e0", "e1", "e2"]));
  for (const { inFlight } of gateway.gateway.pool.snapshot()) assert.equal(inFlight, 0);
});

test("a client that leaves ends both", async () => {
  await using first = await startLabServer(mute);
  await using second = await startLabServer(mute);
  await using gateway = await startOver([first, second]);
  using peer = await dialClient(gateway.address);
  await peer.send(proxyGet("http://site.lab/"));
  await Promise.all([first.whenAccepted(1), second.whenAccepted(1)]);
  peer.reset();
  const record = await gateway.nextRecord();
  assert.equal(record.outcome, "aborted");
  assert.equal(record.verdict?.culprit, "client");
  await Promise.all([first.whenLeft(1), second.whenLeft(1)]);
  assertUnblamed(gateway);
});

test("with a share for its time, a target is hedged once enough of its answers are known", async () => {
  let isMute = false;
  await using turning = await startRawTarget(() => (isMute ? new Promise<string>(() => {}) : ok("quick")));
  await using steady = await startRawTarget(() => ok("steady"));
  await using gateway = await startOver([turning, steady], { after: { quantile: 0.95 } });
  using peer = await dialClient(gateway.address);
  for (let i = 0; i < 30; i++) {
    assert.equal((await exchange(peer, proxyGet("http://site.lab/"))).status, 200);
    await gateway.nextRecord();
  }
  isMute = true;
  for (let i = 0; i < 3; i++) {
    assert.equal((await exchange(peer, proxyGet("http://site.lab/"))).body.toString(), "steady");
    await gateway.nextRecord();
  }
});
