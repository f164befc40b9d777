import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { createAuthority } from "../../src/lab/certificates.ts";
import { createSelfSigned } from "../../src/net/certificate.ts";

const OPENSSL = "openssl";

test("an authority signs leaves for names and addresses, and says of itself that it is an authority", () => {
  const authority = createAuthority();
  const root = new X509Certificate(authority.cert);
  const leaf = new X509Certificate(authority.issue({ names: ["shop.lab", "*.shop.lab", "127.0.0.1"] }).cert);
  assert.equal(root.ca, true);
  assert.equal(leaf.ca, false);
  assert.ok(leaf.checkIssued(root) && leaf.verify(root.publicKey));
  assert.equal(leaf.checkHost("shop.lab"), "shop.lab");
  assert.equal(leaf.checkHost("api.shop.lab"), "*.shop.lab");
  assert.equal(leaf.checkIP("127.0.0.1"), "127.0.0.1");
  assert.equal(leaf.checkHost("elsewhere.lab"), undefined);
});

test("validity is what was asked for, before 2050 and after", () => {
  const notBefore = new Date("2031-01-02T03:04:05Z");
  const notAfter = new Date("2051-06-07T08:09:10Z");
  const leaf = new X509Certificate(createAuthority().issue({ names: ["shop.lab"], notBefore, notAfter }).cert);
  assert.deepEqual([leaf.validFromDate, leaf.validToDate], [notBefore, notAfter]);
});

test("a self-signed certificate vouches for itself alone", () => {
  const self = new X509Certificate(createSelfSigned({ names: ["shop.lab"] }).cert);
  assert.ok(self.verify(self.publicKey));
  assert.equal(self.issuer, self.subject);
});

test("OpenSSL verifies a leaf by its strict rules", async (t) => {
  if (spawnSync(OPENSSL, ["version"]).error) return t.skip("the openssl command is not installed");
  const folder = await mkdtemp(join(tmpdir(), "lab-certificates-"));
  try {
    const authority = createAuthority();
    await writeFile(join(folder, "ca.pem"), authority.cert);
    await writeFile(join(folder, "leaf.pem"), authority.issue({ names: ["shop.lab"] }).cert);
    const verified = spawnSync(OPENSSL, ["verify", "-x509_strict", "-CAfile", "ca.pem", "leaf.pem"], { cwd: folder, encoding: "utf8" });
    assert.equal(verified.stdout, "leaf.pem: OK\n", verified.stderr);
  } finally {
    await rm(folder, { recursive: true });
  }
});
