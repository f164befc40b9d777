import assert from "node:assert/strict";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createAuthority } from "../../src/lab/certificates.ts";
import { startSite } from "../../src/lab/site.ts";
import { startLabGateway } from "../gateway/lab-gateway.ts";
import { ask, assertNoBug, REFUSING, tell, tellAll } from "./ask.ts";
import { startHaproxy } from "./peers/haproxy.ts";
import { startMicrosocks } from "./peers/microsocks.ts";
import { startNginx } from "./peers/nginx.ts";
import { needs } from "./peers/programs.ts";
import { startSquid } from "./peers/squid.ts";
import type { Peer } from "./peers/start-peer.ts";
import { startTinyproxy } from "./peers/tinyproxy.ts";
import { curl, proxyUrl } from "./run-command.ts";

test("nginx in an exit list is a web server that opens no tunnel", needs("nginx", "curl"), async () => {
  await using nginx = await startWebServer();
  const { client, record, exits } = await ask(["--proxytunnel", `http://${REFUSING}`], { exits: [`127.0.0.1:${nginx.port} id=de-7`] });
  // 400 up to 1.21.0, 405 since.
  assert.match(record.verdict?.evidence[0] ?? "", /answered 40[05] "[\w ]+" in the words of nginx/);
  assert.equal(tell({ client, record, member: null, exits }), "502 handshake.connect_rejected by exit, exit untried");
  assert.match(client.stdout, /^HTTP\/1\.1 502 exit de-7 refused the tunnel \(handshake\.connect_rejected \w+\)\r$/m);
});

test("nginx under a SOCKS or an https scheme is recognised as HTTP", needs("nginx", "curl"), async () => {
  await using nginx = await startWebServer();
  const targets = { it: REFUSING };
  for (const scheme of ["socks4", "socks4a", "socks5", "socks5h"]) {
    assert.deepEqual(
      await tellAll(`${scheme}://127.0.0.1:${nginx.port}`, targets),
      {
        "GET it": "502 handshake.not_a_proxy by gateway, exit benched",
        "CONNECT it": "502 handshake.not_a_proxy by gateway, exit benched",
      },
      scheme,
    );
  }
  assert.deepEqual(await tellAll(`https://127.0.0.1:${nginx.port}`, targets), {
    "GET it": "502 tls.protocol_mismatch by gateway, exit benched",
    "CONNECT it": "502 tls.protocol_mismatch by gateway, exit benched",
  });
});

test("HAProxy in TCP mode before no exit ends connections without a word: the exit's", needs("haproxy", "curl"), async () => {
  await using balancer = await startBalancer("tcp", REFUSING);
  assert.deepEqual(await tellAll(`127.0.0.1:${balancer.port}`, { it: REFUSING }), {
    "GET it": "502 head.closed_empty by exit, exit benched",
    "CONNECT it": "502 handshake.closed by exit, exit benched",
  });
});

test("HAProxy in HTTP mode before no exit opens no tunnel: the exit's, in HAProxy's words", needs("haproxy", "curl"), async () => {
  await using balancer = await startBalancer("http", REFUSING);
  const exits = [`127.0.0.1:${balancer.port}`];
  const connect = await ask(["--proxytunnel", `http://${REFUSING}`], { exits });
  assert.equal(tell(connect), "502 handshake.connect_rejected by exit, exit untried");
  assert.match(connect.record.verdict?.evidence[0] ?? "", /503 "Service Unavailable" in the words of HAProxy/);
  // The same page to a plain request may as well be the site's, and is said to be with less confidence than a proved one.
  const get = await ask([`http://${REFUSING}`], { exits });
  assert.equal(tell(get), "relayed relay.edge_5xx by edge, exit untried");
  assert.equal(get.record.verdict?.confidence, 0.6);
});

test("HAProxy before Squid passes on what Squid says", needs("haproxy", "squid", "curl"), async () => {
  await using squid = await startSquid();
  await using site = await startSite();
  for (const mode of ["tcp", "http"] as const) {
    await using balancer = await startBalancer(mode, `127.0.0.1:${squid.port}`);
    const targets = { site: `127.0.0.1:${site.port}`, "a port that refuses": REFUSING };
    assert.deepEqual(await tellAll(`127.0.0.1:${balancer.port}`, targets), {
      "GET site": "200, exit healthy",
      "CONNECT site": "200, exit healthy",
      "GET a port that refuses": "relayed relay.exit_5xx by origin, exit untried",
      "CONNECT a port that refuses": "502 handshake.target_refused by origin, exit untried",
    });
  }
});

