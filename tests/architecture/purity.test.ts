// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the samples are source text
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSource, readSourceFiles, type SourceFile } from "./source-files.ts";

/** These rooms know no timer, no socket, no ambient clock and no random source: those are passed in. */
const PURE = ["core", "wire", "blame", "pool"];

/** What they may take from Node: functions of their arguments. */
const PURE_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  "node:buffer": ["Buffer"],
  "node:net": ["isIP", "isIPv4", "isIPv6"],
  "node:crypto": ["createHash", "hash"],
  "node:http": ["STATUS_CODES"],
};

const IMPURE = [
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "performance",
  "process",
  "console",
  "crypto",
  "fetch",
  "globalThis",
  "Math\\.random",
  "Date\\.now",
  "new Date\\(\\s*\\)",
  "import\\.meta",
].map((name) => ({ name, pattern: new RegExp(`(?<![.\\w$])${name}(?![\\w$])`) }));

function impuritiesOf(file: SourceFile): string[] {
  const foreign = file.imports.flatMap(({ specifier, names }) => {
    if (!specifier.startsWith("node:")) return [];
    const allowed = PURE_IMPORTS[specifier];
    if (allowed === undefined || names.length === 0) return [specifier];
    return names.filter((name) => !allowed.includes(name)).map((name) => `${name} of ${specifier}`);
  });
  const ambient = IMPURE.filter(({ pattern }) => pattern.test(file.bare)).map(({ name }) => name.replaceAll("\\", ""));
  return [...foreign, ...ambient].map((what) => `src/${file.path}: ${what}`);
}

const pure = readSourceFiles().filter((file) => PURE.includes(file.room));

test("sees the rooms that are to be pure", () => {
  for (const [room, least] of Object.entries({ core: 15, wire: 40, blame: 10, pool: 3 })) {
    const count = pure.filter((file) => file.room === room).length;
    assert.ok(count >= least, `only ${count} files in ${room}`);
  }
});

test("core, wire, blame and pool are pure", () => {
  assert.deepEqual(pure.flatMap(impuritiesOf), []);
});

test("the check finds each impurity, and is not taken in by words in comments and strings", () => {
  const impurities = (text: string) => impuritiesOf(parseSource("wire/x.ts", text)).length;
  for (const text of [
    "setTimeout(f, 1);",
    "const at = Date.now();",
    "const at = new Date();",
    "const x = Math.random();",
    "x(performance.now());",
    "x(`at ${process.pid}`);",
    'console.log("x");',
    'import { connect } from "node:net";',
    'import * as net from "node:net";',
    'import { isIP, Socket } from "node:net";',
    'import { readFileSync } from "node:fs";',
    'import "node:tls";',
    'export { lookup } from "node:dns";',
  ]) {
    assert.equal(impurities(text), 1, text);
  }
  for (const text of [
    "// setTimeout would be wrong here",
    'const fix = "restart the process";',
    "clock.performance; x.process(); Date.parse(text); new Date(text);",
    'import { isIP } from "node:net";',
  ]) {
    assert.equal(impurities(text), 0, text);
  }
});
