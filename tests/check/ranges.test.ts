import assert from "node:assert/strict";
import { test } from "node:test";
import { readRange } from "../../src/check/ranges.ts";

function expand(line: string): string[] | string | null {
  const range = readRange(line);
  if (range === null || "problem" in range) return range?.problem ?? null;
  const lines = [...range.lines()];
  assert.equal(lines.length, range.size);
  return lines;
}

test("expands networks, ranges of addresses and of ports, with scheme, credentials and tags of each", () => {
  assert.deepEqual(expand("192.0.2.5/31:80"), ["192.0.2.4:80", "192.0.2.5:80"]);
  assert.deepEqual(expand("socks5://u:p@192.0.2.255-192.0.3.0:1080 country=de # x"), [
    "socks5://u:p@192.0.2.255:1080 country=de # x",
    "socks5://u:p@192.0.3.0:1080 country=de # x",
  ]);
  assert.deepEqual(expand("192.0.2.1-2:8-9"), ["192.0.2.1:8", "192.0.2.1:9", "192.0.2.2:8", "192.0.2.2:9"]);
  assert.deepEqual(expand("[2001:db8::fffe]/127:80"), ["[2001:db8:0:0:0:0:0:fffe]:80", "[2001:db8:0:0:0:0:0:ffff]:80"]);
  assert.deepEqual(expand("[::ffff:192.0.2.1]-[::ffff:192.0.2.2]:80"), ["[0:0:0:0:0:ffff:c000:201]:80", "[0:0:0:0:0:ffff:c000:202]:80"]);
});

test("tells how many proxies a range stands for before one of them is made", () => {
  const size = (line: string) => (readRange(line) as { size: number }).size;
  assert.equal(size("0.0.0.0/0:1-65535"), 2 ** 32 * 65_535);
  assert.equal(size("[::]/0:80"), 2 ** 128);
});

test("is not taken in by what is no range, and names what is a bad one", () => {
  for (const line of ["192.0.2.1:80", "host-1.example:80", "http://a-b:1-2@192.0.2.1:80", "x", "", "[2001:db8::1]:80"]) {
    assert.equal(expand(line), null, line);
  }
  for (const line of ["192.0.2.0/33:80", "192.0.2.9-3:80", "192.0.2.1-999:80", "300.0.2.0/24:80", "[2001:db8::]/129:80"]) {
    assert.match(String(expand(line)), /^the range of addresses/, line);
  }
  for (const line of ["192.0.2.1:9-8", "192.0.2.0/24:0", "192.0.2.1:65535-65536"])
    assert.match(String(expand(line)), /^the range of ports/, line);
});
