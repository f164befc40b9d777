import assert from "node:assert/strict";
import { test } from "node:test";
import { Evidence, type Way, type Weighed } from "../../src/blame/evidence.ts";
import type { Failure } from "../../src/blame/failure.ts";
import { type Culprit, type FaultId, fault } from "../../src/core/fault.ts";
import { culpritOf } from "../../src/core/fault-table.ts";
import type { HopRole } from "../../src/core/route.ts";

const SECOND = 1000;

function way(exit: number | null, target: number, kin = `net ${exit}`): Way {
  return { exit: exit === null ? null : `exit-${exit}`, kin: exit === null ? "direct" : kin, target: `site-${target}.example:443` };
}

function failure(id: FaultId, role: HopRole, more: { confidence?: number; culprit?: Culprit } = {}): Failure {
  const value = fault(id, "as seen", more);
  return { fault: value, culprit: culpritOf(value, role), role };
}

/** A tunnel that closed before its first byte. */
const LOST = failure("tls.closed_in_handshake", "target", { confidence: 0.45 });
/** CONNECT answered 502 without a fingerprint. */
const REJECTED = failure("handshake.connect_rejected", "exit", { confidence: 0.6 });
const REFUSED = failure("connect.refused", "exit");

/** Every exit answers for every target. */
function quietMinute(
  evidence: Evidence,
  exits: number,
  targets: number,
  kinOf: (exit: number) => string = (exit) => `net ${exit}`,
): number {
  let now = 0;
  for (let target = 0; target < targets; target++) {
    for (let exit = 0; exit < exits; exit++) evidence.worked(way(exit, target, kinOf(exit)), (now += 20));
  }
  return now;
}

test("a target that fails through many exits is to blame, and no exit is", () => {
  const evidence = new Evidence();
  let now = quietMinute(evidence, 10, 8);
  const weighed: Weighed[] = [];
  for (let exit = 0; exit < 10; exit++) weighed.push(evidence.failed(way(exit, 0), REJECTED, (now += 50)));
  for (const [at, { side, confidence }] of weighed.entries()) {
    if (at >= 2) assert.ok(side === "target" && confidence > 0.9, `${at}: ${side} ${confidence}`);
  }
  assert.equal(weighed[9]?.culprit, "origin");
  assert.deepEqual(weighed[9]?.evidence, [
    "the same target failed through 9 other exits of 9 networks in the last 30 s",
    "this exit answered for 7 other targets in the last 30 s",
  ]);
});

test("an exit that fails for all targets is to blame, whatever its faults say of the target", () => {
  const evidence = new Evidence();
  let now = quietMinute(evidence, 10, 8);
  let last: Weighed | null = null;
  for (let target = 0; target < 6; target++) last = evidence.failed(way(3, target), LOST, (now += 50));
  assert.equal(last?.side, "exit");
  assert.equal(last?.culprit, "exit");
  assert.ok((last?.confidence ?? 0) > 0.9);
  assert.deepEqual(last?.evidence, [
    "this exit failed for 5 other targets in the last 30 s",
    "9 other exits of 9 networks reached this target in the last 30 s",
  ]);
});

test("an exit that one target refuses while both do well with others is a pair", () => {
  const evidence = new Evidence();
  let now = quietMinute(evidence, 6, 6);
  let last: Weighed | null = null;
  for (let round = 0; round < 4; round++) {
    last = evidence.failed(way(2, 5), LOST, (now += 100));
    evidence.worked(way(2, 1), (now += 100));
    evidence.worked(way(3, 5), (now += 100));
  }
  assert.equal(last?.side, "pair");
  assert.ok((last?.confidence ?? 0) > 0.8);
  assert.equal(last?.evidence[0], "this exit and this target failed together 4 times while both did well with others");
});

test("a proved fault counts at once and says nothing of the target", () => {
  const evidence = new Evidence();
  const weighed = evidence.failed(way(0, 0), REFUSED, SECOND);
  assert.deepEqual(weighed, { side: "exit", confidence: 0.98, evidence: [], culprit: "exit" });
  assert.equal(evidence.target(way(0, 0).target, SECOND).failedExits, 0);
});
