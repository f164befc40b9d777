import assert from "node:assert/strict";
import { test } from "node:test";
import { createGatewayProbe } from "../../src/check/gateway-probe.ts";
import { startJudge } from "../../src/check/judge/judge.ts";
import { createJudgeKey } from "../../src/check/judge/signature.ts";
import { DEFAULT_CHECK, DEFAULTS } from "../../src/config/defaults.ts";
import type { HostPort } from "../../src/core/address.ts";
import type { Pacing } from "../../src/core/pool-settings.ts";
import type { Probe } from "../../src/core/probe.ts";
import type { CheckSettings } from "../../src/core/settings.ts";
import { silence } from "../../src/lab/behaviours.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { findClosedPort, type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { Cancellation } from "../../src/net/cancellation.ts";
import { connectTcp } from "../../src/net/connect-tcp.ts";
import { systemResolver } from "../../src/net/resolve.ts";
import { candidateOf } from "./checking.ts";

const MINUTE_MS = 60_000;
const exitOf = ({ host, port }: Pick<LabServer, "host" | "port">) => candidateOf(`http://${host}:${port}`).exit;
const urlOf = ({ host, port }: HostPort) => `http://${host}:${port}/`;
const startJudgeAt = (port: number) =>
  startJudge({ listen: [{ host: "127.0.0.1", port }], key: createJudgeKey(), identity: null, openFilesMax: null });

const DEEP = { deep: true, signal: new Cancellation() };

interface Probing {
  readonly probe: Probe;
  readonly warnings: string[];
  readonly whenJudgesAreBack: Promise<void>;
  /** Lets time pass on its clock. */
  pass(ms: number): void;
}

function probing(check: Partial<CheckSettings>, dialler = connectTcp, pacing: Pacing = DEFAULTS.pacing): Probing {
  let ahead = 0;
  const warnings: string[] = [];
  const back = Promise.withResolvers<void>();
  const probe = createGatewayProbe({
    check: { ...DEFAULT_CHECK, judges: [], target: null, ...check },
    exchange: { ...DEFAULTS, pacing, ca: null },
    resolver: systemResolver(),
    connectTcp: dialler,
    clock: { now: () => performance.now() + ahead, wall: () => Date.now() + ahead },
    warn: (message) => warnings.push(message),
    onJudgesBack: back.resolve,
  });
  return {
    probe,
    warnings,
    whenJudgesAreBack: back.promise,
    pass: (ms) => {
      ahead += ms;
    },
  };
}

// The first one: timers of another that are still to be cleared would hold the process, since they are not those that are mocked.
test("That a judge can be asked again is seen without another check.", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  await using exit = await startHttpExit();
  const at = await findClosedPort();
  const { probe, whenJudgesAreBack, pass } = probing({ judges: [urlOf(at)] });
  assert.equal((await probe(exitOf(exit), DEEP)).outcome.kind, "unjudged");
  await using _ = await startJudgeAt(at.port);
  pass(MINUTE_MS);
  t.mock.timers.tick(MINUTE_MS);
  await whenJudgesAreBack;
});

test("A gateway that ends does not wait for a judge that is silent, nor is an exit blamed for that.", async () => {
  await using judge = await startLabServer(silence);
  await using exit = await startHttpExit();
  const { probe, warnings } = probing({ judges: [urlOf(judge)], timeout: 3_600_000 });
  const signal = new Cancellation();
  const running = [1, 2].map(() => probe(exitOf(exit), { deep: true, signal }));
  await judge.whenAccepted(1);
  signal.cancel();
  for (const { outcome } of await Promise.all(running)) assert.equal(outcome.kind, "unjudged");
  assert.deepEqual(warnings, []);
});

test("While no judge is up, what is dead is found out, and no exit passes for honest.", async () => {
  const { probe, warnings } = probing({ judges: [urlOf(await findClosedPort())] });
  await using good = await startHttpExit();
  const signal = new Cancellation();
  assert.equal((await probe(exitOf(good), { deep: true, signal })).outcome.kind, "unjudged");
  assert.equal((await probe(exitOf(good), { deep: false, signal })).outcome.kind, "answered");
  assert.equal((await probe(exitOf(await findClosedPort()), { deep: true, signal })).outcome.kind, "failed");
  assert.equal(warnings.length, 1);
});

test("That a judge cannot be asked is said once, and that it can be again.", async () => {
  await using exit = await startHttpExit();
  const at = await findClosedPort();
  const { probe, warnings, pass } = probing({ judges: [urlOf(at)] });
  const ask = async () => (await probe(exitOf(exit), DEEP)).outcome.kind;
  assert.equal(await ask(), "unjudged");
  pass(MINUTE_MS);
  assert.equal(await ask(), "unjudged");
  assert.equal(warnings.length, 1);
  await using _ = await startJudgeAt(at.port);
  pass(MINUTE_MS);
  assert.equal(await ask(), "answered");
  pass(MINUTE_MS);
  assert.equal(await ask(), "answered");
  assert.deepEqual(warnings.slice(1), ["check: all judges can be asked again"]);
});

