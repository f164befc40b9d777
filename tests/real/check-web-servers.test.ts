import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckResult } from "../../src/check/check-result.ts";
import { runCheck } from "../check/run-check.ts";
import { startApache } from "./peers/apache.ts";
import { startNginx } from "./peers/nginx.ts";
import { needs } from "./peers/programs.ts";
import type { Peer } from "./peers/start-peer.ts";

const CARRY = "proxy_pass http://$http_host$request_uri;";

/** nginx as a proxy for plain requests. `http` may speak of `DIRECTORY`. */
function startNginxProxy(locations: string, http = ""): Promise<Peer> {
  return startNginx(({ port, directory }) => `${http.replace("DIRECTORY", directory)}\nserver { listen 127.0.0.1:${port}; ${locations} }`);
}

function startApacheProxy(lines = ""): Promise<Peer> {
  return startApache(() => `ProxyRequests On\nAllowCONNECT 1-65535\n<Proxy *>\nRequire all granted\n</Proxy>\n${lines}`);
}

/** What counts of each, in a line. */
async function check(...peers: readonly Peer[]): Promise<string[]> {
  const results = await runCheck(peers.map(({ port }) => `http://127.0.0.1:${port}`));
  return results.map(({ state, anonymity, honesty }: CheckResult) => {
    const lies = new Set(honesty.lies.map(({ fault }) => fault));
    return [state, anonymity.level, honesty.verdict, ...[...lies].sort()].join(" ");
  });
}

test("nginx and Apache that carry what they are given are honest", needs("nginx", "apache2"), async () => {
  await using usual = await startNginxProxy(`location / { ${CARRY} }`);
  await using keeping = await startNginxProxy(
    `location / { ${CARRY} proxy_cache kept; proxy_cache_valid any 10m; }`,
    "proxy_cache_path DIRECTORY/cache keys_zone=kept:1m;",
  );
  await using apache = await startApacheProxy();
  await using modern = await startApacheProxy("LoadModule http2_module /usr/lib/apache2/modules/mod_http2.so\nProtocols h2 h2c http/1.1");
  assert.deepEqual(await check(usual, keeping, apache, modern), new Array(4).fill("works elite honest"));
});

test("nginx that injects, packs, or keeps pictures against the site's word is told as that", needs("nginx"), async () => {
  await using injecting = await startNginxProxy(
    `location / { ${CARRY} sub_filter '</body>' '<script src="http://ads.lab/a.js"></script></body>'; }`,
  );
  await using packing = await startNginxProxy(`location / { ${CARRY} gzip on; gzip_proxied any; }`);
  await using keeping = await startNginxProxy(
    `location / { ${CARRY} }
     location ~ \\.(?:png|gif|jpg)$ { ${CARRY} proxy_cache kept; proxy_cache_valid any 10m; proxy_ignore_headers Cache-Control Set-Cookie; }`,
    "proxy_cache_path DIRECTORY/cache keys_zone=kept:1m;",
  );
  assert.deepEqual(await check(injecting, packing, keeping), [
    "lies elite dishonest honesty.content_changed",
    "lies elite dishonest honesty.content_changed",
    "lies elite dishonest honesty.stale_answer",
  ]);
});
