import assert from "node:assert/strict";
import { test } from "node:test";
import type { Interruption } from "../../src/core/ledger.ts";
import type { Exit } from "../../src/core/route.ts";
import type { Diagnosis } from "../../src/diagnose/diagnosis.ts";
import { fakeDialler } from "../../src/lab/fake-dialler.ts";
import { fakeResolver } from "../../src/lab/fake-resolver.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { refuses } from "../../src/lab/refusals.ts";
import { startSite } from "../../src/lab/site.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";
import { exitAt } from "../../src/lab/stages/scenes.ts";
import { context, diagnosisOf } from "./diagnosing.ts";
import { NAME, reachOf } from "./lab-network.ts";

/** Where the site's name leads from here (RFC 5737). */
const HERE = "192.0.2.80";
const quick = { ...context, names: null, machine: null, graceMs: 50 };

/** Asked by name from a machine on which its address fails so, without a proxy and through these. */
function fromHere(site: LabServer, via: readonly Exit[], fails: Interruption, exits: readonly Exit[] = []): Promise<Diagnosis> {
  const own = { ...quick, resolver: fakeResolver({ [NAME]: [HERE] }), connectTcp: fakeDialler({ [HERE]: fails }) };
  return diagnosisOf(site, via, { url: new URL(`http://${NAME}:${site.port}/`), exits }, own);
}

/** The same where the name itself is answered so. */
function withDns(
  site: LabServer,
  via: readonly Exit[],
  answer: string | readonly string[],
  exits: readonly Exit[] = [],
): Promise<Diagnosis> {
  const own = { ...quick, resolver: fakeResolver({ [NAME]: answer }) };
  return diagnosisOf(site, via, { url: new URL(`http://${NAME}:${site.port}/`), exits }, own);
}

function goodExit(site: LabServer): Promise<LabServer> {
  return startHttpExit({ reach: reachOf(site) });
}

test("a site that others reach and this machine does not is well: the way from here is told, and no exit is blamed", async () => {
  await using site = await startSite();
  await using good = await goodExit(site);
  for (const [fails, fault] of [
    [{ how: "timeout", afterMs: 3000 }, "connect.timeout"],
    [{ how: "errno", code: "ECONNREFUSED" }, "connect.refused"],
    [{ how: "errno", code: "EHOSTUNREACH" }, "connect.host_unreachable"],
    [{ how: "reset" }, "connect.reset"],
  ] as const) {
    const { verdict } = await fromHere(site, [], fails, [exitAt(good)]);
    assert.deepEqual([verdict.fault, verdict.culprit, verdict.hop], [fault, "network", 1]);
    assert.match(verdict.fix.client, /Go another way/);
    assert.ok(verdict.whyNot.some((line) => line.startsWith("not the site: 1 other route")));
  }
});

test("what the user's own routes do well is told as well, with what fails beside it", async () => {
  await using site = await startSite();
  await using good = await goodExit(site);
  const { verdict } = await fromHere(site, [exitAt(good)], { how: "timeout", afterMs: 3000 });
  assert.equal(verdict.fault, null);
  assert.match(verdict.summary, /^Nothing is broken on the way now.* Without a proxy it fails: connect\.timeout/);
});

test("a name that is not found here and is elsewhere is this machine's DNS, and not the site's or an exit's", async () => {
  await using site = await startSite();
  await using good = await goodExit(site);
  for (const [code, fault, culprit] of [
    ["ENOTFOUND", "dns.nxdomain", "dns"],
    ["ESERVFAIL", "dns.servfail", "dns"],
    ["ETIMEOUT", "dns.timeout", "dns"],
    ["EREFUSED", "dns.refused", "gateway"],
  ] as const) {
    const { verdict } = await withDns(site, [], code, [exitAt(good)]);
    assert.deepEqual([code, verdict.fault, verdict.culprit], [code, fault, culprit]);
  }
});

test("a SOCKS line that has this machine resolve is not blamed for DNS that is dead: the exit is to resolve", async () => {
  await using site = await startSite();
  await using socks = await startSocksExit({ reach: reachOf(site) });
  await using good = await goodExit(site);
  const { verdict } = await withDns(site, [exitAt(socks, "socks5")], "ETIMEOUT", [exitAt(good)]);
  assert.deepEqual([verdict.fault, verdict.culprit], ["dns.timeout", "dns"]);
  const alone = await withDns(site, [exitAt(socks, "socks5")], "ETIMEOUT");
  assert.deepEqual([alone.verdict.culprit, alone.verdict.hop], ["dns", 0]);
  assert.match(alone.verdict.summary, /^No name can be looked up/);
  assert.match(alone.verdict.fix.client, /socks5h:\/\//);
});

test("a name that nobody knows is the name's, whatever the exit makes of it", async () => {
  await using site = await startSite();
  await using exit = await startHttpExit();
  const { verdict } = await withDns(site, [exitAt(exit)], "ENOTFOUND");
  assert.deepEqual([verdict.fault, verdict.culprit], ["dns.nxdomain", "origin"]);
  assert.match(verdict.fix.client, /spelling/);
});

test("an error through the only exit, from a machine that may not go without one, stays open between the two, with the test that decides", async () => {
  await using site = await startSite();
  await using exit = await startLabServer(refuses("bare502"));
  await using good = await goodExit(site);
  const closed = { how: "timeout", afterMs: 3000 } as const;
  const open = await fromHere(site, [exitAt(exit)], closed);
  assert.ok(open.verdict.confidence <= 0.6);
  assert.match(open.verdict.nextTest ?? "", /through another exit/);
  const decided = await fromHere(site, [exitAt(exit)], closed, [exitAt(good)]);
  assert.deepEqual([decided.verdict.culprit, decided.verdict.nextTest], ["exit", null]);
  assert.match(decided.verdict.fix.client, /another exit/);
});

test("a login that an exit wants is told as the list's, even where nothing can be compared", async () => {
  await using site = await startSite();
  await using exit = await startLabServer(refuses("auth407"));
  const { verdict } = await fromHere(site, [exitAt(exit)], { how: "timeout", afterMs: 3000 });
  assert.deepEqual([verdict.fault, verdict.culprit, verdict.hop], ["handshake.auth_required", "gateway", 1]);
  assert.match(verdict.fix.client, /user and password/);
});
