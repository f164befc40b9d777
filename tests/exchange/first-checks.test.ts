import assert from "node:assert/strict";
import { test } from "node:test";
import { type FaultId, fault } from "../../src/core/fault.ts";
import type { Probed } from "../../src/core/probe.ts";
import { FirstChecks } from "../../src/exchange/first-checks.ts";

const PASSED: Probed["outcome"] = { kind: "answered", ms: 20 };
const failed = (id: FaultId): Probed["outcome"] => ({ kind: "failed", fault: fault(id, "seen"), culprit: "origin", role: "target" });

function checking(): { first: FirstChecks; warnings: string[] } {
  const warnings: string[] = [];
  return { first: new FirstChecks((message) => warnings.push(message)), warnings };
}

test("where all exits fail their first checks, it is said once by what they failed, and what to do about most of them", () => {
  const { first, warnings } = checking();
  for (const id of ["connect.refused", "dns.nxdomain", "dns.nxdomain"] as const) first.note(failed(id));
  first.allEnded();
  first.note(failed("dns.nxdomain"));
  first.allEnded();
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /^check: all exits failed their first checks: dns\.nxdomain \(2\), connect\.refused \(1\)\. \w/);
});

test("nothing is said where one passes, where nothing was found out of one, and where there was no exit", () => {
  for (const outcome of [PASSED, { kind: "unjudged" }] as const) {
    const { first, warnings } = checking();
    first.allEnded();
    first.note(failed("connect.refused"));
    first.note(outcome);
    first.note(failed("connect.refused"));
    first.allEnded();
    assert.deepEqual(warnings, []);
  }
});
