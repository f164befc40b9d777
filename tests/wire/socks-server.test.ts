import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { HostPort } from "../../src/core/address.ts";
import { FAULTS } from "../../src/core/fault-table.ts";
import type { Handshake } from "../../src/wire/handshake.ts";
import { socksReply } from "../../src/wire/socks-reply.ts";
import { type SocksGreeting, socks5Authenticated, socks5Request, socksGreeting } from "../../src/wire/socks-server.ts";
import { socks4Connect } from "../../src/wire/socks4.ts";
import { socks5Connect } from "../../src/wire/socks5.ts";
import { cut, play } from "./play.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const open = { usersRequired: false };
const closed = { usersRequired: true };

/** The three parts as the listener drives them: what the client wants, once it is let in. */
function* serve(options: { usersRequired: boolean }): Handshake<{ greeting: SocksGreeting; target: HostPort }> {
  const greeting = yield* socksGreeting(options);
  if (greeting.version === 4) return { greeting, target: greeting.target };
  if (greeting.credentials !== null) yield* socks5Authenticated(true);
  return { greeting, target: yield* socks5Request() };
}

test("reads a SOCKS4 and a SOCKS4a request, and leaves what follows unread", () => {
  const address = play(socksGreeting(open), [hex("04 01 0050 c0000201 00 aabb")]);
  assert.deepEqual(address.value, { version: 4, target: { host: "192.0.2.1", port: 80 }, username: null });
  assert.deepEqual(address.rest, hex("aabb"));
  const name = play(socksGreeting(open), [hex("04 01 01bb 00000001"), Buffer.from("alice-country-de\0Site.Example\0tunnel")]);
  assert.deepEqual(name.value, { version: 4, target: { host: "site.example", port: 443 }, username: "alice-country-de" });
  assert.equal(name.rest.toString(), "tunnel");
  assert.equal(name.sent.length, 0);
});

test("lets a SOCKS5 client in without a login where no users are configured", () => {
  const { value, sent, rest } = play(serve(open), [hex("05 01 00"), hex("05 01 00 01 c0000201 0050 aabb")]);
  assert.deepEqual(value?.greeting, { version: 5, credentials: null });
  assert.deepEqual(value?.target, { host: "192.0.2.1", port: 80 });
  assert.deepEqual(sent, hex("05 00"));
  assert.deepEqual(rest, hex("aabb"));
});

test("prefers user and password where they are offered, since the name may carry parameters", () => {
  for (const options of [open, closed]) {
    const login = Buffer.concat([hex("05 02 00 02 01 10"), Buffer.from("alice-country-de"), hex("02"), Buffer.from("pw")]);
    const { value, sent } = play(serve(options), [login, hex("05 01 00 03 09"), Buffer.from("LOCALHOST"), hex("0050")]);
    assert.deepEqual(value?.greeting, { version: 5, credentials: { username: "alice-country-de", password: "pw" } });
    assert.deepEqual(value?.target, { host: "localhost", port: 80 });
    assert.deepEqual(sent, hex("05 02 01 00"));
  }
});

test("answers credentials that are not good with a status of 1", () => {
  assert.deepEqual(play(socks5Authenticated(false), []).sent, hex("01 01"));
});

test("gives an IPv6 target and an address in a name's place in their canonical form", () => {
  const ipv6 = play(socks5Request(), [hex("05 01 00 04 20010db8000000000000000000000001 0050")]);
  assert.deepEqual(ipv6.value, { host: "2001:db8::1", port: 80 });
  const literal = play(socks5Request(), [hex("05 01 00 03 10"), Buffer.from("2001:DB8:0:0::01"), hex("0050")]);
  assert.deepEqual(literal.value, { host: "2001:db8::1", port: 80 });
});

test("refuses clients without user and password where users are configured", () => {
  const socks5 = play(socksGreeting(closed), [hex("05 02 00 01")]);
  assert.deepEqual([socks5.fault?.id, socks5.sent], ["client.proxy_auth_required", hex("05 ff")]);
  assert.match(socks5.fault?.details ?? "", /offers methods 0, 1 and not 2/);
  const socks4 = play(socksGreeting(closed), [hex("04 01 0050 c0000201"), Buffer.from("alice\0")]);
  assert.deepEqual([socks4.fault?.id, socks4.sent], ["client.proxy_auth_required", hex("00 5b 0000 00000000")]);
  assert.equal(socks4.rest.length, 0);
});

test("refuses a SOCKS5 client whose methods we do not have", () => {
  const { fault, sent } = play(socksGreeting(open), [hex("05 01 01")]);
  assert.deepEqual([fault?.id, sent], ["client.bad_request", hex("05 ff")]);
  assert.deepEqual(play(socksGreeting(open), [hex("05 00")]).sent, hex("05 ff"));
});

