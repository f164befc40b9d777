import assert from "node:assert/strict";
import { test } from "node:test";
import { lookAtBytes } from "../../src/diagnose/microscope.ts";
import { readRoutes } from "../../src/diagnose/open-diagnosis.ts";
import { BAD_ANSWERS } from "../../src/lab/bad-answers.ts";
import { afterHead, fin, says } from "../../src/lab/behaviours.ts";
import { BLOCK_PAGES } from "../../src/lab/block-pages.ts";
import { startEdge } from "../../src/lab/edge.ts";
import { fakeDialler } from "../../src/lab/fake-dialler.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { findClosedPort, startLabServer } from "../../src/lab/lab-server.ts";
import { refuses } from "../../src/lab/refusals.ts";
import { startSite } from "../../src/lab/site.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";
import { exitAt } from "../../src/lab/stages/scenes.ts";
import { chain, context, diagnosisOf, verdictOf } from "./diagnosing.ts";

test("a site and an exit that work have no fault", async () => {
  await using site = await startSite();
  await using exit = await startHttpExit();
  const { fault, confidence } = await verdictOf(site, [exitAt(exit)]);
  assert.deepEqual([fault, confidence], [null, 1]);
});

test("an exit that refuses TCP is the culprit while the site answers", async () => {
  await using site = await startSite();
  const { fault, culprit, hop } = await verdictOf(site, [exitAt(await findClosedPort())]);
  assert.deepEqual([fault, culprit, hop], ["connect.refused", "exit", 1]);
});

test("a bare 502 through an exit is the exit's while the site answers without it", async () => {
  await using site = await startSite();
  await using exit = await startLabServer(refuses("nginx502"));
  const { culprit, hop } = await verdictOf(site, [exitAt(exit)]);
  assert.deepEqual([culprit, hop], ["exit", 1]);
});

test("a site whose edge answers 502 by every route is down, and no exit is blamed", async () => {
  const gone = await findClosedPort();
  await using edge = await startEdge({ "*": gone });
  await using exit = await startHttpExit();
  const { fault, culprit, hop, confidence } = await verdictOf(edge, [exitAt(exit)]);
  assert.deepEqual([fault, culprit, hop], ["relay.edge_5xx", "edge", 2]);
  assert.ok(confidence >= 0.95);
});

test("a site that nobody can connect to is told as it shows itself without a proxy, and not in the proxy's words", async () => {
  await using exit = await startHttpExit();
  const { fault, culprit, fix } = await verdictOf(await findClosedPort(), [exitAt(exit)]);
  assert.deepEqual([fault, culprit], ["connect.refused", "origin"]);
  assert.match(fix.client, /The site is down/);
});

test("an answer that does not parse is the site's where it comes without a proxy too", async () => {
  await using site = await startLabServer(afterHead(BAD_ANSWERS.fieldWithSpaceInName));
  const { culprit, stage } = await verdictOf(site, []);
  assert.deepEqual([culprit, stage], ["origin", "head"]);
});

