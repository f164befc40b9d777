// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the samples are source text
import assert from "node:assert/strict";
import { test } from "node:test";
import { blankOut } from "./blank-out.ts";
import { parseSource } from "./source-files.ts";

const importsOf = (text: string) => parseSource("net/x.ts", text).imports;

test("understands every form of import and re-export", () => {
  const text = [
    'import { type A, b as c } from "./a.ts";',
    'import type { D } from "../core/d.ts";',
    "import {",
    "  E,",
    "  F,",
    '} from "./e.ts";',
    'import * as net from "node:net";',
    'import zod, { type Z } from "zod";',
    'import "./side-effect.ts";',
    'export { G } from "./g.ts";',
    'export * from "./h.ts";',
    'const later = await import("./i.ts");',
    'type J = import("./j.ts").J;',
  ].join("\n");
  assert.deepEqual(importsOf(text), [
    { specifier: "./a.ts", names: ["A", "b"] },
    { specifier: "../core/d.ts", names: ["D"] },
    { specifier: "./e.ts", names: ["E", "F"] },
    { specifier: "node:net", names: [] },
    { specifier: "zod", names: ["Z"] },
    { specifier: "./g.ts", names: ["G"] },
    { specifier: "./h.ts", names: [] },
    { specifier: "./side-effect.ts", names: [] },
    { specifier: "./i.ts", names: [] },
    { specifier: "./j.ts", names: [] },
  ]);
});

test("is not taken in by imports in comments", () => {
  assert.deepEqual(importsOf('// import { a } from "./a.ts";\n/* import "./b.ts"; */\nexport const c = 1;'), []);
});

test("takes a program inside a template for text", () => {
  assert.deepEqual(importsOf('const worker = `const net = require("node:net");`;'), []);
});

test("refuses a file that reaches modules in another way", () => {
  for (const text of [
    'const net = require("node:net");',
    'const worker = new URL("./worker.ts", import.meta.url);',
    'process.getBuiltinModule("net");',
    'import fs = require("node:fs");',
  ]) {
    assert.throws(() => importsOf(text), /names \d modules/, text);
  }
});

test("blanks out comments, strings, templates and regular expressions, but not the code inside a template", () => {
  const bare = (text: string) => blankOut(text, "literals").replace(/ +/g, " ");
  assert.equal(bare("a; // process\nb;"), "a; \nb;");
  assert.equal(bare("a /* console\n */ b"), "a \n b");
  assert.equal(bare('say("console \\" process") + x'), 'say(" ") + x');
  assert.equal(bare("say(`a ${process.pid + `${x}`} console`) + y"), "say(` {process.pid + ` {x}`} `) + y");
  assert.equal(bare("x = /[/\"]'process/.test(y) / 2"), "x = / /.test(y) / 2");
  assert.equal(bare("`${{ a: { b: 1 } }.a}` + process"), "` {{ a: { b: 1 } }.a}` + process");
  assert.equal(blankOut('a("// no comment"); // one', "comments").trimEnd(), 'a("// no comment");');
});