test("A judge is as up as it was where the gateway has no socket to ask it without an exit.", async () => {
  await using judge = await startJudgeAt(0);
  const [at] = judge.addresses as readonly [HostPort];
  await using exit = await startHttpExit();
  let isLacking = false;
  const dialler: typeof connectTcp = async (addresses, port, options) =>
    isLacking && port === at.port
      ? { interruption: { how: "errno", code: "EMFILE" }, address: at.host }
      : await connectTcp(addresses, port, options);
  const { probe, pass, warnings } = probing({ judges: [urlOf(at)] }, dialler);
  const ask = async () => (await probe(exitOf(exit), DEEP)).outcome.kind;
  assert.equal(await ask(), "answered");
  isLacking = true;
  for (let minute = 0; minute < 2; minute++) {
    pass(MINUTE_MS);
    assert.equal(await ask(), "answered");
  }
  assert.deepEqual(warnings, []);
});

test("No exit that is elsewhere passes for honest by a judge that only this machine can reach.", async () => {
  await using judge = await startJudgeAt(0);
  const [at] = judge.addresses as readonly [HostPort];
  await using exit = await startHttpExit();
  const elsewhere = "192.0.2.1";
  const dialler: typeof connectTcp = (addresses, ...rest) => connectTcp(addresses[0] === elsewhere ? [exit.host] : addresses, ...rest);
  const { probe } = probing({ judges: [urlOf(at)] }, dialler);
  const ask = async (host: string) => (await probe(exitOf({ host, port: exit.port }), { deep: true, signal: new Cancellation() })).outcome;
  assert.deepEqual([(await ask(exit.host)).kind, (await ask(elsewhere)).kind], ["answered", "unjudged"]);
});

test("A judge that another one has taken the place of is known again within a minute or two, and no exit is blamed meanwhile.", async () => {
  const before = await startJudgeAt(0);
  const [at] = before.addresses as readonly [HostPort];
  await using exit = await startHttpExit();
  const { probe, pass, warnings } = probing({ judges: [urlOf(at)] });
  const ask = async () => (await probe(exitOf(exit), { deep: true, signal: new Cancellation() })).outcome.kind;
  assert.equal(await ask(), "answered");
  await before[Symbol.asyncDispose]();
  await using _ = await startJudgeAt(at.port);
  assert.equal(await ask(), "unjudged");
  pass(MINUTE_MS);
  let outcome = await ask();
  while (outcome === "unjudged") outcome = await ask();
  assert.equal(outcome, "answered");
  assert.deepEqual(warnings, []);
});

test("A judge that hangs keeps nobody from being checked by the others.", async () => {
  await using judge = await startJudgeAt(0);
  const [at] = judge.addresses as readonly [HostPort];
  await using hanging = await startLabServer(silence);
  await using exit = await startHttpExit();
  const { probe, pass } = probing({ judges: [urlOf(hanging), urlOf(at)], timeout: 3_600_000 });
  const ask = async (signal: Cancellation) => (await probe(exitOf(exit), { deep: false, signal })).outcome.kind;
  const signal = new Cancellation();
  assert.equal(await ask(signal), "answered");
  pass(MINUTE_MS);
  const [outcome] = await Promise.all([ask(signal), hanging.whenAccepted(2)]);
  assert.equal(outcome, "answered");
  signal.cancel();
});

test("Where exits' own rate leaves no time for a close check, that is said at once, and they are asked by one request that proves no honesty.", async () => {
  await using judge = await startJudgeAt(0);
  await using exit = await startHttpExit();
  await using liar = await startHttpExit({ tamper: (body) => Buffer.concat([body, Buffer.from("<script></script>")]) });
  const [at] = judge.addresses as [HostPort];
  const pacing: Pacing = { ...DEFAULTS.pacing, perExit: { concurrent: null, perSecond: 0.005 } };
  const { probe, warnings } = probing({ judges: [urlOf(at)] }, connectTcp, pacing);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /pacing\.perExit\.perSecond 0\.005/);
  const allowance = { connections: 4, spacingMs: 400_000, askTurn: () => 0 };
  const how = { deep: true, signal: new Cancellation(), allowance };
  assert.equal((await probe(exitOf(exit), how)).outcome.kind, "unjudged");
  assert.equal(exit.accepted, 1);
  assert.equal((await probe(exitOf(liar), how)).outcome.kind, "failed");
  assert.equal(probing({ judges: [urlOf(at)] }, connectTcp, { ...pacing, perExit: { concurrent: 1, perSecond: 0.01 } }).warnings.length, 0);
});
