import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Evidence, type Way } from "../../src/blame/evidence.ts";
import type { Failure } from "../../src/blame/failure.ts";
import type { FaultId } from "../../src/core/fault.ts";
import { FAULTS } from "../../src/core/fault-table.ts";
import type { HopRole } from "../../src/core/route.ts";
import { failure } from "./ways.ts";

interface Event {
  readonly exit: number;
  readonly target: number;
  readonly afterMs: number;
  /** Null: it worked. */
  readonly failure: Failure | null;
}

const wayOf = ({ exit, target }: Pick<Event, "exit" | "target">): Way => ({
  exit: exit === 0 ? null : `e${exit}`,
  kin: exit === 0 ? "direct" : `net ${exit % 4}`,
  target: `t${target}:443`,
});

const anyFailure = fc
  .tuple(fc.constantFrom(...(Object.keys(FAULTS) as FaultId[])), fc.constantFrom<HopRole>("exit", "target"))
  .map(([id, role]) => failure(id, role));
const anyEvent: fc.Arbitrary<Event> = fc.record({
  exit: fc.nat(12),
  target: fc.nat(8),
  afterMs: fc.nat(20_000),
  failure: fc.option(anyFailure, { nil: null }),
});
const LOST = failure("tls.closed_in_handshake", "target");

function live(evidence: Evidence, events: readonly Event[]): number {
  let now = 0;
  for (const { failure, afterMs, ...ends } of events) {
    now += afterMs;
    if (failure === null) evidence.worked(wayOf(ends), now);
    else evidence.failed(wayOf(ends), failure, now);
  }
  return now;
}

test("whatever happened, confidence is a probability, and what is known of a target is no less than nothing", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 120 }), anyEvent, (events, { exit, target, failure }) => {
      const evidence = new Evidence();
      const now = live(evidence, events);
      const { confidence, evidence: lines } = evidence.failed(wayOf({ exit, target }), failure ?? LOST, now);
      assert.ok(confidence >= 0 && confidence <= 1, `${confidence}`);
      assert.ok(lines.every((line) => line.length > 0 && line.length < 120));
      const known = evidence.target(`t${target}:443`, now);
      assert.ok(known.failedExits >= 0 && known.failedKins >= 0 && known.worked >= 0);
      assert.ok(known.share >= 0 && known.share <= 1);
      assert.ok(known.failedKins <= known.failedExits + 1e-9);
    }),
    { numRuns: 200 },
  );
});

test("what a fault proves stays, whatever else is known", () => {
  const proofs: readonly (readonly [Failure, string])[] = [
    [failure("connect.refused", "exit"), "exit"],
    [failure("handshake.auth_failed", "exit"), "exit"],
    [failure("relay.edge_5xx", "target"), "target"],
  ];
  fc.assert(
    fc.property(
      fc.array(anyEvent, { maxLength: 80 }),
      fc.constantFrom(...proofs),
      fc.integer({ min: 1, max: 12 }),
      (events, [failure, side], exit) => {
        const evidence = new Evidence();
        const now = live(evidence, events);
        assert.equal(evidence.failed(wayOf({ exit, target: 1 }), failure, now).side, side);
      },
    ),
    { numRuns: 100 },
  );
});

test("weighing changes nothing", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), fc.integer({ min: 1, max: 12 }), (events, exit) => {
      const evidence = new Evidence();
      const now = live(evidence, events);
      const way = wayOf({ exit, target: 2 });
      assert.deepEqual(evidence.weigh(way, LOST, now), evidence.weigh(way, LOST, now));
    }),
    { numRuns: 100 },
  );
});

test("what others did at the same time weighs the same in whatever order it is told", () => {
  // Of each pair one outcome: of several the last one tells most.
  const events = (exits: number, targets: number) =>
    fc.uniqueArray(fc.record({ exit: fc.integer({ min: 2, max: exits }), target: fc.nat(targets - 1), fails: fc.boolean() }), {
      selector: ({ exit, target }) => `${exit} ${target}`,
      maxLength: 30,
    });
  const weighed = (outcomes: readonly { exit: number; target: number; fails: boolean }[], afterMs: number, wayTo: typeof wayOf) => {
    const evidence = new Evidence();
    for (const { fails, ...ends } of outcomes) {
      if (fails) evidence.failed(wayTo(ends), LOST, 1000);
      else evidence.worked(wayTo(ends), 1000);
    }
    return evidence.weigh(wayTo({ exit: 1, target: 0 }), LOST, 1000 + afterMs);
  };
  const agree = (outcomes: ReturnType<typeof events>, wayTo: typeof wayOf) =>
    fc.property(outcomes, fc.constantFrom(1000, 5000, 60_000), (told, afterMs) =>
      assert.deepEqual(weighed(told.toReversed(), afterMs, wayTo), weighed(told, afterMs, wayTo)),
    );
  const apart = (ends: Parameters<typeof wayOf>[0]) => ({ ...wayOf(ends), kin: `net ${ends.exit}` });
  fc.assert(agree(events(30, 1), apart), { numRuns: 200 });
  fc.assert(agree(events(30, 1), wayOf), { numRuns: 200 });
  fc.assert(agree(events(12, 6), wayOf), { numRuns: 200 });
});

test("a crowd of exits and targets does not make it grow without end", () => {
  const evidence = new Evidence();
  for (let number = 0; number < 20_000; number++) {
    const way: Way = { exit: `crowd-${number}`, kin: `net ${number}`, target: `t${(number * 7) % 9000}:443` };
    if (number % 3 === 0) evidence.failed(way, LOST, number);
    else evidence.worked(way, number);
  }
  assert.ok(evidence.size.exits <= 4096 && evidence.size.targets <= 4096 && evidence.size.kins <= 4096);
  assert.ok(evidence.size.exits > 4000);
});
