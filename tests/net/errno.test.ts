import assert from "node:assert/strict";
import { test } from "node:test";
import { interruptionOf } from "../../src/net/errno.ts";

function withCode(code: string): Error {
  return Object.assign(new Error("no message is ever read: ECONNREFUSED"), { code });
}

test("An RST, and a write that ran into one, is a reset.", () => {
  for (const code of ["ECONNRESET", "EPIPE", "ECONNABORTED"]) assert.deepEqual(interruptionOf(withCode(code)), { how: "reset" });
});

test("A stream that was closed under us is closed.", () => {
  for (const code of ["ERR_STREAM_PREMATURE_CLOSE", "ERR_SOCKET_CLOSED", "ERR_STREAM_DESTROYED", "ECANCELED"]) {
    assert.deepEqual(interruptionOf(withCode(code)), { how: "closed" });
  }
});

test("Codes of the kernel, the resolver and OpenSSL are kept as they are.", () => {
  for (const code of ["ECONNREFUSED", "ENOTFOUND", "CERT_HAS_EXPIRED", "ERR_SSL_WRONG_VERSION_NUMBER"]) {
    assert.deepEqual(interruptionOf(withCode(code)), { how: "errno", code });
  }
});

test("An abort is the client's leaving, with Node's error and with the signal's own reason.", () => {
  const controller = new AbortController();
  controller.abort();
  assert.deepEqual(interruptionOf(controller.signal.reason), { how: "left" });
  assert.deepEqual(interruptionOf(withCode("ABORT_ERR")), { how: "left" });
});

test("What carries no code is UNKNOWN, whatever its message says.", () => {
  for (const thrown of [new Error("read ECONNRESET"), "ECONNRESET", null, undefined, { code: 104 }]) {
    assert.deepEqual(interruptionOf(thrown), { how: "errno", code: "UNKNOWN" });
  }
});
