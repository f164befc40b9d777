import assert from "node:assert/strict";
import { test } from "node:test";
import { Evidence, type Weighed } from "../../src/blame/evidence.ts";
import { failure, LOST, REJECTED, way } from "./ways.ts";

const SECOND = 1000;

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
  const weighed: Weighed[] = [];
  for (let round = 0; round < 5; round++) {
    weighed.push(evidence.failed(way(2, 5), LOST, (now += 100)));
    evidence.worked(way(2, 1), (now += 100));
    evidence.worked(way(3, 5), (now += 100));
  }
  for (const [at, { side, confidence, evidence: told }] of weighed.entries()) {
    if (at < 3) continue;
    assert.ok(side === "pair" && confidence > 0.8, `${at}: ${side} ${confidence}`);
    assert.equal(told[0], `this exit and this target failed together ${at + 1} times while both did well with others`);
  }
});

test("a proved fault counts at once and says nothing of the target", () => {
  const evidence = new Evidence();
  const weighed = evidence.failed(way(0, 0), REFUSED, SECOND);
  assert.deepEqual(weighed, { side: "exit", confidence: 0.98, evidence: [], culprit: "exit" });
  assert.equal(evidence.target(way(0, 0).target, SECOND).failedExits, 0);
});

test("exits of one provider that all fail do not make their targets look down", () => {
  const evidence = new Evidence();
  const kinOf = (exit: number) => (exit < 8 ? "provider one" : `net ${exit}`);
  let now = quietMinute(evidence, 12, 6, kinOf);
  for (let exit = 0; exit < 8; exit++) evidence.failed(way(exit, exit % 6, kinOf(exit)), REJECTED, (now += 100));
  for (let exit = 8; exit < 12; exit++) evidence.worked(way(exit, 0, kinOf(exit)), (now += 100));
  const weighed = evidence.weigh(way(1, 0, kinOf(1)), REJECTED, now);
  assert.equal(weighed.side, "exit");
  assert.ok(evidence.target(way(0, 0).target, now).share < 0.1);
});

test("eight failures through one provider are one witness, through eight providers eight", () => {
  const evidence = new Evidence();
  for (let exit = 0; exit < 8; exit++) {
    evidence.failed(way(exit, 0, "provider one"), LOST, 0);
    evidence.failed(way(exit + 10, 1), LOST, 0);
  }
  const alike = evidence.target(way(0, 0).target, 0);
  const unlike = evidence.target(way(0, 1).target, 0);
  assert.ok(alike.failedKins <= 1, `${alike.failedKins}`);
  assert.ok(unlike.failedKins > 7, `${unlike.failedKins}`);
  assert.ok(alike.failedExits > 7 && unlike.failedExits > 7);
});

test("many failures of one exit on one target are one witness", () => {
  const evidence = new Evidence();
  for (let time = 0; time < 50; time++) evidence.failed(way(1, 0), LOST, time);
  assert.ok(evidence.target(way(0, 0).target, 50).failedExits <= 1);
});

test("what was seen fades", () => {
  const evidence = new Evidence();
  for (let exit = 0; exit < 6; exit++) evidence.failed(way(exit, 0), LOST, 0);
  const fresh = evidence.target(way(0, 0).target, 0).failedKins;
  const minutesLater = evidence.target(way(0, 0).target, 5 * 60 * SECOND).failedKins;
  assert.ok(minutesLater < fresh / 2, `${minutesLater} of ${fresh}`);
  assert.ok(evidence.target(way(0, 0).target, 60 * 60 * SECOND).failedKins < 0.01);
});

test("a target that is back is trusted again after a few answers", () => {
  const evidence = new Evidence();
  let now = quietMinute(evidence, 8, 4);
  for (let exit = 0; exit < 8; exit++) evidence.failed(way(exit, 0), REJECTED, (now += 50));
  assert.ok(evidence.target(way(0, 0).target, now).share > 0.7);
  for (let exit = 0; exit < 8; exit++) evidence.worked(way(exit, 0), (now += 50));
  assert.ok(evidence.target(way(0, 0).target, now).share < 0.4);
});

