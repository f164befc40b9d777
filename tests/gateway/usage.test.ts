import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostPort } from "../../src/core/address.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { openConnect, proxyGet } from "../../src/lab/raw-client.ts";
import type { Usage } from "../../src/pool/accounting.ts";
import { basic, dialClient, exchange } from "./client.ts";
import { startLabGateway } from "./lab-gateway.ts";
import { ok, startRawTarget } from "./raw-target.ts";

const ADMIN = { host: "127.0.0.1", port: 0, token: null };

async function read(address: HostPort | null, path: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${address?.port}${path}`);
  assert.equal(answer.status, 200);
  return await answer.text();
}

test("what went over each exit, tier and provider, and what it cost, is told by the admin API and in metrics", async () => {
  await using exit = await startRawTarget(() => ok("x".repeat(1000)));
  const line = `${exit.host}:${exit.port} id=r tier=residential provider=vendor_b price=1073.741824`;
  await using gateway = await startLabGateway({ exits: [line], admin: ADMIN });
  const { adminAddress } = gateway.gateway;
  for (let i = 0; i < 3; i++) {
    using peer = await dialClient(gateway.address);
    await exchange(peer, proxyGet("http://site.lab/"));
    await gateway.nextRecord();
  }
  const usage = JSON.parse(await read(adminAddress, "/api/usage?limit=5")) as Usage;
  const { bytesIn, bytesOut } = usage.total;
  assert.equal(usage.total.requests, 3);
  assert.ok(bytesIn > 3000 && bytesOut > 100, `${bytesIn} in, ${bytesOut} out`);
  assert.ok(Math.abs(usage.total.cost - (bytesIn + bytesOut) / 1e6) < 1e-5, "a price that makes a byte a millionth");
  assert.deepEqual(usage.tiers, [{ tier: "residential", ...usage.total }]);
  assert.deepEqual(usage.providers, [{ provider: "vendor_b", ...usage.total }]);
  assert.deepEqual(usage.exits, [{ exit: "r", ...usage.total }]);
  assert.deepEqual(usage.targets, [{ target: "site.lab:80", ...usage.total }]);

  const metrics = await read(adminAddress, "/metrics");
  const labels = 'tier="residential",provider="vendor_b"';
  assert.ok(metrics.includes(`goodgateway_usage_requests_total{${labels}} 3\n`));
  assert.ok(metrics.includes(`goodgateway_usage_bytes_total{${labels},direction="received"} ${bytesIn}\n`));
});

test("a tunnel counts when it closes, with all that went through it", async () => {
  await using exit = await startHttpExit();
  await using target = await startRawTarget(() => ok("y".repeat(5000)));
  await using gateway = await startLabGateway({ exits: [`${exit.host}:${exit.port} id=r`], admin: ADMIN });
  const { peer } = await openConnect(gateway.address, `${target.host}:${target.port}`, basic("any:x"));
  await exchange(peer, proxyGet(target.url("/")));
  peer.wire.destroy();
  await gateway.nextRecord();
  const { exits } = JSON.parse(await read(gateway.gateway.adminAddress, "/api/usage")) as Usage;
  assert.equal(exits[0]?.exit, "r");
  assert.ok((exits[0]?.bytesIn ?? 0) > 5000);
});
