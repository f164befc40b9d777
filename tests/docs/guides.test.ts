import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { needs } from "../real/peers/programs.ts";
import { GUIDES } from "./guides/guides.ts";
import { findShown, run, withoutChance } from "./guides/shown.ts";
import { findNotPrinted, findUnproven } from "./guides/statements.ts";
import { programsOf } from "./guides/worlds.ts";

const pages = GUIDES.map((page) => ({ name: basename(page.pathname), text: readFileSync(page, "utf8") }));
const shown = pages.flatMap(({ text }) => findShown(text));

test("the guides show what they say", () => {
  assert.ok(shown.length >= 20, `only ${shown.length} commands`);
});

for (const { name, text } of pages) {
  test(`each sentence and each row of ${name} has a command whose output shows it`, () => {
    assert.deepEqual(findUnproven(text), []);
  });
}

for (const block of shown) {
  const { world, command, printed } = block;
  const title = `with ${world}: ${command} prints what the guide shows (npm run docs:guides writes it anew)`;
  test(title, needs("curl", ...programsOf(world)), async () => {
    const now = await run(world, command);
    assert.equal(withoutChance(now), withoutChance(printed));
    assert.deepEqual(findNotPrinted(block, now), []);
  });
}
