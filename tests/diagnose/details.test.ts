import assert from "node:assert/strict";
import { test } from "node:test";
import { fault } from "../../src/core/fault.ts";
import type { AttributedFault } from "../../src/core/ledger.ts";
import { addDetail } from "../../src/diagnose/add-detail.ts";
import { TARGET_REQUESTS_MAX } from "../../src/diagnose/plan.ts";
import type { TestResult } from "../../src/diagnose/question.ts";
import { silence } from "../../src/lab/behaviours.ts";
import { createAuthority } from "../../src/lab/certificates.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import { type Behaviour, startLabServer } from "../../src/lab/lab-server.ts";
import { refuses } from "../../src/lab/refusals.ts";
import { startSite } from "../../src/lab/site.ts";
import { exitAt } from "../../src/lab/stages/scenes.ts";
import { diagnosisOf, impatient, verdictOf } from "./diagnosing.ts";

const authority = createAuthority();
const TLS_HANDSHAKE = 0x16;

/** Answers by the request's method. */
function byMethod(answer: (method: string) => Buffer | string): Behaviour {
  return async (peer) => {
    const head = (await peer.reader.until("\r\n\r\n")).toString("latin1");
    await peer.send(answer(head.split(" ")[0] ?? ""));
    await peer.end();
  };
}

test("a 502 of a gateway that does not take a large head is told with the head's size and its largest field", async () => {
  const cookies = `HTTP/1.1 200 OK\r\n${"Set-Cookie: a=".concat("x".repeat(5000), "\r\n").repeat(4)}Content-Length: 0\r\n\r\n`;
  await using site = await startLabServer(byMethod(() => cookies));
  await using exit = await startLabServer(refuses("nginx502"));
  const { fix } = await verdictOf(site, [exitAt(exit)]);
  assert.match(
    fix.operator,
    /raise proxy_buffer_size above 16 KiB: the response head was 20,\d{3} bytes, largest field set-cookie \(4 times, 20,008 bytes\)/,
  );
});

test("a 502 is not laid to the size of a head that any gateway takes", async () => {
  await using site = await startSite();
  await using exit = await startLabServer(refuses("nginx502"));
  assert.doesNotMatch((await verdictOf(site, [exitAt(exit)])).fix.operator, /KiB/);
});

test("a request that is too large for the site is told with its size, without what it holds", async () => {
  await using site = await startLabServer(byMethod(() => formatAnswer(431, {}, "")));
  const { fault: id, fix } = await verdictOf(site, [], { fields: ["Cookie", `sid=${"y".repeat(9000)}`, "Accept", "*/*"] });
  assert.equal(id, null);
  assert.match(
    fix.client,
    /^Send less: the request's head was 9,\d{3} bytes, largest field cookie \(9,004 bytes\); or have the site raise/,
  );
});

test("TLS that is spoken to a port without it, and clear text to one with it, is told with the URL to use", async () => {
  await using plain = await startLabServer(async (peer) => {
    const [first = 0] = await peer.reader.peek(1);
    if (first === TLS_HANDSHAKE) await peer.send(formatAnswer(400, { Connection: "close" }, ""));
    else await byMethod(() => formatAnswer(200, {}, ""))(peer);
    await peer.end();
  });
  const url = new URL(`https://127.0.0.1:${plain.port}/page`);
  const { fix } = await verdictOf(plain, [], { url });
  assert.match(fix.client, new RegExp(`^Use http://127\\.0\\.0\\.1:${plain.port}/page: port ${plain.port} speaks HTTP without TLS\\.`));
  await using secure = await startSite(authority.issue({ names: ["127.0.0.1"] }));
  const { fix: other } = await verdictOf(secure, [], { insecure: true });
  assert.match(other.client, new RegExp(`^Use https://127\\.0\\.0\\.1:${secure.port}/: port ${secure.port} speaks TLS\\.`));
});

test("a port with TLS that answers clear text with a page that says so is told with the URL to use", async () => {
  const page = "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>";
  await using site = await startLabServer(byMethod(() => formatAnswer(400, { Server: "nginx" }, page)));
  assert.match((await verdictOf(site, [])).fix.client, /^Use https:\/\/127\.0\.0\.1:\d+\/: port \d+ speaks TLS/);
});

test("HEAD that a gateway does not serve as GET is told, and a body that breaks where HEAD is answered", async () => {
  await using headless = await startLabServer(byMethod((method) => formatAnswer(method === "HEAD" ? 502 : 200, {}, "")));
  assert.match((await verdictOf(headless, [], { method: "HEAD" })).fix.client, /^Ask with GET: HEAD is not served as GET is\./);
  const short = (method: string) => `HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n${method === "HEAD" ? "" : "short"}`;
  await using broken = await startLabServer(byMethod(short));
  const { fault: id, evidence } = await verdictOf(broken, []);
  assert.equal(id, "body.truncated");
  assert.ok(evidence.includes("HEAD is answered: the head is well, and what breaks is the body"), evidence.join("\n"));
});

test("a time that matches a known limit is told where the peer ended it, and not where our own limit did", async () => {
  await using site = await startSite();
  const { tests, verdict } = await diagnosisOf(site, []);
  const [well] = tests as readonly [TestResult];
  const broken = (id: AttributedFault["fault"]["id"], ms: TestResult["ms"], status: number | null): TestResult => ({
    ...{ ...well, outcome: "fault", status, ms, answer: null },
    attributed: { fault: fault(id, ""), role: "target", hop: 1 },
  });
  const told = (test: TestResult) => addDetail({ ...verdict, evidence: [] }, test, [test]).evidence;
  assert.match(
    told(broken("relay.origin_5xx", { connect: 3, firstByte: 60_004, total: 60_010 }, 504))[0] ?? "",
    /^direct: it came after 60\.0 s: nginx's/,
  );
  assert.match(told(broken("head.closed_empty", { connect: 10, total: 100_020 }, null))[0] ?? "", /after 100\.0 s: Cloudflare/);
  assert.deepEqual(told(broken("head.timeout", { connect: 3, total: 60_010 }, null)), []);
  assert.deepEqual(told(broken("head.closed_empty", { connect: 3, total: 47_000 }, null)), []);
});

test("at most so many tests reach the target as a diagnosis may send, whatever there is to be found out", async () => {
  let requests = 0;
  await using site = await startLabServer(async (peer) => {
    requests++;
    await refuses("bare502")(peer);
  });
  await using good = await startHttpExit();
  const exits = Array.from({ length: 9 }, () => exitAt(good));
  const chain = { ...exitAt(good), hops: exits.slice(0, 3).flatMap(({ hops }) => hops) };
  await diagnosisOf(site, [chain, ...exits.slice(0, 1)], { exits, method: "HEAD", ports: true });
  assert.ok(requests <= TARGET_REQUESTS_MAX, `${requests} requests`);
});

test("whoever runs a site that is silent is not sent to settings of a gateway that is not on the way", async () => {
  await using site = await startLabServer(silence);
  const { fault, fix } = await verdictOf(site, [], {}, impatient);
  assert.deepEqual([fault, fix.operator], ["head.timeout", "Find the slow work."]);
});
