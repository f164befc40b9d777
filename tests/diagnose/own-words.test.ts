import assert from "node:assert/strict";
import { test } from "node:test";
import { type FaultId, fault } from "../../src/core/fault.ts";
import { culpritOf, FAULTS } from "../../src/core/fault-table.ts";
import type { Verdict } from "../../src/diagnose/diagnosis.ts";
import type { TestSpec } from "../../src/diagnose/question.ts";
import { tellVerdict } from "../../src/diagnose/tell-verdict.ts";
import { faulty } from "../../src/diagnose/test-result.ts";
import { exitAt } from "../../src/lab/stages/scenes.ts";

/** What a gateway meets on its way to a site; of its clients, and by its rules, a diagnosis tells nothing. A chain alone is made of hops. */
const NOT_MET = /^(?:client|gateway|honesty|tunnel)\.|^relay\.ruled$|^handshake\.connect_failed$/;
const MET = (Object.keys(FAULTS) as FaultId[]).filter((id) => !NOT_MET.test(id));

const DIRECT: TestSpec = {
  ...{ id: "direct", kind: "request", part: "direct", exit: null, of: null, route: "direct", request: "GET https://site.example/" },
  ...{ url: new URL("https://site.example/"), method: "GET", tunnel: false, sni: true },
};
const EXIT = { host: "192.0.2.1", port: 8080 };
const VIA: TestSpec = { ...DIRECT, id: "via", part: "via", exit: exitAt(EXIT), route: "http://192.0.2.1:8080" };

function verdictOn(id: FaultId, spec: TestSpec, more: { role?: "exit" | "target"; culprit?: "exit" } = {}): Verdict {
  const { role = spec.exit === null ? "target" : "exit" } = more;
  const value = fault(id, "what it met");
  const broken = faulty(spec, { fault: value, role, hop: 1 }, {});
  const blame = { culprit: more.culprit ?? culpritOf(value, role), hop: 1, confidence: 0.9 };
  return tellVerdict(broken, blame, { told: [broken], summary: null, client: null, nextTest: null });
}

test("no verdict speaks of hops and peers, or of a gateway, its settings and its details: there is none", () => {
  assert.ok(MET.length >= 60);
  const verdicts = MET.flatMap((id) => [
    verdictOn(id, DIRECT),
    verdictOn(id, VIA),
    verdictOn(id, VIA, { role: "target" }),
    verdictOn(id, VIA, { role: "target", culprit: "exit" }),
  ]);
  const strange = verdicts
    .flatMap(({ summary, fix }) => [summary, fix.client, fix.operator])
    .filter((text) => /\b(?:hop|peer|gateway|details|limits\.|timeouts\.)(?:\b|$)/i.test(text));
  assert.deepEqual([...new Set(strange)], []);
});

test("a verdict names the site where it was asked itself, the exit where that was spoken to, and neither of what came out of a tunnel", () => {
  assert.match(verdictOn("head.closed_empty", DIRECT).summary, /^The site took the request/);
  assert.match(verdictOn("write.timeout", VIA).fix.operator, /^The exit is stuck/);
  assert.match(verdictOn("head.closed_empty", VIA, { role: "target", culprit: "exit" }).summary, /^The far end took the request/);
  assert.match(verdictOn("head.field_too_large", DIRECT).fix.operator, /^Shrink the field: what it met\.$/);
});
