import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ipFromBytes, ipToBytes } from "../../src/wire/ip-bytes.ts";

test("reads every way to write an address and writes the canonical one", () => {
  const pairs = {
    "192.0.2.1": "192.0.2.1",
    "::": "::",
    "::1": "::1",
    "2001:DB8:0:0:0:0:0:1": "2001:db8::1",
    "2001:0db8::0001:0000": "2001:db8::1:0",
    "2001:db8:0:1:0:0:1:0": "2001:db8:0:1::1:0",
    "1:0:0:2:0:0:3:4": "1::2:0:0:3:4",
    "1:0:2:3:4:5:6:7": "1:0:2:3:4:5:6:7",
    "fe80::": "fe80::",
    "::FFFF:192.0.2.1": "::ffff:192.0.2.1",
    "::ffff:c000:201": "::ffff:192.0.2.1",
    "64:ff9b::192.0.2.1": "64:ff9b::c000:201",
  };
  for (const [text, canonical] of Object.entries(pairs)) assert.equal(ipFromBytes(ipToBytes(text) as Uint8Array), canonical, text);
});

test("takes nothing else for an address", () => {
  for (const text of ["", "site.example", "127.1", "0x7f.0.0.1", "256.0.0.1", "1:2", "::1::", "[::1]", "fe80::1%eth0", " 1.2.3.4"]) {
    assert.equal(ipToBytes(text), null, text);
  }
});

test("gives back the bytes of any address", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }).map((list) => Uint8Array.from(list)),
  );
  fc.assert(
    fc.property(bytes, (address) => {
      const text = ipFromBytes(address);
      assert.deepEqual(ipToBytes(text), address);
      // The URL parser writes IPv6 canonically too, but for the IPv4 in a mapped address.
      if (address.length === 16 && !text.includes(".")) assert.equal(new URL(`http://[${text}]/`).hostname, `[${text}]`);
    }),
    { numRuns: 300 },
  );
});
