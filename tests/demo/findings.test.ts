import assert from "node:assert/strict";
import test from "node:test";
import type { Culprit, FaultId } from "../../src/core/fault.ts";
import type { AttemptRecord, ExchangeRecord, Outcome } from "../../src/core/ledger.ts";
import { countRescued, findBroken } from "../../src/demo/findings.ts";

const records = [
  exchange("rescued", "http://shop.lab/a", attempt("bad-1", "connect.refused", "exit"), attempt("good", null, null)),
  exchange("rescued", "shop.lab:443", attempt("bad-1", "connect.timeout", "exit"), attempt("bad-2", "head.reset", "exit")),
  exchange("relayed", "http://down.lab/b?q", attempt("bad-2", "head.reset", "exit"), attempt("good", "relay.edge_5xx", "edge")),
  exchange("failed", "http://down.lab", attempt(null, "connect.refused", "origin")),
  exchange("ok", "http://shop.lab/", attempt("good", null, null)),
];

test("attempts are counted by who broke: the exit, or the target's host where the target did", () => {
  assert.deepEqual(findBroken(records), [
    { who: "bad-1", culprit: "exit", faults: ["connect.refused", "connect.timeout"], attempts: 2, rescued: 2 },
    { who: "bad-2", culprit: "exit", faults: ["head.reset"], attempts: 2, rescued: 1 },
    { who: "down.lab", culprit: "origin", faults: ["relay.edge_5xx", "connect.refused"], attempts: 2, rescued: 0 },
  ]);
});

test("an exchange is rescued once, however many attempts it took", () => {
  assert.equal(countRescued(records), 2);
});

function exchange(outcome: Outcome, target: string, ...attempts: AttemptRecord[]): ExchangeRecord {
  return {
    id: "1",
    at: "2026-01-01T00:00:00Z",
    client: { address: "127.0.0.1", user: null },
    protocol: "http",
    method: "GET",
    target,
    outcome,
    status: null,
    verdict: null,
    attempts,
    notes: [],
    ms: 1,
    bytesFromClient: 0,
    bytesToClient: 0,
  };
}

function attempt(exit: string | null, fault: FaultId | null, culprit: Culprit | null): AttemptRecord {
  return {
    route: ["127.0.0.1:1"],
    exit,
    nextHop: "127.0.0.1:1",
    reused: false,
    stage: "head",
    cancelled: false,
    fault,
    culprit,
    confidence: null,
    details: null,
    hop: 1,
    status: null,
    bytesOut: 0,
    bytesIn: 0,
    firstBytes: null,
    ms: {},
  };
}
