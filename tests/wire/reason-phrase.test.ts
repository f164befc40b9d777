import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Culprit, FaultId } from "../../src/core/fault.ts";
import { FAULTS } from "../../src/core/fault-table.ts";
import { REASON_BYTES_MAX, tellReason } from "../../src/wire/reason-phrase.ts";
import { refusedAttempt, refusedVerdict } from "./problem-cases.ts";

test("names the exit that refused", () => {
  assert.equal(tellReason(refusedVerdict, refusedAttempt, "01JD8Z"), "exit de-7 refused TCP (connect.refused 01JD8Z)");
});

test("names the target where the verdict points at the last hop", () => {
  const verdict = { ...refusedVerdict, fault: "head.closed_empty", culprit: "origin", hop: 2 } as const;
  assert.equal(tellReason(verdict, refusedAttempt, "01JD8Z"), "origin example.com:443 closed without an answer (head.closed_empty 01JD8Z)");
});

test("names the hop of a chain by its number", () => {
  const attempt = { ...refusedAttempt, route: ["a:1", "b:2", "example.com:443"] };
  const verdict = { ...refusedVerdict, fault: "handshake.timeout", hop: 2 } as const;
  assert.equal(tellReason(verdict, attempt, "X"), "exit de-7 hop 2 did not finish the proxy handshake (handshake.timeout X)");
});

test("names the hop at which a chain breaks, and the exit that did it where a handshake failed for the target's sake", () => {
  const attempt = { ...refusedAttempt, route: ["a:1", "b:2", "example.com:443"] };
  const broken = { ...refusedVerdict, fault: "handshake.connect_failed", hop: 2 } as const;
  assert.equal(tellReason(broken, attempt, "X"), "the chain of exits breaks at exit de-7 hop 2 (handshake.connect_failed X)");
  const closed = { ...refusedVerdict, fault: "handshake.closed", culprit: "origin", hop: 2 } as const;
  assert.equal(tellReason(closed, refusedAttempt, "X"), "exit de-7 closed in the proxy handshake (handshake.closed X)");
});

test("says who said it where an exit reports about the target", () => {
  const verdict = { ...refusedVerdict, fault: "handshake.target_refused", culprit: "origin" } as const;
  assert.equal(tellReason(verdict, refusedAttempt, "X"), "origin example.com:443 refused TCP, says exit de-7 (handshake.target_refused X)");
});

test("an exit's error page about the target names the target", () => {
  const verdict = { ...refusedVerdict, fault: "relay.exit_5xx", culprit: "origin" } as const;
  assert.equal(tellReason(verdict, refusedAttempt, "X"), "origin example.com:443 gave no answer, says exit de-7 (relay.exit_5xx X)");
  const exits = tellReason({ ...verdict, culprit: "exit" }, refusedAttempt, "X");
  assert.equal(exits, "exit de-7 answered with an error (relay.exit_5xx X)");
});

test("a target that is down and was not asked is named, not an exit", () => {
  const verdict = { ...refusedVerdict, fault: "head.closed_empty", culprit: "origin" } as const;
  assert.equal(tellReason(verdict, null, "X"), "origin closed without an answer (head.closed_empty X)");
});

test("names the origin on a direct route", () => {
  const attempt = { ...refusedAttempt, exit: null, route: ["example.com:80"] };
  assert.equal(tellReason({ ...refusedVerdict, culprit: "origin" }, attempt, "X"), "origin example.com:80 refused TCP (connect.refused X)");
});

test("tells a fault that had no attempt", () => {
  const verdict = { ...refusedVerdict, fault: "gateway.no_exit", culprit: "gateway", hop: 0 } as const;
  assert.equal(tellReason(verdict, null, "X"), "gateway has no exit that fits (gateway.no_exit X)");
});

test("is printable ASCII of at most 120 bytes whatever the names are, and keeps the fault id", () => {
  const anything = fc.string({ unit: "binary", maxLength: 300 });
  fc.assert(
    fc.property(
      fc.constantFrom(...(Object.keys(FAULTS) as FaultId[])),
      fc.constantFrom<Culprit>("client", "gateway", "exit", "edge", "origin", "dns", "network"),
      fc.option(anything),
      anything,
      fc.nat({ max: 4 }),
      fc.string({ maxLength: 26 }),
      (fault, culprit, exit, target, hop, id) => {
        const reason = tellReason({ ...refusedVerdict, fault, culprit, hop }, { ...refusedAttempt, exit, route: ["exit:1", target] }, id);
        assert.ok(reason.length <= REASON_BYTES_MAX, reason);
        assert.match(reason, /^[\x20-\x7e]+$/);
        assert.ok(reason.includes(`(${fault} `), reason);
      },
    ),
    { numRuns: 300 },
  );
});
