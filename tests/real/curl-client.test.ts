import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createAuthority } from "../../src/lab/certificates.ts";
import { fakeResolver } from "../../src/lab/fake-resolver.ts";
import { startSite } from "../../src/lab/site.ts";
import { type LabGateway, type LabGatewayOptions, startLabGateway } from "../gateway/lab-gateway.ts";
import { assertNoBug } from "./ask.ts";
import { needs, which } from "./peers/programs.ts";
import { curl, proxyUrl } from "./run-command.ts";

const CURL = needs("curl");
const authority = createAuthority();
const siteTls = authority.issue({ names: ["site.test", "127.0.0.1"] });

/** Proxy scheme to the protocol that the record names, and whether curl leaves names to the proxy. */
const SCHEMES = {
  http: { protocol: "http", resolves: true },
  socks4: { protocol: "socks4", resolves: false },
  socks4a: { protocol: "socks4", resolves: true },
  socks5: { protocol: "socks5", resolves: false },
  socks5h: { protocol: "socks5", resolves: true },
} as const;

test("curl gets a page through each kind of proxy, in clear text and over TLS", CURL, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "goodgateway-"));
  const caFile = await saveAuthority(folder.path);
  await using site = await startSite();
  await using secure = await startSite(siteTls);
  await using gateway = await startGatewayTo();
  for (const [scheme, { protocol, resolves }] of Object.entries(SCHEMES)) {
    const proxy = proxyUrl(scheme, gateway.address);
    const host = resolves ? "site.test" : "127.0.0.1";
    const plain = await curl(proxy, [`http://${host}:${site.port}/`]);
    assert.match(plain.stdout, /It works/, `${scheme}: ${plain.stderr}`);
    assert.equal((await gateway.nextRecord()).protocol, protocol);
    const encrypted = await curl(proxy, ["--cacert", caFile, `https://${host}:${secure.port}/`]);
    assert.match(encrypted.stdout, /It works/, `${scheme}: ${encrypted.stderr}`);
    assert.equal((await gateway.nextRecord()).protocol, scheme === "http" ? "connect" : protocol);
  }
  assertNoBug(gateway);
});

test("curl gets a page through the gateway's TLS listener, GET and CONNECT inside it", CURL, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "goodgateway-"));
  const caFile = await saveAuthority(folder.path);
  await using site = await startSite();
  await using secure = await startSite(siteTls);
  await using gateway = await startGatewayTo({ listener: { tls: authority.issue({ names: ["gateway.test", "127.0.0.1"] }) } });
  const proxy = proxyUrl("https", gateway.address);
  const trust = ["--proxy-cacert", caFile, "--cacert", caFile];
  const plain = await curl(proxy, [...trust, `http://site.test:${site.port}/`]);
  assert.match(plain.stdout, /It works/, plain.stderr);
  const encrypted = await curl(proxy, [...trust, `https://site.test:${secure.port}/`]);
  assert.match(encrypted.stdout, /It works/, encrypted.stderr);
  const untold = await curl(proxy, [`http://site.test:${site.port}/`]);
  assert.equal(untold.status, 60, "curl verifies the gateway's certificate");
  assertNoBug(gateway);
});

test("curl that takes a plain listener for a TLS one is told by the log what to write", CURL, async () => {
  await using gateway = await startGatewayTo();
  const { status } = await curl(proxyUrl("https", gateway.address), ["http://site.test/"]);
  assert.equal(status, 35);
  const { verdict } = await gateway.nextRecord();
  assert.equal(verdict?.fault, "client.tls_handshake_failed");
  assert.match(verdict?.evidence[0] ?? "", /use http:\/\/ in the proxy URL/);
});

test("curl uploads by PUT and POST, by length and by chunks, small and large", CURL, async () => {
  await using site = await startSite();
  await using gateway = await startGatewayTo();
  const proxy = proxyUrl("http", gateway.address);
  const url = `http://site.test:${site.port}/echo`;
  const large = "good ".repeat(60_000); // beyond what is kept for replay; curl sends Expect: 100-continue
  const uploads = [
    { args: ["-d", "a=1&b=2"], body: "a=1&b=2", method: "POST" },
    { args: ["--data-binary", "@-"], body: large, method: "POST" },
    { args: ["-T", "-"], body: "put in chunks", method: "PUT" },
    { args: ["-T", "-", "-H", "Expect: 100-continue"], body: large, method: "PUT" },
    { args: ["-X", "PATCH", "-H", "Transfer-Encoding: chunked", "--data-binary", "@-"], body: large, method: "PATCH" },
    { args: ["-d", ""], body: "", method: "POST" },
  ];
  for (const tunnel of [[], ["--proxytunnel"]]) {
    for (const { args, body, method } of uploads) {
      const { stdout, stderr } = await curl(proxy, [...tunnel, ...args, url], { input: body });
      const echoed = JSON.parse(stdout === "" ? stderr : stdout);
      assert.equal(echoed.method, method);
      assert.ok(echoed.body === body, `${args.join(" ")}: ${echoed.body.length} of ${body.length} bytes came`);
      assert.equal((await gateway.nextRecord()).outcome, "ok");
    }
  }
  assertNoBug(gateway);
});

