import assert from "node:assert/strict";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { ConfigError } from "../../src/config/config-error.ts";
import { loadConfig } from "../../src/config/load.ts";
import { NO_FLAGS } from "../../src/config/resolve.ts";
import { ExitList } from "../../src/wire/exit-list.ts";

const ENV = { ALICE_PASSWORD: "a", BOB_PASSWORD: "b", ADMIN_TOKEN: "c", EXIT_PASSWORD: "d" };

for (const name of ["goodgateway.example.yaml", "goodgateway.compose.yaml"]) {
  test(`packaging/${name} loads without a problem`, async () => {
    await using folder = await makeFolder();
    await copyFile("packaging/exits.example.txt", join(folder.path, "exits.txt"));
    await copyFile(join("packaging", name), join(folder.path, name));
    const config = loadConfig({ file: join(folder.path, name), flags: NO_FLAGS, env: ENV });
    assert.equal(config.listeners.length, 1);
    assert.equal(config.sources.length, 1);
  });
}

test("the container's own config refuses to listen for everybody, and says what a public listener needs", () => {
  assert.throws(
    () => loadConfig({ file: "packaging/goodgateway.container.yaml", flags: NO_FLAGS, env: {} }),
    (error) => error instanceof ConfigError && /users: .*allow: /s.test(error.message),
  );
});

test("every line of the example exit list is an exit", async () => {
  const text = await readFile("packaging/exits.example.txt", "utf8");
  const list = new ExitList();
  list.read(text, { scheme: "http", tags: {}, where: { file: "exits.example.txt", line: 1 } });
  assert.deepEqual(list.errors, []);
  assert.equal(list.exits.length, 5);
});

test("compose mounts files that are there, or that it says how to make", async () => {
  const { services } = parse(await readFile("packaging/compose.yaml", "utf8"));
  const sources = services.goodgateway.volumes.map((volume: string) => volume.split(":")[0]);
  assert.deepEqual(sources, ["./goodgateway.compose.yaml", "./exits.txt"]);
  await readFile("packaging/goodgateway.compose.yaml");
});

test("the Dockerfile runs the Node that the repository is tested with", async () => {
  const { devDependencies } = JSON.parse(await readFile("package.json", "utf8"));
  const bases = [...(await readFile("Dockerfile", "utf8")).matchAll(/^FROM node:(\d+)-/gm)].map(([, major]) => major);
  const major = devDependencies.node.split(".")[0];
  assert.deepEqual(bases, [major, major]);
});

async function makeFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "goodgateway-packaging-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
