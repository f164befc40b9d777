import assert from "node:assert/strict";
import test from "node:test";
import type { RequestHead } from "../../../src/core/message.ts";
import { isIdempotent, isRepeatable } from "../../../src/wire/http1/idempotent.ts";
import { bytes, readRequests } from "./codec.ts";

function headOf(method: string, field: string): RequestHead {
  return (readRequests([bytes(`${method} / HTTP/1.1\r\nHost: a\r\n${field}\r\n`)]).messages[0] as { head: RequestHead }).head;
}

test("knows the idempotent methods, by their case", () => {
  for (const method of ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]) assert.ok(isIdempotent(method));
  for (const method of ["POST", "PATCH", "CONNECT", "get", "LOCK"]) assert.ok(!isIdempotent(method));
});

test("takes a request for repeatable by its method, or by the client's word", () => {
  assert.equal(isRepeatable(headOf("GET", "")), true);
  assert.equal(isRepeatable(headOf("POST", "")), false);
  assert.equal(isRepeatable(headOf("POST", "idempotency-key: x\r\n")), true);
});
