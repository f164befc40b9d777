import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createJudgeKey, parseJudgeKey } from "../../src/check/judge/signature.ts";
import { createAuthority } from "../../src/lab/certificates.ts";
import { RunningCommand } from "./command.ts";

const LISTEN = ["judge", "--listen", "127.0.0.1:0"];

test("judge prints a URL with its key for each address, keeps the key in its file, and ends well on SIGTERM", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "judge-key-")), "judge.pem");
  const keys = new Set<string>();
  for (const told of [/its key is new, and kept in .*judge\.pem/, /its key is that of .*judge\.pem/]) {
    await using command = new RunningCommand([...LISTEN, "--listen", "127.0.0.1:0", "--key", file]);
    await command.said(told);
    await command.said(/only proxies of this machine can reach it/);
    const urls = command.stdout
      .trim()
      .split("\n")
      .map((line) => new URL(line));
    assert.equal(urls.length, 2);
    for (const { hash, port } of urls) {
      assert.ok(Number(port) > 0);
      assert.ok(parseJudgeKey(hash.slice(1)) !== null);
      keys.add(hash);
    }
    command.process.kill("SIGTERM");
    assert.equal(await command.status(), 0);
  }
  assert.equal(keys.size, 1);
});

test("judge says so where other users can read its key", async (t) => {
  if (process.platform === "win32") return t.skip("files have no such rights there");
  const file = join(mkdtempSync(join(tmpdir(), "judge-key-")), "judge.pem");
  for (const [mode, isTold] of [
    [0o600, false],
    [0o640, true],
  ] as const) {
    writeFileSync(file, createJudgeKey().export({ type: "pkcs8", format: "pem" }));
    chmodSync(file, mode);
    await using command = new RunningCommand([...LISTEN, "--key", file]);
    await command.said(/only proxies of this machine can reach it/);
    assert.equal(/other users can read .*judge\.pem.*chmod 600/.test(command.stderr), isTold);
  }
});

test("judge without an address, with a bad one, a taken port, a bad key, or half of a certificate ends with 2 and what to do", async () => {
  const directory = mkdtempSync(join(tmpdir(), "goodgateway-cli-"));
  writeFileSync(join(directory, "text.pem"), "hello");
  const authority = createAuthority();
  const [one, other] = [authority.issue({ names: ["a.test"] }), authority.issue({ names: ["b.test"] })];
  writeFileSync(join(directory, "cert.pem"), one.cert);
  writeFileSync(join(directory, "other.pem"), other.key);
  const cases: [readonly string[], RegExp][] = [
    [["judge"], /required option '--listen <address>' not specified/],
    [["judge", "--listen", "nonsense"], /--listen nonsense: expected an address such as/],
    [["judge", "--listen", "::1:8504"], /--listen ::1:8504: an IPv6 address stands in brackets/],
    [["judge", "--listen", "203.0.113.5:0"], /this machine has no such address; behind NAT/],
    [[...LISTEN, "--key", "text.pem"], /text\.pem holds no Ed25519 private key/],
    [[...LISTEN, "--cert", "cert.pem"], /--cert and --tls-key go together/],
    [[...LISTEN, "--cert", "cert.pem", "--tls-key", "other.pem"], /the key in other\.pem is not that of the certificate in cert\.pem/],
    [[...LISTEN, "--cert", "text.pem", "--tls-key", "other.pem"], /cannot be used/],
    [[...LISTEN, "--cert", "missing.pem", "--tls-key", "other.pem"], /cannot read missing\.pem: ENOENT/],
  ];
  await using taken = new RunningCommand(LISTEN);
  await taken.said(/answers HTTP and HTTPS/);
  cases.push([["judge", "--listen", new URL(taken.stdout.trim()).host], /another program has that port/]);
  for (const [args, told] of cases) {
    const command = new RunningCommand(args, { directory });
    assert.equal(await command.status(), 2, args.join(" "));
    assert.match(command.stderr, told);
  }
});
