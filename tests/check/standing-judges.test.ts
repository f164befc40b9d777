import assert from "node:assert/strict";
import { test } from "node:test";
import { startLocalJudge } from "../../src/check/judge/local-judge.ts";
import { StandingJudges } from "../../src/check/standing-judges.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { Cancellation } from "../../src/net/cancellation.ts";
import { candidateOf, startChecking } from "./checking.ts";

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
