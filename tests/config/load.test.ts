import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ConfigError } from "../../src/config/config-error.ts";
import { defaultConfig } from "../../src/config/defaults.ts";
import { loadConfig } from "../../src/config/load.ts";
import { type ConfigFlags, NO_FLAGS } from "../../src/config/resolve.ts";
import type { Config } from "../../src/core/settings.ts";

const directory = mkdtempSync(join(tmpdir(), "goodgateway-config-"));
after(() => rmSync(directory, { recursive: true }));
const file = join(directory, "goodgateway.yaml");
writeFileSync(join(directory, "exits.txt"), "a:80\n");

const env = { ALICE_PASSWORD: "s3cret", EXIT_PASSWORD: "p@:,#ss", LIMIT: "7", WAIT: "2s" };

function load(text: string, flags: Partial<ConfigFlags> = {}): Config {
  writeFileSync(file, text);
  return loadConfig({ file, flags: { ...NO_FLAGS, ...flags }, env });
}

/** The problems, without the file's path. */
function refuse(text: string, flags: Partial<ConfigFlags> = {}): string[] {
  try {
    load(text, flags);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems.map((problem) => problem.replaceAll(`${file}:`, "").replaceAll(directory, "DIR"));
  }
  return assert.fail("the config loads");
}

test("an empty file is the default config, frozen", () => {
  for (const text of ["", "# nothing\n", "exits:\n", "{}"]) assert.deepEqual(load(text), defaultConfig());
  assert.deepEqual(loadConfig({ file: null, flags: NO_FLAGS, env: {} }), defaultConfig());
  assert.ok(Object.isFrozen(load("").exchange.limits.message));
});

test("the documented example loads", () => {
  const config = load(`
name: eu-1
listen: 127.0.0.1:8502            # or a list
admin: off
direct: always
bypass: [.internal, 10.0.0.0/8]
exits:
  - { file: exits.txt, scheme: socks5, tags: { tier: Datacenter } }
  - http://user:\${EXIT_PASSWORD}@192.0.2.10:8080 country=de
  - { url: "https://list.example/all?key=1", refresh: 10m, replaceByEmpty: on }
users: { alice: \${ALICE_PASSWORD} }
attempts: { max: \${LIMIT}, exits: 16 }
timeouts: { connect: \${WAIT}, head: 500ms, tunnelIdle: 5m }
limits: { headBytes: 128KiB, exchanges: 5 }
via: on
log: { format: json, query: keep }
`);
  assert.equal(config.exchange.name, "eu-1");
  assert.equal(config.admin, null);
  assert.equal(config.exchange.direct, "only");
  const [inline, list, url] = config.sources;
  assert.equal(inline?.kind === "inline" && inline.exits[0]?.hops[0]?.password, env.EXIT_PASSWORD);
  assert.deepEqual(list, {
    kind: "file",
    path: join(directory, "exits.txt"),
    scheme: "socks5",
    format: "auto",
    tags: { tier: "datacenter" },
    replaceByEmpty: false,
  });
  assert.deepEqual(url, {
    kind: "url",
    url: "https://list.example/all?key=1",
    scheme: "http",
    format: "auto",
    tags: {},
    replaceByEmpty: true,
    refreshMs: 600_000,
  });
  assert.deepEqual(config.listeners[0]?.users, [{ name: "alice", password: "s3cret" }]);
  assert.deepEqual(config.exchange.attempts, { ...defaultConfig().exchange.attempts, max: 7 });
  assert.equal(config.exchange.timeouts.connect, 2000);
  assert.equal(config.exchange.timeouts.head, 500);
  assert.equal(config.exchange.timeouts.tunnelIdle, 300_000);
  assert.equal(config.exchange.timeouts.total, 60_000);
  assert.equal(config.exchange.limits.message.headBytes, 131_072);
  assert.equal(config.exchange.limits.exchanges, 5);
  assert.equal(config.exchange.via, true);
  assert.deepEqual(config.log, { format: "json" });
  assert.equal(config.exchange.keepQuery, true);
});

