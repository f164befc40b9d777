import assert from "node:assert/strict";
import { test } from "node:test";
import { afterHead, fin, says } from "../../src/lab/behaviours.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { formatAnswer, readHead } from "../../src/lab/lab-http.ts";
import { type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { startSite } from "../../src/lab/site.ts";
import { exitAt } from "../../src/lab/stages/scenes.ts";
import { diagnosisOf, formsOf, questionOf } from "./diagnosing.ts";

const LOGIN = "<html><head><title>Log in to ProxyCo</title></head><body>Your plan is over.</body></html>";

function answersAll(status: number, fields: Readonly<Record<string, string>>, body: string): Promise<LabServer> {
  return startLabServer(afterHead(says(formatAnswer(status, fields, body), fin)));
}

test("an exit that answers everything with a page of its own is told by what it gives for a site that does not exist, whatever its status", async () => {
  await using site = await startSite();
  for (const [status, fields, fault] of [
    [200, { Server: "lighttpd" }, "honesty.fake_answer"],
    [200, {}, "honesty.fake_answer"],
    [302, { Location: "http://login.proxyco.example/?next=x" }, "honesty.redirected"],
    [404, {}, "honesty.fake_answer"],
  ] as const) {
    await using exit = await answersAll(status, fields, LOGIN);
    const { verdict, tests } = await diagnosisOf(site, [exitAt(exit)]);
    assert.deepEqual([status, verdict.fault, verdict.culprit, verdict.hop], [status, fault, "exit", 1]);
    assert.match(
      verdict.summary,
      /^The exit answers whatever is asked for itself \(\d+(?: to login\.proxyco\.example)?, "Log in to ProxyCo"\)/,
    );
    assert.ok(verdict.whyNot.some((line) => line.startsWith("not the site: it answers without a proxy")));
    assert.equal(tests.filter(({ spec }) => spec.part === "nowhere").length, 1);
  }
});

/** As the page of a Squid ends that stands behind another proxy. */
function squidPage(status: number, error: string): Buffer {
  const page = `<html><head><title>ERROR: The requested URL could not be retrieved</title></head><body id="${error}">\n<p>Generated Fri, 27 Nov 2026 11:00:00 GMT by cache-1 (squid/6.13)\n</body></html>`;
  return formatAnswer(status, { "X-Squid-Error": `${error} 0`, Via: "1.1 cache-1 (squid/6.13), 1.1 tinyproxy (tinyproxy/1.11.2)" }, page);
}

test("a refusal of a Squid that another proxy passes on is the exit's side's where that Squid speaks for a site that does not exist too", async () => {
  await using site = await startSite();
  for (const nobody of [squidPage(503, "ERR_DNS_FAIL"), squidPage(403, "ERR_ACCESS_DENIED")]) {
    await using exit = await startLabServer(async (peer) => {
      const { line } = await readHead(peer.reader);
      await says(line[1].includes("nowhere.invalid") ? nobody : squidPage(403, "ERR_ACCESS_DENIED"), fin)(peer);
    });
    const { verdict } = await diagnosisOf(site, [exitAt(exit)]);
    assert.deepEqual([verdict.fault, verdict.culprit, verdict.hop], ["handshake.policy_denied", "exit", 1]);
    assert.match(verdict.summary, /^The exit, or a proxy behind it \(Squid at cache-1\), refuses this itself \(403/);
  }
});

test("a refusal of a Squid in front of the site is not the exit's", async () => {
  await using site = await startSite();
  await using front = await startLabServer(afterHead(says(squidPage(403, "ERR_ACCESS_DENIED"), fin)));
  await using exit = await startHttpExit({ reach: { [`${site.host}:${site.port}`]: front } });
  const { verdict } = await diagnosisOf(site, [exitAt(exit)]);
  assert.equal(verdict.fault, null);
  assert.match(verdict.summary, /answers differ: 403 by/);
});

test("where nothing can be compared an exit's own page is told as well, and a page that the site gave stays one", async () => {
  await using site = await startSite();
  await using bad = await answersAll(200, {}, LOGIN);
  const alone = await diagnosisOf(site, [exitAt(bad)], { direct: false });
  assert.deepEqual([alone.verdict.fault, alone.verdict.culprit], ["honesty.fake_answer", "exit"]);
  await using good = await startHttpExit();
  const well = await diagnosisOf(site, [exitAt(good)], { direct: false });
  assert.equal(well.verdict.fault, null);
  const [probe] = well.tests.filter(({ spec }) => spec.part === "nowhere");
  assert.deepEqual([probe?.outcome, probe?.attributed], ["ok", null]);
  const listed = await diagnosisOf(site, [], { direct: false, exits: [exitAt(bad), exitAt(good)] });
  assert.deepEqual([listed.verdict.fault, listed.verdict.culprit], ["honesty.fake_answer", "exit"]);
});

test("a page that changes from one time to the next is no exit's doing, and no site that does not exist is asked for where pages are alike", async () => {
  let count = 0;
  const page = () => `<html><head><title>News</title></head><body>visitor ${count++}</body></html>`;
  await using site = await startLabServer((peer) => afterHead(says(formatAnswer(200, { Server: "nginx/1.26.3" }, page()), fin))(peer));
  await using exit = await startHttpExit();
  const { verdict, tests } = await diagnosisOf(site, [exitAt(exit)]);
  assert.equal(verdict.fault, null);
  assert.doesNotMatch(verdict.summary, /differ/);
  assert.ok(!tests.some(({ spec }) => spec.part === "nowhere"));
});

test("a gateway that leads to the site whatever it is asked for is no exit that makes pages of its own", async () => {
  for (const body of ["", "<title>Shop</title>", "[1, 2]"]) {
    await using site = await startLabServer(afterHead(says(formatAnswer(200, { Server: "nginx" }, body), fin)));
    await using gateway = await startLabServer(afterHead(says(formatAnswer(200, { Server: "envoy" }, body), fin)));
    const { verdict } = await diagnosisOf(site, [exitAt(gateway)]);
    assert.equal(verdict.fault, null, verdict.summary);
  }
});

test("answers of two kinds of which none is known to be the exit's own are told as that, with the test that decides", async () => {
  await using site = await startLabServer(afterHead(says(formatAnswer(200, { Server: "nginx" }, "<title>Shop</title>".repeat(40)), fin)));
  await using other = await startLabServer(afterHead(says(formatAnswer(200, { Server: "cloudflare" }, "<title>Boutique</title>"), fin)));
  await using exit = await startHttpExit({ reach: { [`${site.host}:${site.port}`]: other } });
  const { verdict } = await diagnosisOf(site, [exitAt(exit)]);
  assert.equal(verdict.fault, null);
  assert.match(verdict.summary, /answers differ: 200 "Boutique" \(cloudflare\) by .*, 200 "Shop" \(nginx\) by direct\.$/);
  assert.match(verdict.nextTest ?? "", /https:\/\//);
});

test("a site that does not exist is given nothing of what logs in at the one that is asked for, nor of its address", async () => {
  const heads: string[] = [];
  await using exit = await startLabServer(async (peer) => {
    const { line, fields } = await readHead(peer.reader);
    heads.push([line.join(" "), ...fields].join("\n"));
    await says(formatAnswer(200, {}, LOGIN), fin)(peer);
  });
  await using site = await startSite();
  const url = new URL(`http://127.0.0.1:${site.port}/secret-path?key=geheim`);
  const question = questionOf(site, [exitAt(exit)], {
    ...{ url, method: "PUT", body: Buffer.from("geheim"), host: "internal.example" },
    fields: [
      "Cookie",
      "sid=geheim",
      "Authorization",
      "Bearer geheim",
      "Referer",
      `http://127.0.0.1:${site.port}/secret-path`,
      "Accept",
      "text/html",
    ],
  });
  const diagnosis = await diagnosisOf(site, question.via, question);
  const nowhere = heads.filter((head) => head.includes("nowhere.invalid"));
  assert.equal(nowhere.length, 1);
  assert.match(nowhere[0] ?? "", /^GET http:\/\/nowhere\.invalid\/ HTTP\/1\.1\nHost\nnowhere\.invalid\n/);
  assert.doesNotMatch(nowhere[0] ?? "", /geheim|secret-path|internal\.example|Cookie|Authorization/);
  for (const text of Object.values(formsOf(diagnosis, question))) assert.doesNotMatch(text, /geheim/);
});

test("words in which everybody says that something is not there, or is not allowed, do not show that the exit made the site's answer", async () => {
  for (const [method, status, title, own] of [
    ["GET", 404, "404 Not Found", "404 Not Found"],
    ["GET", 404, "Error", "Error"],
    ["GET", 403, "403 Forbidden", "403 Forbidden"],
    ["HEAD", 404, "", ""],
  ] as const) {
    await using site = await startLabServer(afterHead(says(formatAnswer(200, { Server: "nginx" }, "<title>Shop</title>"), fin)));
    await using exit = await startLabServer(async (peer) => {
      const { line } = await readHead(peer.reader);
      const page = line[1].includes("nowhere.invalid") ? `<title>${own}</title>no such host` : `<title>${title}</title>no such page`;
      await says(formatAnswer(status, {}, method === "HEAD" ? "" : page), fin)(peer);
    });
    const { verdict } = await diagnosisOf(site, [exitAt(exit)], { method });
    assert.equal(verdict.fault, null, `${method} ${status} "${title}": ${verdict.summary}`);
    assert.match(verdict.summary, /answers differ/);
  }
});
