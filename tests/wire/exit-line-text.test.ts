import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exit } from "../../src/core/route.ts";
import { parseExitLine } from "../../src/wire/exit-line.ts";
import { writeExitLine } from "../../src/wire/exit-line-text.ts";

function parse(text: string): Exit {
  const line = parseExitLine(text, { scheme: "http", tags: {}, where: { file: "", line: 1 } });
  assert.ok("exit" in line, text);
  return line.exit;
}

test("a written line is read as the same exit, with password and tags", () => {
  for (const text of [
    "192.0.2.1:80",
    "socks5h://[2001:db8::1]:1080 country=de tier=isp",
    "user:p@s:s@192.0.2.1:80",
    "192.0.2.1:80:user:pa@ss:#1",
    "http://u%2Cs%40er:p%2C%23%20w@host.example:80",
    "https://192.0.2.1:443 insecure=true weight=2.5 rotating=true id=Mine",
    "http://a:b@192.0.2.1:80,socks4://me@192.0.2.2:1080 id=abc",
    "http://name-session-{session}:pw@gate.example:8000",
  ]) {
    const exit = parse(text);
    assert.deepEqual(parse(writeExitLine(exit)), exit, text);
  }
});
