import assert from "node:assert/strict";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { get as httpGet } from "node:http";
import { Agent, get as httpsGet } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { type Dispatcher, EnvHttpProxyAgent, ProxyAgent, Socks5ProxyAgent, fetch as undiciFetch, WebSocket } from "undici";
import { createAuthority } from "../../src/lab/certificates.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import type { LabServer } from "../../src/lab/lab-server.ts";
import { startSite } from "../../src/lab/site.ts";
import { type LabGateway, startLabGateway } from "../gateway/lab-gateway.ts";
import { assertNoBug } from "./ask.ts";
import { proxyUrl, runCommand } from "./run-command.ts";

const authority = createAuthority();
const siteTls = authority.issue({ names: ["127.0.0.1"] });
const ca = authority.cert;

interface World extends AsyncDisposable {
  readonly gateway: LabGateway;
  readonly site: LabServer;
  readonly plain: string;
  readonly secure: string;
}

test("fetch gets pages through undici's ProxyAgent, EnvHttpProxyAgent and Socks5ProxyAgent", async () => {
  await using world = await startWorld();
  const uri = proxyUrl("http", world.gateway.address);
  const agents: Record<string, Dispatcher> = {
    ProxyAgent: new ProxyAgent({ uri, requestTls: { ca } }),
    "ProxyAgent with tunnels for all": new ProxyAgent({ uri, requestTls: { ca }, proxyTunnel: true }),
    EnvHttpProxyAgent: new EnvHttpProxyAgent({ httpProxy: uri, httpsProxy: uri, noProxy: "", requestTls: { ca } }),
    Socks5ProxyAgent: new Socks5ProxyAgent(proxyUrl("socks5", world.gateway.address), { requestTls: { ca } }),
  };
  for (const [name, dispatcher] of Object.entries(agents)) {
    for (const url of [world.plain, world.secure]) {
      const answer = await undiciFetch(`${url}/`, { dispatcher });
      assert.match(await answer.text(), /It works/, name);
      const posted = await undiciFetch(`${url}/echo`, { dispatcher, method: "POST", body: "a=1" });
      assert.equal(((await posted.json()) as { body: string }).body, "a=1", name);
    }
    await dispatcher.destroy();
  }
  assertNoBug(world.gateway);
});

test("undici's WebSocket opens through ProxyAgent", async () => {
  await using world = await startWorld();
  for (const proxyTunnel of [true, false]) {
    const dispatcher = new ProxyAgent({ uri: proxyUrl("http", world.gateway.address), proxyTunnel });
    const socket = new WebSocket(`ws://127.0.0.1:${world.site.port}/`, { dispatcher });
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", ({ message }) => reject(new Error(message)));
    });
    socket.addEventListener("error", () => {}); // the site echoes frames as they came, which no server may do
    socket.close();
    assert.match((await world.gateway.nextRecord()).outcome, /^(?:ok|aborted)$/);
    await dispatcher.destroy();
  }
  assertNoBug(world.gateway);
});

test("Node's http asks in absolute form, and its https tunnels through the Agent that reads HTTPS_PROXY", async () => {
  await using world = await startWorld();
  const { host, port } = world.gateway.address;
  const plain = await new Promise<string>((resolve, reject) => {
    httpGet({ host, port, path: `${world.plain}/`, agent: false }, (answer) => resolve(text(answer))).once("error", reject);
  });
  assert.match(plain, /It works/);
  const agent = new Agent({ proxyEnv: { HTTPS_PROXY: proxyUrl("http", world.gateway.address) }, ca });
  const secure = await new Promise<string>((resolve, reject) => {
    httpsGet(`${world.secure}/`, { agent }, (answer) => resolve(text(answer))).once("error", reject);
  });
  agent.destroy();
  assert.match(secure, /It works/);
  assertNoBug(world.gateway);
});

const SCRIPT = `
const [plain, secure] = process.argv.slice(1);
const read = (lib, url) => new Promise((resolve, reject) => require(lib).get(url, (answer) => {
  let body = "";
  answer.on("data", (chunk) => (body += chunk)).on("end", () => resolve(body)).on("error", reject);
}).on("error", reject));
(async () => {
  for (const url of [plain, secure]) {
    console.log(/It works/.test(await (await fetch(url)).text()));
    console.log(/It works/.test(await read(url.startsWith("https") ? "https" : "http", url)));
  }
})();
`;

test("a Node program with its proxies in the environment needs no edit", async () => {
  await using world = await startWorld();
  await using folder = await mkdtempDisposable(join(tmpdir(), "goodgateway-"));
  const caFile = join(folder.path, "authority.pem");
  await writeFile(caFile, ca);
  const uri = proxyUrl("http", world.gateway.address);
  const env = { NODE_USE_ENV_PROXY: "1", NODE_EXTRA_CA_CERTS: caFile, HTTP_PROXY: uri, HTTPS_PROXY: uri };
  const { stdout, stderr } = await runCommand(process.execPath, ["-e", SCRIPT, `${world.plain}/`, `${world.secure}/`], { env });
  assert.equal(stdout, "true\n".repeat(4), stderr);
  for (let count = 0; count < 4; count++) assert.equal((await world.gateway.nextRecord()).outcome, "ok");
});

/** A site in clear text and over TLS, and a gateway with an exit to both. */
async function startWorld(): Promise<World> {
  const site = await startSite();
  const secure = await startSite(siteTls);
  const exit = await startHttpExit();
  const gateway = await startLabGateway({ exits: [`127.0.0.1:${exit.port}`] });
  return {
    gateway,
    site,
    plain: `http://127.0.0.1:${site.port}`,
    secure: `https://127.0.0.1:${secure.port}`,
    async [Symbol.asyncDispose]() {
      for (const part of [gateway, exit, secure, site]) await part[Symbol.asyncDispose]();
    },
  };
}
