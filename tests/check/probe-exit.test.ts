import assert from "node:assert/strict";
import { test } from "node:test";
import { createProbe } from "../../src/check/probe-exit.ts";
import { confidenceOf } from "../../src/core/fault-table.ts";
import { fin, silence } from "../../src/lab/behaviours.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { findClosedPort, type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { startSite } from "../../src/lab/site.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";
import { Cancellation } from "../../src/net/cancellation.ts";
import { candidateOf, startChecking, targetOf } from "./checking.ts";

const LIGHT = { deep: false, signal: new Cancellation() };
const DEEP = { deep: true, signal: new Cancellation() };
const exitOf = ({ host, port }: Pick<LabServer, "host" | "port">, scheme = "http") => candidateOf(`${scheme}://${host}:${port}`).exit;
const tamper = (body: Buffer) => Buffer.from(body.toString("latin1").replace("</body>", "<script></script></body>"), "latin1");

test("An exit is probed by one connection, and by a few more for its honesty.", async () => {
  await using checking = await startChecking({ samples: 1 });
  const probe = createProbe(checking.context);
  for (const [start, scheme] of [
    [startHttpExit, "http"],
    [startSocksExit, "socks5"],
  ] as const) {
    await using exit = await start();
    const light = await probe(exitOf(exit, scheme), LIGHT);
    assert.deepEqual([light.outcome.kind, exit.accepted], ["answered", 1]);
    assert.deepEqual([light.target.scheme, light.target.port], ["http", Number(checking.judge.url.port)]);
    assert.equal((await probe(exitOf(exit, scheme), DEEP)).outcome.kind, "answered");
    assert.ok(exit.accepted > 2 && exit.accepted <= 9, `${exit.accepted} connections`);
  }
});

test("An exit that lies fails by its lie, and one that is dead by its fault.", async () => {
  await using checking = await startChecking();
  const probe = createProbe(checking.context);
  await using liar = await startHttpExit({ tamper });
  const { outcome, summary } = await probe(exitOf(liar), LIGHT);
  assert.ok(outcome.kind === "failed");
  assert.deepEqual([outcome.fault.id, outcome.culprit, outcome.role], ["honesty.content_changed", "exit", "exit"]);
  assert.match(summary, /script/);
  const dead = await probe(exitOf(await findClosedPort()), LIGHT);
  assert.ok(dead.outcome.kind === "failed");
  assert.deepEqual([dead.outcome.fault.id, dead.outcome.culprit], ["connect.refused", "exit"]);
});

test("Exits are not blamed for a judge that has gone, nor for one that came back with another key.", async () => {
  const checking = await startChecking();
  const { context, judge } = checking;
  await checking[Symbol.asyncDispose]();
  await using exit = await startHttpExit();
  const gone = await createProbe(context)(exitOf(exit), LIGHT);
  assert.equal(gone.outcome.kind, "unjudged");
  assert.match(gone.summary, /judge/);
  await using silent = await startLabServer(silence);
  const waited = await createProbe({ ...context, timeoutMs: 300 })(exitOf(silent), LIGHT);
  assert.equal(waited.outcome.kind, "unjudged");

  await using other = await startChecking();
  const changed = { ...judge, url: other.judge.url };
  const back = await createProbe({ ...context, judges: [changed] })(exitOf(exit), LIGHT);
  assert.equal(back.outcome.kind, "unjudged");
});

test("Once an exit has led to the judge, another that is silent, or ends every connection, is to blame for that, as sure as can be.", async () => {
  await using checking = await startChecking({ timeoutMs: 1000 });
  const probe = createProbe(checking.context);
  await using silent = await startLabServer(silence);
  await using closing = await startLabServer(fin);
  const told = async (server: LabServer, scheme: string) => {
    const { outcome } = await probe(exitOf(server, scheme), LIGHT);
    assert.ok(outcome.kind === "failed");
    return [outcome.culprit, outcome.isTargetUp, confidenceOf(outcome.fault) >= 0.95];
  };
  assert.deepEqual((await told(silent, "http"))[1], false, "the judge may be out of everyone's reach");
  await using good = await startHttpExit();
  assert.equal((await probe(exitOf(good), DEEP)).outcome.kind, "answered");
  for (const scheme of ["http", "socks5"]) {
    const both = await Promise.all([told(silent, scheme), told(closing, scheme)]);
    assert.deepEqual(both, [
      ["exit", true, true],
      ["exit", true, true],
    ]);
  }
});

test("Where a target is named, exits are asked for that, and a judge for their honesty alone.", async () => {
  await using checking = await startChecking();
  await using site = await startSite();
  const target = targetOf({ url: `http://127.0.0.1:${site.port}/`, status: "200", body: "It works" });
  const probe = createProbe({ ...checking.context, target });
  await using honest = await startHttpExit();
  const light = await probe(exitOf(honest), LIGHT);
  assert.deepEqual([light.outcome.kind, light.target.port, honest.accepted], ["answered", site.port, 1]);
  await using liar = await startHttpExit({ tamper });
  assert.equal((await probe(exitOf(liar), LIGHT)).outcome.kind, "answered");
  assert.equal((await probe(exitOf(liar), DEEP)).outcome.kind, "failed");
});

test("A target that answers otherwise is not the exit's fault.", async () => {
  await using checking = await startChecking({ judges: [] });
  await using site = await startSite();
  await using exit = await startHttpExit();
  const target = targetOf({ url: `http://127.0.0.1:${site.port}/status/404`, status: null, body: null });
  const { outcome } = await createProbe({ ...checking.context, target })(exitOf(exit), LIGHT);
  assert.ok(outcome.kind === "failed");
  assert.deepEqual([outcome.fault.id, outcome.role, outcome.culprit], ["relay.ruled", "target", "origin"]);
});

test("A probe ends in time, and at once where it is ended.", async () => {
  await using checking = await startChecking({ timeoutMs: 200 });
  const probe = createProbe(checking.context);
  await using silent = await startLabServer(silence);
  const late = await probe(exitOf(silent), LIGHT);
  assert.ok(late.outcome.kind === "failed");
  assert.match(late.outcome.fault.id, /timeout/);
  const cancellation = new Cancellation();
  const running = createProbe({ ...checking.context, timeoutMs: 60_000 })(exitOf(silent), { deep: true, signal: cancellation });
  await silent.whenAccepted(2);
  cancellation.cancel();
  assert.equal((await running).outcome.kind, "unjudged");
  await using closing = await startLabServer(fin);
  assert.equal((await probe(exitOf(closing, "socks5"), LIGHT)).outcome.kind, "failed");
});
