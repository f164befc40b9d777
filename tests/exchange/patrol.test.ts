import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_CHECK, DEFAULTS } from "../../src/config/defaults.ts";
import type { GatewayEvent } from "../../src/core/event.ts";
import { fault } from "../../src/core/fault.ts";
import type { Probe, Probed } from "../../src/core/probe.ts";
import type { ExitHop } from "../../src/core/route.ts";
import type { CheckSettings } from "../../src/core/settings.ts";
import { Patrol } from "../../src/exchange/patrol.ts";
import type { Pool } from "../../src/pool/pool.ts";
import { exitOf, type Fixture, poolOf, seeded, TARGET } from "../pool/fakes.ts";

const SETTINGS: CheckSettings = { ...DEFAULT_CHECK, judges: ["http://judge.example/"], target: null, concurrent: 8 };
const POOL = { ...DEFAULTS.pool, checked: true };
const PASSED: Probed = { target: TARGET, outcome: { kind: "answered", ms: 20 }, summary: "" };
const DEAD: Probed = {
  target: TARGET,
  outcome: { kind: "failed", fault: fault("connect.refused", "refused"), culprit: "exit", role: "exit" },
  summary: "",
};
const NOTHING: Probed = { target: TARGET, outcome: { kind: "unjudged" }, summary: "" };

interface Patrolled extends Fixture {
  readonly patrol: Patrol;
  readonly checks: (GatewayEvent & { type: "exit-checked" })[];
  /** Resolves once so many checks have ended, and there is room for others. */
  whenChecked(count: number): Promise<void>;
}

function failOnBug(bug: unknown): void {
  assert.fail(String(bug));
}

function patrolled(
  ids: readonly string[],
  probe: Probe,
  settings: CheckSettings = SETTINGS,
  onBug: (bug: unknown) => void = failOnBug,
): Patrolled {
  const fixture = poolOf(
    ids.map((id) => exitOf(id)),
    seeded(1),
    POOL,
  );
  const checks: Patrolled["checks"] = [];
  let onCheck = () => {};
  const patrol = new Patrol({
    pool: fixture.pool,
    clock: fixture.clock,
    random: seeded(2),
    report: (event) => {
      if (event.type === "exit-checked") checks.push(event);
      onCheck();
    },
    onBug,
  });
  patrol.configure({ settings, probe });
  const whenChecked = (count: number): Promise<void> =>
    new Promise((resolve) => {
      onCheck = () => {
        if (checks.length >= count) setImmediate(resolve);
      };
      onCheck();
    });
  return { ...fixture, patrol, checks, whenChecked };
}

test("every exit is checked closely before its first use, and its pool knows the result", async () => {
  const depths: boolean[] = [];
  const { patrol, whenChecked, stateOf, checks } = patrolled(["a", "b", "c"], async (exit, { deep }) => {
    depths.push(deep);
    return exit.id === "b" ? DEAD : PASSED;
  });
  await using _ = patrol;
  await whenChecked(3);
  assert.deepEqual(["a", "b", "c"].map(stateOf), ["healthy", "benched", "healthy"]);
  assert.deepEqual(depths, [true, true, true]);
  assert.deepEqual(checks.map(({ exit, result, fault: id }) => [exit, result, id]).sort(), [
    ["a", "answered", null],
    ["b", "failed", "connect.refused"],
    ["c", "answered", null],
  ]);
});

test("an exit whose user name is a template is checked as one of those that it stands for", async () => {
  const probed: (string | null | undefined)[] = [];
  const { patrol, pool, whenChecked, stateOf } = patrolled([], async ({ hops }) => {
    probed.push(hops[0]?.username);
    return PASSED;
  });
  await using _ = patrol;
  const hop = exitOf("vendor").hops[0] as ExitHop;
  const username = "customer-bob[-cc-{country}][-sessid-{session}]";
  pool.load([exitOf("vendor", { hops: [{ ...hop, username, password: "secret" }], tags: { country: "de" }, rotating: true })]);
  patrol.look();
  await whenChecked(1);
  assert.deepEqual(probed, ["customer-bob-cc-de"]);
  assert.equal(stateOf("vendor"), "healthy");
});

