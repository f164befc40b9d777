import assert from "node:assert/strict";
import { test } from "node:test";
import type { JudgeAddress } from "../../src/check/judge/judged.ts";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import { carriedValue, type Tricks } from "../../src/lab/zoo/carrier.ts";
import { startSocksProxy } from "../../src/lab/zoo/socks-proxy.ts";
import { readsAlong, startWebProxy } from "../../src/lab/zoo/web-proxy.ts";
import { startChecking } from "./checking.ts";

const PACKS_DOWNLOADS: Tricks = {
  answer: (answer) =>
    carriedValue(answer, "content-type") === "application/octet-stream"
      ? { ...answer, body: Buffer.concat([answer.body, Buffer.from("more")]) }
      : answer,
};

/** The ways in which people name a judge, of one on loopback. */
const NAMED: Readonly<Record<string, (judge: JudgeAddress) => JudgeAddress>> = {
  "by its address alone": (judge) => ({ ...judge, isLoopback: false }),
  "by its name": (judge) => ({ ...judge, isLoopback: false, url: new URL(judge.url.href.replace("127.0.0.1", "localhost")) }),
};

for (const [how, named] of Object.entries(NAMED)) {
  test(`Who changes downloads alone is found by a judge that is known ${how}.`, async () => {
    await using checking = await startChecking();
    const judges = [named(checking.judge)];
    await using web = await startWebProxy(PACKS_DOWNLOADS);
    await using socks = await startSocksProxy({}, { ...PACKS_DOWNLOADS, tunnel: readsAlong });
    for (const line of [`http://127.0.0.1:${web.port}`, `socks5h://127.0.0.1:${socks.port}`, `socks5://127.0.0.1:${socks.port}`]) {
      const { state, honesty } = await checking.check(line, { judges });
      assert.deepEqual([state, honesty.lies.map(({ fault }) => fault)], ["lies", ["honesty.content_changed"]], line);
    }
  });
}

test("A download that a proxy refuses is told, and says nothing of names; one that is not there for it is a lie.", async () => {
  await using checking = await startChecking();
  const refusing = (status: number): Tricks => ({
    instead: ({ line }) => (/\.exe\?/.test(line[1]) ? formatAnswer(status, { Connection: "close" }, "virus") : null),
  });
  await using strict = await startWebProxy(refusing(403));
  await using denying = await startWebProxy(refusing(404));
  const told = await checking.check(`http://127.0.0.1:${strict.port}`);
  assert.deepEqual([told.state, told.can.remoteDns.ok], ["works", null]);
  assert.match(told.can.remoteDns.details, /^by address it refused the same: answered 403/);
  assert.match(told.unverified.join(), /what becomes of a download: GET was refused: answered 403/);
  const lie = await checking.check(`http://127.0.0.1:${denying.port}`);
  assert.equal(lie.honesty.lies[0]?.details, "GET for a download got 404, although the judge has it");
});

test("Who refuses scripts, by whatever address, shows nothing about IPv6 by that.", async () => {
  await using checking = await startChecking();
  const instead: Tricks["instead"] = ({ line }) =>
    /\.js\?/.test(line[1]) ? formatAnswer(403, { Connection: "close" }, "no scripts") : null;
  await using strict = await startWebProxy({ instead });
  const { state, can } = await checking.check(`http://127.0.0.1:${strict.port}`);
  assert.deepEqual([state, can.ipv6.ok], ["works", null]);
  assert.match(can.ipv6.details, /^by IPv4 it refused the same: answered 403/);
});

test("A filter that says that it has a rule has one, whatever status it gives: that is no lie.", async () => {
  await using checking = await startChecking();
  for (const status of [404, 410]) {
    const page = formatAnswer(status, { "X-Squid-Error": "ERR_ACCESS_DENIED 0", Connection: "close" }, "<h1>Access Denied</h1>");
    await using filter = await startWebProxy({ instead: ({ line }) => (/\.exe\?/.test(line[1]) ? page : null) });
    const { state, honesty, unverified } = await checking.check(`http://127.0.0.1:${filter.port}`);
    assert.deepEqual([state, honesty.lies], ["works", []]);
    assert.match(unverified.join(), /what becomes of a download: GET was refused: .*Squid/);
  }
});

test("Who changes downloads alone is found by address where it knows no names.", async () => {
  await using checking = await startChecking();
  await using web = await startWebProxy({ ...PACKS_DOWNLOADS, way: (to) => (to.host === "localhost" ? null : to) });
  const { state, can } = await checking.check(`http://127.0.0.1:${web.port}`);
  assert.deepEqual([state, can.remoteDns.ok], ["lies", false]);
});
