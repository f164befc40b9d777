import assert from "node:assert/strict";
import { test } from "node:test";
import { Evidence, type Weighed } from "../../src/blame/evidence.ts";
import { type Culprit, type FaultId, fault } from "../../src/core/fault.ts";
import type { HopRole } from "../../src/core/route.ts";
import { type Consequence, consequenceOf, provesExit } from "../../src/pool/consequences.ts";

type Row = readonly [id: FaultId, culprit: Culprit, role: HopRole, expected: Consequence, confidence?: number];

/** What follows from a first failure, of whose exit and target nothing else is known. */
const ROWS: readonly Row[] = [
  ["connect.refused", "exit", "exit", "bench"],
  ["connect.timeout", "exit", "exit", "bench"],
  ["dns.nxdomain", "exit", "exit", "bench"],
  ["relay.exit_5xx", "exit", "exit", "bench"],
  ["handshake.policy_denied", "exit", "exit", "block"],
  ["handshake.connect_rejected", "exit", "exit", "suspect", 0.5], // SOCKS reply 1
  ["handshake.auth_required", "gateway", "exit", "bench"],
  ["handshake.auth_failed", "gateway", "exit", "bench"],
  ["handshake.not_a_proxy", "gateway", "exit", "bench"],
  ["handshake.quota_exceeded", "gateway", "exit", "bench"],
  ["relay.exit_5xx", "gateway", "exit", "bench"],
  ["tls.protocol_mismatch", "gateway", "exit", "bench"],
  ["head.not_http", "gateway", "exit", "bench"],
  ["tls.protocol_mismatch", "gateway", "target", "nothing"],
  ["head.not_http", "gateway", "target", "nothing"],
  ["gateway.fd_exhausted", "gateway", "exit", "nothing"],
  ["gateway.source_port_exhausted", "gateway", "exit", "nothing"],
  ["connect.acl_denied", "gateway", "exit", "nothing"],
  ["dns.timeout", "dns", "exit", "nothing"],
  ["handshake.target_refused", "origin", "exit", "nothing"],
  ["relay.exit_5xx", "origin", "exit", "nothing"],
  ["relay.edge_5xx", "edge", "target", "nothing"],
  ["relay.origin_5xx", "origin", "target", "nothing"],
  ["tls.closed_in_handshake", "origin", "target", "suspect", 0.5], // out of a tunnel: it may be the exit's
  ["tls.cert_expired", "origin", "target", "nothing"],
  ["tls.sni_unrecognized", "origin", "target", "nothing"],
  ["client.closed_waiting", "client", "exit", "nothing"],
  ["connect.timeout", "network", "target", "nothing"],
];

for (const [id, culprit, role, expected, confidence = null] of ROWS) {
  test(`answers ${id} of ${culprit}, seen at the ${role}${confidence === null ? "" : ` with confidence ${confidence}`}, by: ${expected}`, () => {
    const failure = { fault: fault(id, "", { confidence }), culprit, role };
    const weighed = new Evidence().weigh({ exit: "a", kin: "k", target: "t:443" }, failure, 0);
    assert.equal(consequenceOf(failure, weighed, false), expected);
  });
}

function weighedAs(side: Weighed["side"], confidence: number): Weighed {
  return { side, confidence, evidence: [], culprit: "exit" };
}

const CLOSED = { fault: fault("handshake.closed", ""), culprit: "exit", role: "exit" } as const;

const WEIGHED: readonly (readonly [Weighed["side"], number, Consequence])[] = [
  ["exit", 0.76, "bench"],
  ["exit", 0.74, "suspect"],
  ["pair", 0.5, "block"],
  ["pair", 0.45, "nothing"],
  ["target", 0.9, "nothing"],
  ["target", 0.5, "nothing"],
  ["other", 0.9, "nothing"],
];

for (const [side, confidence, expected] of WEIGHED) {
  test(`answers a failure in doubt that is weighed as the ${side}'s with ${confidence} by: ${expected}`, () => {
    assert.equal(consequenceOf(CLOSED, weighedAs(side, confidence), false), expected);
  });
}

test("an exit is not benched for what nothing but odds takes from the origin that the verdict names", () => {
  const lost = { fault: fault("tls.closed_in_handshake", "", { confidence: 0.45 }), culprit: "origin", role: "target" } as const;
  assert.equal(consequenceOf(lost, weighedAs("exit", 0.9), false), "suspect");
  const overruled: Weighed = { ...weighedAs("exit", 0.9), evidence: ["this exit failed for 3 other targets in the last 30 s"] };
  assert.equal(consequenceOf(lost, overruled, false), "bench");
});

const ROTATING: readonly (readonly [FaultId, Culprit, Weighed["side"], Consequence])[] = [
  ["connect.refused", "exit", "exit", "bench"],
  ["handshake.auth_failed", "gateway", "exit", "bench"],
  ["handshake.quota_exceeded", "gateway", "exit", "bench"],
  ["handshake.rate_limited", "exit", "exit", "bench"],
  ["handshake.connect_rejected", "exit", "exit", "suspect"],
  ["handshake.exit_unavailable", "exit", "exit", "suspect"],
  ["handshake.session_lost", "exit", "exit", "suspect"],
  ["head.closed_empty", "exit", "exit", "suspect"],
  ["head.closed_empty", "exit", "pair", "nothing"],
  ["handshake.policy_denied", "exit", "pair", "block"],
  ["handshake.target_refused", "origin", "target", "nothing"],
];

for (const [id, culprit, side, expected] of ROTATING) {
  test(`answers ${id} of the ${side}, one exit behind a rotating line, by: ${expected}`, () => {
    assert.equal(consequenceOf({ fault: fault(id, ""), culprit, role: "exit" }, weighedAs(side, 0.9), true), expected);
  });
}

test("takes an answer of the target for a proof that the exit works, an error page that the exit may have made not", () => {
  const origin = { fault: fault("relay.origin_5xx", ""), culprit: "origin", role: "target" } as const;
  assert.equal(provesExit(origin, weighedAs("target", 0.9)), true);
  assert.equal(provesExit(origin, weighedAs("target", 0.5)), false);
  assert.equal(provesExit(origin, weighedAs("exit", 0.9)), false);
  assert.equal(provesExit({ ...origin, fault: fault("relay.exit_5xx", "") }, weighedAs("target", 0.9)), false);
});

test("a wish that a vendor cannot grant does not take its line from those who wish for something else", () => {
  const consequence = (id: FaultId, confidence: number | null, isRotating: boolean) => {
    const failure = { fault: fault(id, "", { confidence }), culprit: "gateway", role: "exit" } as const;
    return consequenceOf(failure, new Evidence().weigh({ exit: "a", kin: "k", target: "t:443" }, failure, 0), isRotating);
  };
  assert.equal(consequence("handshake.auth_failed", 0.85, true), "suspect");
  assert.equal(consequence("handshake.exit_unavailable", 0.9, true), "suspect");
  assert.equal(consequence("handshake.auth_failed", null, true), "bench");
  assert.equal(consequence("handshake.quota_exceeded", null, true), "bench");
  assert.equal(consequence("handshake.auth_failed", 0.85, false), "bench");
});
