import assert from "node:assert/strict";
import { test } from "node:test";
import { bestStory } from "../../src/blame/best-story.ts";
import { type FaultId, fault } from "../../src/core/fault.ts";
import type { AttributedFault } from "../../src/core/ledger.ts";
import type { HopRole } from "../../src/core/route.ts";

function told(id: FaultId, role: HopRole = "exit", more: Parameters<typeof fault>[2] = {}): AttributedFault {
  return { fault: fault(id, "", more), role, hop: 1 };
}

const NO_EXIT = told("gateway.no_exit");
const OVERLOADED = told("gateway.overloaded");
const REFUSED = told("connect.refused");
const TIMEOUT = told("handshake.timeout");
const TARGET_REFUSED = told("handshake.target_refused");
const SILENT_TUNNEL = told("tls.closed_in_handshake", "target", { confidence: 0.45 });
const ORIGIN_503 = told("relay.origin_5xx", "target");
const EXIT_503 = told("relay.exit_5xx");
const LEFT = told("client.closed_waiting");

const ROWS: readonly (readonly [title: string, faults: readonly AttributedFault[], best: AttributedFault])[] = [
  ["an exit's fault before no exit left", [REFUSED, NO_EXIT], REFUSED],
  ["no exit left where that is all", [NO_EXIT], NO_EXIT],
  ["an exit's fault before our own limits", [REFUSED, OVERLOADED], REFUSED],
  ["our own limits before no exit left", [OVERLOADED, NO_EXIT], OVERLOADED],
  ["the last of two exits' faults", [REFUSED, TIMEOUT], TIMEOUT],
  ["what is proved about the target before a later exit's fault", [TARGET_REFUSED, REFUSED], TARGET_REFUSED],
  ["a later exit's fault before a tunnel that only closed", [SILENT_TUNNEL, REFUSED], REFUSED],
  ["a site's answer before a later fault", [ORIGIN_503, TIMEOUT], ORIGIN_503],
  ["the last of two answers", [told("relay.origin_5xx", "target"), ORIGIN_503], ORIGIN_503],
  ["a later fault before an exit's own page", [EXIT_503, TIMEOUT], TIMEOUT],
  ["a client that left before all", [ORIGIN_503, LEFT], LEFT],
];

for (const [title, faults, best] of ROWS) {
  test(`tells ${title}`, () => {
    assert.equal(bestStory(faults), best);
    // Two at a time, as the attempt loop asks.
    assert.equal(
      faults.reduce((kept, next) => bestStory([kept, next]) as AttributedFault),
      best,
    );
  });
}

test("has nothing to tell where nothing failed", () => {
  assert.equal(bestStory([]), null);
});
