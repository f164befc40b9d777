import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { route } from "../../src/admin/routes.ts";
import { failedRecord } from "../observe/records.ts";

const page = readFileSync(new URL("../../docs/admin-api.md", import.meta.url), "utf8");
const sources = { ready: () => true, metrics: () => "", exits: () => [], exchanges: { get: () => null, recent: () => [] } };

/** Names in the first column of the page's tables. */
const firstColumn = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);

test("docs/admin-api.md names the paths that there are, and the parameters of the list of exchanges", () => {
  const [, paths = ""] = /but (.*)"/.exec(route("/nowhere", sources).body) ?? [];
  const [, parameters = ""] = /are (.*)"/.exec(route("/api/exchanges?x=1", sources).body) ?? [];
  assert.deepEqual(firstColumn, [...paths.split(", "), ...parameters.split(", ")]);
});

test("docs/admin-api.md shows a record with the keys that a record has", () => {
  const [, block = ""] = /^```json\n([\s\S]*?)```$/m.exec(page) ?? [];
  const shown = JSON.parse(block);
  const record = failedRecord();
  assert.deepEqual(Object.keys(shown), Object.keys(record));
  assert.deepEqual(Object.keys(shown.verdict), Object.keys(record.verdict ?? {}));
  assert.deepEqual(Object.keys(shown.attempts[0]), Object.keys(record.attempts[0] ?? {}));
});