test("HTTP that is spoken to a SOCKS port is found, with the scheme to use", async () => {
  await using site = await startSite();
  await using exit = await startSocksExit();
  const { fix, fault, culprit } = await verdictOf(site, [exitAt(exit)]);
  assert.deepEqual([fault, culprit], ["handshake.not_a_proxy", "gateway"]);
  assert.match(fix.client, /socks/);
  assert.match(fix.operator, /^Correct the exit's scheme or port: the exit speaks another protocol: use socks5:\/\/127\.0\.0\.1:\d+\.$/);
});

test("a proxy that is spoken to in another protocol is told before a site that is down as well", async () => {
  await using exit = await startLabServer(afterHead(BAD_ANSWERS.socksReply));
  const { fault, culprit, fix, summary } = await verdictOf(await findClosedPort(), [exitAt(exit)]);
  assert.deepEqual([fault, culprit], ["head.not_http", "gateway"]);
  assert.match(summary, /The site fails without a proxy too\.$/);
  assert.match(fix.operator, /use socks5:/);
});

test("a block page is no outage", async () => {
  await using site = await startLabServer(afterHead(says(BLOCK_PAGES["cloudflare-challenge"], fin)));
  const { fault, culprit } = await verdictOf(site, []);
  assert.deepEqual([fault, culprit], ["relay.blocked", "edge"]);
});

test("a chain's dead hop is named, wherever it is", async () => {
  await using site = await startSite();
  await using good = await startHttpExit();
  await using second = await startHttpExit();
  const dead = await findClosedPort();
  for (const [hops, place] of [
    [[dead, good], 1],
    [[good, dead], 2],
    [[dead, good, second], 1],
    [[good, dead, second], 2],
    [[good, second, dead], 3],
  ] as const) {
    const { culprit, hop } = await verdictOf(site, [chain(...hops)]);
    assert.deepEqual([culprit, hop], ["exit", place]);
  }
});

test("a machine without a network blames neither exits nor the site", async () => {
  const none = { how: "errno", code: "ENETUNREACH" } as const;
  const own = { ...context, connectTcp: fakeDialler({ "192.0.2.1": none, "192.0.2.2": none }) };
  const { culprit, hop } = await verdictOf({ host: "192.0.2.1", port: 80 }, [exitAt({ host: "192.0.2.2", port: 8080 })], {}, own);
  assert.deepEqual([culprit, hop], ["network", 0]);
});

test("a POST is sent once", async () => {
  let posts = 0;
  await using site = await startLabServer(async (peer) => {
    if ((await peer.reader.peek(4)).toString("latin1") === "POST") posts++;
    await refuses("bare502")(peer);
  });
  await using exit = await startHttpExit();
  await verdictOf(site, [exitAt(exit)], { method: "POST", body: Buffer.from("x") });
  assert.equal(posts, 1);
});

test("the byte at which an answer stops to be HTTP is pointed at", async () => {
  await using site = await startLabServer(afterHead(BAD_ANSWERS.fieldWithSpaceInName));
  const { tests } = await diagnosisOf(site, []);
  const lines = lookAtBytes(tests[0] as (typeof tests)[number], context.limits) ?? [];
  assert.match(lines.join("\n"), /X Lab.*\n *\^\^ byte \d+: .*RFC 9112/s);
});

test("of lengths that contradict each other the caret stands below the field that came second", async () => {
  await using site = await startLabServer(BAD_ANSWERS.lengthAndChunked);
  const { tests } = await diagnosisOf(site, []);
  const lines = lookAtBytes(tests[0] as (typeof tests)[number], context.limits) ?? [];
  const caret = lines.findIndex((line) => line.includes("^^"));
  const hex = lines[caret - 1] ?? "";
  const at = (lines[caret] ?? "").indexOf("^^");
  assert.equal(hex.slice(at, at + 5), "54 72", `Tr of Transfer-Encoding: ${lines.join("\n")}`);
  assert.match(lines[caret] ?? "", /RFC 9112, 6\.1 to 6\.3/);
});

test("an answer that one route alone is given is not taken for the site's", async () => {
  await using site = await startSite();
  await using refusing = await startLabServer(refuses("denied403"));
  await using exit = await startHttpExit({ reach: { [`${site.host}:${site.port}`]: refusing } });
  const { summary, fault } = await verdictOf(site, [exitAt(exit)]);
  assert.equal(fault, null);
  assert.equal(summary, `Nothing is broken on the way now, but answers differ: 403 by http://127.0.0.1:${exit.port}, 200 by direct.`);
});

test("a vendor's line is gone over as by a request that asks for nothing", () => {
  const routes = readRoutes("http://bob:x@gate:1 vendor=oxylabs\ngate:2:bob:x vendor=iproyal", "exits.txt");
  assert.ok(!("error" in routes));
  assert.deepEqual(
    routes.map(({ hops }) => `${hops[0]?.username}:${hops[0]?.password}`),
    ["customer-bob:x", "bob:x"],
  );
});
