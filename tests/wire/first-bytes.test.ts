import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  adviseScheme,
  describeBytes,
  mayBeProtocol,
  PROTOCOL_NAMES,
  type Protocol,
  recogniseProtocol,
} from "../../src/wire/first-bytes.ts";

const latin1 = (text: string) => Buffer.from(text, "latin1");

const SAMPLES: readonly (readonly [Protocol, Buffer])[] = [
  ["http", latin1("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ["tls", Buffer.from("15030100020228", "hex")],
  ["tls", Buffer.from("160303004a020000460303", "hex")],
  ["socks5", Buffer.from("05ff", "hex")],
  ["socks5", Buffer.from("05010001000000000000", "hex")],
  ["socks4", Buffer.from("005b000000000000", "hex")],
  ["socks4", Buffer.from("045a000000000000", "hex")],
  ["http2", Buffer.from("000012040000000000000300000080", "hex")],
  ["http2", Buffer.from("0000080700000000000000000000000001", "hex")],
  ["http2", latin1("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")],
  ["ssh", latin1("SSH-2.0-OpenSSH_9.2p1\r\n")],
  ["ftp", latin1("220 (vsFTPd 3.0.3)\r\n")],
  ["ftp", latin1("530 Please login with USER and PASS.\r\n")],
  ["smtp", latin1("220 mail.example ESMTP Postfix\r\n")],
  ["smtp", latin1("554 no service here\r\n")],
  ["greeting", latin1("220 ready\r\n")],
  ["pop3", latin1("+OK POP3 ready\r\n")],
  ["imap", latin1("* OK IMAP4rev1\r\n")],
  ["redis", latin1("-ERR unknown command 'CONNECT'\r\n")],
  ["redis", latin1("-DENIED Redis is running in protected mode")],
  ["mysql", latin1("J\0\0\0\n8.0.36\0\x0b\0\0\0")],
  ["mysql", latin1("j\0\0\0\n5.5.5-10.6.16-MariaDB\0")],
  ["mysql", latin1("F\0\0\0\xffj\x04Host '192.0.2.1' is not allowed to connect")],
  ["rtsp", latin1("RTSP/1.0 400 Bad Request\r\n")],
  ["vnc", latin1("RFB 003.008\n")],
];

test("recognises each protocol by its first bytes", () => {
  for (const [protocol, bytes] of SAMPLES) assert.equal(recogniseProtocol(bytes), protocol, `${protocol}: ${describeBytes(bytes)}`);
});

test("says at every prefix of a known protocol that it may be one, until it is recognised", () => {
  for (const [protocol, bytes] of SAMPLES) {
    let length = 0;
    while (recogniseProtocol(bytes.subarray(0, length)) === null) {
      assert.ok(mayBeProtocol(bytes.subarray(0, length)), `${protocol} after ${length} bytes`);
      length++;
    }
  }
});

test("calls bytes that begin like no protocol neither recognised nor possible", () => {
  for (const bytes of [latin1("garbage"), latin1("<html>"), Buffer.from("ff00ff00", "hex"), latin1("HTTPS"), Buffer.from("0560", "hex")]) {
    assert.equal(recogniseProtocol(bytes), null);
    assert.equal(mayBeProtocol(bytes), false);
  }
});

test("never changes its mind with more bytes, but for which server a greeting is", () => {
  const family = (bytes: Uint8Array) => {
    const protocol = recogniseProtocol(bytes);
    return protocol === "ftp" || protocol === "smtp" ? "greeting" : protocol;
  };
  const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 24 }), fc.constantFrom(...SAMPLES.map(([, bytes]) => bytes)));
  fc.assert(
    fc.property(anyBytes, fc.nat(24), (bytes, length) => {
      const prefix = bytes.subarray(0, length);
      if (family(prefix) !== null) assert.equal(family(bytes), family(prefix));
      else if (prefix.length > 0 && !mayBeProtocol(prefix)) assert.equal(family(bytes), null);
    }),
    { numRuns: 300 },
  );
});

test("advises the scheme that the port speaks, or says that it is no proxy", () => {
  assert.equal(adviseScheme("tls"), "the port speaks TLS: use https://host:port");
  assert.equal(adviseScheme("http"), "the port speaks HTTP: use http://host:port");
  assert.equal(adviseScheme("socks4"), "the port speaks SOCKS4: use socks4://host:port");
  assert.equal(adviseScheme("ssh"), "the port speaks SSH: it is no proxy");
  for (const protocol of Object.keys(PROTOCOL_NAMES)) assert.match(adviseScheme(protocol as Protocol), /^the port speaks [\x20-\x7e]+$/);
});

test("describes bytes as printable text in quotes, and cuts them", () => {
  assert.equal(describeBytes(latin1("SSH-2.0\r\n")), "'SSH-2.0\\r\\n'");
  assert.equal(describeBytes(Buffer.from("1603010200", "hex")), "'\\x16\\x03\\x01\\x02\\x00'");
  assert.equal(describeBytes(latin1("it's a \\")), "'it\\'s a \\\\'");
  assert.equal(describeBytes(latin1("abcdef"), 3), "'abc'...");
  assert.equal(describeBytes(new Uint8Array(0)), "''");
});

test("describes any bytes in bounded printable ASCII", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const text = describeBytes(bytes);
      assert.match(text, /^[\x20-\x7e]*$/);
      assert.ok(text.length <= 32 * 4 + 5);
    }),
  );
});
