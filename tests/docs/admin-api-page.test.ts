import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { PAGES } from "../../src/admin/routes.ts";
import { failedRecord } from "../observe/records.ts";

const page = readFileSync(new URL("../../docs/admin-api.md", import.meta.url), "utf8");

/** Names in the first column of the page's tables. */
const firstColumn = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);

test("docs/admin-api.md names the requests that there are, and the parameters of the lists", () => {
  const keysOf = (path: string) => PAGES.find((one) => one.method === "GET" && one.path === path)?.keys ?? [];
  const requests = PAGES.map(({ method, path }) => `${method} ${path}`);
  assert.ok(requests.length >= 14, `only ${requests.length} pages`);
  assert.deepEqual(firstColumn, [...requests, ...keysOf("/api/exits"), ...keysOf("/api/exchanges")]);
});

test("docs/admin-api.md shows changes that the API takes", () => {
  const [, block = ""] = /^```sh\n([\s\S]*?)```$/m.exec(page) ?? [];
  const commands = block.trim().split("\n");
  assert.ok(commands.length >= 6, `only ${commands.length} commands`);
  for (const command of commands) {
    const [, path = ""] = /http:\/\/127\.0\.0\.1:8503([^ '?]+)/.exec(command) ?? [];
    const method = /-X (\w+)/.exec(command)?.[1] ?? "POST";
    const found = PAGES.some((one) => one.method === method && one.path === path.replace("/de-7", "/ID"));
    assert.ok(found && command.includes("X-Goodgateway: 1"), command);
  }
});

test("docs/admin-api.md shows a record with the keys that a record has", () => {
  const [, block = ""] = /^```json\n([\s\S]*?)```$/m.exec(page) ?? [];
  const shown = JSON.parse(block);
  const record = failedRecord();
  assert.deepEqual(Object.keys(shown), Object.keys(record));
  assert.deepEqual(Object.keys(shown.verdict), Object.keys(record.verdict ?? {}));
  assert.deepEqual(Object.keys(shown.attempts[0]), Object.keys(record.attempts[0] ?? {}));
});
