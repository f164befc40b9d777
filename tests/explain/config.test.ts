import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { defaultConfig } from "../../src/config/defaults.ts";
import { loadConfig } from "../../src/config/load.ts";
import { NO_FLAGS } from "../../src/config/resolve.ts";
import { type ConfigText, explainConfigs } from "../../src/explain/config/explain-config.ts";
import { BadConfigFile } from "../../src/explain/config/includes.ts";

function config(file: string, text: string, more: Partial<ConfigText> = {}): ConfigText {
  return { file, text, include: () => [], load: defaultConfig, ...more };
}

/** What was found, as `line what`. */
function found(...texts: readonly ConfigText[]): string[] {
  return explainConfigs(texts).findings.map(({ where, what }) => `${where.line} ${what}`);
}

function nginx(location: string, http = ""): string {
  return `events {}\nhttp {\n${http}\nserver {\nlocation / {\n${location}\n}\n}\n}\n`;
}

test("nginx: TLS to a backend without its name", () => {
  assert.deepEqual(found(config("nginx.conf", nginx("proxy_pass https://192.0.2.1;"))), []);
  const missing = found(config("nginx.conf", nginx("resolver 127.0.0.1; set $b api.example; proxy_pass https://$b;")));
  assert.deepEqual(missing, ["6 proxy_pass to https://$b without proxy_ssl_server_name."]);
  assert.deepEqual(found(config("nginx.conf", nginx("resolver 127.0.0.1; proxy_pass https://$b;", "proxy_ssl_server_name on;"))), []);
});

test("nginx: names that are resolved once, or by nobody", () => {
  assert.deepEqual(found(config("nginx.conf", nginx("proxy_pass http://app.internal:8080;"))), ["6 proxy_pass to the name app.internal."]);
  assert.deepEqual(found(config("nginx.conf", nginx("proxy_pass http://$host;"))), ["6 proxy_pass to $host without a resolver."]);
  assert.deepEqual(found(config("nginx.conf", nginx("proxy_pass http://localhost:3000;"))), ["6 proxy_pass to localhost."]);
  assert.deepEqual(
    found(config("nginx.conf", nginx("proxy_pass http://app;", "upstream app { server 192.0.2.1; server 192.0.2.2; }"))),
    [],
  );
});

test("nginx: kept connections, retries of POST, small buffers, switched off checks", () => {
  const app = "upstream app { server 192.0.2.1 max_fails=0; server 192.0.2.2; keepalive 8; }";
  assert.deepEqual(found(config("nginx.conf", nginx("proxy_pass http://app;", app))), [
    "6 The upstream app has keepalive, but this proxy_pass speaks HTTP/1.0.",
    "3 max_fails=0 switches the only health check of this upstream off.",
  ]);
  const good = 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://app;';
  assert.deepEqual(found(config("nginx.conf", nginx(good, app.replace(" max_fails=0", "")))), []);
  assert.deepEqual(
    found(config("nginx.conf", nginx("proxy_next_upstream error non_idempotent;\nproxy_buffer_size 4k;\nproxy_pass http://192.0.2.1;"))),
    ["6 proxy_next_upstream has non_idempotent.", "7 proxy_buffer_size is 4k."],
  );
});

