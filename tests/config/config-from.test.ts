// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what a user may write
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../../src/config/config-error.ts";
import { configFrom } from "../../src/config/config-from.ts";
import { defaultConfig } from "../../src/config/defaults.ts";

function problemsOf(values: Record<string, unknown>): readonly string[] {
  try {
    configFrom(values);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
  return assert.fail("it is a config");
}

test("values under the keys of the config file are a config, in its units and with its defaults", () => {
  assert.deepEqual(configFrom({}), defaultConfig());
  const config = configFrom({ listen: 0, admin: "off", timeouts: { connect: "2s" }, exits: ["http://u:p@192.0.2.1:8080 country=de"] });
  assert.equal(config.listeners[0]?.port, 0);
  assert.equal(config.admin, null);
  assert.deepEqual(config.exchange.timeouts, { ...defaultConfig().exchange.timeouts, connect: 2000 });
  assert.equal(config.sources.length, 1);
  assert.ok(Object.isFrozen(config));
});

test("a program's own strings count as they are: a password may hold ${NAME}", () => {
  const config = configFrom({ users: { alice: "${NOT_ASKED_FOR}" }, exits: ["http://u:${NOR_THIS}@192.0.2.1:8080"] });
  assert.equal(config.listeners[0]?.users[0]?.password, "${NOT_ASKED_FOR}");
  const [source] = config.sources;
  assert.equal(source?.kind === "inline" ? source.exits[0]?.hops[0]?.password : null, "${NOR_THIS}");
});

test("every problem is told with its key", () => {
  assert.deepEqual(problemsOf({ timeout: { connect: "5s" }, attempts: { max: 0 } }), [
    "attempts.max: expected a whole number of at least 1",
    "timeout: unknown key; did you mean timeouts?",
  ]);
  const [exit, open] = problemsOf({ listen: "0.0.0.0:0", exits: ["nonsense"] });
  assert.match(exit ?? "", /^exits\.0: /);
  assert.match(open ?? "", /^listen: .*users: .*allow: /s);
});
