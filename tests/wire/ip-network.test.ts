import assert from "node:assert/strict";
import { BlockList } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { ipFromBytes, ipToBytes } from "../../src/wire/ip-bytes.ts";
import { isInNetwork, parseIpNetwork } from "../../src/wire/ip-network.ts";

const bytes = (text: string): Uint8Array => ipToBytes(text) ?? assert.fail(text);
const isIn = (network: string, address: string): boolean => isInNetwork(parseIpNetwork(network), bytes(address));

test("A network holds what begins with its prefix, and an address alone is a network of one.", () => {
  assert.ok(isIn("10.0.0.0/8", "10.255.0.1"));
  assert.ok(!isIn("10.0.0.0/8", "11.0.0.0"));
  assert.ok(isIn("172.16.0.0/12", "172.31.255.255"));
  assert.ok(!isIn("172.16.0.0/12", "172.32.0.0"));
  assert.ok(isIn("0.0.0.0/0", "255.255.255.255"));
  assert.ok(isIn("192.0.2.1", "192.0.2.1"));
  assert.ok(!isIn("192.0.2.1", "192.0.2.2"));
  assert.ok(isIn("2001:db8::/33", "2001:db8:7fff::1"));
  assert.ok(!isIn("2001:db8::/33", "2001:db8:8000::"));
});

test("No network holds an address of the other family.", () => {
  assert.ok(!isIn("::/0", "192.0.2.1"));
  assert.ok(!isIn("0.0.0.0/0", "::1"));
});

test("What is no network says why.", () => {
  for (const text of ["", "example.com", "10.0.0", "10.0.0.0/8/8", "[::1]/128", "fe80::1%eth0/64", "010.0.0.0/8"]) {
    assert.throws(() => parseIpNetwork(text), /is no network: write 192\.0\.2\.0\/24/, text);
  }
  for (const text of ["10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8.0", "::/129", "10.0.0.0/255.0.0.0"]) {
    assert.throws(() => parseIpNetwork(text), /a number from 0 to (32|128)/, text);
  }
  assert.throws(() => parseIpNetwork("10.0.0.1/8"), /10\.0\.0\.1 has bits beyond the first 8; write 10\.0\.0\.1\/32/);
});

test("Membership is as node:net's BlockList has it.", () => {
  const family = fc.constantFrom<["ipv4" | "ipv6", number]>(["ipv4", 4], ["ipv6", 16]);
  const sample = family.chain(([kind, length]) =>
    fc.record({
      kind: fc.constant(kind),
      base: fc.uint8Array({ minLength: length, maxLength: length }),
      prefix: fc.nat(length * 8),
      flips: fc.array(fc.nat(length * 8 - 1), { maxLength: 3 }),
    }),
  );
  fc.assert(
    fc.property(sample, ({ kind, base, prefix, flips }) => {
      const network = base.map(
        (byte, i) => byte & (prefix >= i * 8 + 8 ? 0xff : prefix <= i * 8 ? 0 : (0xff00 >> (prefix - i * 8)) & 0xff),
      );
      const address = Uint8Array.from(base);
      for (const bit of flips) address[bit >> 3] = (address[bit >> 3] as number) ^ (0x80 >> (bit & 7));
      const oracle = new BlockList();
      oracle.addSubnet(ipFromBytes(network), prefix, kind);
      const ours = isInNetwork(parseIpNetwork(`${ipFromBytes(network)}/${prefix}`), address);
      assert.equal(ours, oracle.check(ipFromBytes(address), kind));
    }),
    { numRuns: 300 },
  );
});