test("a chain of real proxies works, and the hop that broke is named", needs("squid", "tinyproxy", "microsocks", "curl"), async () => {
  await using squid = await startSquid();
  await using tinyproxy = await startTinyproxy();
  await using microsocks = await startMicrosocks();
  await using site = await startSite();
  const socks = `socks5://127.0.0.1:${microsocks.port}`;
  const chain = `http://127.0.0.1:${squid.port},${socks},http://127.0.0.1:${tinyproxy.port}`;
  const target = `http://127.0.0.1:${site.port}/`;
  assert.equal(tell(await ask([target], { exits: [chain] })), "200, exit healthy");
  assert.equal(tell(await ask(["--proxytunnel", target], { exits: [chain] })), "200, exit healthy");

  const broken = await ask(["--proxytunnel", target], { exits: [`http://127.0.0.1:${squid.port},${socks},http://${REFUSING} id=de-7`] });
  assert.equal(tell(broken), "502 handshake.connect_failed by exit, exit benched");
  assert.equal(broken.record.verdict?.hop, 3);
  assert.match(broken.client.stdout, /the chain of exits breaks at exit de-7 hop 3/);
});

test(
  "a pool of real exits, all wrong but one, serves every request",
  needs("nginx", "squid", "tinyproxy", "microsocks", "curl"),
  async () => {
    await using site = await startSite();
    await using nginx = await startWebServer();
    await using closed = await startSquid({ users: { alice: "sesame" } });
    await using strict = await startTinyproxy({ lines: ["ConnectPort 443"] });
    await using good = await startMicrosocks();
    const exits = [
      `http://127.0.0.1:${nginx.port} id=nginx`,
      `http://127.0.0.1:${closed.port} id=no-login`,
      `http://127.0.0.1:${strict.port} id=strict`,
      `http://127.0.0.1:${good.port} id=socks-as-http`,
      `socks5://127.0.0.1:${good.port} id=good`,
    ];
    await using gateway = await startLabGateway({ exits });
    for (let count = 0; count < 6; count++) {
      const { status, stderr } = await curl(proxyUrl("http", gateway.address), ["--proxytunnel", `http://127.0.0.1:${site.port}/`]);
      assert.equal(status, 0, stderr);
      assert.match((await gateway.nextRecord()).outcome, /^(?:ok|rescued)$/);
    }
    const states = gateway.gateway.pool.snapshot().map(({ id, successes }) => [id, successes]);
    assert.deepEqual(Object.fromEntries(states), { nginx: 0, "no-login": 0, strict: 0, "socks-as-http": 0, good: 6 });
    assertNoBug(gateway);
  },
);

test(
  "a web server that says 200 to CONNECT is found out by what follows, and curl never notices",
  needs("haproxy", "squid", "curl"),
  async () => {
    const authority = createAuthority();
    await using folder = await mkdtempDisposable(join(tmpdir(), "goodgateway-"));
    const caFile = join(folder.path, "authority.pem");
    await writeFile(caFile, authority.cert);
    await using site = await startSite(authority.issue({ names: ["127.0.0.1"] }));
    await using polite = await startHaproxy(
      ({ port }) => `frontend polite\n  bind 127.0.0.1:${port}\n  http-request return status 200 content-type text/plain string hello`,
    );
    await using squid = await startSquid();
    // The pool tosses up between exits that it knows nothing of: a toss of 0 takes the first.
    const exits = [`127.0.0.1:${polite.port} id=polite`, `127.0.0.1:${squid.port} id=good`];
    await using gateway = await startLabGateway({ exits, options: { random: () => 0 } });
    const { stdout, stderr } = await curl(proxyUrl("http", gateway.address), ["--cacert", caFile, `https://127.0.0.1:${site.port}/`]);
    assert.match(stdout, /It works/, stderr);
    const { outcome, attempts } = await gateway.nextRecord();
    assert.equal(outcome, "rescued");
    assert.deepEqual(
      attempts.map(({ exit, fault }) => [exit, fault]),
      [
        ["polite", "tls.malformed"],
        ["good", null],
      ],
    );
    assertNoBug(gateway);
  },
);

function startWebServer(): Promise<Peer> {
  return startNginx(({ port }) => `server { listen 127.0.0.1:${port}; location / { return 200 "hello"; } }`);
}

function startBalancer(mode: "tcp" | "http", exit: string): Promise<Peer> {
  return startHaproxy(({ port }) => `listen exits\n  mode ${mode}\n  bind 127.0.0.1:${port}\n  retries 0\n  server one ${exit}`);
}
