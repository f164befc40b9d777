import assert from "node:assert/strict";
import { METHODS } from "node:http";
import { test } from "node:test";
import { sniffClient } from "../../src/wire/sniff-client.ts";

test("tells protocols apart by the first byte", () => {
  assert.equal(sniffClient(0x04), "socks4");
  assert.equal(sniffClient(0x05), "socks5");
  assert.equal(sniffClient(0x16), "tls");
  for (const method of METHODS) assert.equal(sniffClient(method.charCodeAt(0)), "http");
});

test("leaves an empty line before a request, and odd methods, to the HTTP parser", () => {
  for (const first of "\r\ng!_9") assert.equal(sniffClient(first.charCodeAt(0)), "http");
});

test("calls every byte that begins none of them unknown", () => {
  for (const first of [0x00, 0x06, 0x15, 0x17, 0x20, 0x28, 0x3a, 0x7f, 0x80, 0xff]) assert.equal(sniffClient(first), "unknown");
});
