import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { interfaceAddresses } from "../../src/net/interface-addresses.ts";

test("This machine has an address.", () => {
  assert.ok(interfaceAddresses().some(({ address }) => address === "127.0.0.1"));
});

test("Where the system lets the process open no more files, no addresses are known, and nothing throws.", {
  skip: process.platform === "win32",
}, () => {
  const asked = ["-c", 'ulimit -n 64; exec "$0" "$@"', process.execPath, "--no-warnings", "--input-type=module", "--eval", PROGRAM];
  const { status, stderr, stdout } = spawnSync("/bin/sh", asked, { encoding: "utf8", timeout: 20_000 });
  assert.deepEqual({ status, stderr, stdout }, { status: 0, stderr: "", stdout: "EMFILE []\n" });
});

const PROGRAM = `
  import { openSync } from "node:fs";
  import { interfaceAddresses } from "./src/net/interface-addresses.ts";
  try {
    for (;;) openSync("/dev/null");
  } catch ({ code }) {
    console.log(code, interfaceAddresses());
  }
`;
