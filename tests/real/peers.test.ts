import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { startDante } from "./peers/dante.ts";
import { startHaproxy } from "./peers/haproxy.ts";
import { startMicrosocks } from "./peers/microsocks.ts";
import { startMitmproxy } from "./peers/mitmproxy.ts";
import { startNginx } from "./peers/nginx.ts";
import { needs } from "./peers/programs.ts";
import { startSquid } from "./peers/squid.ts";
import type { Peer } from "./peers/start-peer.ts";
import { startTinyproxy } from "./peers/tinyproxy.ts";

const USERS = { alice: "open sesame" };

test("nginx serves what its configuration says", needs("nginx", "curl"), async () => {
  await using site = await startSite();
  assert.equal(fetchBody(url(site), []), "hello");
});

test("HAProxy names a dead backend with its own 503", needs("haproxy", "curl"), async () => {
  await using edge = await startHaproxy(({ port }) => `listen edge\n  bind 127.0.0.1:${port}\n  retries 0\n  server dead 127.0.0.1:1`);
  assert.match(fetchBody(url(edge), []), /503 Service Unavailable/);
});

test("Squid forwards, and asks for a password where users are set", needs("squid", "nginx", "curl"), async () => {
  await using site = await startSite();
  await using open = await startSquid();
  await using closed = await startSquid({ users: USERS });
  assert.equal(fetchBody(url(site), ["-x", url(open)]), "hello");
  assert.equal(fetchStatus(url(site), ["-x", url(closed)]), "407");
  assert.equal(fetchBody(url(site), ["-x", url(closed), "-U", "alice:open sesame"]), "hello");
});

test("tinyproxy forwards, and asks for a password where users are set", needs("tinyproxy", "nginx", "curl"), async () => {
  await using site = await startSite();
  await using open = await startTinyproxy();
  await using closed = await startTinyproxy({ users: { alice: "sesame" } });
  assert.equal(fetchBody(url(site), ["-x", url(open)]), "hello");
  assert.equal(fetchStatus(url(site), ["-x", url(closed)]), "407");
  assert.equal(fetchBody(url(site), ["-x", url(closed), "-U", "alice:sesame"]), "hello");
});

test("microsocks forwards, and refuses who has no password where a user is set", needs("microsocks", "nginx", "curl"), async () => {
  await using site = await startSite();
  await using open = await startMicrosocks();
  await using closed = await startMicrosocks({ user: { name: "alice", password: "sesame" } });
  assert.equal(fetchBody(url(site), ["-x", `socks5h://127.0.0.1:${open.port}`]), "hello");
  assert.equal(fetchStatus(url(site), ["-x", `socks5h://127.0.0.1:${closed.port}`]), "000");
  assert.equal(fetchBody(url(site), ["-x", `socks5h://alice:sesame@127.0.0.1:${closed.port}`]), "hello");
});

test("Dante forwards what comes by SOCKS4 and SOCKS5", needs("danted", "nginx", "curl"), async () => {
  await using site = await startSite();
  await using dante = await startDante();
  for (const scheme of ["socks4", "socks5"]) {
    assert.equal(fetchBody(url(site), ["-x", `${scheme}://127.0.0.1:${dante.port}`]), "hello");
  }
});

test("mitmproxy forwards, and shows its addons what it carries", needs("mitmdump", "nginx", "curl"), async () => {
  await using site = await startSite();
  const addon = "def response(flow):\n    flow.response.text += ' world'\n";
  await using mitmproxy = await startMitmproxy({ addon });
  assert.equal(fetchBody(url(site), ["-x", url(mitmproxy)]), "hello world");
});

test("a peer that cannot start says what it printed", needs("nginx"), async () => {
  await assert.rejects(
    startNginx(() => "no such directive;"),
    /unknown directive "no"/,
  );
});

test("a peer that was disposed of serves no more", needs("nginx", "curl"), async () => {
  const site = await startSite();
  await site[Symbol.asyncDispose]();
  assert.equal(fetchStatus(url(site), []), "000");
});

function startSite(): Promise<Peer> {
  return startNginx(({ port }) => `server { listen 127.0.0.1:${port}; location / { return 200 "hello"; } }`);
}

function url({ port }: Peer): string {
  return `http://127.0.0.1:${port}`;
}

/** --noproxy "": curl would else go to loopback directly where the machine's NO_PROXY says so. */
function fetchBody(address: string, options: readonly string[]): string {
  return spawnSync("curl", ["-s", "--noproxy", "", ...options, address], { encoding: "utf8" }).stdout;
}

function fetchStatus(address: string, options: readonly string[]): string {
  return fetchBody(address, ["-o", "/dev/null", "-w", "%{http_code}", ...options]);
}
