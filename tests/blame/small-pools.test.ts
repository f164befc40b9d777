import assert from "node:assert/strict";
import { test } from "node:test";
import { Evidence, type Weighed } from "../../src/blame/evidence.ts";
import type { Failure } from "../../src/blame/failure.ts";
import { seeded } from "../pool/fakes.ts";
import { failure, LOST, REJECTED, way } from "./ways.ts";

const SECOND = 1000;

/** The exit's last word on a target is that it is silent. */
const SILENT = failure("handshake.timeout", "exit");

for (const exits of [1, 2]) {
  for (const [fault, name] of [
    [LOST, "tunnels that close"],
    [REJECTED, "refused CONNECTs"],
    [SILENT, "silent handshakes"],
  ] as const) {
    test(`one site that stays down, seen by ${name}, convicts none of ${exits} exits that do well for others in between`, () => {
      const evidence = new Evidence();
      let now = 0;
      let last: Weighed | null = null;
      for (let request = 0; request < 60; request++) {
        const exit = request % exits;
        evidence.worked(way(exit, 1 + (request % 6), "net"), (now += 5 * SECOND));
        last = evidence.failed(way(exit, 0, "net"), fault, (now += 5 * SECOND));
        assert.ok(last.side !== "exit" || last.confidence < 0.75, `${request}: ${last.side} ${last.confidence}`);
      }
      assert.equal(last?.side, "target");
    });
  }
}

test("an exit that fails for all its targets is convicted, though it works now and then", () => {
  const evidence = new Evidence();
  let now = 0;
  let last: Weighed | null = null;
  for (let request = 0; request < 60; request++) {
    const where = way(0, request % 5);
    if (request % 4 === 3) evidence.worked(where, (now += SECOND));
    else last = evidence.failed(where, SILENT, (now += SECOND));
  }
  assert.ok(last?.side === "exit" && last.confidence > 0.9, `${last?.side} ${last?.confidence}`);
});

test("where there is but one target, an exit that just served it is not convicted by one silence, and by silence for good it is", () => {
  const evidence = new Evidence();
  let now = 0;
  for (let request = 0; request < 30; request++) evidence.worked(way(request % 6, 0), (now += SECOND));
  const first = evidence.failed(way(0, 0), SILENT, (now += SECOND));
  assert.ok(first.confidence < 0.75, `${first.side} ${first.confidence}`);
  let last = first;
  for (let request = 0; request < 5; request++) {
    for (let exit = 1; exit < 6; exit++) evidence.worked(way(exit, 0), (now += SECOND));
    last = evidence.failed(way(0, 0), SILENT, (now += SECOND));
  }
  assert.ok(last.side === "exit" && last.confidence >= 0.75, `${last.side} ${last.confidence}`);
});

test("what speaks against the side that a failure names is told where nothing speaks for it", () => {
  const evidence = new Evidence();
  let now = 0;
  for (let target = 1; target < 5; target++) evidence.worked(way(0, target), (now += SECOND));
  const { side, confidence, evidence: lines } = evidence.failed(way(0, 0), SILENT, (now += SECOND));
  assert.ok(side === "exit" && confidence < 0.75, `${side} ${confidence}`);
  assert.deepEqual(lines, ["against that: this exit answered for 4 other targets in the last 30 s"]);
});