test("nginx: comments, quotes, Lua blocks and includes are read as nginx reads them, and what is not closed is told with its line", () => {
  const text = 'events {}\nhttp {\n# proxy_pass https://a;\nlog_format x "a;{}";\nserver { include more/*.conf; }\n}\n';
  const include = () => [
    { file: "more/a.conf", text: "content_by_lua_block { if { x } }\nlocation / {\n  proxy_pass http://localhost;\n}\n" },
  ];
  const { findings } = explainConfigs([config("nginx.conf", text, { include })]);
  assert.deepEqual(
    findings.map(({ where }) => where),
    [{ file: "more/a.conf", line: 3 }],
  );
  assert.throws(
    () => explainConfigs([config("nginx.conf", "http {\n server {\n}")]),
    (error) => error instanceof BadConfigFile && /nginx.conf:1: the \{/.test(error.message),
  );
  assert.throws(() => explainConfigs([config("nginx.conf", "a b;\n}\n")]), BadConfigFile);
});

test("nginx: files that include one another without end, or ever more of them, are refused soon", () => {
  const around = { include: () => [{ file: "self.conf", text: "include self.conf;" }] };
  assert.throws(() => explainConfigs([config("nginx.conf", "include self.conf;", around)]), /more than 32 includes within one another/);
  const next: Readonly<Record<string, string>> = { a: "include b; ".repeat(40), b: "include c; ".repeat(40), c: "" };
  let asked = 0;
  const include = (name: string) => {
    asked++;
    return [{ file: name, text: next[name] ?? "" }];
  };
  assert.throws(() => explainConfigs([config("nginx.conf", "include a; ".repeat(40), { include })]), /more than 1000 files are included/);
  assert.ok(asked <= 1001);
});

test("HAProxy: missing timeouts, unchecked servers, TLS without a name, names resolved once, retries of POST", () => {
  const text =
    "defaults\n  timeout connect 5s\nbackend b\n  retry-on all-retryable-errors\n  server a app.internal:443 ssl verify none\n  server c 192.0.2.1:80 check\n";
  assert.deepEqual(found(config("haproxy.cfg", text)), [
    "3 b has no timeout server.",
    "5 server a gets TLS without a server name.",
    "5 server a is not checked.",
    "5 server a is the name app.internal.",
    "4 retry-on all-retryable-errors holds for every method.",
  ]);
  const good =
    "defaults\n timeout connect 5s\n timeout server 30s\n http-request disable-l7-retry if METH_POST\n retry-on all-retryable-errors\nbackend b\n server c 192.0.2.1:80 check # a comment\n";
  assert.deepEqual(found(config("haproxy.cfg", good)), []);
});

test("Squid: a peer that is passed by, a login in clear text, times that leave no second try", () => {
  const text = "http_port 3128\ncache_peer p.example parent 8080 0 no-query login=user:secret\nconnect_timeout 5 minutes\n";
  const findings = explainConfigs([config("squid.conf", text)]).findings;
  assert.deepEqual(
    findings.map(({ where, what }) => `${where.line} ${what}`),
    [
      "3 connect_timeout is not shorter than forward_timeout.",
      "2 The peer p.example may be passed by.",
      "2 The peer p.example gets its login without TLS.",
    ],
  );
  assert.ok(!JSON.stringify(findings).includes("secret"));
});

test("a gateway's own config: long chains, passwords in clear text, times that leave no second try", () => {
  const folder = mkdtempSync(join(tmpdir(), "goodgateway-explain-"));
  try {
    const file = join(folder, "goodgateway.yaml");
    const text = [
      "timeouts: { head: 60s, total: 60s }",
      "attempts: { max: 1 }",
      "exits:",
      "  - http://user:geheim@192.0.2.1:8080",
      "  - socks5://192.0.2.1:1080,http://192.0.2.2:8080,http://192.0.2.3:8080 id=long",
    ].join("\n");
    writeFileSync(file, text);
    const load = () => loadConfig({ file, flags: NO_FLAGS, env: {} });
    const { findings } = explainConfigs([config(file, text, { load })]);
    assert.deepEqual(
      findings.map(({ where, what }) => `${where.line} ${what.replace(/exit \w{8} /, "exit ID ")}`),
      [
        "1 timeouts.head is not shorter than timeouts.total.",
        "2 attempts.max is 1.",
        "3 The exit ID gets its password without TLS (http://192.0.2.1:8080).",
        "3 The exit long is a chain of 3 hops.",
      ],
    );
    assert.ok(!JSON.stringify(findings).includes("geheim"));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("several configs are a ladder: whoever is further out must wait longer", () => {
  const edge = config("nginx.conf", nginx("proxy_pass http://192.0.2.1;\nproxy_read_timeout 30s;"));
  const behind = config("haproxy.cfg", "defaults\n timeout connect 5s\n timeout server 90s\nbackend b\n server c 192.0.2.1:80 check\n");
  const [first] = explainConfigs([edge, behind]).findings;
  assert.equal(first?.where.line, 7);
  assert.match(first?.what ?? "", /nginx proxy_read_timeout is 30 s, and behind it HAProxy timeout server is 90 s/);
  assert.deepEqual(found(behind, edge), []);
});

test("arbitrary text as a config is read, or refused in words", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.constantFrom("nginx.conf", "haproxy.cfg", "squid.conf"), (text, file) => {
      try {
        explainConfigs([config(file, text)]);
      } catch (error) {
        assert.ok(error instanceof BadConfigFile, String(error));
      }
    }),
  );
});
