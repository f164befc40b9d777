import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { HostPort } from "../../src/core/address.ts";
import type { ExitScheme } from "../../src/core/route.ts";
import { BAD_ANSWERS } from "../../src/lab/bad-answers.ts";
import { afterHead, fin, silence } from "../../src/lab/behaviours.ts";
import { createAuthority } from "../../src/lab/certificates.ts";
import { fakeResolver } from "../../src/lab/fake-resolver.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { findClosedPort, startLabServer } from "../../src/lab/lab-server.ts";
import { startSite } from "../../src/lab/site.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";
import { exitAt } from "../../src/lab/stages/scenes.ts";
import { connectTcp } from "../../src/net/connect-tcp.ts";
import { context, diagnosisOf, verdictOf } from "./diagnosing.ts";

test("an exit whose line names the wrong scheme is well, and the line is told as the one at fault", async () => {
  await using site = await startSite();
  await using http = await startHttpExit();
  await using https = await startHttpExit({ tls: createAuthority().issue({ names: ["127.0.0.1"] }) });
  await using socks = await startSocksExit();
  const lines: readonly (readonly [HostPort, ExitScheme, ExitScheme])[] = [
    ...(["https", "socks4", "socks4a", "socks5", "socks5h"] as const).map((said) => [http, said, "http"] as const),
    ...(["http", "socks4", "socks5h"] as const).map((said) => [https, said, "https"] as const),
    ...(["http", "https"] as const).map((said) => [socks, said, "socks5"] as const),
  ];
  const own = { ...context, timeoutMs: 1500 };
  await Promise.all(
    lines.map(async ([exit, said, spoken]) => {
      const { fault, culprit, hop, confidence, fix } = await verdictOf(site, [exitAt(exit, said)], {}, own);
      assert.deepEqual([said, fault, culprit, hop, confidence], [said, "handshake.not_a_proxy", "gateway", 1, 0.95]);
      assert.equal(fix.client, `The exit speaks another protocol: use ${spoken}://${exit.host}:${exit.port}.`);
    }),
  );
});

test("the protocol that a port does speak is waited for, however sure it is that it is not the one of its line", async () => {
  await using site = await startSite();
  await using slow = await startLabServer(async (peer) => {
    if ((await peer.reader.peek(1))[0] !== 5) return await afterHead(BAD_ANSWERS.socksReply)(peer);
    await delay(900);
    await peer.send(Buffer.of(5, 0));
    await peer.reader.take(4);
    await peer.send(Buffer.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 0));
    await silence(peer);
  });
  const { fault, culprit, fix } = await verdictOf(site, [exitAt(slow)]);
  assert.deepEqual([fault, culprit], ["handshake.not_a_proxy", "gateway"]);
  assert.match(fix.client, /use socks5:/);
});

test("a line that names the wrong scheme is told as well where the site is down and the exit says so in its own protocol", async () => {
  const down = await findClosedPort();
  await using http = await startHttpExit();
  await using socks = await startSocksExit();
  /** As microsocks does: to whatever is no SOCKS5 it says that it takes no login of that kind. */
  await using strict = await startLabServer(async (peer) => {
    const isSocks = (await peer.reader.peek(1))[0] === 5;
    await peer.send(Buffer.of(5, isSocks ? 0 : 255));
    if (isSocks) await peer.send(Buffer.of(5, 5, 0, 1, 0, 0, 0, 0, 0, 0));
    await peer.end();
  });
  const lines: readonly (readonly [HostPort, ExitScheme, ExitScheme])[] = [
    ...(["socks5", "socks4"] as const).map((said) => [http, said, "http"] as const),
    ...[socks, strict].map((exit) => [exit, "http", "socks5"] as const),
  ];
  const own = { ...context, timeoutMs: 1500 };
  await Promise.all(
    lines.map(async ([exit, said, spoken]) => {
      const { fault, culprit, summary, fix } = await verdictOf(down, [exitAt(exit, said)], {}, own);
      assert.deepEqual([said, fault, culprit], [said, "handshake.not_a_proxy", "gateway"]);
      assert.equal(fix.client, `The exit speaks another protocol: use ${spoken}://${exit.host}:${exit.port}.`);
      assert.match(summary, /The site fails without a proxy too\.$/);
    }),
  );
});

test("an exit that closes whatever it is asked, in any protocol, while the site is down, is not said to speak another", async () => {
  const down = await findClosedPort();
  await using closing = await startLabServer(afterHead(fin));
  const { fault, culprit } = await verdictOf(down, [exitAt(closing)]);
  assert.deepEqual([fault, culprit], ["connect.refused", "origin"]);
});

test("with --no-direct the site's name is not looked up here to find out what an HTTP line's port speaks", async () => {
  await using site = await startSite();
  await using socks = await startSocksExit({ reach: { "site.lab": site } });
  const lookedUp: string[] = [];
  const { resolve } = fakeResolver({});
  const resolver = {
    resolve(name: string, deadline: number) {
      lookedUp.push(name);
      return resolve(name, deadline);
    },
  };
  const named = { url: new URL("http://site.lab/"), direct: false, ports: true };
  const { fault, fix } = await verdictOf(site, [exitAt(socks)], named, { ...context, resolver });
  assert.equal(fault, "handshake.not_a_proxy");
  assert.match(fix.client, /use socks5h:/);
  assert.deepEqual(lookedUp, []);
});

test("the usual ports of a host are looked at where they are asked for, and the one that answers as a proxy is named", async () => {
  await using site = await startSite();
  await using exit = await startHttpExit();
  const closed = await findClosedPort();
  const dialled = new Set<number>();
  /** The host's port 3128 is where the lab's exit listens. */
  const fromAfar: typeof connectTcp = (addresses, port, options) => {
    dialled.add(port);
    const usual = [80, 1080, 8080].includes(port) ? closed.port : port;
    return connectTcp(addresses, port === 3128 ? exit.port : usual, options);
  };
  const own = { ...context, connectTcp: fromAfar };

  const asked = await diagnosisOf(site, [exitAt(closed)], { ports: true }, own);
  assert.deepEqual([asked.verdict.fault, asked.verdict.culprit, asked.verdict.hop], ["connect.refused", "exit", 1]);
  assert.equal(asked.verdict.fix.client, "A proxy answers at another port of that host: use http://127.0.0.1:3128.");
  const ports = asked.tests.filter(({ spec }) => spec.part === "port").map(({ spec, outcome }) => [spec.route, outcome]);
  assert.deepEqual(ports, [
    ["as http://127.0.0.1:80", "fault"],
    ["as socks5://127.0.0.1:1080", "fault"],
    ["as http://127.0.0.1:3128", "ok"],
    ["as http://127.0.0.1:8080", "fault"],
  ]);

  dialled.clear();
  await diagnosisOf(site, [exitAt(closed)], { ports: false }, own);
  assert.deepEqual([...dialled].sort(), [site.port, closed.port].sort());
});