test("no more checks run at once than the settings say", async () => {
  let most = 0;
  let now = 0;
  const ids = Array.from({ length: 60 }, (_, i) => `e${i}`);
  const { patrol, whenChecked } = patrolled(ids, async () => {
    now++;
    most = Math.max(most, now);
    await new Promise(setImmediate);
    now--;
    return PASSED;
  });
  await using _ = patrol;
  await whenChecked(60);
  assert.equal(most, SETTINGS.concurrent);
});

test("the start waits for the first exit that passes, and not for the slow ones", async () => {
  const never = Promise.withResolvers<Probed>();
  const { patrol, checks } = patrolled(["slow", "good", "dead"], (exit, { signal }) => {
    signal.addEventListener("abort", () => never.resolve(NOTHING));
    return exit.id === "slow" ? never.promise : Promise.resolve(exit.id === "good" ? PASSED : DEAD);
  });
  await using _ = patrol;
  await patrol.whenServing();
  assert.ok(checks.some(({ exit }) => exit === "good"));
  assert.equal(patrol.running, 1);
});

test("what no judge could tell is checked again as soon as other judges are named, and not where they are the same", async () => {
  const { patrol, clock, checks, whenChecked } = patrolled(["a", "b"], async () => NOTHING);
  await using _ = patrol;
  await whenChecked(2);
  clock.ms += 1000;
  patrol.configure({ settings: { ...SETTINGS, timeout: 1 }, probe: async () => PASSED });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(patrol.running, 0);
  assert.equal(checks.length, 2);
  patrol.configure({ settings: { ...SETTINGS, judges: ["http://other.example/"] }, probe: async () => PASSED });
  await whenChecked(4);
  assert.deepEqual(
    checks.map(({ result }) => result),
    ["unjudged", "unjudged", "answered", "answered"],
  );
});

test("exits that say nothing leave their places to others after a moment, up to a bound, and one that answers takes its own again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const begun: string[] = [];
  const met: (() => void)[] = [];
  const never = Promise.withResolvers<Probed>();
  const ids = Array.from({ length: 100 }, (_, i) => `e${i}`);
  const { patrol } = patrolled(ids, ({ id }, { onMet, signal }) => {
    begun.push(id);
    met.push(onMet as () => void);
    signal.addEventListener("abort", () => never.resolve(NOTHING));
    return never.promise;
  });
  await using _ = patrol;
  assert.equal(begun.length, 8);
  for (const onMet of met.slice(0, 3)) onMet();
  t.mock.timers.tick(250);
  assert.equal(begun.length, 8 + 5, "three have answered and are at work");
  for (let i = 0; i < 30; i++) t.mock.timers.tick(250);
  assert.deepEqual([begun.length, patrol.running], [64, 64]);
});

test("checks that wait for the turns of their exits' own rate leave their places to others, though their exits have answered", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const never = Promise.withResolvers<Probed>();
  const { patrol, pool } = patrolled([], (_, { onMet, signal }) => {
    onMet?.();
    signal.addEventListener("abort", () => never.resolve(NOTHING));
    return never.promise;
  });
  await using _ = patrol;
  pool.limits.configure({ ...DEFAULTS.pacing, perExit: { concurrent: null, perSecond: 0.1 } });
  pool.load(Array.from({ length: 100 }, (_, i) => exitOf(`e${i}`)));
  patrol.look();
  assert.equal(patrol.running, 8);
  for (let i = 0; i < 30; i++) t.mock.timers.tick(250);
  assert.equal(patrol.running, 100);
});

