import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parseSource, ROOT, readSourceFiles } from "./source-files.ts";

const CONSOLE = /(?<![.\w$])console(?![\w$])/;

test("only the command line writes to the console", () => {
  const files = readSourceFiles().filter((file) => file.room !== "cli");
  assert.ok(files.length >= 150, `only ${files.length} files`);
  assert.deepEqual(
    files.filter((file) => CONSOLE.test(file.bare)).map((file) => file.path),
    [],
  );
  assert.match(parseSource("net/x.ts", "console.log(1);").bare, CONSOLE);
});

test("no folder or file has a name that says nothing", () => {
  const vague = readSourceFiles().filter(({ path }) => /(?:^|\/)(?:utils?|helpers?|types?|common|misc|index)(?:\/|\.ts$)/.test(path));
  assert.deepEqual(
    vague.map(({ path }) => path),
    ["index.ts"],
  );
});

/** Places that name Node's HTTP, in whatever way, but for its types. */
function usesOfHttp(code: string): number {
  const named = code.match(/["']node:https?["']/g) ?? [];
  const forTypes = code.match(/^import\s+type\b[^;"]*\bfrom\s*"node:https?"/gm) ?? [];
  return named.length - forTypes.length;
}

test("Node's HTTP is imported for its types alone: what else there is of it costs each thread some MiB", () => {
  assert.deepEqual(
    readSourceFiles()
      .filter((file) => usesOfHttp(file.code) > 0)
      .map((file) => file.path),
    ["net/node-http.ts"],
  );
  for (const code of ['import { createServer } from "node:http";', 'import "node:http";', 'await import("node:http");'])
    assert.equal(usesOfHttp(code), 1);
  const loaded = spawnSync(process.execPath, ["--input-type=module", "--eval", LOADED], { encoding: "utf8", cwd: ROOT });
  assert.deepEqual(JSON.parse(loaded.stdout), ["NativeModule http"], loaded.stderr);
});

/** Which of Node's own modules a thread has that has an HTTP server of ours. */
const LOADED = `
  await import("./src/net/node-http.ts");
  const own = (name) => name === "NativeModule http" || name.includes("undici");
  console.log(JSON.stringify(process.moduleLoadList.filter(own)));
`;

/** What belongs to one machine or one network: folders of whoever works on the code, hosts that packages come from. */
const LOCAL = [
  /\/(?:work|root|home\/\w+)\//,
  /\/tmp\/(?:plan|bash)/,
  /registry\.npmjs/,
  /\b(?:deb|security|archive|ports)\.(?:debian|ubuntu)\./,
  /\bartifactory\b/i,
  /files\.pythonhosted/,
];

test("no file names a folder of somebody's machine or the host of a package registry", () => {
  const paths = everyFile("");
  assert.ok(paths.length >= 300, `only ${paths.length} files`);
  const wrong = paths.flatMap((path) => {
    const lines = readFileSync(ROOT + path, "latin1").split("\n");
    return lines.flatMap((line, index) => (LOCAL.some((pattern) => pattern.test(line)) ? [`${path}:${index + 1}: ${line.trim()}`] : []));
  });
  assert.deepEqual(wrong, []);
});

/** What is never committed. */
const LEFT_OUT = new Set([".git", ".tmp", "dist", "node_modules"]);

function everyFile(folder: string): string[] {
  return readdirSync(ROOT + folder, { withFileTypes: true }).flatMap((entry) => {
    if (LEFT_OUT.has(entry.name) || entry.name.endsWith(".log")) return [];
    if (entry.isDirectory()) return everyFile(`${folder}${entry.name}/`);
    return entry.isFile() ? [folder + entry.name] : [];
  });
}
