import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckContext } from "../../src/check/check-context.ts";
import { createProbe } from "../../src/check/probe-exit.ts";
import { DEFAULTS } from "../../src/config/defaults.ts";
import type { CheckAllowance, ProbeOptions } from "../../src/core/probe.ts";
import type { Exit } from "../../src/core/route.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import type { LabServer } from "../../src/lab/lab-server.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";
import { startWebProxy } from "../../src/lab/zoo/web-proxy.ts";
import { Cancellation } from "../../src/net/cancellation.ts";
import { Limits } from "../../src/pool/limits.ts";
import { type Checking, candidateOf, startChecking } from "./checking.ts";

const exitOf = ({ host, port }: LabServer, scheme: string): Exit => candidateOf(`${scheme}://${host}:${port}`).exit;
const deep = (allowance: CheckAllowance): ProbeOptions => ({ deep: true, signal: new Cancellation(), allowance });

/** The context of checks whose connections to an exit are counted. */
function counting({ context }: Checking, exit: LabServer): { context: CheckContext; most: () => number } {
  let open = 0;
  let most = 0;
  const connectTcp: CheckContext["connectTcp"] = async (addresses, port, options) => {
    if (port !== exit.port) return await context.connectTcp(addresses, port, options);
    most = Math.max(most, ++open);
    const outcome = await context.connectTcp(addresses, port, options);
    if ("socket" in outcome) outcome.socket.once("close", () => open--);
    else open--;
    return outcome;
  };
  return { context: { ...context, connectTcp }, most: () => most };
}

test("A check has no more connections open than it may, and finds out what it finds out without limits.", async () => {
  await using checking = await startChecking({ samples: 1 });
  await using honest = await startHttpExit();
  await using socks = await startSocksExit();
  await using liar = await startHttpExit({ tamper: (body) => Buffer.concat([body, Buffer.from("<script></script>")]) });
  for (const connections of [1, 2, 3]) {
    for (const [server, scheme, kind] of [
      [honest, "http", "answered"],
      [socks, "socks5", "answered"],
      [socks, "socks5h", "answered"],
      [liar, "http", "failed"],
    ] as const) {
      const { context, most } = counting(checking, server);
      const { outcome } = await createProbe(context)(exitOf(server, scheme), deep({ connections, spacingMs: 0, askTurn: () => 0 }));
      assert.equal(outcome.kind, kind, `${scheme} ${connections}`);
      assert.ok(most() <= connections, `${most()} open, ${connections} allowed`);
    }
  }
});

test("A check asks an exit at the pace that its own limits leave for checks, for each request.", async () => {
  await using checking = await startChecking({ samples: 1 });
  await using server = await startHttpExit();
  const exit = exitOf(server, "http");
  const limits = new Limits({ ...DEFAULTS.pacing, perExit: { concurrent: 8, perSecond: 50 } }, () => {});
  const { now } = checking.context.clock;
  // The first request is counted as the check begins.
  const granted = [now()];
  const slot = limits.takeForCheck(exit, { share: 0.5, connections: 4 }, granted[0] as number);
  assert.ok(slot !== null);
  let isFirst = true;
  const askTurn = (at: number): number => {
    const waitMs = slot.askTurn(at);
    if (waitMs === 0 && !isFirst) granted.push(at);
    isFirst = false;
    return waitMs;
  };
  const { connections, spacingMs } = slot;
  assert.deepEqual([connections, spacingMs], [4, 40]);
  const { outcome } = await createProbe(checking.context)(exit, deep({ connections, spacingMs, askTurn }));
  assert.equal(outcome.kind, "answered");
  assert.ok(granted.length >= 8, `${granted.length} requests`);
  const gaps = granted.slice(1).map((at, i) => at - (granted[i] as number));
  assert.ok(Math.min(...gaps) >= 40, gaps.join());
  slot.release();
  assert.equal(limits.refusalOf(exit, "site.example:80", now() + 1000), null);
});

test("An exit is neither asked nor blamed where its limits leave no time for a check.", async () => {
  await using checking = await startChecking({ timeoutMs: 300 });
  await using server = await startHttpExit();
  const never = deep({ connections: 1, spacingMs: 1, askTurn: () => 3_600_000 });
  const { outcome, summary } = await createProbe(checking.context)(exitOf(server, "http"), never);
  assert.equal(outcome.kind, "unjudged");
  assert.match(summary, /limits/);
  assert.equal(server.accepted, 0);
});

