import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { culpritOf } from "../../src/core/fault-table.ts";
import { socks4Connect } from "../../src/wire/socks4.ts";
import { byteByByte, cut, play } from "./play.ts";

const target = { host: "192.0.2.1", port: 443 };
const named = { host: "site.example", port: 80 };
const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const granted = hex("00 5a 0000 00000000");

test("asks for an address and leaves what comes behind the reply to the tunnel", () => {
  const { sent, rest, waitsFor } = play(socks4Connect(target, null, false), [granted, hex("aabb")]);
  assert.deepEqual(sent, hex("04 01 01bb c0000201 00"));
  assert.deepEqual(rest, hex("aabb"));
  assert.equal(waitsFor, null);
});

test("sends the user, and as SOCKS4a the name for the exit to resolve", () => {
  const { sent } = play(socks4Connect(named, "alice", true), [granted]);
  assert.deepEqual(sent, Buffer.concat([hex("04 01 0050 00000001"), Buffer.from("alice\0site.example\0")]));
  assert.deepEqual(play(socks4Connect(target, null, true), []).sent, hex("04 01 01bb c0000201 00"));
});

test("accepts a reply that bears the protocol's version in place of 0", () => {
  assert.equal(play(socks4Connect(target, null, false), [hex("04 5a 0000 00000000")]).waitsFor, null);
});

test("gives each reply code its fault", () => {
  const faultOf = (userId: string | null, code: string) => play(socks4Connect(target, userId, false), [hex(`00 ${code}`)]).fault;
  assert.equal(faultOf(null, "5b")?.id, "handshake.connect_rejected");
  assert.equal(faultOf(null, "5b")?.confidence, 0.5);
  for (const code of ["5c", "5d"]) {
    assert.equal(faultOf(null, code)?.id, "handshake.auth_required");
    assert.equal(faultOf("alice", code)?.id, "handshake.auth_failed");
  }
  assert.equal(faultOf(null, "5e")?.id, "handshake.socks_malformed");
  assert.equal(faultOf(null, "5b")?.details, "SOCKS4 reply 91: rejected or failed");
});

test("names another protocol on the port, even byte by byte, and calls the rest malformed", () => {
  const cases: readonly (readonly [Buffer, string, RegExp])[] = [
    [hex("05 ff"), "handshake.not_a_proxy", /speaks SOCKS5: use socks5:\/\//],
    [Buffer.from("HTTP/1.0 400 Bad\r\n\r\n"), "handshake.not_a_proxy", /speaks HTTP: use http:\/\//],
    [hex("15 03 01 00 02 02 46"), "handshake.not_a_proxy", /speaks TLS: use https:\/\//],
    [Buffer.from("garbage"), "handshake.socks_malformed", /answered 'g.* where a SOCKS4 reply was expected/],
  ];
  for (const [bytes, id, details] of cases) {
    for (const chunks of [[bytes], byteByByte(bytes)]) {
      const { fault } = play(socks4Connect(target, null, false), chunks);
      assert.equal(fault?.id, id);
      assert.match(fault?.details ?? "", details);
    }
  }
});

test("refuses what SOCKS4 cannot carry before a byte is sent", () => {
  const refused = [
    play(socks4Connect({ host: "2001:db8::1", port: 1 }, null, true), []),
    play(socks4Connect(named, "a\0b", true), []),
    play(socks4Connect({ host: "a\0b", port: 1 }, null, true), []),
    play(socks4Connect({ host: "x".repeat(300), port: 1 }, null, true), []),
    play(socks4Connect({ host: "", port: 1 }, null, true), []),
    play(socks4Connect(named, null, false), []),
  ];
  assert.deepEqual(
    refused.map(({ fault }) => fault?.id),
    [
      "handshake.target_unreachable",
      "handshake.auth_failed",
      "client.bad_request",
      "client.bad_request",
      "client.bad_request",
      "gateway.internal_error",
    ],
  );
  for (const { sent } of refused) assert.equal(sent.length, 0);
  const [ipv6] = refused;
  assert.equal(ipv6?.fault && culpritOf(ipv6.fault, "exit"), "gateway");
});

test("leaves it to the driver where the exit ends in the middle", () => {
  for (const begun of ["", "00", "00 5a", "00 5a 0000 0000"]) {
    const { fault, waitsFor } = play(socks4Connect(target, null, false), [hex(begun)], { fin: true });
    assert.deepEqual([fault, waitsFor?.op], [null, "take"], begun);
  }
});

test("gives the same result for every chunking of any bytes", () => {
  const bytes = fc.tuple(fc.constantFrom("", "00", "005a", "005b", "045a", "05"), fc.uint8Array({ maxLength: 16 }));
  fc.assert(
    fc.property(bytes, fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 8 }), ([start, end], lengths) => {
      const all = Buffer.concat([hex(start), end]);
      const whole = play(socks4Connect(target, null, false), [all], { fin: true });
      const other = play(socks4Connect(target, null, false), cut(all, lengths), { fin: true });
      assert.deepEqual([other.fault?.id, other.rest], [whole.fault?.id, whole.rest]);
      assert.ok(other.mostWanted <= 32);
    }),
    { numRuns: 300 },
  );
});
