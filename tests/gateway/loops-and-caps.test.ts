import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import { fieldValue } from "../../src/core/message.ts";
import type { Limits } from "../../src/core/settings.ts";
import { brokenDialler } from "../../src/lab/fake-dialler.ts";
import { fakeResolver } from "../../src/lab/fake-resolver.ts";
import { dialLab, splice } from "../../src/lab/lab-connection.ts";
import { readHead } from "../../src/lab/lab-http.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { openConnect, openSocks5, proxyGet, type RawAnswer } from "../../src/lab/raw-client.ts";
import { startSite } from "../../src/lab/site.ts";
import { urlOf } from "../../src/lab/stages/scenes.ts";
import { connectTcp } from "../../src/net/connect-tcp.ts";
import { dialClient, disposable, exchange } from "./client.ts";
import { type LabGateway, parseExits, startLabGateway } from "./lab-gateway.ts";
import { ok, startRawTarget } from "./raw-target.ts";

async function ask(gateway: LabGateway, url: string): Promise<RawAnswer> {
  using peer = await dialClient({ host: "127.0.0.1", port: gateway.address.port });
  return await exchange(peer, proxyGet(url));
}

const OWN_NAMES = ["127.0.0.1", "localhost", "LOCALHOST.", "[::ffff:127.0.0.1]", "0.0.0.0", "own.lab"];
const resolver = fakeResolver({ "own.lab": ["127.0.0.1"], localhost: ["127.0.0.1"] });

for (const host of OWN_NAMES) {
  test(`a target that is our own listener is a loop, by whatever name: ${host}`, async () => {
    await using gateway = await startLabGateway({ options: { resolver } });
    const answer = await ask(gateway, `http://${host}:${gateway.address.port}/`);
    assert.equal(answer.status, 502);
    assert.match(fieldValue(answer.fields, "proxy-status") ?? "", /error=proxy_loop_detected/);
    const record = await gateway.nextRecord();
    assert.equal(record.verdict?.fault, "gateway.loop_detected");
    const { answer: refused, peer } = await openConnect(gateway.address, `${host}:${gateway.address.port}`);
    using _ = disposable(peer);
    assert.equal(refused.status, 502);
    assert.equal((await gateway.nextRecord()).verdict?.fault, "gateway.loop_detected");
  });
}

for (const host of ["127.0.0.1", "127.0.0.9", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]"]) {
  test(`to a listener on all addresses every address of the machine is its own: ${host}`, async () => {
    await using gateway = await startLabGateway({
      listener: { host: "0.0.0.0", allow: ["127.0.0.0/8"] },
      exchange: { targets: { addresses: "any", tunnelPorts: [], remoteDns: "check" } },
      options: { resolver },
    });
    assert.equal((await ask(gateway, `http://${host}:${gateway.address.port}/`)).status, 502);
    assert.equal((await gateway.nextRecord()).verdict?.fault, "gateway.loop_detected");
  });
}

test("a target that is our own admin listener is refused as our own", async () => {
  await using gateway = await startLabGateway({ admin: { host: "127.0.0.1", port: 0, token: null } });
  const admin = gateway.gateway.adminAddress;
  const answer = await ask(gateway, `http://localhost:${admin?.port}/api/exits`);
  assert.equal(answer.status, 502);
  assert.equal((await gateway.nextRecord()).verdict?.fault, "gateway.loop_detected");
});

test("an exit that is our own listener is a loop, and no exchange is begun by it", async () => {
  await using gateway = await startLabGateway({ exits: ["http://127.0.0.1:1"] });
  const { host, port } = gateway.address;
  await gateway.gateway.reload({ ...gateway.config, sources: [{ kind: "inline", exits: parseExits([`http://${host}:${port} id=self`]) }] });
  assert.equal((await ask(gateway, "http://site.lab/")).status, 502);
  const record = await gateway.nextRecord();
  assert.equal(record.verdict?.fault, "gateway.loop_detected");
  assert.equal(record.attempts.length, 1);
});

test("a loop through somebody else ends where exchanges in flight end, and all of it is let go", async () => {
  const own = Promise.withResolvers<{ host: string; port: number }>();
  await using mirror = await startLabServer(async (peer) => splice(peer, await dialLab(await own.promise)));
  await using gateway = await startLabGateway({
    exits: [`http://${mirror.host}:${mirror.port}`],
    exchange: { limits: limits({ exchanges: 10 }), attempts: { ...DEFAULTS.attempts, max: 1, exits: 1, replayBytes: 0 } },
  });
  own.resolve(gateway.address);
  assert.equal((await ask(gateway, "http://site.lab/")).status, 503);
  for (let i = 0; i < 11; i++) await gateway.nextRecord();
  assert.equal(gateway.gateway.pool.snapshot()[0]?.inFlight, 0);
});

