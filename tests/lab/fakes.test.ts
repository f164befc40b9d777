import assert from "node:assert/strict";
import test from "node:test";
import { brokenDialler, fakeDialler } from "../../src/lab/fake-dialler.ts";
import { fakeResolver } from "../../src/lab/fake-resolver.ts";
import { startSite } from "../../src/lab/site.ts";

const OPTIONS = { timeoutMs: 5000, attemptDelayMs: 250, signal: null };

test("a fake resolver knows its names, fails as it was told, and knows no other", async () => {
  const resolver = fakeResolver({ "site.lab": ["127.0.0.1"], "broken.lab": "ESERVFAIL" });
  assert.deepEqual(await resolver.resolve("site.lab", 0), { addresses: ["127.0.0.1"] });
  assert.deepEqual(await resolver.resolve("broken.lab", 0), { interruption: { how: "errno", code: "ESERVFAIL" } });
  assert.deepEqual(await resolver.resolve("example.com", 0), { interruption: { how: "errno", code: "ENOTFOUND" } });
});

test("a fake dialler fails for the addresses that it was told, and dials all others", async () => {
  const interruption = { how: "errno", code: "EHOSTUNREACH" } as const;
  const dial = fakeDialler({ "192.0.2.1": interruption });
  assert.deepEqual(await dial(["192.0.2.1"], 80, OPTIONS), { interruption, address: "192.0.2.1" });
  await using site = await startSite();
  const outcome = await dial([site.host], site.port, OPTIONS);
  assert.ok("socket" in outcome);
  outcome.socket.destroy();
});

test("a broken dialler throws what is no fault", async () => {
  await assert.rejects(brokenDialler(["127.0.0.1"], 80, OPTIONS), TypeError);
});