for (const [fault, name] of [
  [LOST, "tunnels that close"],
  [REJECTED, "refused CONNECTs"],
  [SILENT, "silent handshakes"],
] as const) {
  test(`the most popular site of a lone exit is down, seen by ${name}, and others are seldom asked for: the exit is not convicted`, () => {
    const evidence = new Evidence();
    let now = 0;
    for (let request = 0; request < 60; request++) evidence.worked(way(0, request % 3), (now += SECOND));
    let last: Weighed | null = null;
    for (let request = 0; request < 60; request++) {
      last = evidence.failed(way(0, 0), fault, (now += SECOND / 2));
      assert.ok(last.side !== "exit" || last.confidence < 0.75, `${request}: ${last.side} ${last.confidence}`);
      if (request % 4 === 3) evidence.worked(way(0, 1 + (request % 2)), (now += SECOND / 2));
    }
    assert.equal(last?.side, "target");
  });

  test(`both exits fail on their only site at once, seen by ${name}: that is the site, however long it lasts`, () => {
    const evidence = new Evidence();
    let now = 0;
    for (let request = 0; request < 60; request++) evidence.worked(way(request % 2, 0), (now += SECOND));
    for (let request = 0; request < 60; request++) {
      const { side, confidence } = evidence.failed(way(request % 2, 0), fault, (now += SECOND));
      assert.ok(side !== "exit" || confidence < 0.75, `${request}: ${side} ${confidence}`);
      if (request >= 10) assert.equal(side, "target", `${request}`);
    }
  });
}

test("one of two exits begins to fail now and then on their only site, which the other has reached all the time: that is the exit", () => {
  const evidence = new Evidence();
  let now = 0;
  for (let request = 0; request < 60; request++) evidence.worked(way(request % 2, 0), (now += SECOND));
  let last: Weighed | null = null;
  for (let request = 0; request < 80; request++) {
    evidence.worked(way(1, 0), (now += SECOND));
    if (request % 4 === 0) last = evidence.failed(way(0, 0), request % 8 === 0 ? LOST : REJECTED, (now += SECOND));
    else evidence.worked(way(0, 0), (now += SECOND));
  }
  assert.equal(last?.side, "exit");
});

test("a new exit that a site turns away again and again, while others reach it, is not benched by that alone", () => {
  const evidence = new Evidence();
  let now = 0;
  for (let request = 0; request < 40; request++) evidence.worked(way(1 + (request % 3), request % 2), (now += SECOND));
  for (let request = 0; request < 5; request++) {
    const { side, confidence } = evidence.failed(way(0, 0), LOST, (now += SECOND));
    assert.ok(side !== "exit" || confidence < 0.75, `${request}: ${side} ${confidence}`);
    for (let exit = 1; exit < 4; exit++) evidence.worked(way(exit, 0), (now += SECOND));
  }
});

/** Squid has been refused by the target, it says. */
const REFUSED_BY_TARGET = failure("handshake.target_refused", "exit");

/** A lone exit and three sites, of which some fail a quarter of the time: how its last 150 failures were weighed. */
function weighLoneExit(seed: number, failing: ReadonlySet<number>, faults: readonly Failure[]): Weighed[] {
  const random = seeded(seed);
  const evidence = new Evidence();
  const weighed: Weighed[] = [];
  let now = 0;
  const ask = (mayFail: boolean) => {
    const site = Math.floor(3 * random() * random());
    const fails = mayFail && failing.has(site) && random() < 0.25;
    if (!fails) evidence.worked(way(0, site), (now += SECOND));
    else weighed.push(evidence.failed(way(0, site), faults[Math.floor(random() * faults.length)] as Failure, (now += SECOND)));
  };
  for (let request = 0; request < 300; request++) ask(false);
  while (weighed.length < 200) ask(true);
  return weighed.slice(50);
}

const share = (weighed: readonly Weighed[], side: Weighed["side"]) => weighed.filter((each) => each.side === side).length / weighed.length;

for (const seed of [1, 2, 3]) {
  test(`a lone exit that fails for each of its sites alike is to blame, however it words that (${seed})`, () => {
    const weighed = weighLoneExit(seed, new Set([0, 1, 2]), [REFUSED_BY_TARGET, LOST, SILENT]);
    assert.ok(share(weighed, "exit") > 0.95, `${share(weighed, "exit")}`);
    assert.match(weighed.flatMap(({ evidence }) => evidence).join(), /for each of its targets, at least \d+ % failed/);
  });

  test(`where only two of three sites fail through a lone exit, those are to blame (${seed})`, () => {
    const weighed = weighLoneExit(seed, new Set([0, 1]), [REFUSED_BY_TARGET, LOST]);
    assert.ok(share(weighed, "target") > 0.95, `${share(weighed, "target")}`);
  });
}
