import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FAULTS } from "../../src/core/fault-table.ts";
import { CONNECT_HEAD_BYTES_MAX, httpConnect } from "../../src/wire/http-connect.ts";
import { REFUSAL_BODY_BYTES_MAX } from "../../src/wire/refusal-body.ts";
import { byteByByte, cut, play } from "./play.ts";

const target = { host: "site.example", port: 443 };
const latin1 = (text: string) => Buffer.from(text, "latin1");
const connect = (reply: string | Uint8Array, { fin = false } = {}) =>
  play(httpConnect(target, null), [typeof reply === "string" ? latin1(reply) : reply], { fin });

/** The refusal that a reply gave; fails where it was none. */
function refusal(reply: string, options: { fin?: boolean } = {}) {
  const { value, fault } = connect(reply, options);
  assert.equal(fault, null);
  assert.ok(value !== null && !value.opened);
  return value.reply;
}

test("asks with CONNECT, Host and nothing else", () => {
  const { sent } = connect("HTTP/1.1 200 OK\r\n\r\n");
  assert.equal(sent.toString(), "CONNECT site.example:443 HTTP/1.1\r\nHost: site.example:443\r\n\r\n");
});

test("puts an IPv6 target in brackets", () => {
  const { sent } = play(httpConnect({ host: "2001:db8::1", port: 80 }, null), []);
  assert.equal(sent.toString(), "CONNECT [2001:db8::1]:80 HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n");
});

test("sends Basic credentials, also for a user without a password", () => {
  const fieldFor = (password: string | null) => {
    const { sent } = play(httpConnect(target, { username: "käthe", password }), []);
    const encoded = /\r\nProxy-Authorization: Basic (\S+)\r\n/.exec(sent.toString())?.[1] ?? "";
    return Buffer.from(encoded, "base64").toString("utf8");
  };
  assert.equal(fieldFor("pass:word"), "käthe:pass:word");
  assert.equal(fieldFor(null), "käthe:");
});

test("refuses a target whose bytes would end the request line, before anything is sent", () => {
  for (const host of ["a\r\nX: y", "a b", "bücher.example", "a\0"]) {
    const { sent, fault } = play(httpConnect({ host, port: 1 }, null), []);
    assert.equal(fault?.id, "client.bad_request");
    assert.equal(sent.length, 0);
  }
});

test("opens on any 2xx and leaves every byte behind the head to the tunnel, whatever its framing fields say", () => {
  const heads = [
    "HTTP/1.1 200 Connection established\r\n\r\n",
    "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 299\r\nVia: 1.1 x\r\n\r\n",
    "HTTP/1.1 200 OK\n\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
  ];
  for (const head of heads) {
    const { value, rest } = connect(`${head}\x16\x03\x01 tunnel\n\n`);
    assert.equal(value?.opened, true, head);
    assert.equal(rest.toString("latin1"), "\x16\x03\x01 tunnel\n\n", head);
  }
});

test("hands on the fields of the reply that opened", () => {
  const { value } = connect("HTTP/1.1 200 OK\r\nX-BRD-IP:  192.0.2.1 \r\nx-brd-ip: 192.0.2.2\r\n\r\n");
  assert.deepEqual(value, { opened: true, fields: ["X-BRD-IP", "192.0.2.1", "x-brd-ip", "192.0.2.2"] });
});

test("keeps status, reason, fields and body of a refusal as evidence", () => {
  const reply = refusal("HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_DNS_FAIL 0\r\nContent-Length: 4\r\n\r\nnope and more");
  assert.equal(reply.status, 503);
  assert.equal(reply.reason, "Service Unavailable");
  assert.deepEqual(reply.fields, ["X-Squid-Error", "ERR_DNS_FAIL 0", "Content-Length", "4"]);
  assert.equal(Buffer.from(reply.body).toString(), "nope");
});

test("returns a refusal at once where its head says that there is no body", () => {
  assert.equal(refusal("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n").status, 407);
});

test("waits for a refusal's body only with a grace, and takes what came", () => {
  for (const fields of ["", "Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"]) {
    const head = `HTTP/1.1 502 Bad Gateway\r\n${fields}\r\n`;
    const { waitsFor } = connect(head);
    assert.ok(waitsFor?.op === "peek" && waitsFor.graceMs !== undefined && waitsFor.graceMs <= 1000, fields);
    assert.equal(refusal(head, { fin: true }).body.length, 0, fields);
  }
  assert.equal(Buffer.from(refusal("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 100\r\n\r\nhalf", { fin: true }).body).toString(), "half");
  assert.equal(Buffer.from(refusal("HTTP/1.0 403 Forbidden\r\n\r\nuntil the end", { fin: true }).body).toString(), "until the end");
});

test("joins the chunks of a refusal's body and ends with the last of them", () => {
  const head = "HTTP/1.1 502 Bad Gateway\r\nTransfer-Encoding: chunked\r\n\r\n";
  assert.equal(Buffer.from(refusal(`${head}4\r\nno r\r\n5;x=y\r\noute \r\n0\r\n\r\n`).body).toString(), "no route ");
  assert.equal(Buffer.from(refusal(`${head}ff\r\nhalf`, { fin: true }).body).toString(), "half");
  assert.equal(Buffer.from(refusal(`${head}not chunked\r\n`, { fin: true }).body).toString(), "not chunked\r\n");
});

