import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import { openDiagnosis } from "../../src/diagnose/open-diagnosis.ts";
import { startSite } from "../../src/lab/site.ts";
import { context, diagnosisOf } from "./diagnosing.ts";

/** As the command has it that took half a second to start. */
const { timeoutMs, totalMs } = openDiagnosis(DEFAULTS, null, 500);

test("a port that is silent to TLS is asked in clear text while it is waited for, and no second look makes the user wait twice", async () => {
  await using site = await startSite(); // waits for the end of a head, which TLS does not have
  const url = new URL(`https://127.0.0.1:${site.port}/`);
  const { verdict, tests } = await diagnosisOf(site, [], { url }, { ...context, timeoutMs, totalMs });
  assert.deepEqual([verdict.fault, verdict.culprit], ["tls.handshake_timeout", "origin"]);
  assert.match(verdict.fix.client, new RegExp(`^Use http://127\\.0\\.0\\.1:${site.port}/`));
  const outcomes = Object.fromEntries(tests.map(({ spec, outcome }) => [spec.id, outcome]));
  assert.deepEqual(outcomes, { direct: "fault", "http of direct": "ok", certificate: "cut", "certificate without name": "cut" });
});

test("what is told of silence is told within 5 s from the start of the command, however long that took, unless a time is named", () => {
  assert.deepEqual([timeoutMs, totalMs], [3_800, 4_000]);
  for (const spentMs of [0, 300, 1_000]) assert.ok(spentMs + openDiagnosis(DEFAULTS, null, spentMs).totalMs <= 4_500);
  assert.equal(openDiagnosis(DEFAULTS, null, 60_000).timeoutMs, 3_000);
  assert.equal(openDiagnosis(DEFAULTS, 20_000, 500).timeoutMs, 20_000);
});
