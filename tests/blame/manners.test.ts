import assert from "node:assert/strict";
import { test } from "node:test";
import { Evidence, type Way } from "../../src/blame/evidence.ts";
import type { Failure } from "../../src/blame/failure.ts";
import { mannerOf } from "../../src/blame/manners.ts";
import type { FaultId } from "../../src/core/fault.ts";
import { FAULTS } from "../../src/core/fault-table.ts";
import { failure } from "./ways.ts";

function way(exit: number, target: number): Way {
  return { exit: `exit-${exit}`, kin: `net ${exit % 5}`, target: `site-${target}.example:443` };
}

const UNAVAILABLE = failure("relay.origin_5xx", "target", { confidence: 0.6 });
const CLOSED = failure("tls.closed_in_handshake", "target", { confidence: 0.6 });
const REJECTED = failure("handshake.connect_rejected", "exit", { confidence: 0.5 });

/** Ten exits ask ten sites by turns, for a minute; one in ten requests to site 0 fails so, and one in ten of exit 3 is rejected. */
function someTrouble(evidence: Evidence, trouble: Failure): number {
  let now = 0;
  for (let request = 0; request < 1000; request++) {
    const [exit, target] = [request % 10, Math.floor(request / 10) % 10];
    now += 60;
    if (target === 0 && (request + Math.floor(request / 100)) % 10 === 0) evidence.failed(way(exit, target), trouble, now);
    else if (exit === 3 && target === Math.floor(request / 100)) evidence.failed(way(exit, target), REJECTED, now);
    else evidence.worked(way(exit, target), now);
  }
  return now;
}

test("a site that answers 503 now and then, through an exit that does not always get there, is blamed for a 503 alone", () => {
  const evidence = new Evidence();
  const now = someTrouble(evidence, UNAVAILABLE);
  assert.equal(evidence.weigh(way(3, 0), UNAVAILABLE, now).side, "target");
  assert.equal(evidence.weigh(way(3, 0), REJECTED, now).side, "exit");
});

test("a site that goes down in a manner that is new to it is blamed after a few failures all the same", () => {
  const evidence = new Evidence();
  let now = someTrouble(evidence, UNAVAILABLE);
  const sides = [0, 1, 2, 3, 4, 5].map((exit) => evidence.failed(way(exit, 0), CLOSED, (now += 100)).side);
  assert.deepEqual(sides.slice(3), ["target", "target", "target"]);
});

test("failures in unlike manners are not taken for a refusal", () => {
  const sideOf = (manners: readonly Failure[]) => {
    const evidence = new Evidence();
    let now = 0;
    for (let request = 0; request < 400; request++) evidence.worked(way(request % 10, Math.floor(request / 10) % 8), (now += 20));
    let side = "";
    for (const each of manners) {
      side = evidence.failed(way(2, 9), each, (now += 100)).side;
      evidence.worked(way(2, 1), (now += 100));
      evidence.worked(way(3, 9), (now += 100));
    }
    return side;
  };
  assert.equal(sideOf([CLOSED, CLOSED, CLOSED, CLOSED]), "pair");
  assert.notEqual(sideOf([CLOSED, REJECTED, UNAVAILABLE, REJECTED]), "pair");
});

test("every fault has a manner", () => {
  const manners = new Map<string, number>();
  for (const id of Object.keys(FAULTS) as FaultId[]) manners.set(mannerOf(id), (manners.get(mannerOf(id)) ?? 0) + 1);
  assert.deepEqual([...manners.keys()].sort(), ["answer", "end", "silence", "unreached"]);
  assert.equal(mannerOf("handshake.target_timeout"), "silence");
  assert.equal(mannerOf("connect.refused"), "unreached");
  assert.equal(mannerOf("head.closed_empty"), "end");
});

test("an outage that is over does not make a site the culprit of what an exit breaks later", () => {
  const evidence = new Evidence();
  let now = someTrouble(evidence, UNAVAILABLE);
  for (let time = 0; time < 20; time++) evidence.failed(way(time % 10, 1), CLOSED, (now += 50));
  now += 15 * 60_000;
  for (let exit = 0; exit < 10; exit++) evidence.worked(way(exit, 9), (now += 50));
  for (let target = 2; target < 9; target++) evidence.failed(way(4, target), CLOSED, (now += 50));
  assert.equal(evidence.failed(way(4, 1), CLOSED, (now += 50)).side, "exit");
});
