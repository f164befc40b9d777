import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { needs } from "../real/peers/programs.ts";
import { GUIDES } from "./guides/guides.ts";
import { findShown, run, withoutChance } from "./guides/shown.ts";

const shown = GUIDES.flatMap((page) => findShown(readFileSync(page, "utf8")));

test("the guides show what they say", () => {
  assert.ok(shown.length >= 20, `only ${shown.length} commands`);
});

for (const { world, command, printed } of shown) {
  test(`with ${world}: ${command} prints what the guide shows (npm run docs:guides writes it anew)`, needs("curl"), async () => {
    assert.equal(withoutChance(await run(world, command)), withoutChance(printed));
  });
}
