import assert from "node:assert/strict";
import { mkdtempDisposable } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { Agent, get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { test } from "node:test";
import { EnvHttpProxyAgent, ProxyAgent, fetch as undiciFetch } from "undici";
import type { ExchangeRecord } from "../../src/core/ledger.ts";
import { parseProxyStatus } from "../../src/wire/proxy-status.ts";
import { type LabGateway, startLabGateway } from "../gateway/lab-gateway.ts";
import { REFUSING } from "./ask.ts";
import { needs, which } from "./peers/programs.ts";
import { pythonGet } from "./python-client.ts";
import { curl, proxyUrl, runCommand } from "./run-command.ts";

// What each client shows its user of a tunnel that the gateway could not open. Most drop the fields and the body of such an answer,
// which is why the reason phrase tells the story.

const SECURE_SITE = "https://127.0.0.1:8443/";
const PLAIN_SITE = "http://127.0.0.1:8080/";
const APT_HELPER = "/usr/lib/apt/apt-helper";

test("curl -v shows the reason phrase, and curl alone the status", needs("curl"), async () => {
  await using gateway = await startBadGateway();
  const { status, stderr } = await curl(proxyUrl("http", gateway.address), ["-v", SECURE_SITE]);
  assert.equal(status, 56);
  assert.match(stderr, /curl: \(56\) .*502/);
  assert.match(stderr, new RegExp(`^< HTTP/1\\.1 502 ${story(await gateway.nextRecord())}\r$`, "m"));
});

test("curl shows the whole story of a plain request, in six lines", needs("curl"), async () => {
  await using gateway = await startBadGateway();
  const { status, stdout } = await curl(proxyUrl("http", gateway.address), [PLAIN_SITE]);
  assert.equal(status, 0);
  const lines = stdout.trimEnd().split("\n");
  assert.ok(lines.length <= 6, stdout);
  assert.match(lines[0] as string, new RegExp(`^502 ${story(await gateway.nextRecord())}$`));
});

test("curl shows the nearest SOCKS code: an exit's refusal is no word on the target", needs("curl"), async () => {
  await using gateway = await startBadGateway();
  const five = await curl(proxyUrl("socks5h", gateway.address), [SECURE_SITE]);
  assert.equal(five.status, 97);
  assert.match(five.stderr, /SOCKS5.*\(1\)/);
  const four = await curl(proxyUrl("socks4a", gateway.address), [SECURE_SITE]);
  assert.equal(four.status, 97);
  assert.match(four.stderr, /SOCKS4.*\(91\)/);
  assert.equal((await gateway.nextRecord()).verdict?.fault, "connect.refused");
  await using direct = await startLabGateway();
  const target = await curl(proxyUrl("socks5h", direct.address), [`https://${REFUSING}/`]);
  assert.match(target.stderr, /SOCKS5.*\(5\)/);
});

test("Python's requests show the reason phrase in their ProxyError", needs("python3"), async () => {
  await using gateway = await startBadGateway();
  const outcome = await pythonGet(SECURE_SITE, proxyUrl("http", gateway.address));
  assert.ok("error" in outcome);
  assert.equal(outcome.error, "ProxyError");
  assert.match(outcome.message, new RegExp(`Tunnel connection failed: 502 ${story(await gateway.nextRecord())}`));
});

test("Python's requests show the reason phrase of a plain request, and the SOCKS code in words", needs("python3"), async () => {
  await using gateway = await startBadGateway();
  const plain = await pythonGet(PLAIN_SITE, proxyUrl("http", gateway.address));
  assert.ok("reason" in plain);
  assert.match(plain.reason, new RegExp(story(await gateway.nextRecord())));
  const socks = await pythonGet(SECURE_SITE, proxyUrl("socks5h", gateway.address));
  assert.ok("error" in socks);
  assert.match(socks.message, /0x01: General SOCKS server failure/);
});

test("fetch through undici's ProxyAgent shows the status of a refused tunnel, and the reason of a plain request", async () => {
  await using gateway = await startBadGateway();
  const uri = proxyUrl("http", gateway.address);
  for (const agent of [new ProxyAgent(uri), new EnvHttpProxyAgent({ httpProxy: uri, httpsProxy: uri, noProxy: "" })]) {
    const failure = await undiciFetch(SECURE_SITE, { dispatcher: agent }).then(
      () => null,
      (error) => error,
    );
    assert.equal(failure?.message, "fetch failed");
    assert.match(messages(failure), /Proxy response \(502\) !== 200 when HTTP Tunneling/);
    await gateway.nextRecord();
    const plain = await undiciFetch(PLAIN_SITE, { dispatcher: agent });
    await plain.text();
    assert.match(`${plain.status} ${plain.statusText}`, new RegExp(`^502 ${story(await gateway.nextRecord())}$`));
    await agent.close();
  }
});

test("Node's https shows the reason phrase, through the Agent that reads HTTPS_PROXY", async () => {
  await using gateway = await startBadGateway();
  const agent = new Agent({ proxyEnv: { HTTPS_PROXY: proxyUrl("http", gateway.address) } });
  const failure = await new Promise<NodeJS.ErrnoException>((resolve) => get(SECURE_SITE, { agent }).once("error", resolve));
  assert.equal(failure.code, "ERR_PROXY_TUNNEL");
  assert.match(failure.message, new RegExp(`HTTP/1\\.1 502 ${story(await gateway.nextRecord())}`));
});

test("Node's http hands an agent of one's own the reason phrase and the fields", async () => {
  await using gateway = await startBadGateway();
  const asking = request({ ...gateway.address, method: "CONNECT", path: "127.0.0.1:8443", agent: false }).end();
  const [answer, socket] = await new Promise<[IncomingMessage, Duplex]>((resolve, reject) =>
    asking.once("connect", (...both) => resolve([both[0], both[1]])).once("error", reject),
  );
  socket.destroy();
  const record = await gateway.nextRecord();
  assert.match(`${answer.statusCode} ${answer.statusMessage}`, new RegExp(`^502 ${story(record)}$`));
  const [member] = parseProxyStatus(String(answer.headers["proxy-status"])) ?? [];
  assert.deepEqual([member?.error, member?.params["culprit"]], ["connection_refused", "exit"]);
});

test("wget shows the reason phrase, of a tunnel as of a plain request", skipWithout("wget"), async () => {
  await using gateway = await startBadGateway();
  const proxy = proxyUrl("http", gateway.address);
  for (const url of [SECURE_SITE, PLAIN_SITE]) {
    const { stderr } = await runCommand("wget", ["-t", "1", "-O", "-", url], { env: { http_proxy: proxy, https_proxy: proxy } });
    assert.match(stderr, new RegExp(story(await gateway.nextRecord())));
  }
});

test("apt shows the reason phrase, of a tunnel as of a plain request", skipWithout(APT_HELPER), async () => {
  await using gateway = await startBadGateway();
  const proxy = proxyUrl("http", gateway.address);
  const options = [`Acquire::http::Proxy=${proxy}`, `Acquire::https::Proxy=${proxy}`, "Acquire::Retries=0"].flatMap((one) => ["-o", one]);
  await using folder = await mkdtempDisposable(join(tmpdir(), "goodgateway-"));
  for (const url of [SECURE_SITE, PLAIN_SITE]) {
    const { stdout, stderr } = await runCommand(APT_HELPER, [...options, "download-file", url, join(folder.path, "page")]);
    assert.match(stdout + stderr, new RegExp(story(await gateway.nextRecord())));
  }
});

/** Its only exit refuses TCP. */
function startBadGateway(): Promise<LabGateway> {
  return startLabGateway({ exits: [`${REFUSING} id=de-7`] });
}

/** The reason phrase that an exchange ought to have been told with, as a pattern. */
function story({ id }: ExchangeRecord): string {
  return `exit de-7 refused TCP \\(connect\\.refused ${id}\\)`;
}

function messages(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) parts.push(at.message);
  return parts.join("; ");
}

function skipWithout(program: string): { skip: string | false } {
  return { skip: which(program) === null && `${program} is not installed` };
}
