import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const manifest = JSON.parse(readFileSync("package.json", "utf8"));

/** A folder with what `npm run build` makes, as the published package has it. */
const folder = mkdtempSync(join(tmpdir(), "goodgateway-package-"));
after(() => rmSync(folder, { recursive: true }));

before(async () => {
  for (const name of ["package.json", "README.md", "LICENSE", "CHANGELOG.md"]) copyFileSync(name, join(folder, name));
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  await run(resolve("node_modules/.bin/tsc"), ["-p", "tsconfig.build.json", "--outDir", join(folder, "dist")]);
});

test("the package holds each source file as JavaScript with its declarations, and beside them only what people read", async () => {
  // Without prepack, which would build into the checkout.
  const { stdout } = await run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: folder });
  const packed = parsePacked(stdout).sort();
  const sources = globSync("**/*.ts", { cwd: "src" }).map((path) => path.replace(/\.ts$/, ""));
  assert.ok(sources.length >= 170, `only ${sources.length} source files`);
  const built = sources.flatMap((path) => [`dist/${path}.js`, `dist/${path}.d.ts`]);
  assert.deepEqual(packed, [...built, "CHANGELOG.md", "LICENSE", "README.md", "package.json"].sort());
});

test("the package's command runs from its built files", async () => {
  const main = join(folder, manifest.bin.goodgateway);
  assert.match(readFileSync(main, "utf8"), /^#!\/usr\/bin\/env node\n/);
  const { stdout } = await run(process.execPath, [main, "--version"]);
  assert.equal(stdout, `${manifest.version}\n`);
});

test("the package gives programs the names that index.ts lists", async () => {
  const program = 'console.log(Object.keys(await import("goodgateway")).sort().join(" "));';
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: folder });
  assert.equal(stdout, "ConfigError FAULTS NO_FLAGS configFrom defaultConfig loadConfig startGateway\n");
});

/** A list of packages, or an object of them by name: versions of npm differ. */
function parsePacked(json: string): string[] {
  const [entry] = Object.values(JSON.parse(json)) as { files: { path: string }[] }[];
  return entry?.files.map(({ path }) => path) ?? [];
}
