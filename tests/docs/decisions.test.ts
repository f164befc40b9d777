import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const folder = "docs/decisions";
const pages = readdirSync(folder).filter((name) => name !== "README.md");
const index = readFileSync(`${folder}/README.md`, "utf8");

test("every decision says what, why, and when to look again, and is listed", () => {
  assert.ok(pages.length >= 12, `only ${pages.length} decisions`);
  for (const name of pages) {
    const text = readFileSync(`${folder}/${name}`, "utf8");
    for (const part of ["**Decision.**", "**Why.**", "**Look again**"]) assert.ok(text.includes(part), `${name} lacks ${part}`);
    assert.ok(index.includes(`](${name})`), `${name} is not in the list`);
  }
});

/** What every TypeScript project has. */
const MATTER_OF_COURSE = ["@types/node"];

test("every dependency stands in a decision", () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  const names = [...Object.keys(dependencies), ...Object.keys(devDependencies)];
  assert.ok(names.length >= 10, `only ${names.length} dependencies`);
  const texts = pages.map((name) => readFileSync(`${folder}/${name}`, "utf8")).join("\n");
  const silent = names.filter((name) => !MATTER_OF_COURSE.includes(name) && !texts.includes(`\`${name}\``));
  assert.deepEqual(silent, []);
});
