import assert from "node:assert/strict";
import { test } from "node:test";
import { brokenTls } from "../../src/forward/client-tls.ts";

const tell = (established: boolean, code: string | null, lateMs: number | null = null) => {
  const error = code === null ? null : Object.assign(new Error("lab"), { code });
  return brokenTls({ established, error, lateMs })?.details ?? null;
};

test("a client that does not trust the certificate is told apart from one that fails otherwise", () => {
  for (const alert of ["TLSV1_ALERT_UNKNOWN_CA", "SSLV3_ALERT_CERTIFICATE_UNKNOWN", "SSLV3_ALERT_BAD_CERTIFICATE"])
    assert.match(tell(false, `ERR_SSL_${alert}`) ?? "", /the alert (?:unknown_ca|certificate_unknown|bad_certificate): it does not trust/);
  assert.doesNotMatch(tell(false, "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION") ?? "", /trust/);
  assert.match(tell(false, "ERR_SSL_NO_SHARED_CIPHER") ?? "", /failed \(ERR_SSL_NO_SHARED_CIPHER\)/);
});

test("in TLS 1.3 the client's word on the certificate comes behind our part of the handshake", () => {
  assert.match(tell(true, "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA") ?? "", /unknown_ca/);
});

test("an end in the middle is a failure, one behind the handshake is none", () => {
  assert.match(tell(false, null) ?? "", /closed in the TLS handshake$/);
  assert.match(tell(false, "ECONNRESET") ?? "", /closed in the TLS handshake \(ECONNRESET\)/);
  assert.match(tell(false, null, 300) ?? "", /within 300 ms/);
  assert.equal(tell(true, null), null);
  assert.equal(tell(true, "ECONNRESET"), null);
});
