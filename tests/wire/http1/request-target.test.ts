import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { parseAbsoluteForm, parseAuthority } from "../../../src/wire/http1/request-target.ts";

test("takes a URL apart, and keeps path and authority as they were sent", () => {
  assert.deepEqual(parseAbsoluteForm("http://Example.COM:8080/A%20b?c=%zz"), {
    scheme: "http",
    host: "example.com",
    port: 8080,
    path: "/A%20b?c=%zz",
    authority: "Example.COM:8080",
  });
  assert.deepEqual(parseAbsoluteForm("HTTPS://[2001:DB8::1]/"), {
    scheme: "https",
    host: "2001:db8::1",
    port: 443,
    path: "/",
    authority: "[2001:DB8::1]",
  });
});

test("fills in what a URL leaves out", () => {
  const partsOf = (target: string, method?: string) => {
    const parsed = parseAbsoluteForm(target, method);
    return [parsed?.port, parsed?.path, parsed?.authority];
  };
  assert.deepEqual(partsOf("http://a"), [80, "/", "a"]);
  assert.deepEqual(partsOf("https://a?b"), [443, "/?b", "a"]);
  assert.deepEqual(partsOf("http://a:/b"), [80, "/b", "a"]);
  assert.deepEqual(partsOf("http://a", "OPTIONS"), [80, "*", "a"]);
  assert.deepEqual(partsOf("http://a/", "OPTIONS"), [80, "/", "a"]);
  assert.deepEqual(partsOf("http://a.?b@c:d"), [80, "/?b@c:d", "a."]);
});

const NO_URLS: Readonly<Record<string, string>> = {
  "another scheme": "ftp://a/",
  "no scheme": "//a/",
  "one slash": "http:/a",
  "no host": "http:///a",
  "a port without a host": "http://:80/",
  "a user": "http://user@a/",
  "a user and a password": "http://user:password@a/",
  "port 0": "http://a:0/",
  "port 65536": "http://a:65536/",
  "a port with a sign": "http://a:+80/",
  "two ports": "http://a:80:80/",
  "a space": "http://a/b c",
  "a line break": "http://a/\r\nX: y",
  "a NUL": "http://a/\0",
  "bytes above ASCII": "http://caf\xe9/",
  "a fragment": "http://a/#b",
  "a fragment that hides another host": "http://a#@b/",
  "a backslash before another host": "http://a\\@b/",
  "a percent-encoded host": "http://%61/",
  "an IPv6 address without brackets": "http://2001:db8::1/",
  "a bracket that does not close": "http://[::1/",
  "a name in brackets": "http://[a]/",
  "an IPv4 address in brackets": "http://[127.0.0.1]/",
  "a zone": "http://[fe80::1%25eth0]/",
  "text behind an address": "http://[::1]a/",
  "an address as one number": "http://2130706433/",
  "an address with too few parts": "http://127.1/",
  "an address in hexadecimal": "http://0x7f.0.0.1/",
  "an address with an octal part": "http://0177.0.0.1/",
  "an empty label": "http://a..b/",
};
for (const [what, target] of Object.entries(NO_URLS)) {
  test(`takes no URL with ${what}`, () => assert.equal(parseAbsoluteForm(target), null));
}

test("takes an authority with host and port, and nothing else", () => {
  assert.deepEqual(parseAuthority("Example.com:443"), { host: "example.com", port: 443 });
  assert.deepEqual(parseAuthority("[::1]:65535"), { host: "::1", port: 65535 });
  for (const text of ["a", "a:", ":1", "[::1]", "a:b", "a:0", "a:65536", "a:1/", "u@a:1", "http://a:1", "a:1 ", "::1:1", "[::1:1", ""]) {
    assert.equal(parseAuthority(text), null, text);
  }
});

test("agrees with the WHATWG parser about host and port of any URL that it takes", () => {
  const piece = fc.constantFrom("a", "B.c", "127.0.0.1", "[::1]", ":", "80", "@", "/", "?", "%41", "\\", ".", "0x7", "..", "_", "-", "//");
  fc.assert(
    fc.property(fc.constantFrom("http://", "https://"), fc.array(piece, { maxLength: 6 }), (scheme, pieces) => {
      const target = scheme + pieces.join("");
      const ours = parseAbsoluteForm(target);
      if (ours === null) return;
      const theirs = new URL(target);
      assert.equal(ours.host.includes(":") ? `[${ours.host}]` : ours.host, theirs.hostname);
      assert.equal(ours.port, Number(theirs.port || (ours.scheme === "https" ? 443 : 80)));
    }),
    { numRuns: 300 },
  );
});
