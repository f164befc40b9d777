import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseTargetHost } from "../../src/wire/target-host.ts";

test("gives names in lower case and addresses in their canonical form", () => {
  assert.equal(parseTargetHost("Site.EXAMPLE"), "site.example");
  assert.equal(parseTargetHost("localhost"), "localhost");
  assert.equal(parseTargetHost("_dmarc.my-site.example."), "_dmarc.my-site.example.");
  assert.equal(parseTargetHost("xn--bcher-kva.example"), "xn--bcher-kva.example");
  assert.equal(parseTargetHost("192.0.2.1"), "192.0.2.1");
  assert.equal(parseTargetHost("2001:DB8::0:1"), "2001:db8::1");
});

test("refuses what is neither a name nor an address", () => {
  const label = "x".repeat(64);
  const long = `${"abcdefg.".repeat(32)}example`;
  for (const text of [
    "",
    ".",
    "a..b",
    ".a",
    "a b",
    "a\r\nb",
    "a\0",
    "a/b",
    "a:80",
    "user@a",
    "[::1]",
    "fe80::1%eth0",
    "bücher.example",
    label,
    long,
  ]) {
    assert.equal(parseTargetHost(text), null, text);
  }
});

test("refuses numbers that a resolver would read as an address", () => {
  for (const text of ["127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "1.2.3.4.", "256.1.1.1", "a.1", "0x", "127.0.0.0x1"]) {
    assert.equal(parseTargetHost(text), null, text);
  }
  assert.equal(parseTargetHost("1.example"), "1.example");
  assert.equal(parseTargetHost("0xcafe.example"), "0xcafe.example");
});

test("gives for any text null or a host that it gives again for itself", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.domain(), fc.ipV4(), fc.ipV6(), fc.string({ unit: "binary-ascii" })), (text) => {
      const host = parseTargetHost(text);
      if (host === null) return;
      assert.match(host, /^[a-z0-9_.:-]+$/);
      assert.equal(parseTargetHost(host), host);
    }),
    { numRuns: 300 },
  );
});
