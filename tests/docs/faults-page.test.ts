import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { FAULTS } from "../../src/core/fault-table.ts";
import { FAULT_PAGES, renderFaultPages } from "./fault-pages.ts";
import { FAULTS_PAGE, renderFaultsPage } from "./faults-page.ts";

test("docs/faults.md is what the fault table says; `npm run docs` makes it anew", () => {
  const page = readFileSync(FAULTS_PAGE, "utf8");
  const headings = [...page.matchAll(/^### (\S+)$/gm)].map(([, id]) => id);
  assert.ok(headings.length >= 60, `only ${headings.length} faults`);
  assert.deepEqual(headings, Object.keys(FAULTS));
  assert.equal(page, renderFaultsPage());
});

test("docs/faults/ has a page for each fault, as the table and what clients show make it; `npm run docs` makes them anew", () => {
  const pages = renderFaultPages();
  assert.deepEqual(readdirSync(FAULT_PAGES).toSorted(), [...pages.keys()].toSorted());
  for (const [name, page] of pages) assert.equal(readFileSync(new URL(name, FAULT_PAGES), "utf8"), page, name);
});
