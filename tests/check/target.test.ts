import assert from "node:assert/strict";
import { test } from "node:test";
import { Rules } from "../../src/blame/rules.ts";
import { readTargetCheck } from "../../src/check/target.ts";
import { DEFAULTS } from "../../src/config/defaults.ts";
import { afterHead, fin, says, silence } from "../../src/lab/behaviours.ts";
import { BLOCK_PAGES } from "../../src/lab/block-pages.ts";
import { createAuthority } from "../../src/lab/certificates.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { startSite } from "../../src/lab/site.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";
import { startChecking, targetOf } from "./checking.ts";

const ANY = { status: null, body: null };

function problemOf(words: { url: string; status?: string; body?: string }): string {
  const read = readTargetCheck({ ...ANY, ...words }, new Rules(DEFAULTS.rules));
  return "problem" in read ? read.problem : "";
}

test("What is no target, status or pattern is told in words.", () => {
  assert.match(problemOf({ url: "example.com" }), /no URL/);
  assert.match(problemOf({ url: "ftp://example.com/" }), /http:\/\/ or https:\/\//);
  assert.match(problemOf({ url: "http://user:secret@example.com/" }), /no user and password/);
  assert.doesNotMatch(problemOf({ url: "http://user:secret@example.com/" }), /secret/);
  for (const status of ["600", "2x", "", "200,,404", "yes"])
    assert.match(problemOf({ url: "http://example.com/", status }), /statuses/, status);
  assert.match(problemOf({ url: "http://example.com/", body: "/(/" }), /regular expression/);
  assert.equal(problemOf({ url: "http://example.com/", status: "200, 3xx", body: "/wel(come)/i" }), "");
});

test("A target that answers as expected makes an exit work without any judge, by each protocol.", async () => {
  const authority = createAuthority();
  await using checking = await startChecking({ judges: [], ca: [authority.cert] });
  await using site = await startSite();
  await using secure = await startSite(authority.issue({ names: ["127.0.0.1"] }));
  await using http = await startHttpExit();
  await using socks = await startSocksExit();
  for (const exit of [`http://127.0.0.1:${http.port}`, `127.0.0.1:${socks.port}`]) {
    for (const url of [`http://127.0.0.1:${site.port}/`, `https://127.0.0.1:${secure.port}/`]) {
      const result = await checking.check(exit, { target: targetOf({ url, status: "200", body: "It works" }) });
      assert.deepEqual([result.state, result.target?.ok, result.target?.status], ["works", true, 200], `${exit} ${url}`);
      assert.ok((result.target?.ms ?? 0) > 0);
      assert.match(result.unverified.join(), /honesty.*no judge/);
    }
  }
});

test("Another status, or a body without what was expected, is told, and a judge's word stands beside it.", async () => {
  await using checking = await startChecking();
  await using site = await startSite();
  await using exit = await startHttpExit();
  const line = `http://127.0.0.1:${exit.port}`;
  const url = (path: string) => `http://127.0.0.1:${site.port}${path}`;
  const check = async (words: { url: string; status?: string; body?: string }) => {
    const { state, target } = await checking.check(line, { target: targetOf({ ...ANY, ...words }) });
    assert.equal(state, "works");
    return target;
  };
  assert.match((await check({ url: url("/status/404") }))?.details ?? "", /answered 404 where a status below 400 was expected/);
  assert.equal((await check({ url: url("/status/404"), status: "404" }))?.ok, true);
  assert.match((await check({ url: url("/"), body: "Welcome" }))?.details ?? "", /do not have what was expected/);
  assert.equal((await check({ url: url("/"), body: "/IT\\s+WORKS/i" }))?.ok, true);
  assert.equal((await check({ url: url("/status/503") }))?.status, 503);
});

test("A block page is told from a page, whatever its status.", async () => {
  await using checking = await startChecking({ judges: [] });
  await using exit = await startHttpExit();
  for (const page of ["cloudflare-challenge", "datadome", "aws-waf", "google-traffic"] as const) {
    await using site = await startLabServer(afterHead(says(BLOCK_PAGES[page], fin)));
    const words = { url: `http://127.0.0.1:${site.port}/`, status: "2xx,4xx", body: null };
    const result = await checking.check(`http://127.0.0.1:${exit.port}`, { target: targetOf(words) });
    assert.equal(result.target?.ok, false, page);
    assert.match(result.target?.details ?? "", /a block page: /, page);
    assert.deepEqual([result.state, result.fault?.id], ["answers", "relay.blocked"], page);
  }
});

test("What the exit makes in place of the target's answer is told as that, and a silent target ends in time.", async () => {
  await using checking = await startChecking({ judges: [], timeoutMs: 500 });
  await using exit = await startHttpExit();
  const line = `http://127.0.0.1:${exit.port}`;
  const unreachable = await checking.check(line, { target: targetOf({ ...ANY, url: "http://nowhere.lab/" }) });
  assert.deepEqual([unreachable.state, unreachable.target?.ok, unreachable.fault?.id], ["answers", false, "relay.exit_5xx"]);
  assert.match(unreachable.target?.details ?? "", /the exit made this 503; Squid: .*does not resolve/);
  await using silent = await startLabServer(silence);
  const waiting = await checking.check(line, { target: targetOf({ ...ANY, url: `http://127.0.0.1:${silent.port}/` }) });
  assert.equal(waiting.state, "dead");
  assert.match(waiting.fault?.id ?? "", /timeout/);
});

test("An answer without end is cut.", async () => {
  await using checking = await startChecking({ judges: [], timeoutMs: 5000 });
  await using exit = await startHttpExit();
  const head = formatAnswer(200, { "Content-Type": "text/html" }, "")
    .toString("latin1")
    .replace(/Content-Length: 0\r\n/i, "");
  await using site = await startLabServer(
    afterHead(async (peer) => {
      await peer.send(head);
      for (;;) await peer.send("welcome ".repeat(8192));
    }),
  );
  const words = { url: `http://127.0.0.1:${site.port}/`, status: null, body: "welcome" };
  const result = await checking.check(`http://127.0.0.1:${exit.port}`, { target: targetOf(words) });
  assert.ok(result.target === null || result.target.status === 200);
});
