import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultConfig } from "../../src/config/defaults.ts";
import type { TargetPolicy } from "../../src/core/settings.ts";
import { fakeResolver } from "../../src/lab/fake-resolver.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { openConnect, openSocks4, openSocks5, proxyGet } from "../../src/lab/raw-client.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";
import { connectTcp } from "../../src/net/connect-tcp.ts";
import type { Resolver } from "../../src/net/resolve.ts";
import { dialClient, disposable, exchange } from "./client.ts";
import { type LabGatewayOptions, startLabGateway } from "./lab-gateway.ts";
import { ok, startRawTarget } from "./raw-target.ts";

const PUBLIC: TargetPolicy = { addresses: "public", tunnelPorts: [], remoteDns: "check" };

/** An address that is public, and that leads to a server of the test: nothing leaves the machine. */
const FAR = "1.2.3.4";

function startPublic(given: LabGatewayOptions & { policy?: Partial<TargetPolicy>; resolver?: Resolver } = {}) {
  const { policy, resolver, ...more } = given;
  return startLabGateway({
    ...more,
    exchange: { ...more.exchange, targets: { ...PUBLIC, ...policy } },
    options: { ...more.options, ...(resolver === undefined ? {} : { resolver }) },
  });
}

for (const [what, listener] of Object.entries({
  "on all addresses": { host: "0.0.0.0" },
  "on all addresses of IPv6": { host: "::" },
})) {
  test(`a listener ${what} without users and allow list refuses to start, and says what it needs`, async () => {
    await assert.rejects(startLabGateway({ listener }), /users.*allow.*127\.0\.0\.1/s);
  });
}

test("a listener that others can reach starts with users or with an allow list", async () => {
  await using _ = await startLabGateway({ listener: { host: "0.0.0.0", users: [{ name: "a", password: "b" }] } });
  await using __ = await startLabGateway({ listener: { host: "0.0.0.0", allow: ["192.0.2.0/24"] } });
  assert.equal(defaultConfig().listeners[0]?.host, "127.0.0.1");
});

const PROHIBITED = [
  "127.0.0.1",
  "10.1.2.3",
  "172.16.0.1",
  "192.168.1.1",
  "169.254.169.254",
  "100.64.0.1",
  "0.0.0.0",
  "224.0.0.1",
  "255.255.255.255",
  "[::1]",
  "[::]",
  "[fe80::1]",
  "[fd00::1]",
  "[::ffff:127.0.0.1]",
  "[::ffff:10.0.0.1]",
  "[64:ff9b::7f00:1]",
  "[2002:7f00:1::]",
  "[fd00:ec2::254]",
];

test("on a public listener literal addresses that are not public are refused, in every form, by every protocol", async () => {
  await using gateway = await startPublic({ exits: ["http://127.0.0.1:1"] });
  for (const host of PROHIBITED) {
    using peer = await dialClient(gateway.address);
    const answer = await exchange(peer, proxyGet(`http://${host}/`));
    assert.equal(answer.status, 502, host);
    const record = await gateway.nextRecord();
    assert.equal(record.verdict?.fault, "gateway.ip_prohibited", host);
    assert.equal(record.attempts.length, 0);
    const tunnel = await openConnect(gateway.address, `${host}:443`);
    using _ = disposable(tunnel.peer);
    assert.equal(tunnel.answer.status, 502, host);
    assert.equal((await gateway.nextRecord()).verdict?.fault, "gateway.ip_prohibited", host);
  }
  const socks = await openSocks5(gateway.address, { host: "10.1.2.3", port: 80 });
  socks.peer.wire.destroy();
  assert.equal(socks.reply, 2); // not allowed by ruleset
  const old = await openSocks4(gateway.address, { host: "10.1.2.3", port: 80 });
  old.peer.wire.destroy();
  assert.equal(old.reply, 91);
});

test("names that lead to such an address are refused, also where one of several does, and names of the machine itself", async () => {
  const resolver = fakeResolver({
    "inside.lab": ["10.0.0.7"],
    "both.lab": [FAR, "127.0.0.1"],
    "meta.lab": ["169.254.169.254"],
    "six.lab": ["::ffff:192.168.0.1"],
  });
  await using exit = await startRawTarget(() => ok("x"));
  await using gateway = await startPublic({ resolver, exits: [`http://${exit.host}:${exit.port}`] });
  for (const host of [
    "inside.lab",
    "both.lab",
    "meta.lab",
    "six.lab",
    "localhost",
    "LOCALHOST",
    "a.localhost",
    "metadata.google.internal",
  ]) {
    using peer = await dialClient(gateway.address);
    assert.equal((await exchange(peer, proxyGet(`http://${host}/`))).status, 502, host);
    assert.equal((await gateway.nextRecord()).verdict?.fault, "gateway.ip_prohibited", host);
  }
  assert.equal(exit.accepted, 0);
});

test("a name that does not resolve is the DNS's fault", async () => {
  await using gateway = await startPublic({ resolver: fakeResolver({}), exits: ["http://127.0.0.1:1"] });
  using peer = await dialClient(gateway.address);
  assert.equal((await exchange(peer, proxyGet("http://nowhere.lab/"))).status, 502);
  const { verdict } = await gateway.nextRecord();
  assert.equal(verdict?.fault, "dns.nxdomain");
});

