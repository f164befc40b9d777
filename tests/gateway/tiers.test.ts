import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import type { ExchangeSettings } from "../../src/core/settings.ts";
import { proxyGet, type RawAnswer } from "../../src/lab/raw-client.ts";
import { basic, dialClient, exchange } from "./client.ts";
import { type LabGateway, startLabGateway } from "./lab-gateway.ts";
import { ok, startRawTarget } from "./raw-target.ts";

function tiersOf(...order: readonly string[]): Partial<ExchangeSettings> {
  return { pool: { ...DEFAULTS.pool, tiers: { order, upAfter: 3, downAfter: 600_000 } } };
}

async function ask(gateway: LabGateway, url: string, name = "any"): Promise<RawAnswer> {
  using peer = await dialClient(gateway.address);
  return await exchange(peer, proxyGet(url, basic(`${name}:x`)));
}

const BLOCKED = "HTTP/1.1 403 Forbidden\r\ncf-mitigated: challenge\r\nContent-Length: 0\r\n\r\n";

test("a site that blocks the cheap exits is served by the dear ones, and the other sites still by the cheap", async () => {
  await using cheap = await startRawTarget(({ head }) => (/^GET http:\/\/picky\.lab/.test(head) ? BLOCKED : ok("cheap")));
  await using dear = await startRawTarget(() => ok("dear"));
  const cheaps = Array.from({ length: 6 }, (_, i) => `http://u${i}@${cheap.host}:${cheap.port} id=c${i}`);
  await using gateway = await startLabGateway({
    exits: [...cheaps, `http://${dear.host}:${dear.port} id=d tier=residential`],
    exchange: tiersOf("datacenter", "residential"),
  });
  for (let i = 0; i < 3; i++) await ask(gateway, "http://picky.lab/");
  const before = cheap.requests.length;
  assert.ok(before >= 3);
  assert.equal((await ask(gateway, "http://picky.lab/")).body.toString(), "dear");
  assert.equal(cheap.requests.length, before, "the cheap ones were not asked again");
  for (let i = 0; i < 4; i++) assert.equal((await ask(gateway, "http://easy.lab/")).body.toString(), "cheap");
  assert.equal((await ask(gateway, "http://easy.lab/", "any-tier-residential")).body.toString(), "dear", "who names a tier gets it");
});

test("where no exit of a tier can be used, the next tier serves the request", async () => {
  await using dear = await startRawTarget(() => ok("dear"));
  await using gateway = await startLabGateway({
    exits: ["http://127.0.0.1:1 id=c tier=datacenter", `http://${dear.host}:${dear.port} id=d tier=residential`],
    exchange: tiersOf("datacenter", "residential"),
  });
  assert.equal((await ask(gateway, "http://site.lab/")).body.toString(), "dear");
  assert.deepEqual(
    (await gateway.nextRecord()).attempts.map(({ exit }) => exit),
    ["c", "d"],
  );
});

test("direct is the first tier: targets are asked without an exit, until one fails so too often", async () => {
  await using target = await startRawTarget(() => ok("direct"));
  await using exit = await startRawTarget(() => ok("exit"));
  await using gateway = await startLabGateway({
    exits: [`http://${exit.host}:${exit.port} id=c`],
    exchange: tiersOf("direct", "datacenter"),
  });
  assert.equal((await ask(gateway, target.url("/"))).body.toString(), "direct");
  assert.equal((await ask(gateway, target.url("/"), "any-session-s")).body.toString(), "exit", "a session keeps to an exit");
  assert.equal((await ask(gateway, target.url("/"), "any-tier-datacenter")).body.toString(), "exit");
  for (let i = 0; i < 3; i++) await gateway.nextRecord();

  const routes: (string | null)[][] = [];
  for (let i = 0; i < 5; i++) {
    assert.equal((await ask(gateway, "http://127.0.0.1:1/")).body.toString(), "exit");
    routes.push((await gateway.nextRecord()).attempts.map((attempt) => attempt.exit));
  }
  assert.deepEqual(routes, [[null, "c"], [null, "c"], [null, "c"], ["c"], ["c"]]);
});
