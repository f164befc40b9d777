import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { defaultConfig } from "../../src/config/defaults.ts";
import { exchangeJsonSchema, isExchangeRecord } from "../../src/config/exchange-schema.ts";
import { configJsonSchema } from "../../src/config/json-schema.ts";
import { loadConfig } from "../../src/config/load.ts";
import { printConfig } from "../../src/config/print.ts";
import { NO_FLAGS } from "../../src/config/resolve.ts";
import { refusedAttempt, refusedVerdict } from "../wire/problem-cases.ts";

const directory = mkdtempSync(join(tmpdir(), "goodgateway-print-"));
after(() => rmSync(directory, { recursive: true }));
const file = join(directory, "goodgateway.yaml");

function load(text: string) {
  writeFileSync(file, text);
  return loadConfig({ file, flags: NO_FLAGS, env: { P: "hunter2" } });
}

test("a printed config loads as the same config", () => {
  assert.deepEqual(load(printConfig(defaultConfig())), defaultConfig());
  const config = load(`
listen: [127.0.0.1:1, { address: "[::1]:2", allow: [10.0.0.0/8] }]
admin: off
exits: [socks5://a:1080 id=a country=de weight=2 rotating=true, "https://b:443 insecure=true id=b"]
timeouts: { connect: 1500ms, tunnelIdle: 2h }
limits: { headBytes: 1000 }
targets: { tunnelPorts: [443] }
pacing: { perExit: { concurrent: 5 }, perTarget: { perSecond: 0.5 }, wait: 3s }
hedge: { after: p95, maxShare: 0.1 }
`);
  assert.deepEqual(load(printConfig(config)), config);
});

test("a printed config writes everything out, without YAML's anchors and aliases", () => {
  assert.doesNotMatch(printConfig(defaultConfig()), /[&*]a\d/);
});

test("secrets are hidden in print", () => {
  const text = printConfig(
    load(`
users: { alice: \${P} }
admin: { token: \${P} }
exits: ["http://u:\${P}@h:80", { url: "https://u:\${P}@list.example/?key=\${P}" }]
`),
  );
  assert.ok(!text.includes("hunter2"), text);
  assert.match(text, /alice: \(hidden\)/);
  assert.match(text, /http:\/\/u@h:80/);
});

test("secrets in the URLs of checks are hidden in print and in errors, and other URLs of judges stand as they were written", () => {
  const judge = "http://203.0.113.5:8504/#ed25519=11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
  const text = printConfig(
    load(`check: { judge: ["${judge}", "https://echo.example/ip?key=\${P}"], target: "https://site.example/?key=\${P}" }`),
  );
  assert.ok(!text.includes("hunter2") && text.includes(judge), text);
  assert.throws(
    () => load(`check: { judge: "ftp://u:\${P}@judge.example/" }`),
    (error) => error instanceof Error && !error.message.includes("hunter2") && error.message.includes("judge.example"),
  );
});

test("the JSON Schema knows every key of the printed default, with its default", () => {
  const schema = configJsonSchema() as {
    properties: Record<string, { default?: unknown; properties?: Record<string, { default?: unknown }> }>;
  };
  assert.equal(schema.properties["direct"]?.default, "never");
  assert.equal(schema.properties["timeouts"]?.properties?.["tunnelIdle"]?.default, "5m");
  assert.equal(schema.properties["limits"]?.properties?.["headBytes"]?.default, "64KiB");
  const described = Object.values(schema.properties["timeouts"]?.properties ?? {});
  assert.ok(described.length >= 14 && described.every((property) => property.default !== undefined && "description" in property));
});

test("the record of an exchange fits its schema", () => {
  const record = {
    id: "01JD8Z",
    at: "2026-01-01T00:00:00.000Z",
    client: { address: "127.0.0.1", user: null },
    protocol: "connect",
    method: "CONNECT",
    target: "example.com:443",
    outcome: "failed",
    status: 502,
    verdict: refusedVerdict,
    attempts: [refusedAttempt],
    notes: [],
    ms: 3.5,
    revised: [],
    bytesFromClient: 100,
    bytesToClient: 200,
  };
  assert.ok(isExchangeRecord(record));
  assert.ok(!isExchangeRecord({ ...record, outcome: "dunno" }));
  const schema = exchangeJsonSchema() as { properties: object; required: string[] };
  assert.deepEqual(Object.keys(schema.properties), Object.keys(record));
});
