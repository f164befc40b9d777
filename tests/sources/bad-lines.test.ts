import assert from "node:assert/strict";
import { test } from "node:test";
import { ExitList } from "../../src/wire/exit-list.ts";

test("a file that is no list at all is counted, and only its first lines are told", () => {
  const list = new ExitList();
  list.read(`${"no exit at all\n".repeat(5000)}192.0.2.1:8080\n`, {
    scheme: "http",
    tags: {},
    where: { file: "junk.txt", line: 1 },
    env: null,
  });
  assert.equal(list.size, 1);
  assert.equal(list.errorCount, 5000);
  assert.equal(list.errors.length, 1000);
  assert.equal(list.errors.at(-1)?.line, 1000);
});
