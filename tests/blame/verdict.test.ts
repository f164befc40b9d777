import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { concludeVerdict } from "../../src/blame/verdict.ts";
import { type Fault, type FaultId, fault } from "../../src/core/fault.ts";
import { confidenceOf, culpritOf, FAULTS } from "../../src/core/fault-table.ts";
import type { AttemptRecord, AttributedFault } from "../../src/core/ledger.ts";
import type { HopRole } from "../../src/core/route.ts";

function attributed(value: Fault, role: HopRole = "exit", hop = 1): AttributedFault {
  return { fault: value, role, hop };
}

function attempt({ fault: value, role, hop }: AttributedFault, exit: string | null, more: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    route: [],
    exit,
    nextHop: "192.0.2.10:8080",
    reused: false,
    stage: "head",
    cancelled: false,
    fault: value.id,
    culprit: culpritOf(value, role),
    confidence: confidenceOf(value),
    details: value.details,
    hop,
    status: null,
    bytesOut: 0,
    bytesIn: 0,
    firstBytes: null,
    ms: {},
    ...more,
  };
}

const REFUSED = attributed(fault("connect.refused", "refused after 3 ms"));
const TARGET_REFUSED = attributed(fault("handshake.target_refused", "Squid: ERR_CONNECT_FAIL 111"), "exit", 2);
const REJECTED = attributed(fault("handshake.connect_rejected", "answered 502", { confidence: 0.6 }));
const SILENT = attributed(fault("head.timeout", "nothing for 30 s", { confidence: 0.5 }), "target", 2);

test("tells fault, culprit, stage, hop, evidence and fix of a single attempt", () => {
  assert.deepEqual(concludeVerdict(REFUSED, [attempt(REFUSED, "de-7")]), {
    fault: "connect.refused",
    culprit: "exit",
    confidence: 0.98,
    stage: "connect",
    hop: 1,
    evidence: ["refused after 3 ms"],
    fix: FAULTS["connect.refused"].fix,
  });
});

test("counts other exits that failed in other ways", () => {
  const other = attributed(fault("handshake.timeout", "nothing"));
  const { evidence } = concludeVerdict(REFUSED, [
    attempt(other, "a"),
    attempt(REJECTED, "b"),
    attempt(other, "c"),
    attempt(REFUSED, "de-7"),
  ]);
  assert.deepEqual(evidence.slice(1), ["3 other exits failed in other ways: handshake.timeout, handshake.connect_rejected"]);
});

test("becomes surer of the target with each exit that says the same", () => {
  const through = (exits: string[]) =>
    concludeVerdict(
      TARGET_REFUSED,
      exits.map((exit) => attempt(TARGET_REFUSED, exit)),
    );
  const [one, two, four] = [through(["a"]), through(["a", "b"]), through(["a", "b", "c", "d"])].map(({ confidence }) => confidence);
  assert.ok(one === 0.85 && (two as number) > one && (four as number) > (two as number) && (four as number) <= 0.99);
  assert.deepEqual(through(["a", "b", "c", "d"]).evidence.slice(1), ["the same fault through 4 exits: not any one exit's"]);
  assert.equal(through(["a", "a"]).confidence, 0.85);
});

test("takes different faults that blame the target together", () => {
  const verdict = concludeVerdict(SILENT, [attempt(TARGET_REFUSED, "a"), attempt(SILENT, "b")]);
  assert.equal(verdict.confidence, 0.7);
  assert.ok(verdict.evidence.includes("2 exits blame the target"));
});

test("becomes less sure of an exit when others do the same without proof, and names it all the same", () => {
  const verdict = concludeVerdict(
    REJECTED,
    ["a", "b", "c"].map((exit) => attempt(REJECTED, exit)),
  );
  assert.equal(verdict.culprit, "exit");
  assert.ok(verdict.confidence < 0.6 && verdict.confidence >= 0.4);
  assert.deepEqual(verdict.evidence.slice(1), ["the same fault through 3 exits: the target may do this to all of them"]);
});

test("stays sure of an exit that refuses TCP, however many do", () => {
  const verdict = concludeVerdict(
    REFUSED,
    ["a", "b", "c"].map((exit) => attempt(REFUSED, exit)),
  );
  assert.equal(verdict.confidence, 0.98);
  assert.deepEqual(verdict.evidence.slice(1), ["the same fault through 3 exits"]);
});

test("lays what happens to several exits before any is reached to no target, but to this machine's own connection", () => {
  const unreachable = attributed(fault("connect.host_unreachable", "no route to the host"));
  const { evidence } = concludeVerdict(
    unreachable,
    ["a", "b", "c"].map((exit) => attempt(unreachable, exit)),
  );
  assert.deepEqual(evidence.slice(1), ["the same fault through 3 exits: this machine's own connection may be at fault"]);
});

test("tells that a direct connection showed the same", () => {
  const direct = attempt(SILENT, null);
  assert.ok(concludeVerdict(SILENT, [direct, attempt(SILENT, "a")]).evidence.includes("a direct connection showed the same"));
});

test("tells what other attempts were answered", () => {
  const answer = attributed(fault("relay.origin_5xx", "503"), "target", 2);
  const verdict = concludeVerdict(REFUSED, [attempt(answer, "a", { status: 503 }), attempt(REFUSED, "b")]);
  assert.ok(verdict.evidence.includes("another attempt was answered 503"));
});

test("gives the fix against whom an exit's page speaks of", () => {
  const fixFor = (culprit: "origin" | "gateway" | null) => concludeVerdict(attributed(fault("relay.exit_5xx", "x", { culprit })), []).fix;
  assert.equal(fixFor("origin"), FAULTS["handshake.target_refused"].fix);
  assert.match(fixFor("gateway").operator, /^Check the account at the exit's vendor/);
  assert.equal(fixFor(null), FAULTS["relay.exit_5xx"].fix);
});

test("has a verdict for every fault at every role", () => {
  for (const id of Object.keys(FAULTS) as FaultId[]) {
    for (const role of ["exit", "target", "backend"] as const) {
      const verdict = concludeVerdict(attributed(fault(id, "seen"), role), []);
      assert.equal(verdict.culprit, FAULTS[id].culprit[role]);
      assert.deepEqual(verdict.evidence, ["seen"]);
      assert.ok(verdict.fix.client !== "" && verdict.fix.operator !== "");
    }
  }
});

test("keeps its confidence between 0 and 1 whatever the attempts", () => {
  const anyAttributed = fc
    .record({
      id: fc.constantFrom(...(Object.keys(FAULTS) as FaultId[])),
      role: fc.constantFrom<HopRole>("exit", "target"),
      confidence: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    })
    .map(({ id, role, confidence }) => attributed(fault(id, "seen", { confidence }), role));
  fc.assert(
    fc.property(
      anyAttributed,
      fc.array(fc.tuple(anyAttributed, fc.constantFrom(null, "a", "b", "c")), { maxLength: 8 }),
      (told, others) => {
        const { confidence } = concludeVerdict(
          told,
          others.map(([other, exit]) => attempt(other, exit)),
        );
        assert.ok(confidence >= 0 && confidence <= 1);
      },
    ),
    { numRuns: 200 },
  );
});
