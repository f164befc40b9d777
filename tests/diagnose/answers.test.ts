import assert from "node:assert/strict";
import { test } from "node:test";
import { byMethod } from "../../src/lab/bad-exits.ts";
import { afterHead, fin, says } from "../../src/lab/behaviours.ts";
import { httpExit, startHttpExit } from "../../src/lab/http-exit.ts";
import type { LabServer } from "../../src/lab/lab-server.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { nginxPage, REFUSALS, type Refusal, refuses } from "../../src/lab/refusals.ts";
import { startSite } from "../../src/lab/site.ts";
import { exitAt } from "../../src/lab/stages/scenes.ts";
import { diagnosisOf, verdictOf } from "./diagnosing.ts";

function statusPage({ host, port }: LabServer, status: number): { readonly url: URL } {
  return { url: new URL(`http://${host}:${port}/status/${status}`) };
}

test("a 503 or 504 that an exit gives to everything is the exit's while the site answers without it", async () => {
  await using site = await startSite();
  for (const refusal of ["bare503", "haproxy503", "squidRefused", "squidNoParent", "bare504", "squidReadTimeout"] satisfies Refusal[]) {
    await using exit = await startLabServer(refuses(refusal));
    const { culprit, hop, whyNot } = await verdictOf(site, [exitAt(exit)]);
    assert.deepEqual([refusal, culprit, hop], [refusal, "exit", 1]);
    assert.ok(whyNot.some((line) => line.startsWith("not the site: it answers without a proxy")));
  }
});

test("a 503 or 504 of the site's own, by every route, is the site's", async () => {
  await using site = await startSite();
  await using exit = await startHttpExit();
  for (const status of [503, 504]) {
    const { fault, culprit, hop, confidence, whyNot } = await verdictOf(site, [exitAt(exit)], statusPage(site, status));
    assert.deepEqual([status, fault, culprit, hop], [status, "relay.origin_5xx", "origin", 2]);
    assert.ok(confidence >= 0.95);
    assert.ok(whyNot.includes("no exit: it fails without a proxy too"));
  }
});

test("a 503 or 504 of the site's edge, by every route, is the edge's", async () => {
  await using exit = await startHttpExit();
  for (const [status, reason] of [
    [503, "Service Temporarily Unavailable"],
    [504, "Gateway Time-out"],
  ] as const) {
    await using edge = await startLabServer(afterHead(says(nginxPage(status, reason), fin)));
    const { fault, culprit, confidence } = await verdictOf(edge, [exitAt(exit)]);
    assert.deepEqual([status, fault, culprit], [status, "relay.edge_5xx", "edge"]);
    assert.ok(confidence >= 0.95);
  }
});

test("an exit that fails plain requests, and through whose tunnel the site answers, makes the error itself", async () => {
  await using site = await startSite();
  for (const refusal of ["nginx502", "bare503", "bare504"] satisfies Refusal[]) {
    await using exit = await startLabServer(byMethod(httpExit({}), refuses(refusal)));
    const { verdict, tests } = await diagnosisOf(site, [exitAt(exit)]);
    assert.deepEqual([refusal, verdict.culprit, verdict.hop], [refusal, "exit", 1]);
    const tunnelled = tests.find(({ spec }) => spec.part === "in-tunnel");
    assert.deepEqual([tunnelled?.outcome, tunnelled?.status], ["ok", 200]);
    assert.ok(verdict.evidence.some((line) => line.startsWith(`by CONNECT: http://127.0.0.1:${exit.port}: works`)));
  }
});

test("an error that comes out of a tunnel too, where no exit can have made it, is the site's side refusing this exit", async () => {
  await using site = await startSite();
  await using refusing = await startLabServer(afterHead(says(nginxPage(503, "Service Temporarily Unavailable"), fin)));
  // What the exit reaches under the site's name is the edge that does not want it.
  const way = { reach: { [`${site.host}:${site.port}`]: refusing } };
  await using exit = await startHttpExit(way);
  const { verdict, tests } = await diagnosisOf(site, [exitAt(exit)]);
  assert.deepEqual([verdict.fault, verdict.culprit], ["relay.edge_5xx", "edge"]);
  const tunnelled = tests.find(({ spec }) => spec.part === "in-tunnel");
  assert.deepEqual([tunnelled?.outcome, tunnelled?.status], ["fault", 503]);
});

test("a 502 that comes once and then no more is told as a blip", async () => {
  await using site = await startSite();
  let plain = 0;
  await using exit = await startLabServer(
    byMethod(refuses("bare502"), (peer) => (plain++ === 0 ? afterHead(says(REFUSALS.bare502, fin))(peer) : httpExit({})(peer))),
  );
  const { summary, confidence, fix } = await verdictOf(site, [exitAt(exit)]);
  assert.match(summary, /^It failed once and worked at the second try: a blip\./);
  assert.match(fix.client, /^It works now\. .* --watch /);
  assert.ok(confidence <= 0.5);
});
