import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { CheckResult } from "../../src/check/check-result.ts";
import { ZOO } from "../../src/lab/zoo/zoo.ts";
import { checkZoo, differences } from "./run-check.ts";

/** Long enough for a loaded machine, and what hangs costs no more than this, all at once. */
const ARGS = ["--timeout", "8s", "--samples", "2"];

for (const [kind, proxies] of Object.entries(ZOO)) {
  let results: ReadonlyMap<string, CheckResult> = new Map();
  before(async () => {
    results = await checkZoo(proxies, ARGS);
  });

  for (const { title, expected } of proxies) {
    test(`${kind}: ${title}`, () => {
      const result = results.get(title);
      assert.ok(result !== undefined);
      assert.deepEqual(differences(result, expected), []);
    });
  }
}
