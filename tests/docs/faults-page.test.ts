import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FAULTS } from "../../src/core/fault-table.ts";
import { FAULTS_PAGE, renderFaultsPage } from "./faults-page.ts";

test("docs/faults.md is what the fault table says; `npm run docs` makes it anew", () => {
  const page = readFileSync(FAULTS_PAGE, "utf8");
  const headings = [...page.matchAll(/^### (\S+)$/gm)].map(([, id]) => id);
  assert.ok(headings.length >= 60, `only ${headings.length} faults`);
  assert.deepEqual(headings, Object.keys(FAULTS));
  assert.equal(page, renderFaultsPage());
});
