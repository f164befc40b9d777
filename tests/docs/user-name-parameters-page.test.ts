import assert from "node:assert/strict";
import { test } from "node:test";
import { parseUserParams } from "../../src/forward/credentials.ts";
import { readParams } from "../../src/wire/user-params.ts";
import { MarkdownPage } from "./markdown-page.ts";

const page = new MarkdownPage("user-name-parameters.md");
const rows = page.tables("key", "also", "value", "meaning");

/** As read beside a session, which a duration needs. */
function read(key: string, value: string) {
  const needsSession = ["sessionduration", "sesstime", "lifetime"].includes(key);
  const params = readParams(`${needsSession ? "session-a-" : ""}${key}-${value}`);
  assert.ok(!("error" in params), `${key}: ${"error" in params && params.error}`);
  return params;
}

test("docs/user-name-parameters.md names every key that there is, and no other", () => {
  const unknown = readParams("planet-mars");
  const [, known = ""] = /there are (.*)$/.exec("error" in unknown ? unknown.error : "") ?? [];
  assert.deepEqual(rows.map(([key]) => key).sort(), known.split(", ").sort());
});

test("docs/user-name-parameters.md shows values that its keys can have, and other words that mean the same", () => {
  for (const [key = "", also = "", value = ""] of rows) {
    const params = read(key, value);
    for (const alias of also.match(/\w+/g) ?? []) {
      assert.deepEqual(read(alias, value), params, alias);
    }
  }
});

test("docs/user-name-parameters.md has examples that are understood", () => {
  const examples = [...page.text.matchAll(/:\/\/([\w,-]+):PASSWORD@/g)].map(([, name = ""]) => name);
  assert.ok(examples.length >= 3, `only ${examples.length} examples`);
  for (const example of examples) {
    const parsed = parseUserParams(example, [{ name: "alice", password: "PASSWORD" }]);
    assert.ok(!("error" in parsed), example);
    assert.equal(parsed.user?.name, "alice");
  }
});
