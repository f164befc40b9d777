import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { explainResponse } from "../../src/explain/response/explain-response.ts";

/** Name, who made it, fault, culprit, and the answer, with `\r\n` as it stands here: pages of products as they are published. */
const ROWS = readFileSync(new URL("fixtures/product-pages.tsv", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((row) => row.split("\t") as [name: string, maker: string, fault: string, culprit: string, answer: string]);

test("pages of products are there", () => {
  assert.ok(ROWS.length >= 80, `${ROWS.length}`);
});

for (const [name, maker, fault, culprit, answer] of ROWS) {
  test(`who made the answer, and what it means: ${name}`, () => {
    const text = answer.replace(/\\(r|n|\\)/g, (_, letter: string) => (letter === "r" ? "\r" : letter === "n" ? "\n" : "\\"));
    const [explained] = explainResponse(text) ?? [];
    assert.equal(explained?.kind, "answer");
    const { reading } = explained;
    assert.deepEqual([reading.madeBy?.id ?? "-", reading.fault ?? "-", reading.culprit ?? "-"], [maker, fault, culprit]);
  });
}
