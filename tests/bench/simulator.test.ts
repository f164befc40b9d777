import assert from "node:assert/strict";
import { test } from "node:test";
import { LearningPool } from "../../bench/sim/learning-pool.ts";
import { blameBy } from "../../bench/sim/oracle.ts";
import { randomRotation } from "../../bench/sim/policies.ts";
import { SCENARIOS, type Scenario } from "../../bench/sim/scenarios.ts";
import { simulate } from "../../bench/sim/simulate.ts";
import { type Chances, chancesOf, type Symptom } from "../../bench/sim/symptoms.ts";

const SIZE = { exits: 30, kins: 5, targets: 10, perSecond: 20, seconds: 120 } as const;
const OUTAGE: Scenario = {
  name: "a target goes down",
  ...SIZE,
  laws: [
    { kind: "targets-down", targets: [0], how: "refuses", fromS: 40 },
    { kind: "targets-down", targets: [3], how: "closes", fromS: 30 },
  ],
};
const DEATHS: Scenario = { name: "exits die", ...SIZE, laws: [{ kind: "exits-dead", exits: [0, 4, 8, 12, 16, 20], fromS: 30 }] };

const play = (scenario: Scenario, seed: number) => simulate(scenario, (context) => new LearningPool(context), seed);

test("after five failures of one outage the further ones are blamed on its target, and no exit is benched for any", () => {
  for (const seed of [1, 2, 3]) {
    const { score } = play(OUTAGE, seed).policy;
    assert.ok(score.all.target.of >= 15, `${score.all.target.of} failures`);
    assert.ok(score.learned.target.right >= 0.95 * score.learned.target.of, `${score.learned.target.right} of ${score.learned.target.of}`);
    assert.equal(score.benchedForOthers.right, 0);
  }
});

test("a target that is down costs few attempts, and the other targets nothing", () => {
  const { onDown, besides } = play(OUTAGE, 1).tally;
  assert.ok(onDown.requests > 50, `${onDown.requests} requests`);
  assert.ok(onDown.attempts < onDown.requests / 2, `${onDown.attempts} attempts for ${onDown.requests} requests`);
  assert.ok(besides.served >= 0.99 * besides.of, `${besides.served} of ${besides.of}`);
});

test("failures of dead exits are blamed on them, and clients get their answers all the same", () => {
  for (const seed of [1, 2, 3]) {
    const { policy, tally } = play(DEATHS, seed);
    const { right, of } = policy.score.all.exit;
    assert.ok(of >= 10 && right >= 0.85 * of, `${right} of ${of}`);
    assert.ok(tally.served >= 0.999 * tally.requests);
  }
});

test("in small pools failures are laid to the sites that make them, and no exit is benched for one", () => {
  for (const name of ["one exit, three sites", "two exits, one site", "few exits, new ones"]) {
    for (const seed of [2, 5]) {
      const { score } = play(SCENARIOS.find((scenario) => scenario.name === name) as Scenario, seed).policy;
      const { right, of } = score.learned.target;
      assert.ok(of >= 50 && right >= 0.95 * of, `${name}, ${seed}: ${right} of ${of}`);
      assert.equal(score.benchedForOthers.right, 0, `${name}, ${seed}`);
    }
  }
});

test("the same seed plays the same, and every policy gets the same requests", () => {
  const first = play(DEATHS, 7).tally;
  const again = play(DEATHS, 7).tally;
  assert.deepEqual([again.requests, again.served, again.attempts], [first.requests, first.served, first.attempts]);
  const other = simulate(DEATHS, randomRotation, 7).tally;
  assert.equal(other.requests, first.requests);
  assert.ok(other.attempts > first.attempts);
});

test("the oracle blames by the chances of the laws and of what they look like", () => {
  const looks = { dialect: "bare-502", death: "mute", ms: 100 } as const;
  const exit = { side: "exit", how: "flaky", chance: 0.1, order: 0 } as const;
  const target = { side: "target", how: "closes", chance: 0.2, order: 2 } as const;
  const closed = (chancesOf(target, looks)[0] as Chances[number])[1];
  const [rejected] = chancesOf(exit, looks).map(([, symptom]) => symptom);
  // A quarter of the exit's failures look so, all of the target's do.
  assert.equal(blameBy([exit, target], closed, looks), "target");
  assert.equal(blameBy([exit, { ...target, chance: 0.01 }], closed, looks), "exit");
  assert.equal(blameBy([exit, target], rejected as Symptom, looks), "exit");
  assert.equal(blameBy([target], rejected as Symptom, looks), null);
});

test("who knows all laws is right more often than the gateway", () => {
  const mixed: Scenario = {
    name: "flaky exits and a flaky target",
    ...SIZE,
    laws: [
      { kind: "exits-flaky", exits: [1, 5, 9, 13, 17, 21], share: 0.15 },
      { kind: "target-flaky", target: 0, share: 0.1, how: "closes" },
    ],
  };
  const { learned, allKnowing } = play(mixed, 3).policy.score;
  const right = (shares: typeof learned) => shares.exit.right + shares.target.right;
  const of = learned.exit.of + learned.target.of;
  assert.ok(of >= 50 && right(allKnowing) < of, "what strikes by chance, nobody knows");
  assert.ok(right(allKnowing) > right(learned), `${right(allKnowing)}, ${right(learned)} of ${of}`);
});
