import assert from "node:assert/strict";
import { test } from "node:test";
import { type Culprit, type FaultId, fault } from "../../src/core/fault.ts";
import type { HopRole } from "../../src/core/route.ts";
import { type Consequence, consequenceOf } from "../../src/pool/bench-rules.ts";

type Row = readonly [id: FaultId, culprit: Culprit, role: HopRole, expected: Consequence, confidence?: number];

const ROWS: readonly Row[] = [
  ["connect.refused", "exit", "exit", "bench"],
  ["connect.timeout", "exit", "exit", "bench"],
  ["dns.nxdomain", "exit", "exit", "bench"],
  ["handshake.closed", "exit", "exit", "bench"],
  ["handshake.connect_rejected", "exit", "exit", "bench"],
  ["handshake.connect_failed", "exit", "exit", "bench"],
  ["handshake.policy_denied", "exit", "exit", "bench"],
  ["head.closed_empty", "exit", "exit", "bench"],
  ["body.truncated", "exit", "exit", "bench"],
  ["relay.exit_5xx", "exit", "exit", "bench"],
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
  ["handshake.target_unresolvable", "dns", "exit", "nothing"],
  ["relay.exit_5xx", "origin", "exit", "nothing"],
  ["relay.edge_5xx", "edge", "target", "nothing"],
  ["relay.origin_5xx", "origin", "target", "nothing"],
  ["tls.closed_in_handshake", "origin", "target", "suspect", 0.45], // out of a tunnel: it may be the exit's
  ["head.closed_empty", "origin", "target", "suspect", 0.6],
  ["tls.cert_expired", "origin", "target", "nothing"],
  ["tls.sni_unrecognized", "origin", "target", "nothing"],
  ["relay.origin_5xx", "origin", "target", "nothing", 0.5],
  ["tunnel.idle_timeout", "origin", "target", "nothing"],
  ["client.closed_waiting", "client", "exit", "nothing"],
  ["connect.timeout", "network", "target", "nothing"],
];

for (const [id, culprit, role, expected, confidence = null] of ROWS) {
  test(`answers ${id} of ${culprit}, seen at the ${role}${confidence === null ? "" : ` with confidence ${confidence}`}, by: ${expected}`, () => {
    assert.equal(consequenceOf({ fault: fault(id, "", { confidence }), culprit, role }, false), expected);
  });
}

const ROTATING: readonly (readonly [FaultId, Culprit, Consequence])[] = [
  ["connect.refused", "exit", "bench"],
  ["handshake.auth_failed", "gateway", "bench"],
  ["handshake.quota_exceeded", "gateway", "bench"],
  ["handshake.rate_limited", "exit", "bench"],
  ["handshake.connect_rejected", "exit", "suspect"],
  ["handshake.exit_unavailable", "exit", "suspect"],
  ["handshake.session_lost", "exit", "suspect"],
  ["head.closed_empty", "exit", "suspect"],
  ["handshake.target_refused", "origin", "nothing"],
];

for (const [id, culprit, expected] of ROTATING) {
  test(`answers ${id} of one exit behind a rotating line by: ${expected}`, () => {
    assert.equal(consequenceOf({ fault: fault(id, ""), culprit, role: "exit" }, true), expected);
  });
}
