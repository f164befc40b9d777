import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import { fault } from "../../src/core/fault.ts";
import { fieldValue } from "../../src/core/message.ts";
import type { Pacing } from "../../src/core/pool-settings.ts";
import { BAD_TUNNELS } from "../../src/lab/bad-exits.ts";
import { createAuthority } from "../../src/lab/certificates.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { ask, openConnect, proxyGet } from "../../src/lab/raw-client.ts";
import { startSite } from "../../src/lab/site.ts";
import { parseProxyStatus } from "../../src/wire/proxy-status.ts";
import { helloMessage, inRecords } from "../wire/client-hello-bytes.ts";
import { basic, dialClient, openTunnel } from "./client.ts";
import { type LabGateway, type LabGatewayOptions, startLabGateway } from "./lab-gateway.ts";
import { ok, startRawTarget } from "./raw-target.ts";

const ONE = { concurrent: 1, perSecond: null };

function paced(changes: Partial<Pacing>, more: LabGatewayOptions["exchange"] = {}): Pick<LabGatewayOptions, "exchange"> {
  return { exchange: { ...more, pacing: { ...DEFAULTS.pacing, wait: 20_000, ...changes } } };
}

function linesOf(exits: readonly LabServer[], tags = ""): string[] {
  return exits.map(({ host, port }, index) => `http://${host}:${port} id=e${index} ${tags}`);
}

/** A target that lets nobody go before so many are inside, or all have come; and how many were inside at once at most. */
async function startMeetingPoint(many: number, all: number) {
  let come = 0;
  let atMost = 0;
  let inside: (() => void)[] = [];
  const target = await startRawTarget(async () => {
    come += 1;
    const { promise, resolve } = Promise.withResolvers<void>();
    inside.push(resolve);
    atMost = Math.max(atMost, inside.length);
    if (inside.length === many || come === all) {
      for (const go of inside) go();
      inside = [];
    }
    await promise;
    return ok("served", "Connection: close\r\n");
  });
  return Object.assign(target, { atMost: () => atMost });
}

