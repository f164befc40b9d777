import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { askChecker } from "../../src/cli/config-checkers.ts";

test("a config that lies where none is installed is read and not run: its Lua stays still", () => {
  const folder = mkdtempSync(join(tmpdir(), "goodgateway-checkers-"));
  try {
    const ran = join(folder, "ran");
    writeFileSync(join(folder, "run.lua"), `io.open(${JSON.stringify(ran)}, "w"):close()`);
    const text = `global\n  lua-load ${join(folder, "run.lua")}\nbackend b\n  nonsense\n`;
    const file = join(folder, "haproxy.cfg");
    writeFileSync(file, text);
    assert.deepEqual(askChecker("haproxy", file, text), []);
    symlinkSync(file, join(folder, "etc"));
    assert.deepEqual(askChecker("haproxy", join(folder, "etc"), text), []);
    assert.ok(!existsSync(ran));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
