import assert from "node:assert/strict";
import { test } from "node:test";
import { checkProxy, judgesFor } from "../../src/check/check-proxy.ts";
import type { CheckResult } from "../../src/check/check-result.ts";
import { afterBytes, afterHead, drips, fin, says, silence } from "../../src/lab/behaviours.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { dialLab, splice } from "../../src/lab/lab-connection.ts";
import { formatAnswer, type LabRequest } from "../../src/lab/lab-http.ts";
import { type Behaviour, findClosedPort, type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { REFUSALS } from "../../src/lab/refusals.ts";
import { startSite } from "../../src/lab/site.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";
import { Carrier, findLoopback } from "../../src/lab/zoo/carrier.ts";
import { startWebProxy } from "../../src/lab/zoo/web-proxy.ts";
import { Cancellation } from "../../src/net/cancellation.ts";
import { createSelfSigned } from "../../src/net/certificate.ts";
import { candidateOf, crowdedGate, startChecking } from "./checking.ts";

const lineOf = ({ host, port }: LabServer, scheme = "http") => `${scheme}://${host}:${port}`;

function abilities({ can }: CheckResult): Record<string, boolean | null> {
  return Object.fromEntries(Object.entries(can).map(([name, { ok }]) => [name, ok]));
}

test("An honest proxy works, with all that it can do, by few connections.", async () => {
  await using checking = await startChecking({ samples: 3 });
  await using exit = await startWebProxy();
  const result = await checking.check(lineOf(exit));
  assert.deepEqual([result.state, result.fault, result.protocols], ["works", null, ["http"]]);
  assert.deepEqual([result.honesty.verdict, result.anonymity.level], ["honest", "elite"], result.anonymity.evidence.join());
  const { ipv6, ...others } = abilities(result);
  assert.deepEqual(others, { http: true, https: true, connect: true, connectOther: true, remoteDns: true, keepAlive: true });
  assert.equal(ipv6, checking.judge.ipv6 === null ? null : true);
  assert.deepEqual([result.samples >= 3, result.exitAddresses.includes("127.0.0.1"), result.rotates], [true, true, false]);
  assert.ok(result.connections <= 8, `${result.connections} connections`);
  for (const stage of ["connect", "tls", "handshake", "firstByte", "total"] as const) assert.ok((result.ms?.[stage] ?? 0) > 0, stage);
  assert.ok((result.ms?.firstByte ?? 0) <= (result.ms?.total ?? 0));
});

test("A SOCKS proxy works by each of its versions, with and without names.", async () => {
  await using checking = await startChecking();
  await using exit = await startSocksExit({ reach: { localhost: { host: "127.0.0.1", port: Number(checking.judge.url.port) } } });
  const result = await checking.check(`${exit.host}:${exit.port}`);
  assert.equal(result.state, "works");
  assert.deepEqual(result.protocols, ["socks5", "socks5h", "socks4", "socks4a"]);
  assert.equal(result.can.remoteDns.ok, true);
});

test("A proxy that changes pages lies, with the place in the page.", async () => {
  await using checking = await startChecking();
  await using exit = await startHttpExit({
    tamper: (body) => Buffer.from(body.toString("latin1").replace("</body>", "<script>ad()</script></body>"), "latin1"),
  });
  const result = await checking.check(lineOf(exit));
  assert.deepEqual([result.state, result.fault?.id, result.fault?.culprit], ["lies", "honesty.content_changed", "exit"]);
  assert.match(result.fault?.details ?? "", /script was put into the body at byte \d+/);
});

test("Where TLS could be looked into only once, the result says so.", async () => {
  await using checking = await startChecking();
  let tunnels = 0;
  await using exit = await startWebProxy({ refuses: () => (++tunnels > 2 ? REFUSALS.denied403 : null) });
  const result = await checking.check(lineOf(exit));
  assert.deepEqual([result.state, result.can.https.ok], ["works", true]);
  assert.match(result.unverified.join("\n"), /opens no tunnel: the second one with TLS failed: .*handshake\.policy_denied/);
});

test("Credentials are used, and no password is in the result.", async () => {
  await using checking = await startChecking();
  await using exit = await startHttpExit({ credentials: { username: "lab", password: "s3cret-word" } });
  const { host, port } = exit;
  const right = await checking.check(`http://lab:s3cret-word@${host}:${port}`);
  assert.deepEqual([right.state, right.proxy], ["works", `http://lab@${host}:${port}`]);
  const wrong = await checking.check(`http://lab:wr0ng-word@${host}:${port}`);
  assert.deepEqual([wrong.state, wrong.fault?.id, wrong.connections], ["dead", "handshake.auth_failed", 1]);
  for (const result of [right, wrong]) assert.doesNotMatch(JSON.stringify(result), /s3cret-word|wr0ng-word/);
});

test("A proxy out of the judge's reach answers, and nobody but itself sees that it was asked.", async () => {
  await using checking = await startChecking({ judges: [] });
  await using site = await startSite();
  const reach = { [site.host]: site };
  await using http = await startHttpExit({ reach });
  await using socks = await startSocksExit();
  await using web = await startLabServer(afterHead(says("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", fin)));
  const asked = await checking.check(lineOf(http));
  assert.deepEqual(
    [asked.state, asked.protocols, asked.anonymity.level, asked.honesty.verdict],
    ["answers", ["http"], "unknown", "unknown"],
  );
  assert.match(asked.unverified.join(), /no judge was given/);
  assert.equal((await checking.check(`${socks.host}:${socks.port}`)).state, "answers");
  await using tls = await startWebProxy({}, createSelfSigned({ names: ["127.0.0.1"] }));
  assert.equal((await checking.check(`${lineOf(tls, "https")} insecure=true`)).state, "answers");
  const page = await checking.check(lineOf(web));
  assert.deepEqual([page.state, page.fault?.id], ["dead", "handshake.connect_rejected"]);
  for (const status of [200, 500, 501]) {
    await using same = await startLabServer(
      afterHead(says(formatAnswer(status, { "Content-Type": "text/html" }, "<h1>It works</h1>"), fin)),
    );
    assert.equal((await checking.check(lineOf(same))).state, "dead", `${status} to all`);
  }
  const refused = await checking.check(lineOf({ ...http, ...(await findClosedPort()) }));
  assert.deepEqual([refused.state, refused.connections], ["dead", 1]);
});

test("A proxy that goes by the Host of whatever comes in is not led to ask itself without end.", async () => {
  await using checking = await startChecking({ judges: [], timeoutMs: 5000 });
  let requests = 0;
  const byHost = new Carrier().requests(({ head, target }) => {
    requests++;
    const { hostname, port } = new URL(`http://${head.fields[head.fields.indexOf("Host") + 1]}`);
    const to = requests > 20 ? null : findLoopback({ host: hostname, port: Number(port) });
    return to && { onward: { to, secure: false }, target };
  });
  await using exit = await startLabServer(byHost);
  assert.equal((await checking.check(lineOf(exit))).state, "answers");
  assert.equal(requests, 1);
});

test("What to do is told in the words of a check, not of a gateway's settings.", async () => {
  await using checking = await startChecking({ timeoutMs: 1000 });
  await using own = await startWebProxy({}, createSelfSigned({ names: ["127.0.0.1"] }));
  await using silent = await startLabServer(silence);
  assert.match((await checking.check(lineOf(own, "https"))).fault?.fix ?? "", /\(--ca FILE\), or write insecure=true/);
  assert.match((await checking.check(lineOf(silent))).fault?.fix ?? "", /\(--timeout\)/);
});

test("A judge on loopback is for proxies of this machine alone.", async () => {
  await using checking = await startChecking();
  const { judge } = checking;
  const count = (line: string) => judgesFor(candidateOf(line).exit, [judge]).length;
  assert.deepEqual(["127.0.0.9:1", "[::1]:1", "localhost:1", "192.0.2.1:1", "example.com:1"].map(count), [1, 1, 1, 0, 0]);
  assert.equal(count("http://127.0.0.1:1,http://192.0.2.1:1"), 0);
  assert.equal(judgesFor(candidateOf("192.0.2.1:1").exit, [{ ...judge, isLoopback: false }]).length, 1);
});

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";

test("Proxies that send without end, drop by drop, or nothing end in time, whatever the protocol.", async () => {
  await using checking = await startChecking({ timeoutMs: 700 });
  const endless: Behaviour = async (peer) => {
    for (;;) await peer.send("x".repeat(64 * 1024));
  };
  const hostile = [
    afterHead(says(`${HEAD}\r\n`, endless)),
    afterHead(says(`${HEAD}X-Endless: `, endless)),
    afterHead(drips(HEAD, 50, silence)),
    afterHead(says(`${HEAD}Content-Length: 1000000000000\r\n\r\n`, drips("x".repeat(1000), 50, silence))),
    afterHead(says("HTTP/1.1 100 Continue\r\n\r\n".repeat(10_000), silence)),
    afterBytes(drips("\x05\x00\x05\x00\x00\x03\xff", 50, silence)),
    silence,
    endless,
  ];
  const check = async (behave: Behaviour, scheme: string | null) => {
    await using exit = await startLabServer(behave);
    const startedAt = performance.now();
    const result = await checking.check(scheme === null ? lineOf(exit).slice("http://".length) : lineOf(exit, scheme));
    return { result, elapsedMs: performance.now() - startedAt };
  };
  for (const scheme of ["http", "socks5", "https", null]) {
    const checked = await Promise.all(hostile.map((behave) => check(behave, scheme)));
    for (const [i, { result, elapsedMs }] of checked.entries()) {
      assert.ok(result.state === "dead" || result.state === "lies", `${i} ${scheme}: ${result.state}`);
      assert.ok(result.fault !== null, `${i} ${scheme}`);
      assert.ok(elapsedMs < 10_000, `${i} ${scheme}: ${Math.round(elapsedMs)} ms`);
    }
  }
});

test("An answer that came before it was asked for is a lie.", async () => {
  await using checking = await startChecking();
  await using exit = await startLabServer(says(`${HEAD}Content-Length: 5\r\n\r\nhello`, silence));
  const result = await checking.check(lineOf(exit));
  assert.deepEqual([result.state, result.fault?.id], ["lies", "honesty.fake_answer"]);
});

test("A proxy whose tunnels lead nowhere is dead by its own fault, since the judge is up.", async () => {
  await using checking = await startChecking();
  await using exit = await startSocksExit({ opened: fin });
  const result = await checking.check(lineOf(exit, "socks5"));
  assert.deepEqual([result.state, result.fault?.culprit, result.fault?.hop], ["dead", "exit", 1]);
});

test("A check that is ended ends at once, and leaves no connection.", async () => {
  await using checking = await startChecking();
  await using exit = await startLabServer(async (peer) => {
    await peer.skip();
    await peer.end();
  });
  const cancellation = new Cancellation();
  const running = checkProxy(candidateOf(`${exit.host}:${exit.port}`), checking.context, cancellation);
  await exit.whenAccepted(1);
  cancellation.cancel();
  await running;
  await exit.whenLeft(1);
});

test("A chain is checked as a whole, by what its last proxy speaks.", async () => {
  await using checking = await startChecking();
  await using first = await startHttpExit();
  await using second = await startSocksExit();
  const result = await checking.check(`${lineOf(first)},${lineOf(second, "socks5")}`);
  assert.deepEqual([result.state, result.protocols], ["works", ["socks5"]]);
  const { host, port } = await findClosedPort();
  const broken = await checking.check(`${lineOf(first)},socks5://${host}:${port}`);
  assert.deepEqual([broken.state, broken.fault?.id], ["dead", "handshake.connect_failed"]);
});

test("A proxy that is slow to answer is measured, and not taken for one that is dead.", async () => {
  await using checking = await startChecking();
  await using exit = await startHttpExit({ delayMs: 150 });
  const result = await checking.check(`${exit.host}:${exit.port}`);
  assert.equal(result.state, "works");
  assert.ok((result.ms?.firstByte ?? 0) >= 150);
});

test("Connections to a proxy that reads nothing do not outlive the check.", async () => {
  await using checking = await startChecking({ timeoutMs: 300 });
  await using hop = await startSocksExit();
  await using exit = await startLabServer(async (peer) => splice(peer, await dialLab(hop)));
  const result = await checking.check(lineOf(exit, "socks5"));
  assert.equal(result.state, "works");
  await exit.whenLeft(exit.accepted);
});

test("A proxy that swallows some requests is measured by the others, and says which.", async () => {
  await using checking = await startChecking({ timeoutMs: 6000 });
  await using nobody = await startLabServer(silence);
  await using silentToPost = await startLabServer(leadsTo(nobody, ({ method }) => method === "POST"));
  let requests = 0;
  await using silentToSecond = await startLabServer(leadsTo(nobody, () => ++requests === 2));
  const [post, second] = await Promise.all([checking.check(lineOf(silentToPost)), checking.check(lineOf(silentToSecond))]);
  assert.deepEqual([post.state, post.can.https.ok, post.can.keepAlive.ok], ["works", true, true]);
  assert.match(post.honesty.evidence.join(), /a request with 7 KiB of cookies failed: .*\(head\.timeout\)/);
  assert.deepEqual([second.state, second.can.https.ok, second.can.keepAlive.ok], ["works", true, false]);
});

test("What no time was left for is unknown, and not an ability that the proxy lacks.", async () => {
  let passedMs = 0;
  const clock = { now: () => performance.now() + passedMs, wall: () => Date.now() };
  await using checking = await startChecking({ timeoutMs: 8000, clock });
  let tunnels = 0;
  await using proxy = await startWebProxy({
    tunnel: async (peer, to, carrier) => {
      if (++tunnels > 1) return silence(peer);
      passedMs = 7200;
      await splice(peer, await carrier.dial(to));
    },
  });
  const { state, can } = await checking.check(lineOf(proxy));
  assert.deepEqual([state, can.http.ok, can.connectOther.ok, can.https.ok], ["works", true, true, null]);
  assert.match(can.https.details, /no time was left/);
});

test("What was given a small share of the time that is left is unknown too, where it ends by that.", async () => {
  let passedMs = 0;
  const clock = { now: () => performance.now() + passedMs, wall: () => Date.now() };
  await using checking = await startChecking({ timeoutMs: 8000, clock });
  await using nobody = await startLabServer(silence);
  const isLed = ({ method, target }: LabRequest) => {
    if (method === "POST") passedMs = 4000;
    return target.startsWith("http://[");
  };
  await using proxy = await startLabServer(leadsTo(nobody, isLed));
  const { state, can } = await checking.check(lineOf(proxy));
  assert.deepEqual([state, can.http.ok, can.ipv6.ok, can.https.ok], ["works", true, null, true]);
  assert.match(can.ipv6.details, checking.judge.ipv6 === null ? /no IPv6/ : /no time was left/);
});

/** An HTTP proxy that sends some requests where nobody answers. */
function leadsTo(nobody: LabServer, isLed: (request: LabRequest) => boolean): Behaviour {
  return new Carrier().requests((request) => {
    const { hostname, port, pathname, search } = new URL(request.target);
    const to = isLed(request) ? nobody : findLoopback({ host: hostname, port: Number(port || "80") });
    return to && { onward: { to, secure: false }, target: pathname + search };
  });
}

test("Whether connections are kept is unknown, where all that was asked over one is what the proxy does not take.", async () => {
  await using checking = await startChecking({ timeoutMs: 6000 });
  await using nobody = await startLabServer(silence);
  await using exit = await startLabServer(leadsTo(nobody, ({ method }) => method === "POST"));
  const { state, can, honesty } = await checking.check(lineOf(exit), { gate: crowdedGate(() => exit.whenLeft(1)) });
  assert.deepEqual([state, can.keepAlive.ok], ["works", null]);
  assert.match(can.keepAlive.details, /^a long request over the same connection failed/);
  assert.match(honesty.evidence.join(), /a request with 7 KiB of cookies failed: .*\(head\.timeout\)/);
});
