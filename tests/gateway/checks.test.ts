import assert from "node:assert/strict";
import { test } from "node:test";
import { startLocalJudge } from "../../src/check/judge/local-judge.ts";
import { defaultConfig } from "../../src/config/defaults.ts";
import type { AdminSettings } from "../../src/core/settings.ts";
import { silence } from "../../src/lab/behaviours.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { findClosedPort, type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { proxyGet } from "../../src/lab/raw-client.ts";
import { dialClient, exchange } from "./client.ts";
import { startLabGateway } from "./lab-gateway.ts";
import { ok, startRawTarget } from "./raw-target.ts";

/** What a judge of this machine is called in a config. */
async function startJudge(): Promise<{ url: string } & AsyncDisposable> {
  const { judge, address } = await startLocalJudge();
  return { url: address.url.href, [Symbol.asyncDispose]: () => judge[Symbol.asyncDispose]() };
}

function line({ host, port }: Pick<LabServer, "host" | "port">, id: string): string {
  return `http://${host}:${port} id=${id}`;
}

test("a gateway with checks takes the exit that passed, and neither a dead one nor a liar", async () => {
  await using judge = await startJudge();
  await using good = await startHttpExit();
  await using liar = await startHttpExit({ tamper: (body) => Buffer.concat([body, Buffer.from("<script src=//ads.example></script>")]) });
  await using site = await startRawTarget(() => ok("page"));
  const exits = [line(await findClosedPort(), "dead"), line(liar, "liar"), line(good, "good")];
  // The length of a bench is drawn: a short one would be over before it is looked at.
  const options = { random: () => 0 };
  await using started = await startLabGateway({ exits, check: { judges: [judge.url], wait: 10_000 }, options });
  const { gateway, address, events } = started;
  const checked = () => events.filter((event) => event.type === "exit-checked");
  while (checked().length < 3) await new Promise(setImmediate);
  const states = Object.fromEntries(gateway.pool.snapshot().map(({ id, state, lastFault }) => [id, { state, lastFault }]));
  assert.deepEqual(states, {
    dead: { state: "benched", lastFault: "connect.refused" },
    liar: { state: "benched", lastFault: "honesty.content_changed" },
    good: { state: "healthy", lastFault: null },
  });
  using peer = await dialClient(address);
  const answer = await exchange(peer, proxyGet(`http://${site.host}:${site.port}/`));
  assert.equal(answer.status, 200);
  const record = await started.nextRecord();
  assert.deepEqual(
    record.attempts.map(({ exit }) => exit),
    ["good"],
  );
});

test("a gateway serves from its one good exit though a hundred silent ones are in front of it in the list, and ends at once", async () => {
  await using judge = await startJudge();
  await using silent = await startLabServer(silence);
  await using good = await startHttpExit();
  await using site = await startRawTarget(() => ok("page"));
  const silentLines = Array.from({ length: 100 }, (_, i) => `http://user${i}:secret@${silent.host}:${silent.port} id=silent${i}`);
  const check = { judges: [judge.url], concurrent: 16, wait: 3_600_000, timeout: 3_600_000 };
  await using started = await startLabGateway({ exits: [...silentLines, line(good, "good")], check });
  using peer = await dialClient(started.address);
  assert.equal((await exchange(peer, proxyGet(`http://${site.host}:${site.port}/`))).status, 200);
  assert.equal(started.gateway.pool.countByState().healthy, 1);
});

test("a gateway whose judge is down warns, and takes its exits as if there were no checks", async () => {
  await using good = await startHttpExit();
  await using site = await startRawTarget(() => ok("page"));
  const { host, port } = await findClosedPort();
  await using started = await startLabGateway({
    exits: [line(good, "good")],
    check: { judges: [`http://${host}:${port}/`], wait: 10_000 },
  });
  using peer = await dialClient(started.address);
  assert.equal((await exchange(peer, proxyGet(`http://${site.host}:${site.port}/`))).status, 200);
  assert.equal(started.gateway.pool.snapshot()[0]?.lastFault, null);
  const warnings = started.lines.filter((text) => text.includes("check: "));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /connect\.refused/);
});

test("a gateway can check its exits by a target of its own, and benches none for it where the target is down", async () => {
  await using one = await startHttpExit();
  await using other = await startHttpExit();
  await using site = await startRawTarget(() => ok("welcome"));
  const url = `http://${site.host}:${site.port}/`;
  const exits = [line(one, "one"), line(other, "other")];
  const statesUnder = async (body: string | null, target: string) => {
    await using started = await startLabGateway({ exits, check: { target: { url: target, status: null, body }, wait: 10_000 } });
    while (started.events.filter(({ type }) => type === "exit-checked").length < 2) await new Promise(setImmediate);
    return started.gateway.pool.snapshot().map(({ state }) => state);
  };
  assert.deepEqual(await statesUnder("welcome", url), ["healthy", "healthy"]);
  const closed = await findClosedPort();
  const down = await statesUnder(null, `http://${closed.host}:${closed.port}/`);
  assert.ok(!down.includes("benched") && !down.includes("dead"), down.join());
});

test("while the start waits for a first exit that passes, /readyz says 503", async () => {
  await using judge = await startJudge();
  const silent = await startLabServer(silence);
  await using _ = silent;
  const admin = { ...(defaultConfig().admin as AdminSettings), port: (await findClosedPort()).port };
  const starting = startLabGateway({
    exits: [line(silent, "silent")],
    admin,
    check: { judges: [judge.url], wait: 3_600_000, timeout: 3_600_000 },
  });
  await silent.whenAccepted(1);
  const url = `http://${admin.host}:${admin.port}/readyz`;
  assert.equal((await fetch(url)).status, 503);
  await silent[Symbol.asyncDispose]();
  await using _started = await starting;
  assert.equal((await fetch(url)).status, 200);
});