test("checks of silent exits that were removed do not keep those that came from theirs", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const never = Promise.withResolvers<Probed>();
  const ids = Array.from({ length: 100 }, (_, i) => `e${i}`);
  const { patrol, pool, whenChecked, checks } = patrolled(ids, ({ id }, { signal }) => {
    signal.addEventListener("abort", () => never.resolve(NOTHING));
    return id === "new" ? Promise.resolve(PASSED) : never.promise;
  });
  for (let i = 0; i < 30; i++) t.mock.timers.tick(250);
  assert.equal(patrol.running, 64);
  pool.load([exitOf("new")]);
  patrol.look();
  while (checks.length === 0) {
    t.mock.timers.tick(500);
    await new Promise(setImmediate);
  }
  await whenChecked(1);
  assert.deepEqual([checks[0]?.exit, patrol.running], ["new", 64]);
  await patrol[Symbol.asyncDispose]();
  assert.equal(checks.length, 1, "those under way were waited for, and told of nothing");
});

test("checks of silent exits that were removed give their places also where there was some room left when they were", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const never = Promise.withResolvers<Probed>();
  const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
  const { patrol, pool, checks } = patrolled(ids("old", 60), ({ id }, { signal }) => {
    signal.addEventListener("abort", () => never.resolve(NOTHING));
    return id === "new19" ? Promise.resolve(PASSED) : never.promise;
  });
  for (let i = 0; i < 30; i++) t.mock.timers.tick(250);
  assert.equal(patrol.running, 60);
  pool.load(ids("new", 20).map((id) => exitOf(id)));
  patrol.look();
  for (let i = 0; i < 30 && checks.length === 0; i++) {
    t.mock.timers.tick(500);
    await new Promise(setImmediate);
  }
  await patrol[Symbol.asyncDispose]();
  assert.deepEqual(
    checks.map(({ exit }) => exit),
    ["new19"],
  );
});

test("where no exit passes, the start goes on once all have been checked", async () => {
  const { patrol, checks } = patrolled(["a", "b"], async () => DEAD);
  await using _ = patrol;
  await patrol.whenServing();
  assert.equal(checks.length, 2);
});

test("the start waits no longer than it is told", async () => {
  const { patrol, checks } = patrolled(
    ["a"],
    (_, { signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(NOTHING))),
    { ...SETTINGS, wait: 1 },
  );
  await using _ = patrol;
  await patrol.whenServing();
  assert.equal(checks.length, 0);
});

test("a check that found nothing out leaves its exit as it was", async () => {
  const { patrol, whenChecked, stateOf } = patrolled(["a"], async () => NOTHING);
  await using _ = patrol;
  await whenChecked(1);
  assert.equal(stateOf("a"), "untried");
});

test("exits that come later are checked too, and one whose bench is over", async () => {
  const checked = new Set<string>();
  const { patrol, whenChecked, pool, stateOf, clock } = patrolled(["a"], async ({ id }) => {
    const isFirst = checked.size === 0;
    checked.add(id);
    return isFirst ? DEAD : PASSED;
  });
  await using _ = patrol;
  await whenChecked(1);
  assert.equal(stateOf("a"), "benched");
  clock.ms += 60_000;
  pool.load(["a", "b"].map((id) => exitOf(id)));
  patrol.look();
  await whenChecked(3);
  assert.deepEqual(["a", "b"].map(stateOf), ["healthy", "healthy"]);
});

test("the end of a check begins no round: the next one comes in its time", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const started: string[] = [];
  const slow = Promise.withResolvers<Probed>();
  const { patrol, whenChecked, clock } = patrolled(["a", "b"], ({ id }) => {
    started.push(id);
    return id === "b" ? slow.promise : Promise.resolve(PASSED);
  });
  await using _ = patrol;
  await whenChecked(1);
  clock.ms += SETTINGS.every;
  slow.resolve(PASSED);
  await whenChecked(2);
  assert.deepEqual(started, ["a", "b"]);
  t.mock.timers.tick(500);
  assert.deepEqual(started, ["a", "b", "a"]);
});

