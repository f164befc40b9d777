import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { culpritOf } from "../../src/core/fault-table.ts";
import { socks5Connect } from "../../src/wire/socks5.ts";
import { byteByByte, cut, play } from "./play.ts";

const target = { host: "site.example", port: 443 };
const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const noLogin = hex("05 00");
const opened = hex("05 00 00 01 c0000201 1f90");
const credentials = { username: "alice", password: "s3cret" };

test("asks without a login for a name and leaves what comes behind the reply to the tunnel", () => {
  const banner = Buffer.from("220 ready\r\n");
  const { sent, rest, waitsFor } = play(socks5Connect(target, null), [noLogin, opened, banner]);
  assert.deepEqual(sent, Buffer.concat([hex("05 01 00"), hex("05 01 00 03 0c"), Buffer.from("site.example"), hex("01bb")]));
  assert.deepEqual(rest, banner);
  assert.equal(waitsFor, null);
});

test("carries addresses as addresses", () => {
  const request = (host: string) =>
    play(socks5Connect({ host, port: 80 }, null), [noLogin, opened])
      .sent.subarray(3)
      .toString("hex");
  assert.equal(request("192.0.2.1"), "05010001c00002010050");
  assert.equal(request("2001:db8::1"), "0501000420010db80000000000000000000000010050");
});

test("offers user and password beside no login, and sends them where the exit asks", () => {
  const { sent, fault } = play(socks5Connect(target, credentials), [hex("05 02"), hex("01 00"), opened]);
  assert.equal(fault, null);
  assert.deepEqual(sent.subarray(0, 4), hex("05 02 00 02"));
  assert.deepEqual(sent.subarray(4, 18), Buffer.concat([hex("01 05"), Buffer.from("alice"), hex("06"), Buffer.from("s3cret")]));
});

test("goes on without a login where the exit, that knows us by our address, wants none", () => {
  const { fault, waitsFor, sent } = play(socks5Connect(target, credentials), [noLogin, opened]);
  assert.deepEqual([fault, waitsFor], [null, null]);
  assert.equal(sent.includes("s3cret"), false);
});

test("sends an empty password for a user without one", () => {
  const { sent } = play(socks5Connect(target, { username: "alice", password: null }), [hex("05 02"), hex("01 00")]);
  assert.equal(sent.includes(Buffer.concat([Buffer.from("\x05alice"), hex("00")])), true);
});

test("accepts a login reply that bears the protocol's version", () => {
  const { fault, waitsFor } = play(socks5Connect(target, credentials), [hex("05 02"), hex("05 00"), opened]);
  assert.deepEqual([fault, waitsFor], [null, null]);
});

test("tells a refused login from a missing one", () => {
  const faultOf = (login: typeof credentials | null, ...chunks: Buffer[]) => play(socks5Connect(target, login), chunks).fault;
  assert.equal(faultOf(null, hex("05 ff"))?.id, "handshake.auth_required");
  assert.equal(faultOf(null, hex("05 02"))?.id, "handshake.auth_required");
  assert.equal(faultOf(credentials, hex("05 ff"))?.id, "handshake.auth_failed");
  const refused = faultOf(credentials, hex("05 02"), hex("01 01"));
  assert.equal(refused?.id, "handshake.auth_failed");
  assert.equal(refused?.details, "SOCKS5 login status 1: user or password refused");
});

test("gives each reply code its fault, as soon as it is there", () => {
  const expected = {
    1: "handshake.connect_rejected",
    2: "handshake.policy_denied",
    3: "handshake.target_unreachable",
    4: "handshake.target_unresolvable",
    5: "handshake.target_refused",
    6: "handshake.target_timeout",
    7: "handshake.not_a_proxy",
    8: "handshake.not_a_proxy",
    9: "handshake.socks_malformed",
    240: "handshake.socks_malformed",
  };
  for (const [code, id] of Object.entries(expected)) {
    const { fault } = play(socks5Connect(target, null), [noLogin, Uint8Array.of(5, Number(code))]);
    assert.equal(fault?.id, id);
    assert.match(fault?.details ?? "", new RegExp(`^SOCKS5 reply ${code}\\b`));
    assert.equal(fault?.confidence, code === "1" ? 0.5 : null);
  }
});

