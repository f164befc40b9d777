import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { tellStart } from "../../src/cli/startup.ts";
import { ConfigError } from "../../src/config/config-error.ts";
import { defaultConfig } from "../../src/config/defaults.ts";
import { loadConfig } from "../../src/config/load.ts";
import { NO_FLAGS } from "../../src/config/resolve.ts";
import { MarkdownPage } from "./markdown-page.ts";

const page = new MarkdownPage("running-it.md");
const folder = mkdtempSync(join(tmpdir(), "goodgateway-running-"));
after(() => rmSync(folder, { recursive: true }));

/** What the page says that a command answers: the lines below it. */
function answersTo(command: RegExp): string[] {
  const [, answers = ""] = new RegExp(`^\\$ ${command.source}.*\\n((?:(?!\\$ |\`\`\`).*\\n)*)`, "m").exec(page.text) ?? [];
  return answers.trimEnd().split("\n");
}

test("docs/running-it.md shows how serve starts", () => {
  const running = { addresses: [{ host: "127.0.0.1", port: 8502 }], adminAddress: { host: "127.0.0.1", port: 8503 }, pool: { size: 5 } };
  assert.deepEqual(answersTo(/goodgateway serve --exits exits\.txt/), tellStart(defaultConfig(), running));
});

test("docs/running-it.md shows what the container says before it is told who may use it", () => {
  try {
    loadConfig({ file: "packaging/goodgateway.container.yaml", flags: NO_FLAGS, env: {} });
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    const said = `goodgateway: ${error.message}`.replace("packaging/goodgateway.container.yaml", "/etc/goodgateway/goodgateway.yaml");
    assert.deepEqual(answersTo(/docker run -p 8502:8502 goodgateway/), said.split("\n"));
    return;
  }
  assert.fail("the container listens for everybody");
});

test("docs/running-it.md has a config for a public listener that loads", () => {
  const [block = ""] = page.blocks("yaml");
  for (const name of ["cert.pem", "key.pem", "exits.txt"]) writeFileSync(join(folder, name), "-----BEGIN X-----\n");
  const file = join(folder, "goodgateway.yaml");
  writeFileSync(file, block);
  const [listener] = loadConfig({ file, flags: NO_FLAGS, env: { ALICE_PASSWORD: "a" } }).listeners;
  assert.ok(listener?.tls !== null && listener?.users.length === 1 && listener.allow.length === 1);
});