/** Until something is so that comes about in turns of the event loop, not in time. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

function assertAtRest({ gateway }: LabGateway): void {
  assert.equal(gateway.waiting, 0);
  for (const exit of gateway.pool.snapshot()) assert.equal(exit.inFlight, 0);
}

test("ten clients are all served by two exits that take one at a time, never more than two at once", async () => {
  await using target = await startMeetingPoint(2, 10);
  await using first = await startHttpExit();
  await using second = await startHttpExit();
  await using gateway = await startLabGateway({ exits: linesOf([first, second]), ...paced({ perExit: ONE }) });
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(gateway.address, proxyGet(target.url("/")))));
  assert.deepEqual(
    answers.map(({ status, body }) => `${status} ${body}`),
    Array(10).fill("200 served"),
  );
  assert.equal(target.atMost(), 2);
  for (let i = 0; i < 10; i++) assert.equal((await gateway.nextRecord()).outcome, "ok");
  assertAtRest(gateway);
});

test("an exit's own concurrent=N is kept without any pacing", async () => {
  await using target = await startMeetingPoint(3, 9);
  await using exit = await startHttpExit();
  await using gateway = await startLabGateway({ exits: linesOf([exit], "concurrent=3") });
  const answers = await Promise.all(Array.from({ length: 9 }, () => ask(gateway.address, proxyGet(target.url("/")))));
  assert.ok(answers.every(({ status }) => status === 200));
  assert.equal(target.atMost(), 3);
});

test("a target gets no more at once than it may, on a direct route too", async () => {
  await using target = await startMeetingPoint(2, 6);
  await using gateway = await startLabGateway(paced({ perTarget: { concurrent: 2, perSecond: null } }, { direct: "only" }));
  const answers = await Promise.all(Array.from({ length: 6 }, () => ask(gateway.address, proxyGet(target.url("/")))));
  assert.ok(answers.every(({ status }) => status === 200));
  assert.equal(target.atMost(), 2);
});

test("a tunnel counts until it is closed, and those that waited are let in then, in their order", async () => {
  await using target = await startRawTarget(() => null);
  await using site = await startSite();
  await using exit = await startHttpExit();
  await using gateway = await startLabGateway({ exits: linesOf([exit]), ...paced({ perExit: ONE }) });
  const tunnel = await openTunnel(gateway.address, target);
  const served: number[] = [];
  const asked: Promise<unknown>[] = [];
  for (let i = 0; i < 3; i++) {
    asked.push(ask(gateway.address, proxyGet(`http://${site.host}:${site.port}/bytes/5`)).then(() => served.push(i)));
    await until(() => gateway.gateway.waiting === i + 1);
  }
  assert.deepEqual(served, []);
  tunnel.wire.destroy();
  await Promise.all(asked);
  assert.deepEqual(served, [0, 1, 2]);
  assertAtRest(gateway);
});

test("who waits while one exit is at its limit and the other is benched goes over the other once its bench is over", async () => {
  await using held = await startRawTarget(() => null);
  await using site = await startSite();
  await using first = await startHttpExit();
  await using second = await startHttpExit();
  await using gateway = await startLabGateway({ exits: linesOf([first, second]), ...paced({ perExit: ONE }) });
  const target = { scheme: "tcp", host: "other.example", port: 443 } as const;
  const outcome = { kind: "failed", fault: fault("connect.refused", "refused"), culprit: "exit", role: "exit" } as const;
  using tunnel = await openTunnel(gateway.address, held);
  const other = gateway.gateway.pool.snapshot().find(({ inFlight, tunnels }) => inFlight + tunnels === 0)?.id ?? "";
  gateway.gateway.pool.record({ exit: other, target, outcome });
  assert.equal((await ask(gateway.address, proxyGet(`http://${site.host}:${site.port}/bytes/4`))).body.toString(), "0123");
  assert.equal((await gateway.nextRecord()).attempts[0]?.exit, other);
  assert.equal(tunnel.wire.destroyed, false);
});

test("who waits for one target does not hold up who wants another", async () => {
  await using busy = await startRawTarget(() => null);
  await using site = await startSite();
  await using exit = await startHttpExit();
  await using gateway = await startLabGateway({ exits: linesOf([exit]), ...paced({ perTarget: ONE }) });
  using _ = await openTunnel(gateway.address, busy);
  const waiting = openConnect(gateway.address, `${busy.host}:${busy.port}`);
  await until(() => gateway.gateway.waiting === 1);
  assert.equal((await ask(gateway.address, proxyGet(`http://${site.host}:${site.port}/bytes/5`))).status, 200);
  assert.equal(gateway.gateway.waiting, 1);
  _.wire.destroy();
  const { answer, peer } = await waiting;
  peer.wire.destroy();
  assert.equal(answer.status, 200);
});

test("beyond the queue it is a 503 at once, which says what is limited and when to come again, and benches nobody", async () => {
  await using target = await startRawTarget(() => null);
  await using exit = await startHttpExit();
  await using gateway = await startLabGateway({ exits: linesOf([exit]), ...paced({ perExit: ONE, queue: 1 }) });
  using _ = await openTunnel(gateway.address, target);
  using waiting = await dialClient(gateway.address);
  await waiting.send(proxyGet(target.url("/")));
  await until(() => gateway.gateway.waiting === 1);
  const answer = await ask(gateway.address, proxyGet(target.url("/")));
  assert.equal(answer.status, 503);
  assert.equal(fieldValue(answer.fields, "retry-after"), "1");
  const [member] = parseProxyStatus(fieldValue(answer.fields, "proxy-status") ?? "") ?? [];
  assert.equal(String(member?.params["error"]), "connection_limit_reached");
  assert.equal(String(member?.params["fault"]), "gateway.upstream_limit");
  assert.match(String(member?.params["details"]), /perExit\.concurrent 1 .*pacing\.queue/);
  const record = await gateway.nextRecord();
  assert.equal(record.verdict?.culprit, "gateway");
  assert.deepEqual(record.attempts, []);
  assert.equal(gateway.gateway.pool.snapshot()[0]?.failures, 0);
});

test("who has waited as long as it may gets a 503, and one whose turn is known to come later gets it at once", async () => {
  await using target = await startRawTarget(() => null);
  await using site = await startSite();
  await using exit = await startHttpExit();
  const perTarget = { concurrent: null, perSecond: 0.01 };
  await using gateway = await startLabGateway({ exits: linesOf([exit]), ...paced({ perExit: ONE, perTarget, wait: 50 }) });
  const url = `http://${site.host}:${site.port}/bytes/5`;
  assert.equal((await ask(gateway.address, proxyGet(url))).status, 200);
  const known = await ask(gateway.address, proxyGet(url));
  assert.equal(known.status, 503);
  const again = Number(fieldValue(known.fields, "retry-after"));
  assert.ok(again > 90 && again <= 100, `Retry-After: ${again}`);
  using _ = await openTunnel(gateway.address, target);
  const waited = await ask(gateway.address, proxyGet("http://other.lab/"));
  assert.equal(waited.status, 503);
  assert.match(waited.body.toString(), /was reached for the \d+ ms that the exchange waited/);
  assert.equal(gateway.gateway.waiting, 0);
});

test("a rate is kept, and everybody is served in the end", async () => {
  const times: number[] = [];
  await using target = await startRawTarget(() => {
    times.push(performance.now());
    return ok("served", "Connection: close\r\n");
  });
  await using gateway = await startLabGateway(paced({ perTarget: { concurrent: null, perSecond: 50 } }, { direct: "only" }));
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(gateway.address, proxyGet(target.url("/")))));
  assert.ok(answers.every(({ status }) => status === 200));
  const spanMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
  assert.ok(spanMs >= 230, `twenty within ${spanMs} ms`); // 15 after the five that may come at once, each 20 ms, less what the first was late
});

test("a client that leaves while it waits leaves nothing behind", async () => {
  await using target = await startRawTarget(() => null);
  await using exit = await startHttpExit();
  await using gateway = await startLabGateway({ exits: linesOf([exit]), ...paced({ perExit: ONE }) });
  const tunnel = await openTunnel(gateway.address, target);
  using leaving = await dialClient(gateway.address);
  await leaving.send(proxyGet(target.url("/")));
  await until(() => gateway.gateway.waiting === 1);
  leaving.reset();
  const record = await gateway.nextRecord();
  assert.equal(record.verdict?.fault, "client.closed_waiting");
  assert.equal(record.outcome, "aborted");
  assert.deepEqual(record.attempts, []);
  assert.equal(gateway.gateway.waiting, 0);
  tunnel.wire.destroy();
  await gateway.nextRecord();
  assertAtRest(gateway);
});

test("a reload that lifts the limits lets in who waits", async () => {
  await using target = await startRawTarget(() => null);
  await using site = await startSite();
  await using exit = await startHttpExit();
  await using gateway = await startLabGateway({ exits: linesOf([exit]), ...paced({ perExit: ONE }) });
  using _ = await openTunnel(gateway.address, target);
  const asked = ask(gateway.address, proxyGet(`http://${site.host}:${site.port}/bytes/5`));
  await until(() => gateway.gateway.waiting === 1);
  await gateway.gateway.reload({ ...gateway.config, exchange: { ...gateway.config.exchange, pacing: DEFAULTS.pacing } });
  assert.equal((await asked).status, 200);
});

test("an exit at its limit is no reason to go direct", async () => {
  await using target = await startRawTarget(() => null);
  await using site = await startSite();
  await using exit = await startHttpExit();
  await using gateway = await startLabGateway({
    exits: linesOf([exit]),
    ...paced({ perExit: ONE, wait: 50 }, { direct: "fallback" }),
  });
  using _ = await openTunnel(gateway.address, target);
  const answer = await ask(gateway.address, proxyGet(`http://${site.host}:${site.port}/bytes/5`));
  assert.equal(answer.status, 503);
});

test("a session waits for its own exit, and does not move to one that is free", async () => {
  await using target = await startRawTarget(() => null);
  await using site = await startSite();
  await using first = await startHttpExit();
  await using second = await startHttpExit();
  await using gateway = await startLabGateway({ exits: linesOf([first, second]), ...paced({ perExit: ONE }) });
  const inSession = basic("lab-session-a:x");
  const { peer } = await openConnect(gateway.address, `${target.host}:${target.port}`, inSession);
  const asked = ask(gateway.address, proxyGet(`http://${site.host}:${site.port}/bytes/5`, inSession));
  await until(() => gateway.gateway.waiting === 1);
  peer.wire.destroy();
  assert.equal((await asked).status, 200);
  const exits = [(await gateway.nextRecord()).attempts[0]?.exit, (await gateway.nextRecord()).attempts[0]?.exit];
  assert.equal(exits[0], exits[1]);
});

test("a first flight that is lost gives its turn to the next one", async () => {
  const tls = createAuthority().issue({ names: ["localhost"] });
  await using site = await startSite(tls);
  await using losing = await startLabServer(BAD_TUNNELS.finAfterHello);
  await using good = await startHttpExit();
  await using gateway = await startLabGateway({
    exits: linesOf([losing, good]),
    options: { random: () => 0 },
    ...paced({ perTarget: ONE }),
  });
  using client = await openTunnel(gateway.address, site);
  await client.send(inRecords(helloMessage({ serverName: "localhost" })));
  assert.ok((await client.reader.take(5)).length === 5);
  client.wire.destroy();
  const record = await gateway.nextRecord();
  assert.deepEqual(
    record.attempts.map(({ exit }) => exit),
    ["e0", "e1"],
  );
  assertAtRest(gateway);
});