test("answers each malformed or unserved request with the reply that says so, and blames the client", () => {
  const general = "05 01 00 01 00000000 0000";
  const cases: readonly (readonly [Handshake<unknown>, string, string])[] = [
    [socks5Request(), "05 02 00 01 c0000201 0050", "05 07 00 01 00000000 0000"], // BIND
    [socks5Request(), "05 03 00 01 00000000 0000", "05 07 00 01 00000000 0000"], // UDP ASSOCIATE
    [socks5Request(), "05 01 00 02", "05 08 00 01 00000000 0000"],
    [socks5Request(), "04 01 00 01 c0000201 0050", general],
    [socks5Request(), "05 01 00 01 c0000201 0000", general], // port 0
    [socks5Request(), "05 01 00 03 00 0050", general], // an empty name
    [socks5Request(), "05 01 00 03 03 610a62 0050", general], // LF in a name
    [socks5Request(), "05 01 00 03 05 3132372e31 0050", general], // 127.1
    [socksGreeting(open), "05 01 02 07", "05 02 01 01"], // a login of version 7
    [socksGreeting(open), "04 02 0050 c0000201 00", "00 5b 0000 00000000"], // BIND
    [socksGreeting(open), "04 01 0000 c0000201 00", "00 5b 0000 00000000"], // port 0
    [socksGreeting(open), "04 01 0050 00000001 00 61 20 00", "00 5b 0000 00000000"], // a space in a name
    [socksGreeting(open), `04 01 0050 c0000201 ${"61".repeat(300)}`, "00 5b 0000 00000000"],
    [socksGreeting(open), "06", ""],
  ];
  for (const [handshake, bytes, reply] of cases) {
    const { fault, sent } = play(handshake, [hex(`${bytes}${bytes.startsWith("05 01 02") ? "00" : ""}`)]);
    assert.equal(fault?.id, "client.bad_request", bytes);
    assert.equal(fault && FAULTS[fault.id].culprit.target, "client");
    assert.deepEqual(sent, hex(reply), bytes);
  }
});

test("never shows a client's password in a fault", () => {
  const login = Buffer.concat([
    hex("05 01 02 01 05"),
    Buffer.from("alice"),
    hex("06"),
    Buffer.from("s3cret"),
    hex("05 02 00 01 00000000 0050"),
  ]);
  const { fault } = play(serve(open), [login]);
  assert.equal(fault?.id, "client.bad_request");
  assert.equal(JSON.stringify(fault).includes("s3cret"), false);
});

test("leaves it to the driver where the client ends in the middle", () => {
  for (const begun of [
    "05",
    "05 02 00",
    "05 01 00 05 01 00 03 05 61",
    "04 01 0050",
    "04 01 0050 c0000201 61",
    "04 01 0050 00000001 00 61",
  ]) {
    const { fault, value, waitsFor } = play(serve(open), [hex(begun)], { fin: true });
    assert.deepEqual([fault, value, waitsFor?.op], [null, null, "take"], begun);
  }
});

test("replies with the code that fits a fault best, and speaks of the target only where it was the target", () => {
  assert.deepEqual(Buffer.from(socksReply(5, "ok")), hex("05 00 00 01 00000000 0000"));
  assert.deepEqual(Buffer.from(socksReply(4, "ok")), hex("00 5a 0000 00000000"));
  assert.deepEqual(Buffer.from(socksReply(4, "connect.refused")), hex("00 5b 0000 00000000"));
  assert.equal(socksReply(5, "connect.refused")[1], 5);
  assert.equal(socksReply(5, "connect.refused", "exit")[1], 1);
  assert.equal(socksReply(5, "handshake.target_refused", "exit")[1], 5);
  assert.equal(socksReply(5, "dns.nxdomain")[1], 4);
  assert.equal(socksReply(5, "dns.nxdomain", "exit")[1], 1);
  assert.equal(socksReply(5, "gateway.ip_prohibited")[1], 2);
  assert.equal(socksReply(5, "gateway.internal_error")[1], 1);
  for (const id of Object.keys(FAULTS)) assert.notEqual(socksReply(5, id as keyof typeof FAULTS)[1], 0);
});

const anyHost = fc.oneof(
  fc.domain().map((name) => name.toLowerCase()),
  fc.constantFrom("192.0.2.1", "2001:db8::1", "localhost", "::"),
);
const anyPort = fc.integer({ min: 1, max: 65535 });

test("reads back what our own SOCKS clients ask for", () => {
  fc.assert(
    fc.property(anyHost, anyPort, fc.option(fc.string({ minLength: 1, maxLength: 40 })), (host, port, username) => {
      const login = username === null ? null : { username, password: "pw" };
      const method = login === null ? hex("05 00") : hex("05 02 01 00");
      const asked = play(socks5Connect({ host, port }, login), [method]).sent;
      const served = play(serve(open), [asked]);
      assert.deepEqual(served.value, { greeting: { version: 5, credentials: login }, target: { host, port } });
      if (host.includes(":") || username?.includes("\0")) return;
      const asked4 = play(socks4Connect({ host, port }, username, true), []).sent;
      assert.deepEqual(play(socksGreeting(open), [asked4]).value, { version: 4, target: { host, port }, username });
    }),
    { numRuns: 200 },
  );
});

test("gives the same result for every chunking of any bytes, and never wants more than its limits", () => {
  const likely = fc.constantFrom(
    "050100",
    "05020002",
    "0102616201",
    "63",
    "05010001c00002010050",
    "04010050c0000201",
    "00",
    "0401005000000001",
  );
  const bytes = fc.oneof(
    fc.array(likely, { maxLength: 5 }).map((parts) => hex(parts.join(""))),
    fc.tuple(fc.constantFrom(4, 5), fc.uint8Array({ maxLength: 600 })).map(([version, rest]) => Buffer.from([version, ...rest])),
  );
  const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 20 });
  fc.assert(
    fc.property(bytes, lengths, fc.boolean(), (all, cuts, usersRequired) => {
      const whole = play(serve({ usersRequired }), [all], { fin: true });
      const other = play(serve({ usersRequired }), cut(all, cuts), { fin: true });
      assert.deepEqual([other.value, other.fault, other.rest, other.sent], [whole.value, whole.fault, whole.rest, whole.sent]);
      assert.ok(other.mostWanted <= 256);
    }),
    { numRuns: 300 },
  );
});