test("Waiting for a turn is no patience with the exit that is spent: each request of the check is sent.", async () => {
  await using checking = await startChecking({ timeoutMs: 200 });
  await using server = await startHttpExit();
  const limits = new Limits({ ...DEFAULTS.pacing, perExit: { concurrent: null, perSecond: 10 } }, () => {});
  const slot = limits.takeForCheck(exitOf(server, "http"), { share: 0.5, connections: 4 }, checking.context.clock.now());
  assert.ok(slot !== null);
  const { outcome } = await createProbe(checking.context)(exitOf(server, "http"), deep(slot));
  assert.equal(outcome.kind, "answered");
});

test("An exit is not found honest where its limits left time for a part of the close check alone; a lie that was seen is one.", async () => {
  await using checking = await startChecking({ timeoutMs: 1000 });
  await using honest = await startHttpExit();
  await using liar = await startHttpExit({ tamper: (body) => Buffer.concat([body, Buffer.from("<script></script>")]) });
  for (const [server, kind] of [
    [honest, "unjudged"],
    [liar, "failed"],
  ] as const) {
    let turns = 3;
    const some = deep({ connections: 4, spacingMs: 1, askTurn: () => (turns-- > 0 ? 0 : 3_600_000) });
    const { outcome } = await createProbe(checking.context)(exitOf(server, "http"), some);
    assert.equal(outcome.kind, kind);
    assert.ok(server.accepted > 0);
  }
});

test("An exit is not found honest where the system had no socket for a part of the close check: that is the gateway's own lack.", async () => {
  await using checking = await startChecking();
  await using server = await startHttpExit();
  let left = 2;
  const connectTcp: CheckContext["connectTcp"] = async (addresses, port, options) => {
    if (port !== server.port || left-- > 0) return await checking.context.connectTcp(addresses, port, options);
    return { interruption: { how: "errno", code: "EMFILE" }, address: "127.0.0.1" };
  };
  const probe = createProbe({ ...checking.context, connectTcp });
  const { outcome } = await probe(exitOf(server, "http"), { deep: true, signal: new Cancellation() });
  assert.ok(outcome.kind === "failed");
  assert.deepEqual([outcome.fault.id, outcome.culprit], ["gateway.fd_exhausted", "gateway"]);
});

test("An exit that takes CONNECT alone is not blamed for refusing all else where the system had no socket for the CONNECT.", async () => {
  await using checking = await startChecking();
  await using server = await startWebProxy({ instead: () => formatAnswer(405, { Allow: "CONNECT" }, "tunnels only\n") });
  for (const [sockets, fault] of [
    [Number.POSITIVE_INFINITY, null],
    [1, "gateway.fd_exhausted"],
  ] as const) {
    let left = sockets;
    const connectTcp: CheckContext["connectTcp"] = async (addresses, port, options) => {
      if (port !== server.port || left-- > 0) return await checking.context.connectTcp(addresses, port, options);
      return { interruption: { how: "errno", code: "EMFILE" }, address: "127.0.0.1" };
    };
    const checked = await checking.check(`http://127.0.0.1:${server.port}`, { connectTcp });
    assert.equal(checked.fault?.id ?? null, fault);
    left = sockets;
    const probe = createProbe({ ...checking.context, connectTcp });
    const { outcome } = await probe(exitOf(server, "http"), { deep: false, signal: new Cancellation() });
    assert.equal(outcome.kind === "failed" ? outcome.fault.id : null, fault);
  }
});

test("A check that waits for its turn ends at once where it is ended.", async () => {
  await using checking = await startChecking({ timeoutMs: 3_600_000 });
  await using server = await startHttpExit();
  const asked = Promise.withResolvers<void>();
  const askTurn = (): number => {
    asked.resolve();
    return 3_600_000;
  };
  const signal = new Cancellation();
  const running = createProbe(checking.context)(exitOf(server, "http"), {
    deep: true,
    signal,
    allowance: { connections: 1, spacingMs: 1, askTurn },
  });
  await asked.promise;
  signal.cancel();
  assert.equal((await running).outcome.kind, "unjudged");
});
