import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckContext } from "../../src/check/check-context.ts";
import { askDirectly } from "../../src/check/judge/ask-directly.ts";
import { startJudge } from "../../src/check/judge/judge.ts";
import { startLocalJudge } from "../../src/check/judge/local-judge.ts";
import { createJudgeKey } from "../../src/check/judge/signature.ts";
import { StandingJudges } from "../../src/check/standing-judges.ts";
import type { HostPort } from "../../src/core/address.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { Cancellation } from "../../src/net/cancellation.ts";
import { candidateOf, gateAfter, startChecking } from "./checking.ts";
import { DIRECT } from "./judge-world.ts";

test("A judge that goes away in the middle of a run is told once, and no proxy is called dead for it.", async () => {
  const named = await startLocalJudge();
  await using own = await startChecking();
  const warnings: string[] = [];
  const context = { ...own.context, judges: [named.address] };
  const standing = new StandingJudges(context, own.judge, (message) => warnings.push(message));
  await using proxy = await startHttpExit();
  const check = () => standing.check(candidateOf(`http://127.0.0.1:${proxy.port}`), new Cancellation());
  assert.equal((await check()).state, "works");
  assert.deepEqual(warnings, []);

  await named.judge[Symbol.asyncDispose]();
  const after = await Promise.all([check(), check(), check()]);
  assert.deepEqual(
    after.map(({ state }) => state),
    ["answers", "answers", "answers"],
  );
  assert.match(after[0]?.unverified.join() ?? "", new RegExp(`the judge 127\\.0\\.0\\.1:${named.address.url.port} cannot be asked`));
  assert.equal(warnings.length, 1, warnings.join());
  assert.match(warnings[0] ?? "", /judge 127\.0\.0\.1:\d+ cannot be asked: .*asked no more/);
});

test("Where another judge is left, it is asked instead.", async () => {
  const named = await startLocalJudge();
  await using own = await startChecking();
  const context = { ...own.context, judges: [named.address, own.judge] };
  const standing = new StandingJudges(context, own.judge, () => {});
  await using proxy = await startHttpExit();
  await named.judge[Symbol.asyncDispose]();
  const { state, honesty } = await standing.check(candidateOf(`http://127.0.0.1:${proxy.port}`), new Cancellation());
  assert.deepEqual([state, honesty.verdict], ["works", "honest"]);
});

test("A judge that goes away in the middle of a check takes no ability from the proxy.", async () => {
  const named = await startLocalJudge();
  await using own = await startChecking();
  const gate = gateAfter(() => named.judge[Symbol.asyncDispose]()); // it has been met by then, and is not yet measured
  const context = { ...own.context, gate, judges: [named.address, own.judge] };
  const standing = new StandingJudges(context, own.judge, () => {});
  await using proxy = await startHttpExit();
  const { state, can } = await standing.check(candidateOf(`http://127.0.0.1:${proxy.port}`), new Cancellation());
  assert.deepEqual([state, can.http.ok, can.https.ok, can.connect.ok], ["works", true, true, true]);
});

test("A judge that is started anew in the middle of a run is waited for, and no proxy is called dead for it, nor left unverified.", async () => {
  const key = createJudgeKey();
  const before = await startJudge({ listen: [{ host: "127.0.0.1", port: 0 }], key, identity: null, openFilesMax: null });
  const [at, url] = [before.addresses[0] as HostPort, before.urls[0] as URL];
  const named = await askDirectly(url, DIRECT);
  assert.ok(!("problem" in named));
  await using own = await startChecking();
  const warnings: string[] = [];
  const away = Promise.withResolvers<void>();
  const connectTcp: CheckContext["connectTcp"] = async (addresses, port, options) => {
    const outcome = await own.context.connectTcp(addresses, port, options);
    if (port === at.port && !("socket" in outcome)) away.resolve();
    return outcome;
  };
  const standing = new StandingJudges({ ...own.context, connectTcp, judges: [named] }, own.judge, (message) => warnings.push(message));
  await using proxy = await startHttpExit();
  await before[Symbol.asyncDispose]();
  const checks = [1, 2, 3].map(() => standing.check(candidateOf(`http://127.0.0.1:${proxy.port}`), new Cancellation()));
  await away.promise;
  await using _after = await startJudge({ listen: [at], key, identity: null, openFilesMax: null });
  for (const { state, honesty } of await Promise.all(checks)) assert.deepEqual([state, honesty.verdict], ["works", "honest"]);
  assert.deepEqual(warnings, []);
});
