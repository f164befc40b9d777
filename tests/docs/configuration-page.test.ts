import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { configJsonSchema } from "../../src/config/json-schema.ts";
import { loadConfig } from "../../src/config/load.ts";
import { NO_FLAGS } from "../../src/config/resolve.ts";
import { checkPassword } from "../../src/forward/credentials.ts";
import { MarkdownPage } from "./markdown-page.ts";

const page = new MarkdownPage("configuration.md");
const rows = page.tables("key", "default", "meaning");

interface SchemaNode {
  readonly anyOf?: readonly SchemaNode[];
  readonly items?: SchemaNode;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly default?: unknown;
  readonly description?: string;
}

/** Every key of the schema by its path from the root, lists and alternatives seen through. */
function keysOf(node: SchemaNode, path: readonly string[] = [], found = new Map<string, SchemaNode>()): Map<string, SchemaNode> {
  for (const form of node.anyOf ?? []) keysOf(form, path, found);
  if (node.items !== undefined) keysOf(node.items, path, found);
  for (const [key, inner] of Object.entries(node.properties ?? {})) {
    const own = [...path, key];
    found.set(own.join("."), inner);
    keysOf(inner, own, found);
  }
  return found;
}

const keys = keysOf(configJsonSchema());

test("docs/configuration.md names every key of the schema, and no other", () => {
  // A section's own name needs no row: its keys have one.
  const sections = [...keys].filter(([, { properties }]) => properties !== undefined).map(([key]) => key);
  assert.ok(keys.size >= 60, `only ${keys.size} keys`);
  assert.deepEqual(rows.map(([key]) => key).sort(), [...keys.keys()].filter((key) => !sections.includes(key)).sort());
  for (const [key, , meaning] of rows) assert.ok((meaning ?? "").length > 10, key);
});

test("the schema describes every key, for editors", () => {
  const silent = [...keys].filter(([, { properties, description }]) => properties === undefined && description === undefined);
  assert.deepEqual(
    silent.map(([key]) => key),
    [],
  );
});

test("docs/configuration.md gives the defaults of the schema", () => {
  let compared = 0;
  for (const [key = "", shown] of rows) {
    const value = keys.get(key)?.default;
    if (value === undefined || typeof value === "object") continue;
    const words = typeof value === "boolean" ? (value ? "on" : "off") : String(value);
    assert.equal(shown, words, key);
    compared++;
  }
  assert.ok(compared >= 40, `only ${compared} defaults`);
});

const folder = mkdtempSync(join(tmpdir(), "goodgateway-configuration-"));
after(() => rmSync(folder, { recursive: true }));

test("docs/configuration.md shows parts of a config that load", () => {
  writeFileSync(join(folder, "exits.txt"), "192.0.2.1:8080\n");
  for (const name of ["cert.pem", "key.pem", "company-ca.pem"]) writeFileSync(join(folder, name), "-----BEGIN X-----\n");
  const file = join(folder, "goodgateway.yaml");
  const env = { EXIT_PASSWORD: "a", ALICE_PASSWORD: "b", BOB_PASSWORD: "c", ADMIN_TOKEN: "d", VENDOR_KEY: "e" };
  const blocks = page.blocks("yaml");
  assert.ok(blocks.length >= 5, `only ${blocks.length} parts`);
  for (const block of blocks) {
    writeFileSync(file, block);
    loadConfig({ file, flags: NO_FLAGS, env });
  }
});

test("docs/configuration.md has a command that hashes a password as listeners take it", () => {
  const [, command = ""] = page.blocks("sh")[0]?.split("\n") ?? [];
  const hash = execFileSync("sh", ["-c", command], { env: { ...process.env, PASSWORD: "s3cret" }, encoding: "utf8" }).trim();
  const file = join(folder, "hashed.yaml");
  writeFileSync(file, `users: { alice: "${hash}" }\n`);
  const [user] = loadConfig({ file, flags: NO_FLAGS, env: {} }).listeners[0]?.users ?? [];
  assert.ok(user !== undefined);
  assert.ok(checkPassword(user, "s3cret"));
  assert.ok(!checkPassword(user, "secret"));
});
