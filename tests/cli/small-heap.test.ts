import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { test } from "node:test";
import { growthPercent } from "../../src/cli/small-heap.ts";

const MIB = 1024 * 1024;

test("A small heap may double before all of it is looked through, a large one grows by less than a third.", () => {
  assert.equal(growthPercent(10 * MIB, null), 100);
  assert.equal(growthPercent(40 * MIB, null), 55);
  assert.equal(growthPercent(300 * MIB, null), 30);
});

test("What a heap has grown by since the last time, it is expected to grow by until the next.", () => {
  assert.equal(growthPercent(35 * MIB, 30 * MIB), 55);
  assert.equal(growthPercent(40 * MIB, 50 * MIB), 55);
});

test("This Node has a V8 that knows all flags by which a heap stays small, also when it has run for a while.", () => {
  const { status, stderr } = spawn(process.execPath, node(`${KEEP_SMALL} ${COLLECT_ALL}`));
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
});

test("A heap is kept small, and the run goes on, where the system lets the process open no more files.", {
  skip: process.platform === "win32",
}, () => {
  const program = `${KEEP_SMALL} ${OPEN_ALL_FILES} ${COLLECT_ALL} console.log("went on");`;
  const { status, stderr, stdout } = spawn("/bin/sh", ["-c", 'ulimit -n 64; exec "$0" "$@"', process.execPath, ...node(program)]);
  assert.deepEqual({ status, stderr, stdout }, { status: 0, stderr: "", stdout: "EMFILE\nwent on\n" });
});

function spawn(command: string, args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(command, args, { encoding: "utf8", timeout: 20_000 });
}

function node(program: string): readonly string[] {
  return ["--no-warnings", "--expose-gc", "--input-type=module", "--eval", program];
}

const KEEP_SMALL = 'import { keepHeapSmall } from "./src/cli/small-heap.ts"; keepHeapSmall();';

const OPEN_ALL_FILES = `
  import { openSync } from "node:fs";
  try {
    for (;;) openSync("/dev/null");
  } catch ({ code }) {
    console.log(code);
  }
`;

/** A collection of all, which is seen. */
const COLLECT_ALL = "gc(); for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);";