test("one doubtful failure does not convict an exit that does well elsewhere", () => {
  const evidence = new Evidence();
  const now = quietMinute(evidence, 6, 6);
  const closed = failure("handshake.closed", "exit");
  assert.ok(evidence.failed(way(1, 1), closed, now).confidence <= 0.7);
  assert.ok(new Evidence().failed(way(1, 1), closed, now).confidence > 0.8);
});

test("an exit that fails now and then is not convicted by the first failure of an outage", () => {
  const evidence = new Evidence();
  let now = 0;
  for (let request = 0; request < 600; request++) {
    const at = way(request % 6, Math.floor(request / 6) % 6);
    if (request % 6 === 1 && request % 84 === 1) evidence.failed(at, REJECTED, (now += 20));
    else evidence.worked(at, (now += 20));
  }
  const closed = failure("handshake.closed", "exit");
  const { side, confidence } = evidence.failed(way(1, 1), closed, now);
  assert.ok(side !== "exit" || confidence <= 0.7, `${side} ${confidence}`);
});

test("when a provider goes down, its exits are blamed though each did well a moment ago", () => {
  const evidence = new Evidence();
  const kinOf = (exit: number) => `provider ${exit % 4}`;
  let now = quietMinute(evidence, 24, 10, kinOf);
  const refused = failure("handshake.target_refused", "exit");
  const sides: string[] = [];
  for (let time = 0; time < 6; time++) {
    const exit = 4 * time;
    sides.push(evidence.failed(way(exit, time, kinOf(exit)), refused, (now += 100)).side);
    for (const other of [1, 2, 3]) evidence.worked(way(exit + other, time, kinOf(exit + other)), (now += 10));
  }
  assert.deepEqual(sides.slice(-2), ["exit", "exit"]);
});

test("where little happens, what happened minutes ago is told, with the time in which it did", () => {
  const evidence = new Evidence();
  let last: Weighed | null = null;
  for (let target = 0; target < 4; target++) last = evidence.failed(way(0, target), LOST, target * 40 * SECOND);
  assert.equal(last?.culprit, "exit");
  assert.deepEqual(last?.evidence, ["this exit failed for 3 other targets in the last 5 min"]);
});

test("an exit that is blamed for what the others of its provider break is told of them", () => {
  const evidence = new Evidence();
  let now = quietMinute(evidence, 6, 8, (exit) => `provider ${exit % 2}`);
  for (const exit of [0, 2]) for (let target = 0; target < 4; target++) evidence.failed(way(exit, target, "provider 0"), LOST, (now += 50));
  const { side, evidence: lines } = evidence.failed(way(4, 5, "provider 0"), LOST, (now += 50));
  assert.equal(side, "exit");
  assert.ok(lines.includes("2 other exits of its provider or network failed too, and none did well since"), lines.join("; "));
});

test("nobody's failure is nobody's, and leaves no trace", () => {
  const evidence = new Evidence();
  const left = evidence.failed(way(0, 0), failure("client.closed_waiting", "target"), 0);
  assert.deepEqual(left, { side: "other", confidence: 1, evidence: [], culprit: "client" });
  assert.equal(evidence.failed(way(0, 0), failure("gateway.fd_exhausted", "exit"), 0).side, "other");
  assert.equal(evidence.target(way(0, 0).target, 0).failedExits, 0);
});

test("a login that an exit refuses is that exit's matter, and the gateway's to mend", () => {
  const weighed = new Evidence().failed(way(0, 0), failure("handshake.auth_failed", "exit"), 0);
  assert.deepEqual(weighed, { side: "exit", confidence: 0.97, evidence: [], culprit: "gateway" });
});

test("a direct connection blames the target, and is a witness against it", () => {
  const evidence = new Evidence();
  const weighed = evidence.failed(way(null, 0), failure("connect.refused", "target"), 0);
  assert.equal(weighed.side, "target");
  assert.ok(evidence.target(way(0, 0).target, 0).failedKins > 0.9);
});

test("an exit that is forgotten is unknown", () => {
  const evidence = new Evidence();
  for (let target = 0; target < 5; target++) evidence.failed(way(1, target), REFUSED, 0);
  const before = evidence.weigh(way(1, 9), LOST, 0);
  evidence.forget("exit-1");
  const after = evidence.weigh(way(1, 9), LOST, 0);
  assert.equal(before.side, "exit");
  assert.ok(after.confidence < before.confidence);
  assert.deepEqual(after.evidence, []);
});