function limits(changes: Partial<Limits>): Limits {
  return { ...DEFAULTS.limits, ...changes };
}

for (const [cap, value] of [
  ["exchanges", 2],
  ["exchangesPerClient", 2],
] as const) {
  test(`beyond limits.${cap} a request, a CONNECT and a SOCKS request are refused at once, and let in again later`, async () => {
    const gate = Promise.withResolvers<void>();
    await using target = await startRawTarget(async () => {
      await gate.promise;
      return ok("let go");
    });
    await using gateway = await startLabGateway({ exchange: { limits: limits({ [cap]: value }) } });
    const waiting = [ask(gateway, target.url("/1")), ask(gateway, target.url("/2"))];
    await target.whenAccepted(2);
    const refused = await ask(gateway, target.url("/3"));
    assert.equal(refused.status, 503);
    assert.ok(Number(fieldValue(refused.fields, "retry-after")) >= 1);
    assert.equal((await gateway.nextRecord()).verdict?.fault, "gateway.overloaded");
    const connect = await openConnect(gateway.address, `127.0.0.1:${target.port}`);
    connect.peer.wire.destroy();
    assert.equal(connect.answer.status, 503);
    const socks = await openSocks5(gateway.address, target);
    socks.peer.wire.destroy();
    assert.equal(socks.reply, 1); // general failure
    gate.resolve();
    for (const answer of await Promise.all(waiting)) assert.equal(answer.body.toString(), "let go");
    assert.equal((await ask(gateway, target.url("/4"))).status, 200);
  });
}

test("open tunnels count as exchanges in flight until they end", async () => {
  await using target = await startLabServer(async (peer) => {
    await peer.skip();
    peer.stream.end();
  });
  await using site = await startSite();
  await using gateway = await startLabGateway({ exchange: { limits: limits({ exchanges: 1 }) } });
  const { peer } = await openConnect(gateway.address, `127.0.0.1:${target.port}`);
  using _ = disposable(peer);
  assert.equal((await ask(gateway, urlOf(site))).status, 503);
  await gateway.nextRecord();
  peer.stream.end();
  await gateway.nextRecord();
  assert.equal((await ask(gateway, urlOf(site))).status, 200);
});

test("a connection beyond limits.connections is closed, and there is room again when one has left", async () => {
  await using site = await startSite();
  await using gateway = await startLabGateway({ exchange: { limits: limits({ connections: 1 }) } });
  using first = await dialClient(gateway.address);
  assert.equal((await exchange(first, proxyGet(urlOf(site)))).status, 200);
  using second = await dialClient(gateway.address);
  assert.equal(await second.reader.next().catch(() => null), null);
  first.stream.end();
  assert.equal(await first.reader.next(), null);
  for (let served = false; !served; ) {
    using third = await dialClient(gateway.address);
    served = await third
      .send(proxyGet(urlOf(site)))
      .then(
        async () => (await readHead(third.reader)).line[1] === "200",
        () => false,
      )
      .catch(() => false);
  }
});

test("a bug in the dialler is a 500 for its client alone: the gateway lives, and no lease is left open", async () => {
  let isBroken = true;
  await using exit = await startRawTarget(() => ok("well again"));
  await using gateway = await startLabGateway({
    exits: [`http://${exit.host}:${exit.port}`],
    options: { connectTcp: (...given) => (isBroken ? brokenDialler(...given) : connectTcp(...given)) },
  });
  const answer = await ask(gateway, "http://site.lab/");
  assert.equal(answer.status, 500);
  assert.match(fieldValue(answer.fields, "proxy-status") ?? "", /fault=gateway\.internal_error/);
  assert.doesNotMatch(answer.body.toString(), /TypeError|at .*\.ts/);
  assert.equal((await gateway.nextRecord()).verdict?.fault, "gateway.internal_error");
  const { answer: refused, peer } = await openConnect(gateway.address, "site.lab:443");
  using _ = disposable(peer);
  assert.equal(refused.status, 500);
  const socks = await openSocks5(gateway.address, { host: "site.lab", port: 443 });
  socks.peer.wire.destroy();
  assert.equal(socks.reply, 1);
  assert.ok(gateway.lines.some((line) => line.includes("the lab's dialler has a bug")));
  assert.equal(gateway.gateway.pool.snapshot()[0]?.inFlight, 0);
  isBroken = false;
  assert.equal((await ask(gateway, "http://site.lab/")).body.toString(), "well again");
});
