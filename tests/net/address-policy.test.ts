import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type AddressKind, allowListMatcher, classifyAddress } from "../../src/net/address-policy.ts";
import { ipFromBytes } from "../../src/wire/ip-bytes.ts";

function assertKind(kind: AddressKind, ...addresses: readonly string[]): void {
  for (const address of addresses) assert.equal(classifyAddress(address), kind, address);
}

test("IPv4 ranges of the IANA registry end where they end.", () => {
  assertKind(
    "public",
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
  );
  assertKind(
    "public",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
  );
  assertKind("public", "192.31.196.1", "192.52.193.1", "192.175.48.1", "223.255.255.255");
  assertKind("wildcard", "0.0.0.0");
  assertKind("loopback", "127.0.0.1", "127.255.255.255");
  assertKind("private", "10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255");
  assertKind("shared", "100.64.0.0", "100.127.255.255");
  assertKind("link-local", "169.254.0.0", "169.254.255.255");
  assertKind("documentation", "192.0.2.0", "198.51.100.255", "203.0.113.1");
  assertKind("benchmarking", "198.18.0.0", "198.19.255.255");
  assertKind("multicast", "224.0.0.0", "239.255.255.255");
  assertKind("reserved", "0.0.0.1", "0.255.255.255", "192.0.0.1", "192.88.99.1", "240.0.0.0", "255.255.255.254");
  assertKind("broadcast", "255.255.255.255");
});

test("IPv6 ranges of the IANA registry end where they end.", () => {
  assertKind("public", "2001:200::1", "2003::1", "2606:4700:4700::1111", "2620:4f:8000::1", "3fff:1000::", "3ffe:ffff::1");
  assertKind("wildcard", "::", "0:0:0:0:0:0:0:0");
  assertKind("loopback", "::1", "0:0:0:0:0:0:0:1");
  assertKind("private", "fc00::", "fdff:ffff::1", "fec0::1");
  assertKind("link-local", "fe80::1", "febf:ffff::1", "fe80::1%eth0");
  assertKind("documentation", "2001:db8::1", "3fff::1", "3fff:fff:ffff::1");
  assertKind("benchmarking", "2001:2::1");
  assertKind("multicast", "ff02::1", "ff0e::1");
  assertKind("reserved", "100::1", "100:0:0:1::1", "2001:10::1", "2001:1ff::1", "5f00::1", "1fff::1", "4000::1", "fbff::1", "fe00::1");
});

test("Metadata services of clouds are told from the ranges that they hide in.", () => {
  assertKind(
    "metadata",
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
    "fd20:ce::254",
  );
  assertKind("metadata", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1");
});

test("An IPv6 address that carries an IPv4 address is of that one's kind.", () => {
  assertKind("public", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "2001:0:808:808::f7f7:f7f7");
  assertKind(
    "loopback",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "0:0:0:0:0:ffff:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "2002:7f00:1::",
    "::127.0.0.1",
  );
  assertKind("loopback", "2001:0:808:808::80ff:fffe", "2001:0:7f00:1::f7f7:f7f7"); // the client's address, the server's
  assertKind("private", "::ffff:10.0.0.1", "64:ff9b::c0a8:1", "2002:ac10:1::", "::ffff:0:192.168.0.1");
  assertKind("wildcard", "::ffff:0.0.0.0");
});

test("Forms that were given up, and translators that are one network's own, are never public.", () => {
  assertKind("reserved", "::8.8.8.8", "::ffff:0:8.8.8.8");
  assertKind("private", "64:ff9b:1::8.8.8.8", "64:ff9b:1:7f00:0:100:808:808");
  assertKind("loopback", "64:ff9b:1::127.0.0.1");
});

test("What is no canonical address is never public.", () => {
  for (const text of [
    "",
    "example.com",
    "127.1",
    "0177.0.0.1",
    "2130706433",
    "0x7f000001",
    "8.8.8.8 ",
    "[::1]",
    "1.2.3.4%eth0",
    "8.8.8.8/32",
  ]) {
    assertKind("reserved", text);
  }
});

test("However an IPv4 address is embedded, it never becomes more public than it is.", () => {
  const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(ipv4, fc.uint8Array({ minLength: 10, maxLength: 10 }), (address, rest) => {
      const kind = classifyAddress(ipFromBytes(address));
      const zeros = (count: number) => new Array<number>(count).fill(0);
      assert.equal(classifyAddress(ipFromBytes(Uint8Array.of(...zeros(10), 0xff, 0xff, ...address))), kind);
      assert.equal(classifyAddress(ipFromBytes(Uint8Array.of(0, 0x64, 0xff, 0x9b, ...zeros(8), ...address))), kind);
      assert.equal(classifyAddress(ipFromBytes(Uint8Array.of(0x20, 2, ...address, ...rest))), kind);
      const client = address.map((byte) => byte ^ 0xff);
      assert.equal(classifyAddress(ipFromBytes(Uint8Array.of(0x20, 1, 0, 0, 8, 8, 8, 8, ...zeros(4), ...client))), kind);
      assert.notEqual(classifyAddress(ipFromBytes(Uint8Array.of(...zeros(12), ...address))), "public");
    }),
    { numRuns: 300 },
  );
});

test("An allow list lets its networks in, by either spelling of an IPv4 address.", () => {
  const isAllowed = allowListMatcher(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::ffff:198.51.100.0/120"]);
  for (const address of ["10.1.2.3", "::ffff:10.1.2.3", "192.0.2.7", "2001:db8::5", "198.51.100.9"]) assert.ok(isAllowed(address), address);
  for (const address of ["11.0.0.1", "192.0.2.8", "2001:db9::1", "::1", "198.51.101.1", "", "example.com", "10.1"]) {
    assert.ok(!isAllowed(address), address);
  }
  assert.ok(!allowListMatcher(["::/0"])("::ffff:192.0.2.1"));
  assert.ok(!allowListMatcher([])("127.0.0.1"));
});

test("A bad network in an allow list is named.", () => {
  assert.throws(() => allowListMatcher(["10.0.0.0/8", "10.0.0.0/40"]), /"10\.0\.0\.0\/40" is no network/);
});
