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

test("where no exit passes its first check, it is said once by what they failed, and what to do about most of them", () => {
  const { first, warnings } = checking();
  for (const id of ["connect.refused", "dns.nxdomain", "dns.nxdomain"] as const) first.note(failed(id));
  first.note({ kind: "unjudged" });
  first.allEnded();
  first.note(failed("dns.nxdomain"));
  first.allEnded();
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /^check: no exit has passed its first check: dns\.nxdomain \(2\), connect\.refused \(1\)\. \w/);
});

test("nothing is said where one passes, where nothing was found out, and where there was no exit", () => {
  const { first, warnings } = checking();
  first.allEnded();
  first.note({ kind: "unjudged" });
  first.allEnded();
  first.note(failed("connect.refused"));
  first.note(PASSED);
  first.note(failed("connect.refused"));
  first.allEnded();
  assert.deepEqual(warnings, []);
});
