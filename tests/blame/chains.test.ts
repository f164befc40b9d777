import assert from "node:assert/strict";
import { test } from "node:test";
import { attribute } from "../../src/blame/attribute.ts";
import { type Culprit, type Fault, type FaultId, fault } from "../../src/core/fault.ts";
import { culpritOf } from "../../src/core/fault-table.ts";
import type { HopFailure, Observation } from "../../src/core/ledger.ts";
import type { Route } from "../../src/core/route.ts";
import { CLOSED, errno, exitHop, interrupted, refused, reply, routeOf, seen, TIMEOUT } from "./failures.ts";
import { squidFields } from "./pages.ts";

// gateway -> 192.0.2.10:8080 -> 192.0.2.20:1080 -> site.example:443
const CHAIN = routeOf([{}, { host: "192.0.2.20", port: 1080, scheme: "socks5" }]);
const NAMED = routeOf([{}, { host: "exit-2.example", port: 1080, scheme: "socks5h" }]);
const SINGLE = routeOf([{}]);

const at = (hop: number, more: Partial<Observation> = {}): Partial<Observation> => ({
  role: hop === 3 ? "target" : "exit",
  hop,
  stage: "handshake",
  ...more,
});
const thrown = (value: Fault, observation: Partial<Observation>): HopFailure => ({ kind: "fault", fault: value, seen: seen(observation) });
const socks = (id: FaultId, hop: number, more: Parameters<typeof fault>[2] = {}) => thrown(fault(id, "SOCKS5 reply", more), at(hop));
const squid = (status: number, error: string, hop: number) => refused(reply(status, "x", squidFields(error)), at(hop));

type Row = readonly [title: string, failure: HopFailure, route: Route, id: FaultId, culprit: Culprit, hop: number];

