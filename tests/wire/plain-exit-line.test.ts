import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { exitRoute, parseExitLine } from "../../src/wire/exit-line.ts";
import { PlainLines } from "../../src/wire/plain-exit-line.ts";

const where = { file: "list.txt", line: 1 };

/** Pieces of lines, plain ones and ones that look like it. */
const piece = (...texts: string[]) => fc.constantFrom(...texts);
const scheme = piece("", "", "http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://", "ftp://", "HTTP://");
const login = piece(
  "",
  "",
  "user:pass@",
  "user:pa_ss@",
  "user:pass_country-de_session-a1b2@",
  "us.er-1:p~a*s!@",
  "u%20:p@",
  ":@",
  "user@",
  "u:p:q@",
  "$" + "{A}:b@",
);
const host = piece(
  "192.0.2.1",
  "10.0.0.0",
  "255.255.255.255",
  "256.1.1.1",
  "01.2.3.4",
  "1.2.3",
  "a.example",
  "[2001:db8::1]",
  "0.0.0.0",
  "1.2.3.00",
);
const port = piece(":8080", ":80", ":0", ":65535", ":65536", ":080", "", ":1:u:p");
const tag = piece(
  " country=de",
  " country=DE",
  " city=new_york",
  " tag=a,b",
  " weight=2",
  " id=x",
  " rotating=true",
  " bad",
  " Key=v",
  " insecure=true",
  " x=$" + "{A}",
  " # no",
  " x=a#b",
  "  y=1",
  " vendor=oxylabs",
  " __proto__=x",
);
const plainTag = piece(" country=de", " city=New_York", " tag=a,b");
const end = piece("", "\r", " ");
const anyLine = fc.tuple(scheme, login, host, port, fc.array(tag, { maxLength: 4 }), end);
const plainLine = fc.tuple(
  piece("", "http://", "socks5://"),
  piece("", "user:pass@"),
  piece("192.0.2.1"),
  piece(":8080"),
  fc.array(plainTag),
  end,
);
const line = fc.oneof(anyLine, plainLine).map(([a, b, c, d, tags, e]) => [a, b, c, d, ...tags, e].join(""));

test("reads a plain line to what the reader of all lines makes of it, and leaves the others to that", () => {
  let plain = 0;
  fc.assert(
    fc.property(line, piece("http", "socks5"), fc.constantFrom({}, { tier: "dc", country: "xx" }, { weight: "3" }), (text, own, tags) => {
      const read = new PlainLines(own as "http", tags as Record<string, string>).read(text);
      if (read === null) return;
      plain++;
      const parsed = parseExitLine(text, { scheme: own as "http", tags: tags as Record<string, string>, where, env: { A: "a" } });
      assert.ok("exit" in parsed, text);
      assert.deepEqual(read.exit, parsed.exit);
      assert.equal(read.route, exitRoute(parsed.exit));
    }),
    { numRuns: 1000 },
  );
  assert.ok(plain > 100, `only ${plain} lines were plain`);
});

test("shares the tags of lines that have the same", () => {
  const lines = new PlainLines("http", { tier: "dc" });
  const [a, b] = [lines.read("192.0.2.1:80 country=de"), lines.read("192.0.2.2:80 country=de")];
  assert.deepEqual(a?.exit.tags, { tier: "dc", country: "de" });
  assert.equal(a?.exit.tags, b?.exit.tags);
});
