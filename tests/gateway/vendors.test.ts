import assert from "node:assert/strict";
import { test } from "node:test";
import { openConnect, proxyGet, type RawAnswer } from "../../src/lab/raw-client.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";
import { basic, dialClient, exchange } from "./client.ts";
import { type LabGateway, startLabGateway } from "./lab-gateway.ts";
import { ok, type RawTarget, type ReachedRequest, startRawTarget } from "./raw-target.ts";

/** A vendor's door: answers with the user name that it was given. */
function startVendor(): Promise<RawTarget> {
  return startRawTarget((request) => ok(userOf(request)));
}

function userOf({ head }: ReachedRequest): string {
  const credentials = /^proxy-authorization: Basic (\S+)/im.exec(head)?.[1] ?? "";
  return Buffer.from(credentials, "base64").toString().split(":")[0] ?? "";
}

async function askAs(gateway: LabGateway, name: string): Promise<RawAnswer> {
  using peer = await dialClient(gateway.address);
  return await exchange(peer, proxyGet("http://site.lab/", basic(`${name}:x`)));
}

const bodyAs = async (gateway: LabGateway, name: string) => (await askAs(gateway, name)).body.toString();

test("one vendor's line is an exit for every country, city and session that is asked for", async () => {
  await using vendor = await startVendor();
  await using gateway = await startLabGateway({ exits: [`http://bob:pw@${vendor.host}:${vendor.port} id=v vendor=oxylabs`] });
  assert.equal(await bodyAs(gateway, "any"), "customer-bob");
  assert.equal(await bodyAs(gateway, "any-country-de-city-new_york"), "customer-bob-cc-de-city-new_york");
  const first = await bodyAs(gateway, "any-country-de-session-cart1-sessionduration-5");
  assert.match(first, /^customer-bob-cc-de-sessid-[0-9a-f]{12}-sesstime-5$/);
  assert.equal(await bodyAs(gateway, "any-country-de-session-cart1-sessionduration-5"), first);
  assert.notEqual(await bodyAs(gateway, "any-country-de-session-cart2-sessionduration-5"), first);
  const used = new Set(vendor.requests.map((request) => `${request.connection} ${userOf(request)}`));
  assert.equal(new Set([...used].map((use) => use.split(" ")[0])).size, used.size, "no socket served two user names");
});

test("a vendor's line stands beside exits that are what they are, and every wish must hold", async () => {
  await using vendor = await startVendor();
  await using other = await startRawTarget(() => ok("other"));
  const exits = [
    `http://bob:pw@${vendor.host}:${vendor.port} vendor=generic tier=residential`,
    `http://${other.host}:${other.port} tier=datacenter country=de`,
  ];
  await using gateway = await startLabGateway({ exits });
  assert.equal(await bodyAs(gateway, "any-country-fr"), "bob-country-fr");
  assert.equal(await bodyAs(gateway, "any-country-de-tier-residential"), "bob-country-de");
  assert.equal(await bodyAs(gateway, "any-country-de-tier-datacenter"), "other");
  assert.equal((await askAs(gateway, "any-country-fr-tier-datacenter")).status, 502);
});

test("a vendor's SOCKS5 door is given the filled user name", async () => {
  await using site = await startRawTarget(() => ok("site"));
  await using vendor = await startSocksExit({ credentials: { username: "bob-country-de", password: "pw" } });
  await using gateway = await startLabGateway({ exits: [`socks5h://bob:pw@${vendor.host}:${vendor.port} vendor=generic`] });
  using peer = await dialClient(gateway.address);
  const answer = await exchange(peer, proxyGet(site.url("/"), basic("any-country-de:x")));
  assert.equal(answer.body.toString(), "site");
});

test("a country that the vendor's line is not for is told to be missing", async () => {
  await using vendor = await startVendor();
  await using gateway = await startLabGateway({ exits: [`http://bob:pw@${vendor.host}:${vendor.port} vendor=decodo country=de,at`] });
  assert.equal(await bodyAs(gateway, "any-country-at"), "user-bob-country-at");
  const none = await askAs(gateway, "any-country-fr");
  assert.equal(none.status, 502);
  assert.match(none.body.toString(), /country=fr/);
});