const ROWS: readonly Row[] = [
  ["hop 1 refuses TCP", interrupted(errno("ECONNREFUSED"), at(1, { stage: "connect" })), CHAIN, "connect.refused", "exit", 1],
  ["hop 1 is silent on CONNECT", interrupted(TIMEOUT, at(1)), CHAIN, "handshake.timeout", "exit", 1],
  ["hop 1 says that hop 2 refused", squid(503, "ERR_CONNECT_FAIL 111", 1), CHAIN, "handshake.connect_failed", "exit", 2],
  ["hop 1 says that hop 2 is silent", squid(503, "ERR_CONNECT_FAIL 110", 1), CHAIN, "handshake.connect_failed", "exit", 2],
  ["hop 1 says that hop 2 has no name", squid(503, "ERR_DNS_FAIL 0", 1), NAMED, "handshake.connect_failed", "exit", 2],
  ["hop 1 refuses hop 2 without a reason", refused(reply(502, "Bad Gateway"), at(1)), CHAIN, "handshake.connect_failed", "exit", 1],
  [
    "hop 1 cannot reach its own upstream",
    refused(reply(502, "x", [], "dial tcp 10.0.0.9:3128: connect: connection refused"), at(1)),
    CHAIN,
    "handshake.connect_failed",
    "exit",
    1,
  ],
  ["hop 1 forbids hop 2", refused(reply(403, "Forbidden"), at(1)), CHAIN, "handshake.policy_denied", "exit", 1],
  ["hop 1 wants a login", refused(reply(407, "x"), at(1)), CHAIN, "handshake.auth_required", "gateway", 1],
  ["SOCKS reply 5 of hop 1 of a chain", socks("handshake.target_refused", 1), CHAIN, "handshake.connect_failed", "exit", 2],
  ["SOCKS reply 3 of hop 1 of a chain", socks("handshake.target_unreachable", 1), CHAIN, "handshake.connect_failed", "exit", 2],
  ["SOCKS reply 4 of hop 1 of a chain", socks("handshake.target_unresolvable", 1), NAMED, "handshake.connect_failed", "exit", 2],
  ["SOCKS reply 6 of hop 1 of a chain", socks("handshake.target_timeout", 1), CHAIN, "handshake.connect_failed", "exit", 2],
  [
    "SOCKS reply 1 of hop 1 of a chain",
    socks("handshake.connect_rejected", 1, { confidence: 0.5 }),
    CHAIN,
    "handshake.connect_failed",
    "exit",
    1,
  ],
  ["SOCKS reply 2 of hop 1 of a chain", socks("handshake.policy_denied", 1), CHAIN, "handshake.policy_denied", "exit", 1],
  ["hop 2 closes in its handshake", interrupted(CLOSED, at(2)), CHAIN, "handshake.closed", "exit", 2],
  ["hop 2 refuses our login", thrown(fault("handshake.auth_failed", "x"), at(2)), CHAIN, "handshake.auth_failed", "gateway", 2],
  ["hop 2 says that the target refused", socks("handshake.target_refused", 2), CHAIN, "handshake.target_refused", "origin", 3],
  [
    "hop 2 says that the target has no name",
    socks("handshake.target_unresolvable", 2),
    CHAIN,
    "handshake.target_unresolvable",
    "origin",
    3,
  ],
  ["hop 2 says 1", socks("handshake.connect_rejected", 2, { confidence: 0.5 }), CHAIN, "handshake.connect_rejected", "exit", 2],
  ["the target closes in the tunnel", interrupted(CLOSED, at(3, { stage: "tls" })), CHAIN, "tls.closed_in_handshake", "origin", 3],
  ["the target's name does not resolve here", interrupted(errno("ENOTFOUND"), at(3, { stage: "dns" })), CHAIN, "dns.nxdomain", "origin", 3],
  ["a single exit says that the target refused", squid(503, "ERR_CONNECT_FAIL 111", 1), SINGLE, "handshake.target_refused", "origin", 2],
  [
    "a single exit's resolver is down",
    refused(reply(502, "x", [], "lookup site.example: server misbehaving"), at(1)),
    SINGLE,
    "handshake.target_unresolvable",
    "dns",
    2,
  ],
  ["a single exit answers 407", refused(reply(407, "x"), at(1)), SINGLE, "handshake.auth_required", "gateway", 1],
];

for (const [title, failure, route, id, culprit, hop] of ROWS) {
  test(`names hop ${hop} where ${title}`, () => {
    const attributed = attribute(failure, route);
    assert.deepEqual([attributed.fault.id, culpritOf(attributed.fault, attributed.role), attributed.hop], [id, culprit, hop]);
    assert.equal(attributed.role, failure.seen.role);
  });
}

test("says in words which hop could not reach which", () => {
  const { fault: found } = attribute(squid(503, "ERR_CONNECT_FAIL 111", 1), CHAIN);
  assert.match(found.details, /^hop 1 could not reach hop 2: answered 503; Squid: ERR_CONNECT_FAIL 111/);
});

test("keeps the confidence of what the hop said", () => {
  const { fault: found } = attribute(socks("handshake.connect_rejected", 1, { confidence: 0.5 }), CHAIN);
  assert.equal(found.confidence, 0.5);
});

test("knows from the hop itself whether it was given a login", () => {
  const withLogin: Route = {
    ...CHAIN,
    exit: { ...(CHAIN.exit as NonNullable<Route["exit"]>), hops: [exitHop({ username: "u", password: "p" }), exitHop()] },
  };
  assert.equal(attribute(refused(reply(407, "x"), at(1)), withLogin).fault.id, "handshake.auth_failed");
  assert.equal(attribute(refused(reply(407, "x"), at(2)), withLogin).fault.id, "handshake.auth_required");
});

test("compares an exit's words with the hop that it was asked for", () => {
  const said = reply(502, "x", [], "dial tcp 192.0.2.20:1080: connect: connection refused");
  assert.equal(attribute(refused(said, at(1)), CHAIN).hop, 2);
});
