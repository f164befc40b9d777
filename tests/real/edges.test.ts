import assert from "node:assert/strict";
import { test } from "node:test";
import { afterHead, fin, silence } from "../../src/lab/behaviours.ts";
import { createAuthority } from "../../src/lab/certificates.ts";
import { fakeResolver } from "../../src/lab/fake-resolver.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import type { LabGatewayOptions } from "../gateway/lab-gateway.ts";
import { type Asked, ask, REFUSING, tell } from "./ask.ts";
import { type Backends, startHaproxyEdge, startNginxEdge } from "./edges.ts";
import { startMicrosocks } from "./peers/microsocks.ts";
import { needs } from "./peers/programs.ts";
import { startSquid } from "./peers/squid.ts";
import { startTinyproxy } from "./peers/tinyproxy.ts";

const NGINX_STORIES = {
  "/refusing": [502, "nginx made this 502: its backend refused, broke off or sent nothing usable"],
  "/silent": [504, "nginx made this 504: its backend did not answer in time"],
  "/closing": [502, "nginx made this 502: its backend refused, broke off or sent nothing usable"],
  "/own500": [500, "nginx made this 500"],
} as const;

const HAPROXY_STORIES = {
  "/refusing": [503, "HAProxy made this 503: none of its backends is up"],
  "/nobody": [503, "HAProxy made this 503: none of its backends is up"],
  "/silent": [504, "HAProxy made this 504: its backend did not answer in time"],
  "/closing": [502, "HAProxy made this 502: its backend sent no valid answer"],
} as const;

type Stories = Readonly<Record<string, readonly [number, string]>>;

test("what nginx says of its backends is relayed, and held against the edge", needs("nginx", "curl"), async () => {
  await using backends = await startBackends();
  await using edge = await startNginxEdge(backends);
  await assertStories(edge.port, NGINX_STORIES, { exits: [] }, "direct");
});

test("what HAProxy says of its backends is relayed, and held against the edge", needs("haproxy", "curl"), async () => {
  await using backends = await startBackends();
  await using edge = await startHaproxyEdge(backends);
  await assertStories(edge.port, HAPROXY_STORIES, { exits: [] }, "direct");
});

test("an edge's 5xx through Squid is the edge's, and Squid does not pay", needs("nginx", "haproxy", "squid", "curl"), async () => {
  await using backends = await startBackends();
  await using squid = await startSquid();
  const way = { exits: [`127.0.0.1:${squid.port}`] };
  await using nginx = await startNginxEdge(backends);
  await assertStories(nginx.port, NGINX_STORIES, way, "exit healthy");
  await using haproxy = await startHaproxyEdge(backends);
  await assertStories(haproxy.port, HAPROXY_STORIES, way, "exit healthy");
});

test("an edge's 5xx through tinyproxy and microsocks is the edge's", needs("nginx", "tinyproxy", "microsocks", "curl"), async () => {
  await using backends = await startBackends();
  await using edge = await startNginxEdge(backends);
  await using tinyproxy = await startTinyproxy();
  await assertStories(edge.port, NGINX_STORIES, { exits: [`127.0.0.1:${tinyproxy.port}`] }, "exit healthy");
  await using microsocks = await startMicrosocks();
  await assertStories(edge.port, NGINX_STORIES, { exits: [`socks5://127.0.0.1:${microsocks.port}`] }, "exit healthy");
});

test("a 500 that nginx passes on is the application's", needs("nginx", "squid", "curl"), async () => {
  await using backends = await startBackends();
  await using edge = await startNginxEdge(backends);
  await using squid = await startSquid();
  for (const exits of [[], [`127.0.0.1:${squid.port}`]]) {
    const asked = await ask([`http://127.0.0.1:${edge.port}/application500`], { exits });
    assert.match(tell(asked), /^relayed relay\.origin_5xx by origin, (?:direct|exit healthy)$/);
    assert.match(asked.client.stdout, /\r\n\r\nno such luck$/);
  }
});

test("an https target of an absolute-form request is judged inside the tunnel", needs("nginx", "squid", "microsocks", "curl"), async () => {
  const authority = createAuthority();
  await using backends = await startBackends();
  await using edge = await startNginxEdge(backends, authority.issue({ names: ["site.test", "127.0.0.1"] }));
  await using squid = await startSquid();
  await using microsocks = await startMicrosocks();
  const trusting = { exchange: { ca: [authority.cert] }, options: { resolver: fakeResolver({ "site.test": ["127.0.0.1"] }) } };
  const ways = { direct: [], Squid: [`127.0.0.1:${squid.port}`], microsocks: [`socks5://127.0.0.1:${microsocks.port}`] };
  for (const [way, exits] of Object.entries(ways)) {
    const host = way === "Squid" ? "127.0.0.1" : "site.test"; // the one resolves it itself
    const asked = await askHttps(`https://${host}:${edge.port}/refusing`, { ...trusting, exits });
    assert.match(tell(asked), /^relayed relay\.edge_5xx by edge, (?:direct|exit healthy)$/, way);
    assert.equal(asked.record.verdict?.confidence, 0.85, "nobody could have made it up on the way");
    assert.match(asked.client.stdout, /<hr><center>nginx/);
  }
});

test(
  "a real certificate that nobody vouches for is the origin's fault, and nothing is sent to it",
  needs("nginx", "squid", "curl"),
  async () => {
    await using backends = await startBackends();
    await using edge = await startNginxEdge(backends, createAuthority().issue({ names: ["127.0.0.1"] }));
    await using squid = await startSquid();
    for (const exits of [[], [`127.0.0.1:${squid.port}`]]) {
      const asked = await askHttps(`https://127.0.0.1:${edge.port}/own500`, { exits });
      assert.match(tell(asked), /^502 tls\.cert_untrusted by origin, (?:direct|exit untried)$/);
    }
  },
);

/** curl asks for the URL in absolute form, in clear text, so that the gateway does the TLS. */
function askHttps(url: string, options: LabGatewayOptions): Promise<Asked> {
  return ask(["--request-target", url, "http://127.0.0.1/"], options);
}

async function assertStories(port: number, stories: Stories, options: LabGatewayOptions, exit: string): Promise<void> {
  const asking = Object.entries(stories).map(async ([path, [status, evidence]]) => {
    const asked = await ask([`http://127.0.0.1:${port}${path}`], options);
    assert.equal(tell(asked), `relayed relay.edge_5xx by edge, ${exit}`, path);
    assert.equal(asked.record.status, status, path);
    assert.equal(asked.record.verdict?.evidence[0], evidence);
    assert.equal(asked.member?.params["received-status"], status);
    assert.equal(asked.member?.details, evidence);
    assert.match(asked.client.stdout, new RegExp(`<h1>${status} `), "the edge's own page");
  });
  await Promise.all(asking);
}

async function startBackends(): Promise<Backends & AsyncDisposable> {
  const silent = await startLabServer(afterHead(silence));
  const closing = await startLabServer(afterHead(fin));
  return {
    refusing: REFUSING,
    silent: `127.0.0.1:${silent.port}`,
    closing: `127.0.0.1:${closing.port}`,
    async [Symbol.asyncDispose]() {
      await Promise.all([silent[Symbol.asyncDispose](), closing[Symbol.asyncDispose]()]);
    },
  };
}
