import assert from "node:assert/strict";
import { test } from "node:test";
import { bypassMatcher } from "../../src/wire/bypass-list.ts";

test("A domain bypasses with all that is below it, on whole labels, whatever its case and dots.", () => {
  for (const entry of ["example.com", ".example.com", "Example.COM", "example.com."]) {
    const bypasses = bypassMatcher([entry]);
    for (const host of ["example.com", "www.example.com", "a.b.EXAMPLE.com", "example.com."])
      assert.ok(bypasses(host, 443), `${entry} ${host}`);
    for (const host of ["notexample.com", "example.com.evil", "com", "example.org"]) assert.ok(!bypasses(host, 443), `${entry} ${host}`);
  }
  assert.ok(bypassMatcher(["*.example.com"])("www.example.com", 80));
  assert.ok(!bypassMatcher(["*.example.com"])("example.com", 80));
});

test("Addresses and networks bypass hosts that are addresses, and no name.", () => {
  const bypasses = bypassMatcher(["10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "[::1]"]);
  for (const host of ["10.9.9.9", "::ffff:10.9.9.9", "192.0.2.1", "2001:db8::9", "::1", "0:0:0:0:0:0:0:1"])
    assert.ok(bypasses(host, 80), host);
  for (const host of ["11.0.0.1", "192.0.2.2", "::2", "10.example.com", "localhost"]) assert.ok(!bypasses(host, 80), host);
});

test("A star bypasses everything, a port narrows an entry, and an entry may hold several.", () => {
  assert.ok(bypassMatcher(["*"])("example.com", 80));
  assert.ok(bypassMatcher(["*:8080"])("example.com", 8080));
  assert.ok(!bypassMatcher(["*:8080"])("example.com", 80));
  const bypasses = bypassMatcher(["localhost, .internal  example.com:8443", "", "[2001:db8::1]:443"]);
  assert.ok(bypasses("localhost", 1));
  assert.ok(bypasses("a.internal", 1));
  assert.ok(bypasses("example.com", 8443));
  assert.ok(!bypasses("example.com", 443));
  assert.ok(bypasses("2001:db8::1", 443));
  assert.ok(!bypasses("2001:db8::1", 80));
  assert.ok(!bypassMatcher([])("example.com", 80));
});

test("A bare IPv6 address is one, without brackets too.", () => {
  assert.ok(bypassMatcher(["2001:db8::1"])("2001:db8::1", 443));
});

test("An entry that is none is named.", () => {
  for (const entry of [
    "10.0.0.0/99",
    "example.com/24",
    "a:b:c",
    "exa*mple.com",
    "http://example.com",
    "[nonsense]:80",
    "[10.0.0.1]",
    "a.b:0",
    "a.b:65536",
    ".",
    "host:port",
  ]) {
    assert.throws(
      () => bypassMatcher([entry]),
      (error: Error) => error.message.includes(`"${entry}"`),
      entry,
    );
  }
});
