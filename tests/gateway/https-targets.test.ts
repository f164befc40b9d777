import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import type { FaultId } from "../../src/core/fault.ts";
import { afterBytes, fin } from "../../src/lab/behaviours.ts";
import { createAuthority } from "../../src/lab/certificates.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { proxyGet } from "../../src/lab/raw-client.ts";
import { startSite } from "../../src/lab/site.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";
import { type BadTls, badTls } from "../../src/lab/tls-trouble.ts";
import { dialClient, exchange } from "./client.ts";
import { startLabGateway } from "./lab-gateway.ts";
import { ok, startRawTarget } from "./raw-target.ts";

const authority = createAuthority();
const ca = [authority.cert];
const identity = authority.issue({ names: ["site.lab", "localhost", "127.0.0.1"] });

for (const way of ["directly", "http", "socks5h"] as const) {
  test(`an https:// target is reached with TLS made here, its certificate verified: ${way}`, async () => {
    await using site = await startSite(identity);
    await using exit =
      way === "socks5h" ? await startSocksExit({ reach: { "site.lab": site } }) : await startHttpExit({ reach: { "site.lab": site } });
    const exits = way === "directly" ? [] : [`${way}://${exit.host}:${exit.port}`];
    await using gateway = await startLabGateway({ exits, exchange: { ca } });
    using peer = await dialClient(gateway.address);
    const url = way === "directly" ? `https://127.0.0.1:${site.port}/echo` : "https://site.lab/echo";
    for (let i = 0; i < 2; i++) {
      const answer = await exchange(peer, proxyGet(url));
      assert.equal(answer.status, 200, answer.body.toString());
      const echo = JSON.parse(answer.body.toString());
      assert.equal(echo.target, "/echo");
      assert.deepEqual(echo.fields, ["Host", new URL(url).host]);
    }
    assert.equal(site.accepted, 1, "the tunnel was used again");
  });
}

const WRONG: Readonly<Record<Exclude<BadTls, "wantsCertificate" | "onlyHttp2">, FaultId>> = {
  expired: "tls.cert_expired",
  notYetValid: "tls.cert_not_yet_valid",
  wrongName: "tls.cert_name_mismatch",
  selfSigned: "tls.cert_untrusted",
};

for (const [kind, id] of Object.entries(WRONG)) {
  test(`a certificate that is ${kind} is ${id}, the target's fault, and no request is sent`, async () => {
    const tls = badTls(authority, "localhost")[kind as keyof typeof WRONG];
    await using target = await startRawTarget(() => ok("secret"), tls);
    await using gateway = await startLabGateway({ exchange: { ca } });
    using peer = await dialClient(gateway.address);
    const answer = await exchange(peer, proxyGet(`https://localhost:${target.port}/`));
    assert.equal(answer.status, 502);
    const { verdict } = await gateway.nextRecord();
    assert.equal(verdict?.fault, id);
    assert.equal(verdict?.culprit, "origin");
    assert.equal(target.requests.length, 0);
  });
}

test("a certificate of an authority that nobody configured is not trusted", async () => {
  await using target = await startRawTarget(() => ok("secret"), identity);
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  assert.equal((await exchange(peer, proxyGet(`https://localhost:${target.port}/`))).status, 502);
  assert.match((await gateway.nextRecord()).verdict?.fault ?? "", /^tls\.cert_/);
  assert.equal(target.requests.length, 0);
});

test("a target that ends TLS before a word is told with the ClientHello that it had", async () => {
  await using target = await startLabServer(afterBytes(fin));
  await using gateway = await startLabGateway({ exchange: { ca } });
  using peer = await dialClient(gateway.address);
  assert.equal((await exchange(peer, proxyGet(`https://localhost:${target.port}/`))).status, 502);
  const { verdict } = await gateway.nextRecord();
  assert.equal(verdict?.fault, "tls.closed_in_handshake");
  assert.match(verdict.evidence.join(), /in the TLS handshake; \d+ bytes out, none in/);
});

test("an answer over TLS that ends without close_notify is no whole answer", async () => {
  await using target = await startRawTarget(async (_, peer) => {
    await peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nperhaps not all of it");
    peer.wire.end(); // beneath TLS: a FIN that anybody on the way can make
    return "";
  }, identity);
  await using gateway = await startLabGateway({ exchange: { ca } });
  using peer = await dialClient(gateway.address);
  const answer = await exchange(peer, proxyGet(`https://localhost:${target.port}/`));
  assert.notEqual(answer.ending, "complete");
  const record = await gateway.nextRecord();
  assert.equal(record.outcome, "failed");
  assert.equal(record.verdict?.fault, "body.truncated");
});

test("parameter scheme-https sends an http:// request over TLS, to port 443 where none is named", async () => {
  await using site = await startSite(identity);
  await using exit = await startHttpExit({ reach: { "site.lab:443": site } });
  await using gateway = await startLabGateway({ exits: [`http://${exit.host}:${exit.port}`], exchange: { ca } });
  using peer = await dialClient(gateway.address);
  const authorization = `Basic ${Buffer.from("any-scheme-https:x").toString("base64")}`;
  const answer = await exchange(peer, proxyGet("http://site.lab/bytes/4", { "Proxy-Authorization": authorization }));
  assert.equal(answer.body.toString(), "0123");
  assert.equal((await gateway.nextRecord()).target, "https://site.lab/bytes/4");
});

test("what sites answer under their own TLS is never their only exit's fault, however many of them are broken", async () => {
  const names = ["a.lab", "b.lab", "c.lab"] as const;
  const broken = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nlate";
  await using target = await startRawTarget(() => broken, authority.issue({ names }));
  await using exit = await startHttpExit({ reach: Object.fromEntries(names.map((name) => [name, target])) });
  const attempts = { ...DEFAULTS.attempts, max: 1, exits: 1 };
  await using gateway = await startLabGateway({ exits: [`http://${exit.host}:${exit.port}`], exchange: { ca, attempts } });
  using peer = await dialClient(gateway.address);
  for (let request = 0; request < 9; request++) {
    assert.equal((await exchange(peer, proxyGet(`https://${names[request % 3]}/${request}`))).body.toString(), "late");
    const { verdict } = await gateway.nextRecord();
    assert.deepEqual([verdict?.fault, verdict?.culprit], ["relay.origin_5xx", "origin"], `${request}: ${verdict?.evidence.join("; ")}`);
  }
  assert.equal(gateway.gateway.pool.snapshot()[0]?.state, "healthy");
});