test("exits that come one after the other do not keep a round from its end", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const ids = Array.from({ length: 2500 }, (_, i) => `e${i}`);
  const { patrol, pool, whenChecked, checks } = patrolled([], async () => PASSED);
  await using _ = patrol;
  pool.load(ids.map((id) => exitOf(id)));
  for (const exit of ids.slice(0, -1)) pool.record({ exit, target: TARGET, outcome: PASSED.outcome });
  t.mock.timers.tick(500);
  assert.equal(patrol.running, 0, "one turn looks at no more than 2000");
  pool.change([exitOf("new")], []);
  patrol.look();
  await whenChecked(2);
  assert.deepEqual(
    checks.map(({ exit }) => exit),
    ["e2499", "new"],
  );
});

test("the start waits no longer once nothing is to be checked any more", async () => {
  const { patrol, checks } = patrolled(
    ["a"],
    (_, { signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(NOTHING))),
    { ...SETTINGS, wait: 3_600_000 },
  );
  await using _ = patrol;
  const serving = patrol.whenServing();
  patrol.configure(null);
  await serving;
  assert.equal(checks.length, 0);
});

test("a liar is benched by the fault of its lie", async () => {
  const lie = fault("honesty.content_changed", "87 bytes were added behind </body>");
  const { patrol, whenChecked, pool } = patrolled(["a"], async () => ({
    ...DEAD,
    outcome: { kind: "failed", fault: lie, culprit: "exit", role: "exit" },
  }));
  await using _ = patrol;
  await whenChecked(1);
  const [exit] = pool.snapshot();
  assert.equal(exit?.state, "benched");
  assert.equal(exit?.lastFault, "honesty.content_changed");
});

test("a liar is looked at closely when its bench is over, and serves no more while it lies", async () => {
  const lie = fault("honesty.tls_intercepted", "another certificate");
  const lies: Probed = { ...DEAD, outcome: { kind: "failed", fault: lie, culprit: "exit", role: "exit" } };
  const { patrol, whenChecked, clock, pool, checks } = patrolled(["liar", "good"], async ({ id }, { deep }) => {
    return id === "liar" && deep ? lies : PASSED; // one page alone does not show it
  });
  await using _ = patrol;
  await whenChecked(2);
  for (let count = 3; count < 9; count++) {
    clock.ms += pool.find("liar")?.benchedForMs ?? 0;
    pool.record({ exit: "good", target: TARGET, outcome: PASSED.outcome });
    patrol.look();
    await whenChecked(count);
    assert.equal(pool.find("liar")?.state, "benched");
  }
  assert.ok(checks.slice(2).every(({ exit, fault: id }) => exit === "liar" && id === "honesty.tls_intercepted"));
});

test("an exit that begins to lie is found out in the time that is set, however much it is used, and however often settings are read again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const lie = fault("honesty.content_changed", "a script was added");
  let lying = false;
  const ids = ["a", "b", "liar", "c"];
  const lies: Probed = { ...DEAD, outcome: { kind: "failed", fault: lie, culprit: "exit", role: "exit" } };
  const probe: Probe = async ({ id }, { deep }) => (lying && deep && id === "liar" ? lies : PASSED);
  const { patrol, whenChecked, clock, pool, checks, takeExit } = patrolled(ids, probe);
  await using _ = patrol;
  await whenChecked(4);
  lying = true;
  const until = clock.ms + SETTINGS.honestyEvery;
  while (pool.find("liar")?.state === "healthy" && clock.ms <= until) {
    clock.ms += 60_000;
    for (const id of ids) pool.settle(takeExit(id), PASSED.outcome);
    if (clock.ms % 3_600_000 < 60_000) patrol.configure({ settings: SETTINGS, probe });
    t.mock.timers.tick(500);
    await new Promise(setImmediate);
  }
  assert.equal(pool.find("liar")?.lastFault, "honesty.content_changed");
  assert.ok(checks.length >= 5 && checks.length <= 8, `${checks.length}`);
});

