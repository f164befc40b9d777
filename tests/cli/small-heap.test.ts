import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { growthPercent } from "../../src/cli/small-heap.ts";

const MIB = 1024 * 1024;

test("A small heap may double before all of it is looked through, a large one grows by less than a third.", () => {
  assert.equal(growthPercent(10 * MIB, null), 100);
  assert.equal(growthPercent(50 * MIB, null), 40);
  assert.equal(growthPercent(300 * MIB, null), 30);
});

test("What a heap has grown by since the last time, it is expected to grow by until the next.", () => {
  assert.equal(growthPercent(45 * MIB, 40 * MIB), 40);
  assert.equal(growthPercent(50 * MIB, 60 * MIB), 40);
});

test("This Node has a V8 that knows all flags by which a heap stays small, also when it has run for a while.", () => {
  const program = 'import { keepHeapSmall } from "./src/cli/small-heap.ts"; keepHeapSmall();';
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--no-warnings", "--expose-gc", "--input-type=module", "--eval", `${program} ${AFTERWARDS}`],
    {
      encoding: "utf8",
      timeout: 20_000,
    },
  );
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
});

/** A collection of all, which is seen. */
const AFTERWARDS = "gc(); for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);";
