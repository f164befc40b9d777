import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { findClosedPort, startLabServer } from "../../src/lab/lab-server.ts";
import { RunningCommand } from "./command.ts";

/** Takes no byte, as a disk that is full (full(4)). */
const FULL = "/dev/full";
const needsFull = { skip: existsSync(FULL) ? false : `there is no ${FULL}` };

test("a disk that is full ends the checks with a sentence", needsFull, async () => {
  await using silent = await startLabServer(() => {});
  const closed = await findClosedPort();
  const args = ["check", `${closed.host}:${closed.port}`, `${silent.host}:${silent.port}`, "--timeout", "60", "--json", "--output", FULL];
  await using command = new RunningCommand(args);
  assert.equal(await command.status(), 2);
  assert.equal(command.stderr, `goodgateway: cannot write ${FULL}: the disk is full (ENOSPC)\n`);
  assert.match(command.stdout, /^1 proxy so far, in .*: dead 1$/m);
});

test("a standard output that takes nothing is told in a sentence", needsFull, async () => {
  const full = openSync(FULL, "w");
  const command = spawn(process.execPath, [resolve("src/cli/main.ts"), "--help"], { stdio: ["ignore", full, "pipe"] });
  closeSync(full);
  const [said, [status]] = await Promise.all([text(command.stderr as Readable), once(command, "close")]);
  assert.deepEqual([said, status], ["goodgateway: what it prints cannot be written: the disk is full (ENOSPC)\n", 2]);
});
