import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { ROOT } from "./source-files.ts";

/** One request must be readable in one sitting. */
const FILES_MAX = 16;
const LINES_MAX = 1800;

/** The source files between `<!-- reading-order: NAME -->` and `<!-- /reading-order -->` of ARCHITECTURE.md, in their order. */
function readingOrder(name: string): string[] {
  const page = readFileSync(`${ROOT}ARCHITECTURE.md`, "utf8");
  const start = `<!-- reading-order: ${name} -->`;
  const [, after = ""] = page.split(start);
  const [list = ""] = after.split("<!-- /reading-order -->");
  return [...new Set(list.match(/\bsrc\/[\w./-]+\.ts\b/g))];
}

for (const name of ["GET", "CONNECT"]) {
  test(`ARCHITECTURE.md lists the files that one ${name} passes, few and short enough to be read in one sitting`, () => {
    const paths = readingOrder(name);
    assert.ok(paths.length >= 8, `ARCHITECTURE.md lists only ${paths.length} files between its markers for ${name}`);
    assert.deepEqual(
      paths.filter((path) => !existsSync(ROOT + path)),
      [],
    );
    assert.ok(paths.length <= FILES_MAX, `${paths.length} files`);
    const lines = paths.reduce((sum, path) => sum + readFileSync(ROOT + path, "utf8").split("\n").length - 1, 0);
    assert.ok(lines <= LINES_MAX, `${lines} lines`);
  });
}

test("ARCHITECTURE.md names files that exist, and for each invariant a test that asserts it", () => {
  const page = readFileSync(`${ROOT}ARCHITECTURE.md`, "utf8");
  const named = [...new Set(page.match(/\b(?:src|tests)\/[\w./-]+\.ts\b/g))];
  assert.ok(named.length >= 25, `only ${named.length} files`);
  assert.deepEqual(
    named.filter((path) => !existsSync(ROOT + path)),
    [],
  );
  const [, invariants = ""] = /^## Invariants\n([\s\S]*?)^## /m.exec(page) ?? [];
  const items = invariants.split(/^\d+\. /m).slice(1);
  assert.equal(items.length, 8);
  for (const item of items) assert.match(item, /`tests\/[\w/-]+\.test\.ts`/);
});