test("a bug in a check is told, and its exit is taken like others", async () => {
  const bugs: unknown[] = [];
  const { patrol, whenChecked, take } = patrolled(
    ["a"],
    () => {
      throw new TypeError("a bug");
    },
    SETTINGS,
    (bug) => bugs.push(bug),
  );
  await using _ = patrol;
  await whenChecked(1);
  assert.deepEqual(bugs.map(String), ["TypeError: a bug"]);
  assert.equal(take()?.exit.id, "a");
});

test("a bug in what hears of a check is told, and the patrol goes on", async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const { pool, clock } = poolOf(["a", "b"].map((id) => exitOf(id)));
  const report = (): void => {
    throw new TypeError("a bug");
  };
  await using patrol = new Patrol({ pool, clock, random: seeded(2), report, onBug: resolve });
  patrol.configure({ settings: { ...SETTINGS, concurrent: 1 }, probe: async () => PASSED });
  assert.equal(String(await promise), "TypeError: a bug");
  await new Promise(setImmediate);
  assert.notEqual(pool.find("b")?.checkedMsAgo, null, "the place was left to the next one");
  assert.equal(patrol.running, 0);
});

test("where no judge tells, no exit is looked at for its honesty, and none passes for honest", async () => {
  const depths: boolean[] = [];
  const probe: Probe = async (_, { deep }) => {
    depths.push(deep);
    return PASSED;
  };
  const { patrol, pool, clock, whenChecked } = patrolled(["a", "b"], probe, { ...SETTINGS, judges: [] });
  await using _ = patrol;
  await whenChecked(2);
  clock.ms += 2 * SETTINGS.honestyEvery;
  patrol.look();
  await whenChecked(4);
  assert.deepEqual(depths, [false, false, false, false]);
  assert.deepEqual([pool.find("a")?.honestMsAgo, pool.find("a")?.checkedMsAgo], [null, 0]);
});

test("the end of a patrol ends its checks", async () => {
  let ended = 0;
  const { patrol, checks } = patrolled(["a", "b"], (_, { signal }) => {
    const { resolve, promise } = Promise.withResolvers<Probed>();
    signal.addEventListener("abort", () => {
      ended++;
      resolve(NOTHING);
    });
    return promise;
  });
  assert.equal(patrol.running, 2);
  await patrol[Symbol.asyncDispose]();
  assert.equal(ended, 2);
  assert.equal(patrol.running, 0);
  assert.equal(checks.length, 0);
});

test("a pool of many exits that are out is gone through for their honesty in many turns", async () => {
  const ids = Array.from({ length: 5000 }, (_, i) => `exit-${i}`);
  const { patrol, pool, clock } = patrolled([], async () => PASSED);
  await using _ = patrol;
  pool.load(ids.map((id) => exitOf(id)));
  for (const id of ids) pool.drain(id, true);
  const looks = looksByTurn(pool);
  clock.ms += SETTINGS.honestyEvery;
  patrol.look();
  const turns = await looks;
  assert.equal(
    turns.reduce((sum, count) => sum + count, 0),
    ids.length,
  );
  assert.ok(Math.max(...turns) <= 2000, `${turns}`);
});

/** How many exits each turn of the event loop looked at when the pool was gone through for the first time. */
function looksByTurn(pool: Pool): Promise<readonly number[]> {
  const { resolve, promise } = Promise.withResolvers<readonly number[]>();
  const inTurn = pool.inTurn.bind(pool);
  const turns: number[] = [];
  let looks = 0;
  pool.inTurn = function* () {
    let isSame = false;
    for (const due of inTurn()) {
      if (!isSame) setImmediate(() => (isSame = false));
      if (!isSame) turns.push(0);
      isSame = true;
      turns.push((turns.pop() as number) + 1);
      if (++looks === pool.size) resolve(turns);
      yield due;
    }
  };
  return promise;
}