test("blames the target where reply 4 is about an address, and its name where the exit had to resolve it", () => {
  const { fault } = play(socks5Connect({ host: "192.0.2.1", port: 1 }, null), [noLogin, hex("05 04")]);
  assert.equal(fault?.id, "handshake.target_unreachable");
  assert.equal(fault && culpritOf(fault, "exit"), "origin");
});

test("reads each type of bound address to its end", () => {
  for (const bound of ["01 00000000 0000", "04 00000000000000000000000000000000 0000", "03 03 616263 0000", "03 00 0000"]) {
    const { rest, waitsFor, fault } = play(socks5Connect(target, null), [noLogin, hex(`05 00 00 ${bound} aabb`)]);
    assert.deepEqual([rest, waitsFor, fault], [hex("aabb"), null, null]);
  }
});

test("calls what breaks the protocol malformed", () => {
  for (const chunks of [
    [hex("05 01")],
    [hex("05 80")],
    [hex("05 00"), hex("05 00 00 02")],
    [hex("05 00"), hex("07 00 00 01")],
    [Buffer.from("garbage")],
    [hex("ff")],
  ]) {
    assert.equal(play(socks5Connect(target, null), chunks).fault?.id, "handshake.socks_malformed");
  }
  assert.equal(play(socks5Connect(target, credentials), [hex("05 02"), hex("02 00")]).fault?.id, "handshake.socks_malformed");
  const { fault } = play(socks5Connect(target, null), [Buffer.from("garbage")]);
  assert.equal(fault?.details, "answered 'garbage' where SOCKS5 was expected");
});

test("names another protocol on the port, even byte by byte", () => {
  const replies: readonly (readonly [Buffer, RegExp])[] = [
    [Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"), /speaks HTTP: use http:\/\//],
    [Buffer.from("SSH-2.0-x\r\n"), /speaks SSH/],
    [hex("15 03 03 00 02 02 28"), /speaks TLS: use https:\/\//],
    [hex("00 5b 0000 00000000"), /speaks SOCKS4: use socks4:\/\//],
  ];
  for (const [bytes, details] of replies) {
    for (const chunks of [[bytes], byteByByte(bytes)]) {
      const { fault } = play(socks5Connect(target, null), chunks);
      assert.equal(fault?.id, "handshake.not_a_proxy");
      assert.match(fault?.details ?? "", details);
    }
  }
});

test("refuses what SOCKS5 cannot carry before a byte is sent, and never shows a password", () => {
  const long = "p".repeat(256);
  const refused = [
    play(socks5Connect({ host: "x".repeat(256), port: 1 }, null), []),
    play(socks5Connect({ host: "", port: 1 }, null), []),
    play(socks5Connect(target, { username: long, password: null }), []),
    play(socks5Connect(target, { username: "alice", password: long }), []),
  ];
  assert.deepEqual(
    refused.map(({ fault }) => fault?.id),
    ["client.bad_request", "client.bad_request", "handshake.auth_failed", "handshake.auth_failed"],
  );
  for (const { sent, fault } of refused) {
    assert.equal(sent.length, 0);
    assert.equal(JSON.stringify(fault).includes("ppp"), false);
  }
});

test("leaves it to the driver where the exit ends in the middle", () => {
  for (const begun of ["", "05", "05 00", "05 00 05", "05 00 05 00 00", "05 00 05 00 00 03 05 6161"]) {
    const { fault, value, waitsFor } = play(socks5Connect(target, null), [hex(begun)], { fin: true });
    assert.deepEqual([fault, value, waitsFor?.op], [null, null, "take"], begun);
  }
});

test("gives the same result for every chunking of any bytes, and never wants more than an address", () => {
  const likely = fc.constantFrom("0500", "0502", "0100", "05000001c00002011f90", "0505", "0500000303616263ffff", "48545450", "00");
  const bytes = fc.oneof(
    fc.array(likely, { maxLength: 4 }).map((parts) => hex(parts.join(""))),
    fc.uint8Array({ maxLength: 40 }),
  );
  const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 12 });
  fc.assert(
    fc.property(bytes, lengths, fc.boolean(), (all, cuts, hasLogin) => {
      const login = hasLogin ? credentials : null;
      const whole = play(socks5Connect(target, login), [all], { fin: true });
      const other = play(socks5Connect(target, login), cut(all, cuts), { fin: true });
      assert.deepEqual([other.fault?.id, other.rest, other.sent], [whole.fault?.id, whole.rest, whole.sent]);
      assert.ok(other.mostWanted <= 257);
    }),
    { numRuns: 300 },
  );
});
