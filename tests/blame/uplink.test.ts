import assert from "node:assert/strict";
import { test } from "node:test";
import { Evidence, type Way } from "../../src/blame/evidence.ts";
import { type Culprit, type FaultId, fault } from "../../src/core/fault.ts";
import type { HopRole } from "../../src/core/route.ts";

const SITE = "site.example:443";

function failure(id: FaultId, culprit: Culprit = "exit", role: HopRole = "exit") {
  return { fault: fault(id, "seen"), culprit, role };
}

const TIMEOUT = failure("connect.timeout");

function way(exit: number, kin = exit, target = SITE): Way {
  return { exit: `e${exit}`, kin: `k${kin}`, target };
}

function start() {
  const evidence = new Evidence();
  let now = 1000;
  const side = (at: Way, of = TIMEOUT) => evidence.failed(at, of, (now += 10)).side;
  for (let exit = 0; exit < 10; exit++) evidence.worked(way(exit), now);
  now += 1000;
  return {
    evidence,
    side,
    worked: (at: Way) => evidence.worked(at, (now += 10)),
    pass: (ms: number) => {
      now += ms;
    },
    weigh: (at: Way, of = TIMEOUT) => evidence.weigh(at, of, now),
  };
}

test("where exits that have nothing in common cannot be reached all at once, it is our own connection, and the first are cleared", () => {
  const { evidence, side, weigh } = start();
  assert.deepEqual([side(way(0)), side(way(1))], ["exit", "exit"]);
  assert.deepEqual(evidence.takeCleared(), []);
  assert.equal(side(way(2)), "other");
  assert.deepEqual(evidence.takeCleared(), ["e0", "e1", "e2"]);
  assert.deepEqual(evidence.takeCleared(), []);
  const { culprit, confidence, evidence: words } = weigh(way(3));
  assert.equal(culprit, "network");
  assert.ok(confidence >= 0.8);
  assert.deepEqual(words, ["nothing was heard from 3 networks for 1 s, nor from any other: our own connection is lost"]);
});

test("while our own connection is lost, silence in connections that were open is nobody else's either", () => {
  const { side } = start();
  for (const exit of [0, 1, 2, 3]) side(way(exit));
  assert.equal(side(way(4), failure("handshake.timeout")), "other");
  assert.equal(side(way(5), failure("head.timeout", "origin", "target")), "other");
});

test("exits of one network that cannot be reached are that network's trouble", () => {
  const { side } = start();
  for (let exit = 0; exit < 10; exit++) assert.equal(side(way(exit, 0)), "exit");
});

test("any word from the network is a sign of life: failures are the exits' own then", () => {
  for (const life of ["answer", "refused", "closed"]) {
    const { side, worked } = start();
    for (let exit = 0; exit < 9; exit++) {
      assert.equal(side(way(exit)), "exit", life);
      if (life === "answer") worked(way(9));
      else side(way(9), failure(life === "refused" ? "connect.refused" : "handshake.closed"));
    }
  }
});

test("exits that never worked prove nothing, however many are dead", () => {
  const { side } = start();
  for (let exit = 100; exit < 110; exit++) assert.equal(side(way(exit)), "exit");
});

test("that this machine knows no route to many networks is its own trouble, whether they ever worked or not", () => {
  const evidence = new Evidence();
  const noRoute = failure("connect.net_unreachable");
  const sides = [0, 1, 2, 3, 4, 5, 6, 7].map((exit) => evidence.failed(way(exit), noRoute, 1000 + exit).side);
  assert.equal(sides.at(-1), "other");
});

test("failures that are far apart are not one loss", () => {
  const { side, pass } = start();
  for (let exit = 0; exit < 6; exit++) {
    assert.equal(side(way(exit)), "exit");
    pass(31_000);
  }
});

test("once something comes through it is over; what was under way then is forgiven for a while", () => {
  const { side, worked, pass } = start();
  for (const exit of [0, 1, 2, 3]) side(way(exit));
  worked(way(5));
  assert.equal(side(way(6)), "other");
  pass(5000);
  assert.equal(side(way(6)), "exit");
});

test("direct connections tell of our own side as well: many targets are many first hops", () => {
  const evidence = new Evidence();
  const sites = ["a", "b", "c", "d"].map((name) => ({ exit: null, kin: "direct", target: `${name}.example:443` }));
  for (const site of sites) evidence.worked(site, 1000);
  const of = failure("connect.timeout", "network", "target");
  const sides = sites.map((site) => evidence.failed(site, of, 2000).side);
  assert.deepEqual(sides, ["target", "target", "other", "other"]);
  assert.deepEqual(evidence.takeCleared(), []);
});

test("one name that cannot be resolved is its own trouble, however many exits were to have it", () => {
  const { side } = start();
  for (let exit = 0; exit < 8; exit++) assert.notEqual(side(way(exit), failure("dns.servfail", "dns", "target")), "other");
});

test("in a pool of more networks than are remembered, those that did well lately are still known to work", () => {
  const { evidence, side, worked, pass } = start();
  const networks = 4096;
  for (let exit = 0; exit < networks + 100; exit++) worked(way(exit));
  pass(1000);
  assert.ok(evidence.size.kins > networks / 2, `${evidence.size.kins} are remembered`);
  const newest = networks + 90;
  assert.deepEqual(
    [0, 1, 2].map((back) => side(way(newest - 400 * back))),
    ["exit", "exit", "other"],
  );
});

test("a network that was forgotten is known anew once one of its exits does well again", () => {
  const { side, worked, pass } = start();
  for (let round = 0; round < 2; round++) for (let exit = 0; exit < 3; exit++) worked(way(exit));
  for (let other = 0; other < 4200; other++) {
    worked(way(10 + other));
    if (other % 50 === 0) for (let exit = 0; exit < 3; exit++) worked(way(exit));
  }
  pass(1000);
  assert.deepEqual(
    [0, 1, 2].map((exit) => side(way(exit))),
    ["exit", "exit", "other"],
  );
});
