import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { FLAG, keepRecordsYoung } from "../../src/cli/young-records.ts";

test("this Node has a V8 that knows the flag by which records stay young", () => {
  const { status, stderr } = spawnSync(process.execPath, [FLAG, "-e", ""], { encoding: "utf8", timeout: 20_000 });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
});

test("records can be told to stay young after the process has started", () => {
  assert.doesNotThrow(keepRecordsYoung);
});