test("listeners take addresses, ports and lists of both, and share users and allow", () => {
  const { listeners } = load(`
listen:
  - 8600
  - "[::1]:8601"
  - { address: 0.0.0.0:8602, allow: [192.0.2.7] }
  - { address: 0.0.0.0:8603, users: { bob: x } }
users: { alice: \${ALICE_PASSWORD} }
allow: [10.0.0.0/8]
`);
  assert.deepEqual(
    listeners.map(({ host, port }) => [host, port]),
    [
      ["127.0.0.1", 8600],
      ["::1", 8601],
      ["0.0.0.0", 8602],
      ["0.0.0.0", 8603],
    ],
  );
  assert.deepEqual(
    listeners.map(({ users, allow }) => [users.map((user) => user.name), allow]),
    [
      [["alice"], ["10.0.0.0/8"]],
      [["alice"], ["10.0.0.0/8"]],
      [["alice"], ["192.0.2.7/32"]],
      [["bob"], ["10.0.0.0/8"]],
    ],
  );
});

test("an unknown key is an error with its place and the nearest known key", () => {
  assert.deepEqual(refuse("timeout: {}\ntimeouts:\n  conect: 5s\nexits:\n  - { fil: x }\nlisten:\n  - { adress: 127.0.0.1:1 }\n"), [
    "1:1: timeout: unknown key; did you mean timeouts?",
    "3:3: timeouts.conect: unknown key; did you mean connect?",
    "5:7: exits.0.fil: unknown key; did you mean file?",
    "7:7: listen.0.adress: unknown key; did you mean address?",
  ]);
  assert.match(refuse("zzzzzzzz: 1")[0] ?? "", /^1:1: zzzzzzzz: unknown key; known here: name, listen, admin, /);
});

test("a value of the wrong form is told with what is expected", () => {
  assert.deepEqual(
    refuse("timeouts: { connect: 5, head: 0s, tls: soon }\nlimits: { headBytes: 3KB, fields: 0 }\ndirect: maybe\nvia: 1\nexits: a:80\n"),
    [
      "1:22: timeouts.connect: expected a time such as 500ms, 5s or 5m",
      "1:31: timeouts.head: a time is between 1ms and 24 days",
      "1:40: timeouts.tls: expected a time such as 500ms, 5s or 5m",
      "2:22: limits.headBytes: expected a size such as 64KiB, or bytes",
      "2:35: limits.fields: expected a whole number of at least 1",
      "3:9: direct: expected one of never, fallback, only",
      "4:6: via: expected on or off",
      "5:8: exits: expected a list",
    ],
  );
  assert.deepEqual(refuse("users: { alice: 123 }"), ["1:17: users.alice: expected text; put it in quotes if it looks like a number"]);
  assert.deepEqual(refuse("- a"), ["1:1: expected keys with values"]);
  assert.deepEqual(refuse("listen: { tls: { cert: a } }"), ["1:16: listen.tls.key: is missing"]);
});

test("what is no YAML is told with its place", () => {
  assert.deepEqual(refuse("name: a\nname: b"), ["2:1: Map keys must be unique"]);
  assert.match(refuse("listen: [1")[0] ?? "", /^1:\d+: /);
  assert.match(refuse("a: &a [*a, *b]")[0] ?? "", /alias/i);
});

test("a variable that is not set is named", () => {
  assert.deepEqual(refuse(`users: { alice: \${NOPE} }`), ["1:17: users.alice: environment variable NOPE is not set"]);
  assert.deepEqual(refuse(`exits:\n  - http://u:\${NOPE}@h:80`), ["2:12: exits.0: environment variable NOPE is not set"]);
});

test("a variable's value is never read as YAML, and a comment's is not read at all", () => {
  writeFileSync(file, `users: { alice: \${P} } # \${NOPE}`);
  const password = "x, bob: y } # *";
  assert.deepEqual(loadConfig({ file, flags: NO_FLAGS, env: { P: password } }).listeners[0]?.users, [{ name: "alice", password }]);
});