test("curl's HEAD and its keep-alive work as without a proxy", CURL, async () => {
  await using site = await startSite();
  await using gateway = await startGatewayTo();
  const proxy = proxyUrl("http", gateway.address);
  const base = `http://site.test:${site.port}`;
  const head = await curl(proxy, ["-I", `${base}/bytes/100000`]);
  assert.equal(head.status, 0, head.stderr);
  assert.match(head.stdout, /^HTTP\/1\.1 200 OK\r\n[\s\S]*Content-Length: 100000\r\n/);
  assert.doesNotMatch(head.stdout, /Proxy-Status/);
  await gateway.nextRecord();

  const several = await curl(proxy, ["-v", `${base}/bytes/100000`, `${base}/chunked`, `${base}/close`, `${base}/status/204`]);
  assert.equal(several.status, 0, several.stderr);
  assert.ok(several.stdout.endsWith("first\nsecond\nuntil the end\n"));
  assert.equal(several.stderr.match(/Connected to/g)?.length, 1, "all went over one connection to the gateway");
  for (let count = 0; count < 4; count++) assert.equal((await gateway.nextRecord()).outcome, "ok");
});

test("curl tunnels clear text on request, and asks in absolute form without", CURL, async () => {
  await using site = await startSite();
  await using gateway = await startGatewayTo();
  const proxy = proxyUrl("http", gateway.address);
  const url = `http://site.test:${site.port}/`;
  const tunnelled = await curl(proxy, ["-i", "--proxytunnel", url]);
  assert.match(tunnelled.stdout, /^HTTP\/1\.1 200 Connection established\r\nProxy-Status: goodgateway;[\s\S]*It works/);
  assert.equal((await gateway.nextRecord()).method, "CONNECT");
  await curl(proxy, [url]);
  const { method, target } = await gateway.nextRecord();
  assert.deepEqual([method, target], ["GET", url]);
});

test("curl's WebSocket handshake gets its 101 in clear text, through a tunnel and through SOCKS", CURL, async () => {
  await using site = await startSite();
  await using gateway = await startGatewayTo();
  for (const options of [[], ["--proxytunnel"]]) {
    assert.match(await shakeHands(proxyUrl("http", gateway.address), site.port, options), HANDSHAKE_DONE);
    assert.match((await gateway.nextRecord()).outcome, /^(?:ok|aborted)$/);
  }
  assert.match(await shakeHands(proxyUrl("socks5h", gateway.address), site.port, []), HANDSHAKE_DONE);
  assertNoBug(gateway);
});

/** RFC 6455 1.3: the key of its example, and the answer to it. */
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const HANDSHAKE_DONE = /^< HTTP\/1\.1 101 Switching Protocols\r$[\s\S]*^< Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r$/m;

/** Ends curl once it has told of the 101 (on stderr, which it does not buffer): it would wait for frames. */
async function shakeHands(proxy: string, port: number, options: readonly string[]): Promise<string> {
  const fields = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${KEY}`];
  const args = ["-q", "-s", "-v", "--noproxy", "", "-m", "50", "-x", proxy, ...options, ...fields.flatMap((field) => ["-H", field])];
  const child = spawn(which("curl") as string, [...args, `http://site.test:${port}/`], { stdio: ["ignore", "ignore", "pipe"] });
  const exited = once(child, "exit");
  let told = "";
  for await (const chunk of child.stderr.setEncoding("latin1")) {
    told += chunk;
    if (HANDSHAKE_DONE.test(told)) child.kill();
  }
  await exited;
  return told;
}

function startGatewayTo(options: LabGatewayOptions = {}): Promise<LabGateway> {
  return startLabGateway({ ...options, options: { resolver: fakeResolver({ "site.test": ["127.0.0.1"] }) } });
}

async function saveAuthority(folder: string): Promise<string> {
  const file = join(folder, "authority.pem");
  await writeFile(file, authority.cert);
  return file;
}