/** Says another address each time it is asked. */
function rebinding(answers: readonly string[]): Resolver & { asked: number } {
  return {
    asked: 0,
    async resolve() {
      const address = answers[Math.min(this.asked, answers.length - 1)] as string;
      this.asked += 1;
      return { addresses: [address] };
    },
  };
}

test("a name is resolved once: the address that was checked is the one that is dialled", async () => {
  await using target = await startRawTarget(() => ok("far away"));
  const resolver = rebinding([FAR, "127.0.0.1"]);
  const dialled: string[] = [];
  const fake: typeof connectTcp = (addresses, _, options) => {
    dialled.push(...addresses);
    return connectTcp([target.host], target.port, options);
  };
  await using gateway = await startPublic({ resolver, options: { connectTcp: fake } });
  using peer = await dialClient(gateway.address);
  const answer = await exchange(peer, proxyGet("http://rebound.lab/"));
  assert.equal(answer.body.toString(), "far away");
  assert.deepEqual(dialled, [FAR]);
  assert.equal(resolver.asked, 1);
  assert.match(target.requests[0]?.head ?? "", /\r\nHost: rebound\.lab\r\n/);
});

for (const scheme of ["http", "socks5", "socks5h", "socks4", "socks4a"] as const) {
  test(`an exit is handed the address that was checked, and never the name: ${scheme}`, async () => {
    await using target = await startRawTarget(() => ok("far away"));
    const reach = { [FAR]: target };
    await using exit = scheme === "http" ? await startHttpExit({ reach }) : await startSocksExit({ reach });
    const resolver = rebinding([FAR, "127.0.0.1"]);
    await using gateway = await startPublic({ resolver, exits: [`${scheme}://${exit.host}:${exit.port}`] });
    using peer = await dialClient(gateway.address);
    assert.equal((await exchange(peer, proxyGet("http://rebound.lab/page"))).body.toString(), "far away");
    assert.match(target.requests[0]?.head ?? "", /^GET \/page HTTP\/1\.1\r\nHost: rebound\.lab\r\n/);
    const tunnel = await openConnect(gateway.address, "rebound.lab:80");
    using _ = disposable(tunnel.peer);
    assert.equal(tunnel.answer.status, 502, "the second look-up says 127.0.0.1");
  });
}

test("remoteDns allow leaves names to the exit, and still refuses literals", async () => {
  await using exit = await startRawTarget(() => ok("x"));
  const resolver = rebinding(["127.0.0.1"]);
  await using gateway = await startPublic({ resolver, policy: { remoteDns: "allow" }, exits: [`http://${exit.host}:${exit.port}`] });
  using peer = await dialClient(gateway.address);
  assert.equal((await exchange(peer, proxyGet("http://any.lab/"))).status, 200);
  assert.equal(resolver.asked, 0);
  assert.match(exit.requests[0]?.head ?? "", /^GET http:\/\/any\.lab\/ /);
  assert.equal((await exchange(peer, proxyGet("http://10.0.0.1/"))).status, 502);
  assert.equal((await exchange(peer, proxyGet("http://localhost/"))).status, 502);
});

test("remoteDns allow does not open our own network: what goes direct is resolved and checked here", async () => {
  await using target = await startRawTarget(() => ok("inside"));
  for (const [direct, bypass] of [
    ["only", []],
    ["never", ["inside.lab"]],
    ["fallback", []],
  ] as const) {
    await using gateway = await startPublic({
      resolver: fakeResolver({ "inside.lab": ["127.0.0.1"] }),
      policy: { remoteDns: "allow" },
      exchange: { direct, bypass },
      exits: direct === "only" ? [] : ["http://127.0.0.1:1"],
    });
    using peer = await dialClient(gateway.address);
    assert.equal((await exchange(peer, proxyGet(`http://inside.lab:${target.port}/`))).status, 502, direct);
  }
  assert.equal(target.accepted, 0);
});

test("remoteDns allow does not resolve private names for exits that want an address from us", async () => {
  await using target = await startRawTarget(() => ok("inside"));
  await using exit = await startSocksExit();
  await using gateway = await startPublic({
    resolver: fakeResolver({ "inside.lab": ["127.0.0.1"] }),
    policy: { remoteDns: "allow" },
    exits: [`socks5://${exit.host}:${exit.port}`],
  });
  using peer = await dialClient(gateway.address);
  const answer = await exchange(peer, proxyGet(`http://inside.lab:${target.port}/`));
  assert.equal(answer.status, 502);
  assert.equal(target.accepted, 0);
});

test("on loopback any target may be asked for, unless the config says public", async () => {
  await using target = await startRawTarget(() => ok("x"));
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  assert.equal((await exchange(peer, proxyGet(target.url("/")))).status, 200);
});

test("tunnels of a public listener go to the configured ports only", async () => {
  await using gateway = await startPublic({
    policy: { tunnelPorts: [443, 8443] },
    resolver: fakeResolver({ "far.lab": [FAR] }),
    exits: ["http://127.0.0.1:1"],
  });
  for (const [port, status] of [
    [443, 502],
    [25, 403],
  ] as const) {
    const { answer, peer } = await openConnect(gateway.address, `far.lab:${port}`);
    using _ = disposable(peer);
    assert.equal(answer.status, status);
  }
  const { reply, peer } = await openSocks5(gateway.address, { host: "far.lab", port: 25 });
  peer.wire.destroy();
  assert.equal(reply, 2);
});