test("keeps at most 16 KiB of a refusal's body", () => {
  const flood = "x".repeat(40_000);
  assert.equal(refusal(`HTTP/1.1 502 Bad\r\n\r\n${flood}`).body.length, REFUSAL_BODY_BYTES_MAX);
  assert.equal(refusal(`HTTP/1.1 502 Bad\r\nContent-Length: 40000\r\n\r\n${flood}`).body.length, REFUSAL_BODY_BYTES_MAX);
  const chunked = refusal(`HTTP/1.1 502 Bad\r\nTransfer-Encoding: chunked\r\n\r\n9c40\r\n${flood}\r\n0\r\n\r\n`);
  assert.equal(chunked.body.length, REFUSAL_BODY_BYTES_MAX - "9c40\r\n".length);
});

test("takes odd but readable replies as refusals", () => {
  assert.equal(refusal("HTTP/1.1 999 Request denied\r\nContent-Length: 0\r\n\r\n").status, 999);
  assert.equal(refusal("HTTP/1.1 403\r\nContent-Length: 0\r\nno field\r\n\r\n").reason, "");
  assert.deepEqual(refusal("HTTP/1.1 403 No\r\nA : b\r\n folded\r\nContent-Length: 0\r\n\r\n").fields, ["A", "b", "Content-Length", "0"]);
});

test("calls what is no valid HTTP reply a bad reply, quoting it", () => {
  const bad = (reply: string) => {
    const { fault } = connect(reply);
    assert.equal(fault?.id, "handshake.bad_connect_reply", reply.slice(0, 40));
    return fault?.details;
  };
  assert.equal(bad("garbage here\r\n"), "answered 'garbage here\\r\\n' where an HTTP reply was expected");
  assert.equal(bad("HTTP/1.1 OK\r\n\r\n"), "the status line is 'HTTP/1.1 OK'");
  assert.equal(bad("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "the reply's status is 101");
  assert.equal(bad("HTTP/1.1 000 None\r\n\r\n"), "the reply's status is 0");
  bad("HTTP/1.1 100 Continue\r\n\r\n".repeat(20));
  bad(`HTTP/1.1 200 OK\r\nX: ${"y".repeat(CONNECT_HEAD_BYTES_MAX)}\r\n\r\n`);
});

test("names another protocol that answers, whole or byte by byte, and the scheme to use", () => {
  const replies: readonly (readonly [Uint8Array, RegExp])[] = [
    [Buffer.from("15030100020246", "hex"), /speaks TLS: use https:\/\//],
    [latin1("SSH-2.0-OpenSSH_9.2\r\n"), /speaks SSH: it is no proxy/],
    [Buffer.from("05ff", "hex"), /speaks SOCKS5: use socks5:\/\//],
    [Buffer.from("005b000000000000", "hex"), /speaks SOCKS4: use socks4:\/\//],
    [latin1("220 mail.example ESMTP\r\n"), /speaks (FTP or )?SMTP: it is no proxy/],
    [Buffer.from("00001204000000000000", "hex"), /speaks HTTP\/2/],
  ];
  for (const [bytes, details] of replies) {
    for (const chunks of [[bytes], byteByByte(bytes)]) {
      const { fault } = play(httpConnect(target, null), chunks);
      assert.equal(fault?.id, "handshake.not_a_proxy");
      assert.match(fault?.details ?? "", details);
      assert.equal(FAULTS["handshake.not_a_proxy"].culprit.exit, "gateway");
    }
  }
});

test("leaves it to the driver where the exit ends before its reply says anything", () => {
  for (const begun of ["", "HT", "HTTP/1.1 200 OK\r\nVia: x"]) {
    const { value, fault, waitsFor } = connect(begun, { fin: true });
    assert.deepEqual([value, fault, waitsFor?.op], [null, null, "take"]);
  }
});

const anyReply = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.constantFrom(
    latin1("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntunnel bytes"),
    latin1("HTTP/1.1 100 Continue\n\nHTTP/1.1 407 Auth\r\nContent-Length: 6\r\n\r\nlogin!rest"),
    latin1("HTTP/1.1 502 Bad\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nrest"),
    latin1("HTTP/1.0 502 Bad\r\n\r\nbody"),
    latin1("HTTP/1.1 abc\r\n\r\n"),
  ),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.concat([latin1("HTTP/1."), bytes])),
);

test("gives the same result for every chunking of any bytes", () => {
  fc.assert(
    fc.property(anyReply, fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 12 }), (bytes, lengths) => {
      const whole = play(httpConnect(target, null), [bytes], { fin: true });
      const other = play(httpConnect(target, null), cut(bytes, lengths), { fin: true });
      assert.deepEqual([other.value, other.fault?.id, other.rest], [whole.value, whole.fault?.id, whole.rest]);
    }),
    { numRuns: 300 },
  );
});

test("never asks for more than its limits, whatever comes", () => {
  const flood = fc.tuple(anyReply, fc.integer({ min: 1, max: 255 })).map(([start, byte]) => [start, Buffer.alloc(200_000, byte)]);
  fc.assert(
    fc.property(flood, (chunks) => {
      const { value, fault, waitsFor, mostWanted } = play(httpConnect(target, null), cut(Buffer.concat(chunks), new Array(60).fill(4096)));
      assert.ok(mostWanted <= CONNECT_HEAD_BYTES_MAX);
      assert.ok(value !== null || fault !== null || waitsFor !== null);
    }),
    { numRuns: 60 },
  );
});