test("a tunnel through a vendor's line gives its CONNECT the filled user name", async () => {
  await using vendor = await startRawTarget(() => "HTTP/1.1 200 OK\r\n\r\n");
  await using gateway = await startLabGateway({ exits: [`http://bob:pw@${vendor.host}:${vendor.port} vendor=netnut`] });
  const { peer } = await openConnect(gateway.address, "site.lab:443", basic("any-country-us-session-a:x"));
  peer.reset();
  assert.match(userOf(vendor.requests[0] as ReachedRequest), /^bob-res-us-sid-\d{5,9}$/);
});

test("a soft session whose vendor session fails goes on with another one, and stays with that", async () => {
  const lost = new Set<string>();
  await using vendor = await startRawTarget((request) => {
    const user = userOf(request);
    if (lost.size === 0) lost.add(user);
    if (!lost.has(user)) return ok(user);
    return "HTTP/1.1 502 Bad Gateway\r\nX-Error-Description: Bad gateway: session failed. Please start a new session.\r\nContent-Length: 0\r\n\r\n";
  });
  await using gateway = await startLabGateway({ exits: [`http://bob:pw@${vendor.host}:${vendor.port} vendor=oxylabs`] });
  const second = await askAs(gateway, "any-session-cart1");
  assert.equal(second.status, 200);
  assert.ok(!lost.has(second.body.toString()));
  assert.equal(await bodyAs(gateway, "any-session-cart1"), second.body.toString());
});

const SESSION_FAILED =
  "HTTP/1.1 502 Bad Gateway\r\nX-Error-Description: Bad gateway: session failed. Please start a new session.\r\nContent-Length: 0\r\n\r\n";

test("a hard session that the vendor has lost is a fault of ours and neither moves nor asks again, for requests and tunnels", async () => {
  await using vendor = await startRawTarget(() => SESSION_FAILED);
  const exits = [
    `http://bob:pw@${vendor.host}:${vendor.port} vendor=oxylabs`,
    `http://eve:pw@${vendor.host}:${vendor.port} vendor=oxylabs`,
  ];
  await using gateway = await startLabGateway({ exits });
  const answer = await askAs(gateway, "any-hardsession-cart1");
  assert.equal(answer.status, 502);
  assert.match(answer.fields.join(" "), /fault=handshake\.session_lost; culprit=exit.*session failed/);
  assert.doesNotMatch(answer.fields.join(" "), /X-Error-Description/);
  const { peer, answer: refused } = await openConnect(gateway.address, "site.lab:443", basic("any-hardsession-cart1:x"));
  peer.wire.destroy();
  assert.equal(refused.status, 502);
  assert.match(refused.fields.join(" "), /fault=handshake\.session_lost/);
  assert.equal(vendor.requests.length, 2, "asked again, the vendor might give the session another exit");
  assert.equal(new Set(vendor.requests.map(userOf)).size, 1);
});

test("without a session a vendor's lost one is relayed as the exit's answer after other exits were asked", async () => {
  await using vendor = await startRawTarget(() => SESSION_FAILED);
  await using gateway = await startLabGateway({ exits: [`http://bob:pw@${vendor.host}:${vendor.port} vendor=oxylabs`] });
  const answer = await askAs(gateway, "any");
  assert.match(answer.fields.join(" "), /X-Error-Description .*fault=relay\.exit_5xx; culprit=exit/);
  assert.ok(vendor.requests.length > 1);
});

test("a line with sessions is so many exits, each with a session of its own", async () => {
  await using vendor = await startVendor();
  const line = `http://bob:pw@${vendor.host}:${vendor.port} vendor=webshare sessions=3 country=us,de id=w`;
  await using gateway = await startLabGateway({ exits: [line] });
  const seen = new Set<string>();
  for (let i = 0; i < 3; i++) seen.add(await bodyAs(gateway, `any-exit-w_us_${i + 1}`));
  assert.deepEqual(seen, new Set(["bob-us-1", "bob-us-2", "bob-us-3"]));
  assert.match(await bodyAs(gateway, "any-country-de"), /^bob-de-[123]$/);
});
