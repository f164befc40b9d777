import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ConfigError } from "../../src/config/config-error.ts";
import { loadConfig } from "../../src/config/load.ts";
import { printConfig } from "../../src/config/print.ts";
import { READY_RULES } from "../../src/config/ready-rules.ts";
import { NO_FLAGS } from "../../src/config/resolve.ts";
import type { Rule } from "../../src/core/rule.ts";
import type { Config } from "../../src/core/settings.ts";

const directory = mkdtempSync(join(tmpdir(), "goodgateway-rules-"));
after(() => rmSync(directory, { recursive: true }));
const file = join(directory, "goodgateway.yaml");

function load(text: string): Config {
  writeFileSync(file, text);
  return loadConfig({ file, flags: NO_FLAGS, env: {} });
}

function rulesOf(text: string): readonly Rule[] {
  return load(text).exchange.rules;
}

function problemsOf(text: string): readonly string[] {
  try {
    load(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((line) => line.slice(file.length + 1));
    throw error;
  }
  assert.fail("the config loads");
}

function namesOf(rules: readonly Rule[]): string[] {
  return rules.map(({ name }) => name);
}

test("the ready-made rules are in force, each under a name of its own", () => {
  assert.deepEqual(rulesOf("via: on"), READY_RULES);
  assert.equal(new Set(namesOf(READY_RULES)).size, READY_RULES.length);
  for (const { name, when } of READY_RULES) {
    assert.ok(when.status.length > 0 && !when.status.includes(200), `${name} has statuses, and not that of pages`);
  }
});

test("rules are switched off one by one, or all together", () => {
  const names = namesOf(rulesOf("rules: { imperva: off, rate-limited: false, datadome: on }"));
  assert.deepEqual(
    [...names].sort(),
    namesOf(READY_RULES)
      .filter((name) => name !== "imperva" && name !== "rate-limited")
      .sort(),
  );
  assert.deepEqual(rulesOf("rules: off"), []);
  assert.deepEqual(rulesOf("rules: false"), []);
});

test("a rule of one's own comes first, and takes the place of a ready-made one of its name", () => {
  const rules = rulesOf(`
rules:
  wall:
    when: { host: "*.shop.example", status: [200, 4xx], header: { x-wall: "!0" }, body: one, slowerThan: 1.5s, fault: "relay.*" }
    then: [bench, tier-up]
  imperva: { when: { status: 418 }, then: retry }
`);
  assert.deepEqual(rules[0], {
    name: "wall",
    when: { status: [200, "4xx"], header: { "x-wall": "!0" }, body: ["one"], slowerThan: 1500, fault: "relay.*", host: ["*.shop.example"] },
    actions: ["bench", "tier-up"],
  });
  assert.deepEqual(rules[1]?.when.status, [418]);
  assert.equal(rules.filter(({ name }) => name === "imperva").length, 1);
  assert.equal(rules.length, READY_RULES.length + 1);
});

test("a printed config lists every rule, and loads as the same", () => {
  for (const text of ["via: on", "rules: off", "rules: { imperva: off, mine: { when: { slowerThan: 3s }, then: bench } }"]) {
    const config = load(text);
    const printed = printConfig(config);
    for (const name of namesOf(READY_RULES)) assert.match(printed, new RegExp(`^  ${name}:`, "m"));
    assert.deepEqual(load(printed), config);
  }
});

test("what is wrong with a rule is said with its place", () => {
  const problems = problemsOf(`
rules:
  no-such: off
`);
  assert.match(problems.join("\n"), /^3:12.*rules\.no-such: there is no ready-made rule no-such/);
  for (const [text, expected] of [
    ["rules: { Mine: { when: { status: 200 }, then: retry } }", /small letters/],
    ["rules: { mine: { when: {}, then: retry } }", /at least one condition/],
    ["rules: { mine: { when: { status: 99 }, then: retry } }", /a status such as 403/],
    ["rules: { mine: { when: { status: 6xxx }, then: retry } }", /a class such as 5xx/],
    ["rules: { mine: { when: { status: 200 }, then: [retry, explode] } }", /expected one of retry, blocked/],
    ["rules: { mine: { when: { status: 200 } } }", /then/],
    ["rules: { mine: { when: { statsu: 200 }, then: retry } }", /statsu: unknown key/],
    ['rules: { mine: { when: { header: { "a b": x } }, then: retry } }', /field's name/],
    [`rules: { mine: { when: { body: "${"x".repeat(300)}" }, then: retry } }`, /longer than 256/],
    ["rules: { mine: { when: { slowerThan: soon }, then: retry } }", /a time such as/],
  ] as const) {
    assert.match(problemsOf(text).join("\n"), expected, text);
  }
});
