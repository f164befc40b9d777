import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import { READY_RULES } from "../../src/config/ready-rules.ts";
import type { ExchangeRecord } from "../../src/core/ledger.ts";
import { fieldValue } from "../../src/core/message.ts";
import type { Rule, RuleAction, RuleWhen } from "../../src/core/rule.ts";
import { BAD_TUNNELS } from "../../src/lab/bad-exits.ts";
import { BLOCK_PAGES, zippedPage } from "../../src/lab/block-pages.ts";
import { type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { openConnect, type RawAnswer } from "../../src/lab/raw-client.ts";
import { parseProxyStatus } from "../../src/wire/proxy-status.ts";
import { helloMessage, inRecords } from "../wire/client-hello-bytes.ts";
import { basic, dialClient, exchange } from "./client.ts";
import { type LabGateway, type LabGatewayOptions, startLabGateway } from "./lab-gateway.ts";
import { type Answering, ok, startRawTarget, targetOf } from "./raw-target.ts";

/** A gateway over exits e0, e1, …; the first is met first. */
async function startOver(exits: readonly LabServer[], given: LabGatewayOptions = {}): Promise<LabGateway> {
  const lines = exits.map(({ host, port }, index) => `http://${host}:${port} id=e${index}`);
  return await startLabGateway({ exits: lines, options: { random: () => 0 }, ...given });
}

async function ask(gateway: LabGateway, url = "http://site.lab/page", method = "GET", fields = ""): Promise<RawAnswer> {
  using peer = await dialClient(gateway.address);
  return await exchange(peer, `${method} ${url} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`, method);
}

async function askFor(gateway: LabGateway, url?: string): Promise<{ answer: RawAnswer; record: ExchangeRecord }> {
  return { answer: await ask(gateway, url), record: await gateway.nextRecord() };
}

/** An exit whose address one site refuses. */
const refusedBySite: Answering = (request) =>
  targetOf(request).startsWith("http://site.lab/") ? BLOCK_PAGES["cloudflare-challenge"] : ok("welcome");

function rule(when: Partial<RuleWhen>, actions: readonly RuleAction[]): Rule {
  return { name: "mine", when: { status: [], header: {}, body: [], slowerThan: null, fault: null, host: [], ...when }, actions };
}

function exitsOf({ attempts }: ExchangeRecord): (string | null)[] {
  return attempts.map(({ exit }) => exit);
}

test("a challenge sends the request to another exit, and the refused one is left out for this target alone", async () => {
  await using refused = await startRawTarget(refusedBySite);
  await using welcome = await startRawTarget(() => ok("welcome"));
  await using gateway = await startOver([refused, welcome]);
  const seen = new Set<string | null>();
  for (let i = 0; i < 8; i++) {
    const { answer, record } = await askFor(gateway);
    assert.equal(answer.status, 200);
    assert.equal(answer.body.toString(), "welcome");
    if (seen.has("e0")) assert.deepEqual(exitsOf(record), ["e1"]);
    else if (exitsOf(record).includes("e0")) assert.equal(record.outcome, "rescued");
    for (const exit of exitsOf(record)) seen.add(exit);
  }
  assert.ok(seen.has("e0"));
  assert.equal(refused.requests.length, 1);

  const others = new Set<string | null>();
  for (let i = 0; i < 20; i++) {
    const { answer, record } = await askFor(gateway, "http://other.lab/");
    assert.equal(answer.status, 200);
    assert.equal(record.attempts.length, 1);
    others.add(record.attempts[0]?.exit ?? null);
  }
  assert.ok(others.has("e0"), "other targets are served by it");
  assert.ok(!gateway.events.some((event) => event.type === "hop-changed" && event.to === "benched"));
});

test("where every exit is refused, the client gets the last answer byte for byte, with our word on it", async () => {
  const page = "<title>Just a moment...</title><script>window._cf_chl_opt={}</script>";
  let count = 0;
  const answering: Answering = () => {
    count += 1;
    return `HTTP/1.1 503 Wait\r\nServer: cloudflare\r\nX-Count: ${count}\r\nContent-Length: ${page.length}\r\n\r\n${page}`;
  };
  await using one = await startRawTarget(answering);
  await using two = await startRawTarget(answering);
  await using gateway = await startOver([one, two]);
  const { answer, record } = await askFor(gateway);
  assert.equal(answer.status, 503);
  assert.equal(answer.reason, "Wait");
  assert.equal(answer.body.toString(), page);
  assert.equal(fieldValue(answer.fields, "x-count"), String(count));
  assert.equal(count, 2, "no exit is asked twice");
  const [member] = parseProxyStatus(fieldValue(answer.fields, "proxy-status") ?? "") ?? [];
  assert.equal(member?.params["fault"], "relay.blocked");
  assert.equal(member.params["culprit"], "edge");
  assert.equal(member.params["received-status"], 503);
  assert.equal(record.outcome, "relayed");
  assert.equal(record.verdict?.fault, "relay.blocked");
  assert.match(record.verdict.evidence[0] ?? "", /rule cloudflare-page/);
});

test("a request that may not be repeated gets the challenge itself", async () => {
  await using refused = await startRawTarget(refusedBySite);
  await using welcome = await startRawTarget(refusedBySite);
  await using gateway = await startOver([refused, welcome]);
  const answer = await ask(gateway, "http://site.lab/", "POST", "Content-Length: 0\r\n");
  assert.equal(answer.status, 403);
  const { attempts, verdict } = await gateway.nextRecord();
  assert.equal(attempts.length, 1);
  assert.equal(verdict?.fault, "relay.blocked");
});

test("a challenge in gzip is known, and passed on as it came", async () => {
  const page = zippedPage(403, "<title>Access to this page has been denied</title><script>window._pxAppId='PX1'</script>");
  await using refused = await startRawTarget(() => page);
  await using gateway = await startOver([refused]);
  const { answer, record } = await askFor(gateway);
  assert.equal(record.verdict?.fault, "relay.blocked");
  assert.deepEqual(answer.body, page.subarray(page.indexOf("\r\n\r\n") + 4));
});

test("a rate limit is tried once more through another exit, and no third time", async () => {
  const limited: Answering = () => BLOCK_PAGES["rate-limited-until"];
  await using one = await startRawTarget(limited);
  await using two = await startRawTarget(limited);
  await using three = await startRawTarget(limited);
  await using gateway = await startOver([one, two, three]);
  const { answer, record } = await askFor(gateway);
  assert.equal(answer.status, 429);
  assert.equal(fieldValue(answer.fields, "retry-after"), "7");
  assert.equal(record.verdict?.fault, "relay.rate_limited");
  assert.equal(record.attempts.length, 2);
  assert.ok(record.ms < 5000, "it did not wait for Retry-After");
});

test("a site that refuses us without an exit is asked once", async () => {
  await using site = await startRawTarget(() => BLOCK_PAGES["aws-waf"]);
  await using gateway = await startLabGateway();
  const { answer, record } = await askFor(gateway, site.url("/"));
  assert.equal(answer.status, 202);
  assert.equal(record.verdict?.fault, "relay.blocked");
  assert.equal(site.requests.length, 1);
});

test("a hard session that is refused gets the refusal, and does not move", async () => {
  await using one = await startRawTarget(refusedBySite);
  await using two = await startRawTarget(refusedBySite);
  await using gateway = await startOver([one, two]);
  const login = `Proxy-Authorization: ${basic("user-hardsession-abc:x")["Proxy-Authorization"]}\r\n`;
  const exits = new Set<string | null>();
  for (let i = 0; i < 3; i++) {
    assert.equal((await ask(gateway, "http://site.lab/", "GET", login)).status, 403);
    const record = await gateway.nextRecord();
    assert.equal(record.attempts.length, 1);
    for (const exit of exitsOf(record)) exits.add(exit);
  }
  assert.equal(exits.size, 1);
});

test("a soft session moves on from an exit that its target refuses, and stays there", async () => {
  await using refused = await startRawTarget(refusedBySite);
  await using welcome = await startRawTarget(() => ok("welcome"));
  await using gateway = await startOver([refused, welcome]);
  const login = `Proxy-Authorization: ${basic("user-session-abc:x")["Proxy-Authorization"]}\r\n`;
  for (let i = 0; i < 6; i++) assert.equal((await ask(gateway, "http://site.lab/", "GET", login)).body.toString(), "welcome");
  assert.ok(refused.requests.length <= 1);
});

test("without its rule a challenge is an answer like any other", async () => {
  const rules = READY_RULES.filter(({ name }) => !name.startsWith("cloudflare"));
  await using refused = await startRawTarget(refusedBySite);
  await using gateway = await startOver([refused], { exchange: { rules } });
  const { answer, record } = await askFor(gateway);
  assert.equal(answer.status, 403);
  assert.equal(fieldValue(answer.fields, "proxy-status"), null);
  assert.equal(record.outcome, "ok");
});

test("a rule of one's own finds a wall in a page that says 200", async () => {
  const wall = rule({ status: [200], body: ["please enable cookies"], host: ["*.lab"] }, ["blocked", "retry"]);
  await using walled = await startRawTarget(() => ok("<p>Please enable cookies.</p>"));
  await using welcome = await startRawTarget(() => ok("w".repeat(100_000)));
  await using gateway = await startOver([walled, welcome], { exchange: { rules: [wall] } });
  for (let i = 0; i < 4; i++) assert.equal((await ask(gateway)).body.length, 100_000);
  assert.equal(walled.requests.length, 1);
});

test("a rule that only benches leaves the answer alone", async () => {
  const flagged = rule({ header: { "x-flag": "*" } }, ["bench"]);
  await using bad = await startRawTarget(() => ok("fine", "X-Flag: 1\r\n"));
  await using gateway = await startOver([bad], { exchange: { rules: [flagged] } });
  const { answer, record } = await askFor(gateway);
  assert.equal(answer.body.toString(), "fine");
  assert.equal(fieldValue(answer.fields, "proxy-status"), null);
  assert.equal(record.outcome, "ok");
  assert.ok(gateway.events.some((event) => event.type === "hop-changed" && event.to === "benched" && event.reason.includes("mine")));
});

test("a rule may want a plain answer repeated, without a consequence for its exit", async () => {
  const missing = rule({ status: [404] }, ["retry"]);
  await using stale = await startRawTarget(() => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  await using fresh = await startRawTarget(() => ok("here"));
  await using gateway = await startOver([stale, fresh], { exchange: { rules: [missing] } });
  const seen = new Set<string | null>();
  for (let i = 0; i < 20; i++) {
    const { answer, record } = await askFor(gateway);
    assert.equal(answer.body.toString(), "here");
    const [first] = record.attempts;
    seen.add(first?.exit ?? null);
    if (first?.exit === "e0") assert.equal(first.fault, "relay.ruled");
  }
  assert.ok(seen.has("e0"));
});

test("a rule on faults sees what came out of tunnels too", async () => {
  const cut = rule({ fault: "tls.*", host: ["localhost"] }, ["bench"]);
  await using swallowing = await startLabServer(BAD_TUNNELS.finAfterHello);
  const exits = [`http://${swallowing.host}:${swallowing.port} id=e0`];
  await using gateway = await startLabGateway({ exits, exchange: { rules: [cut] } });
  const { peer } = await openConnect(gateway.address, "localhost:443");
  await peer.send(inRecords(helloMessage({ serverName: "localhost" })));
  const { attempts } = await gateway.nextRecord();
  peer.wire.destroy();
  assert.equal(attempts[0]?.fault, "tls.closed_in_handshake");
  assert.ok(gateway.events.some((event) => event.type === "hop-changed" && event.to === "benched" && event.reason.includes("mine")));
});

test("an empty 200 with a vendor's error is the exit's failure, however its end is told", async () => {
  for (const framing of ["Content-Length: 0\r\n", "Connection: close\r\n", "Transfer-Encoding: chunked\r\n"]) {
    const end = framing.startsWith("T") ? "0\r\n\r\n" : "";
    const empty = `HTTP/1.1 200 OK\r\nX-BRD-Err-Code: client_10100\r\nX-BRD-Error: zone usage limit\r\n${framing}\r\n${end}`;
    await using vendor = await startRawTarget(() => empty);
    await using good = await startRawTarget(() => ok("good"));
    await using gateway = await startOver([vendor, good]);
    for (let i = 0; i < 3; i++) assert.equal((await ask(gateway)).body.toString(), "good", framing);
  }
});

test("a site in trouble does not get a storm of repeats, and the record says why", async () => {
  let reached = 0;
  await using exits = await startMany(8, () => {
    reached += 1;
    return "HTTP/1.1 502 Bad Gateway\r\nServer: origin-of-the-site\r\nContent-Length: 3\r\n\r\nbad";
  });
  const attempts = { ...DEFAULTS.attempts, budget: 0.2, budgetFloor: 5 };
  const circuit = { ...DEFAULTS.circuit, failures: 0 }; // it would stop the storm before the budget does
  await using gateway = await startOver(exits.servers, { exchange: { attempts, circuit } });
  const REQUESTS = 60;
  let spent = 0;
  for (let i = 0; i < REQUESTS; i++) {
    const { answer, record } = await askFor(gateway);
    assert.ok(answer.status !== null && answer.status >= 500);
    if (record.notes.some((note) => note.includes("budget"))) spent += 1;
  }
  assert.ok(reached >= REQUESTS);
  assert.ok(reached <= REQUESTS * 1.2 + 5 + 5, `${reached} requests reached the site`);
  assert.ok(spent >= REQUESTS / 2, `only ${spent} records speak of the budget`);
});

test("a pool with four bad exits in five serves everyone", async () => {
  await using good = await startMany(2, () => ok("good"));
  const bad = Array.from({ length: 8 }, (_, index) => `http://127.0.0.1:${index + 1} id=dead${index}`);
  const lines = [...bad, ...good.servers.map(({ host, port }, index) => `http://${host}:${port} id=good${index}`)];
  const attempts = { ...DEFAULTS.attempts, budget: 0, budgetFloor: 1 };
  await using gateway = await startLabGateway({ exits: lines, exchange: { attempts } });
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask(gateway)));
  assert.deepEqual([...new Set(answers.map(({ body }) => body.toString()))], ["good"]);
});

interface Many extends AsyncDisposable {
  readonly servers: readonly LabServer[];
}

async function startMany(count: number, answering: Answering): Promise<Many> {
  const servers = await Promise.all(Array.from({ length: count }, () => startRawTarget(answering)));
  return {
    servers,
    async [Symbol.asyncDispose]() {
      for (const server of servers) await server[Symbol.asyncDispose]();
    },
  };
}
