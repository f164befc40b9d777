import assert from "node:assert/strict";
import { test } from "node:test";
import { startSite } from "../../src/lab/site.ts";
import { context, diagnosisOf } from "./diagnosing.ts";

/** As the command has it. */
const USUAL_MS = 4_500;

test("a port that is silent to TLS is asked in clear text while it is waited for, and no second look makes the user wait twice", async () => {
  await using site = await startSite(); // waits for the end of a head, which TLS does not have
  const url = new URL(`https://127.0.0.1:${site.port}/`);
  const { verdict, tests } = await diagnosisOf(site, [], { url }, { ...context, timeoutMs: USUAL_MS });
  assert.deepEqual([verdict.fault, verdict.culprit], ["tls.handshake_timeout", "origin"]);
  assert.match(verdict.fix.client, new RegExp(`^Use http://127\\.0\\.0\\.1:${site.port}/`));
  const outcomes = Object.fromEntries(tests.map(({ spec, outcome }) => [spec.id, outcome]));
  assert.deepEqual(outcomes, { direct: "fault", "http of direct": "ok", certificate: "cut", "certificate without name": "cut" });
});
