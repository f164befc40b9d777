import assert from "node:assert/strict";
import { test } from "node:test";
import { afterHead, fin, says } from "../../src/lab/behaviours.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import { findClosedPort, startLabServer } from "../../src/lab/lab-server.ts";
import { nginxPage, refuses } from "../../src/lab/refusals.ts";
import { startSite } from "../../src/lab/site.ts";
import { exitAt } from "../../src/lab/stages/scenes.ts";
import { verdictOf } from "./diagnosing.ts";

test("a hop is told as what it is to the user: the site, the exit, or the proxy at its place in a chain", async () => {
  await using site = await startSite();
  const gone = await findClosedPort();
  assert.match((await verdictOf(gone, [])).summary, /^The site's address refuses TCP/);
  assert.match((await verdictOf(site, [exitAt(gone)])).summary, /^The exit's address refuses TCP/);
});

test("an exit's error page in front of a site that refuses TCP is told as the site shows itself, whoever the page looks like", async () => {
  await using exit = await startLabServer(refuses("bare503"));
  const { fault, culprit, hop } = await verdictOf(await findClosedPort(), [exitAt(exit)]);
  assert.deepEqual([fault, culprit, hop], ["connect.refused", "origin", 1]);
});

test("where the only exit that lives says that the site is down, the dead ones beside it are not the reason", async () => {
  await using exit = await startLabServer(refuses("squidRefused"));
  const dead = exitAt(await findClosedPort());
  const { fault, culprit, fix, whyNot } = await verdictOf(await findClosedPort(), [], { direct: false, exits: [dead, exitAt(exit)] });
  assert.deepEqual([fault, culprit], ["relay.exit_5xx", "origin"]);
  assert.match(fix.client, /^The site is down/);
  assert.ok(!whyNot.some((line) => line.startsWith("no exit")), "a dead exit proves nothing of the site");
});

test("another protocol without a proxy is the URL's fault, with what the port speaks", async () => {
  await using site = await startLabServer(afterHead(says("SSH-2.0-OpenSSH_9.6\r\n", fin)));
  const { culprit, summary, fix } = await verdictOf(site, []);
  assert.equal(culprit, "gateway");
  assert.match(summary, /Culprit: the URL/);
  assert.match(fix.client, /the port speaks SSH/);
});

test("what an answer says of when to come back is told, and what the gateway that made it means by its status", async () => {
  await using busy = await startLabServer(afterHead(says(formatAnswer(503, { "Retry-After": "120" }, "later\n"), fin)));
  assert.match((await verdictOf(busy, [])).fix.client, /^Wait 120 s, as the answer says/);
  await using edge = await startLabServer(afterHead(says(nginxPage(504, "Gateway Time-out"), fin)));
  assert.match((await verdictOf(edge, [])).fix.operator, /proxy_read_timeout/);
});

test("a client certificate that a site asks for in HTTP is told", async () => {
  const page = "<html><head><title>400 No required SSL certificate was sent</title></head></html>";
  await using site = await startLabServer(afterHead(says(formatAnswer(400, { Server: "nginx" }, page), fin)));
  assert.match((await verdictOf(site, [])).fix.client, /curl --cert/);
});

test("a captive portal is the network's that it stands in, and never the site's", async () => {
  const portal = afterHead(says(formatAnswer(511, {}, "log in\n"), fin));
  await using here = await startLabServer(portal);
  const own = await verdictOf(here, []);
  assert.deepEqual([own.culprit, own.hop], ["network", 0]);
  assert.match(own.fix.client, /^Log in/);
  await using site = await startSite();
  await using exit = await startLabServer(portal);
  const exits = await verdictOf(site, [exitAt(exit)]);
  assert.equal(exits.culprit, "exit");
  assert.match(exits.summary, /^The network of the exit wants a login/);
});

test("a refusal that one's own proxy alone is given is told with the way around it", async () => {
  await using site = await startSite();
  await using refusing = await startLabServer(afterHead(says(formatAnswer(404, {}, "no\n"), fin)));
  await using exit = await startHttpExit({ reach: { [`${site.host}:${site.port}`]: refusing } });
  const { fault, fix } = await verdictOf(site, [exitAt(exit)]);
  assert.equal(fault, null);
  assert.match(fix.client, /^Go without a proxy, or use another exit: .* is refused what others are given/);
});