test("what a check could not ask, or would not heed, is told when the config is read", () => {
  const key = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
  assert.deepEqual(load(`check: { judge: "http://a:8504/#ed25519=${key}" }`).check?.judges, [`http://a:8504/#ed25519=${key}`]);
  for (const [check, told] of [
    ['judge: "http://a/#ed25519=abc"', /^1:17: check\.judge: #ed25519=abc is no key of a judge/],
    [`judge: ["http://a/", "http://u:\${ALICE_PASSWORD}@b/"]`, /check\.judge\[?\.?1\]?: .*takes no user and password/],
    [`target: "http://u:\${ALICE_PASSWORD}@b/"`, /check\.target: .*takes no user and password/],
    ['target: "http://b/", expectBody: "/(/"', /check\.expectBody: \/\(\/ is no regular expression/],
    ['judge: "http://a/", expectBody: welcome', /check\.expectBody: .*name it in check\.target/],
    ['judge: "http://a/", expectStatus: 200', /check\.expectStatus: .*name it in check\.target/],
  ] as const) {
    const problems = refuse(`check: { ${check} }`);
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? "", told);
    assert.ok(!problems[0]?.includes("s3cret"));
  }
});

test("a bad exit, a missing list and a missing certificate are told with their places", () => {
  assert.deepEqual(refuse('exits:\n  - http://h:80 coun\n  - "h:0"\n  - { file: none.txt }\n  - { scheme: http }\nca: none.pem\n'), [
    "2:17: exits.0: expected key=value after the exit, as in country=de",
    "3:7: exits.1: the port is no number from 1 to 65535",
    "4:13: exits.2.file: there is no exit list DIR/none.txt",
    "5:5: exits.3: expected one of file, url and vendor",
    "6:5: ca: cannot read none.pem: ENOENT",
  ]);
});

test("a network or a host to bypass that is none is told when the config is read, not at the first request", () => {
  assert.deepEqual(refuse("allow: [10.0.0.0/8, 10.1.2.3/8]"), [
    '1:21: allow.1: "10.1.2.3/8" is no network: 10.1.2.3 has bits beyond the first 8; write 10.1.2.3/32 for it alone',
  ]);
  assert.deepEqual(refuse('bypass: [.internal, "a:b:c"]'), ['1:21: bypass.1: "a:b:c" is no host, network or host:port to bypass']);
});

test("a listener that others can reach, with neither users nor allow, is refused with what to add", () => {
  const [problem] = refuse("listen: 0.0.0.0:8502");
  assert.match(problem ?? "", /^1:9: listen: 0\.0\.0\.0:8502 can be reached from other machines/);
  assert.match(problem ?? "", /users: \{ alice: \$\{ALICE_PASSWORD\} \}\n {2}allow: \[192\.0\.2\.0\/24\]$/);
  assert.match(refuse("", { listen: ["[::]:8502"] })[0] ?? "", /^\[::\]:8502 can be reached/);
  for (const host of ["127.0.0.1", "127.1.2.3", "[::1]", "localhost"]) assert.ok(load(`listen: "${host}:8502"`));
  assert.match(refuse("admin: 0.0.0.0:8503")[0] ?? "", /needs a token: admin: \{ address: "0\.0\.0\.0:8503", token: \$\{ADMIN_TOKEN\} \}/);
  assert.ok(load('admin: { address: "0.0.0.0:8503", token: t }'));
});

test("an address without a host is told what it lacks", () => {
  assert.match(refuse("listen: :8502")[0] ?? "", /name the address before :8502/);
});

test("flags win over the file", () => {
  const text = "listen: 127.0.0.1:1\nadmin: 127.0.0.1:2\nexits: [b:80]\nlog: { format: text }\n";
  const exits = join(directory, "exits.txt");
  const config = load(text, { listen: ["127.0.0.1:0"], admin: "off", exits: [exits, "HTTPS://l/"], scheme: "socks5h", log: "json" });
  assert.equal(config.listeners[0]?.port, 0);
  assert.equal(config.admin, null);
  assert.deepEqual(
    config.sources.map((source) => [source.kind, source.kind !== "inline" && source.scheme]),
    [
      ["file", "socks5h"],
      ["url", "socks5h"],
    ],
  );
  assert.equal(config.log.format, "json");
  assert.match(refuse("", { admin: "nowhere" })[0] ?? "", /^--admin: expected an address/);
  assert.match(refuse("", { listen: ["nowhere"] })[0] ?? "", /^--listen: expected an address/);
  assert.match(refuse("", { exits: ["none.txt"] })[0] ?? "", /^there is no exit list none\.txt/);
});

test("--direct means always without exits, and the last resort with them", () => {
  assert.equal(load("", { direct: true }).exchange.direct, "only");
  assert.equal(load("exits: [a:80]", { direct: true }).exchange.direct, "fallback");
  assert.equal(load("exits: [a:80]").exchange.direct, "never");
});

test("a file that cannot be read is said", () => {
  assert.throws(
    () => loadConfig({ file: join(directory, "no.yaml"), flags: NO_FLAGS, env: {} }),
    /^ConfigError: cannot read .*no\.yaml: ENOENT$/,
  );
});

test("no password shows in any problem", () => {
  for (const text of [
    "users: { alice: [hunter2] }",
    "exits: ['http://u:hunter2@h:0', 'h:1:u:hunter2 x', 'hunter2']",
    "users: { alice: 'scrypt:hunter2' }",
    "admin: { token: hunter2, tocken: 1 }",
  ]) {
    assert.ok(!refuse(text).join().includes("hunter2"), text);
  }
});

test("a vendor's account is one exit for all that it can be, or so many with sessions of their own", () => {
  const exitOf = (text: string) => {
    const [source] = load(`exits: [${text}]`).sources;
    return source?.kind === "inline" ? source.exits[0] : undefined;
  };
  const exit = exitOf(
    "{ vendor: brightdata, user: brd-customer-a-zone-b, password: $" +
      "{EXIT_PASSWORD}, countries: [DE, us], sessions: 5, tags: { tier: x, id: BD } }",
  );
  const [hop] = exit?.hops ?? [];
  assert.equal(`${hop?.scheme} ${hop?.host} ${hop?.port} ${hop?.password}`, `http brd.superproxy.io 33335 ${env.EXIT_PASSWORD}`);
  assert.equal(hop?.username, "brd-customer-a-zone-b[-country-{country}][-city-{city.joined}][-session-{session}]");
  assert.equal(exit?.id, "BD");
  assert.deepEqual(exit?.tags, { vendor: "brightdata", provider: "brightdata", country: "de,us", city: "*", tier: "x", sessions: "5" });
  const other = exitOf('{ vendor: generic, user: "bob-{session}", password: x, endpoint: "gate.example:1", scheme: socks5h }');
  assert.equal(`${other?.hops[0]?.scheme} ${other?.hops[0]?.host} ${other?.hops[0]?.username}`, "socks5h gate.example bob-{session}");
});

test("a vendor's account says what it lacks", () => {
  assert.deepEqual(refuse("exits: [{ vendor: oxylab }]"), [
    "1:19: exits.0.vendor: expected one of brightdata, oxylabs, decodo, webshare, netnut, iproyal, evomi, generic",
  ]);
  assert.deepEqual(refuse("exits: [{ vendor: oxylabs }]"), ["1:9: exits.0: a vendor's exits need user"]);
  assert.deepEqual(refuse("exits: [{ vendor: generic, user: a, password: b }]"), ["1:9: exits.0: a vendor's exits need endpoint"]);
  assert.deepEqual(refuse("exits: [{ vendor: oxylabs, file: exits.txt }]"), ["1:9: exits.0: expected one of file, url and vendor"]);
  assert.deepEqual(refuse("exits: [{ file: exits.txt, sessions: 3 }]"), ["1:28: exits.0.sessions: only vendor goes with it"]);
});

test("a list says how it is written", () => {
  const [source] = load("exits: [{ file: exits.txt, format: glider }]").sources;
  assert.equal(source?.kind === "file" && source.format, "glider");
});
