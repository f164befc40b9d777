import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ConfigError } from "../../src/config/config-error.ts";
import { loadConfig } from "../../src/config/load.ts";
import { printConfig } from "../../src/config/print.ts";
import { NO_FLAGS } from "../../src/config/resolve.ts";
import type { Config, ListenerSettings } from "../../src/core/settings.ts";

const directory = mkdtempSync(join(tmpdir(), "goodgateway-listeners-"));
after(() => rmSync(directory, { recursive: true }));
const file = join(directory, "goodgateway.yaml");

function load(text: string, listen: readonly string[] = []): Config {
  writeFileSync(file, text);
  return loadConfig({ file, flags: { ...NO_FLAGS, listen }, env: {} });
}

function listenersOf(text: string): readonly ListenerSettings[] {
  return load(text).listeners;
}

/** The first problem, without the file's path. */
function refuse(text: string, listen: readonly string[] = []): string {
  try {
    load(text, listen);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return (error.problems[0] as string).replaceAll(`${file}:`, "");
  }
  return assert.fail("the config loads");
}

test("a range of ports is a listener for each", () => {
  const listeners = listenersOf('listen: { address: "127.0.0.1:8600-8699", params: { country: de, session: port } }');
  assert.deepEqual([listeners.length, listeners[0]?.port, listeners[99]?.port], [100, 8600, 8699]);
  for (const { host, params, session } of listeners) {
    assert.equal(host, "127.0.0.1");
    assert.deepEqual(params.filter.tags, { country: ["de"] });
    assert.deepEqual(session, { from: "port", hard: false, durationMs: 600_000 });
  }
  assert.deepEqual(
    listenersOf('listen: ["[::1]:9001-9002", 9100-9100, 127.0.0.1:8502]').map(({ host, port }) => `${host} ${port}`),
    ["::1 9001", "::1 9002", "127.0.0.1 9100", "127.0.0.1 8502"],
  );
  assert.deepEqual(
    load("", ["127.0.0.1:8600-8601"]).listeners.map(({ port }) => port),
    [8600, 8601],
  );
});

test("a range that is too long, empty, downwards or of no ports is refused", () => {
  assert.match(refuse("listen: 127.0.0.1:1000-3000"), /^1:9: listen: a range has at most 1024 ports, and this one 2001$/);
  for (const range of ["8699-8600", "0-10"]) assert.match(refuse(`listen: 127.0.0.1:${range}`), /a range of ports goes upwards/);
  assert.match(refuse("listen: 127.0.0.1:65530-70000"), /a port is a number from 0 to 65535/);
  assert.match(refuse("", ["127.0.0.1:1-2000"]), /^--listen: a range has at most/);
  assert.match(refuse("admin: 127.0.0.1:8600-8610"), /expected one port here/);
  const many = Array.from({ length: 5 }, (_, i) => `127.0.0.1:${10_000 + i * 1024}-${11_023 + i * 1024}`);
  assert.match(refuse(`listen: [${many.join(", ")}]`), /at most 4096 listeners, and these are 5120/);
});

test("params of a listener are those of a user name, with lists for several values", () => {
  const [listener] = listenersOf(
    "listen: { params: { cc: [DE, at], city: new-york, provider: vendor-b, attempts: 2, timeout: 5, scheme: https, hardsession: cart-1, lifetime: 30 } }",
  );
  assert.deepEqual(listener?.params, {
    filter: { exit: null, tags: { country: ["de", "at"], city: ["new-york"], provider: ["vendor-b"] } },
    session: { key: "cart-1", hard: true, durationMs: 1_800_000 },
    maxAttempts: 2,
    timeoutMs: 5000,
    overTls: true,
  });
  assert.equal(listener?.session, null);
});

test("a session can be the port's, the client's, or a request field's", () => {
  const sessionOf = (params: string) => listenersOf(`listen: { params: { ${params} } }`)[0]?.session;
  assert.deepEqual(sessionOf("session: client, sessionduration: 1"), { from: "client", hard: false, durationMs: 60_000 });
  assert.deepEqual(sessionOf("hardsession: port"), { from: "port", hard: true, durationMs: 600_000 });
  assert.deepEqual(sessionOf("session: { header: X-Session }"), { from: { field: "x-session" }, hard: false, durationMs: 600_000 });
});

test("what a listener cannot ask for is refused by its key", () => {
  const message = (params: string) => refuse(`listen: { params: { ${params} } }`);
  assert.match(message("planet: mars"), /^1:\d+: listen\.params: "planet" is no parameter/);
  assert.match(message("sessionduration: 5"), /needs a session/);
  assert.match(message("session: port, hardsession: client"), /cannot stand beside another session/);
  assert.match(message("session: { header: host }"), /host has a meaning of its own/);
  assert.match(message('session: { header: "x session" }'), /is not the name of a field/);
  assert.match(message("session: { field: x }"), /session.header: is missing/);
});

test("config print shows what listeners ask for as a file that loads to the same", () => {
  const text = "listen: { params: { country: [de, at], exit: de-7, hardsession: { header: x-session }, sessionduration: 5, timeout: 2 } }";
  const config = load(text);
  const printed = printConfig(config);
  assert.match(printed, /hardsession:\n +header: x-session/);
  assert.deepEqual(listenersOf(printed), config.listeners);
});
