import assert from "node:assert/strict";
import { test } from "node:test";
import { tellStart } from "../../src/cli/startup.ts";
import { defaultConfig } from "../../src/config/defaults.ts";
import type { Config } from "../../src/core/settings.ts";

const running = { addresses: [{ host: "127.0.0.1", port: 8502 }], adminAddress: { host: "127.0.0.1", port: 8503 }, pool: { size: 1204 } };

function withListener(change: Partial<Config["listeners"][number]>): Config {
  const config = defaultConfig();
  return { ...config, listeners: config.listeners.map((listener) => ({ ...listener, ...change })) };
}

test("the startup lines say where it listens, over how many exits, and three things to try", () => {
  assert.deepEqual(tellStart(defaultConfig(), running), [
    "goodgateway listens on 127.0.0.1:8502 (HTTP, CONNECT, SOCKS), 1,204 exits",
    "  try it    curl -x http://127.0.0.1:8502 https://example.com/",
    "  use it    export HTTP_PROXY=http://127.0.0.1:8502 HTTPS_PROXY=http://127.0.0.1:8502",
    "  watch it  curl http://127.0.0.1:8503/api/exits",
  ]);
});

test("what is suggested works: with a user, over TLS, and never to a wildcard address", () => {
  const config = withListener({ users: [{ name: "alice", password: "s3cret" }], tls: { cert: "", key: "" } });
  const [first, tryIt] = tellStart(config, { ...running, addresses: [{ host: "::", port: 1 }] });
  assert.match(first ?? "", /listens on \[::\]:1 /);
  assert.match(tryIt ?? "", /curl -x https:\/\/alice:PASSWORD@127\.0\.0\.1:1 /);
  assert.ok(!tellStart(config, running).join().includes("s3cret"));
});

test("a direct gateway says so", () => {
  const config = defaultConfig();
  const direct = (mode: "only" | "fallback") => ({ ...config, exchange: { ...config.exchange, direct: mode } });
  assert.match(tellStart(direct("only"), running)[0] ?? "", /going direct$/);
  assert.match(tellStart(direct("fallback"), { ...running, pool: { size: 1 } })[0] ?? "", /1 exit, direct where they fail$/);
  const tiers = { ...config.exchange.pool.tiers, order: ["direct", "datacenter"] };
  const first = { ...config, exchange: { ...config.exchange, pool: { ...config.exchange.pool, tiers } } };
  assert.match(tellStart(first, running)[0] ?? "", /direct first, 1,204 exits where that fails$/);
});

test("with JSON logs the start is one JSON line", () => {
  const lines = tellStart({ ...defaultConfig(), log: { format: "json" } }, running);
  assert.equal(lines.length, 1);
  assert.deepEqual(JSON.parse(lines[0] ?? ""), {
    event: "started",
    listen: ["127.0.0.1:8502"],
    admin: "127.0.0.1:8503",
    exits: 1204,
    direct: "never",
  });
});

test("a range of ports is told as one", () => {
  const at = (port: number) => ({ host: "127.0.0.1", port });
  const addresses = [at(8502), ...Array.from({ length: 100 }, (_, i) => at(8600 + i)), { host: "::1", port: 8700 }];
  assert.match(
    tellStart(defaultConfig(), { ...running, addresses })[0] ?? "",
    /listens on 127\.0\.0\.1:8502, 127\.0\.0\.1:8600-8699, \[::1\]:8700 \(/,
  );
});
