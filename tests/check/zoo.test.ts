import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { CheckResult } from "../../src/check/check-result.ts";
import { ZOO } from "../../src/lab/zoo/zoo.ts";
import { checkZoo, differences } from "./run-check.ts";

/** Long enough for a loaded machine, and what hangs costs no more than this, all at once. */
const ARGS = ["--timeout", "15s", "--samples", "2", "--concurrency", "24"];

for (const [kind, proxies] of Object.entries(ZOO)) {
  let results: ReadonlyMap<string, CheckResult> = new Map();
  before(async () => {
    results = await checkZoo(proxies, ARGS);
  });

  for (const proxy of proxies) {
    const { title, expected } = proxy;
    test(`${kind}: ${title}`, async () => {
      const result = results.get(title);
      assert.ok(result !== undefined);
      if (differences(result, expected).length === 0) return;
      // Among many on a loaded machine something may come too late: what it is shows when it is alone.
      const alone = (await checkZoo([proxy], ARGS)).get(title);
      assert.ok(alone !== undefined);
      assert.deepEqual(differences(alone, expected), []);
    });
  }
}
