import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readCurlCommand } from "../../src/diagnose/curl-command.ts";
import { BadCommand } from "../../src/diagnose/curl-command-problem.ts";
import { shellWords } from "../../src/diagnose/curl-command-words.ts";
import { writeRequestHead } from "../../src/wire/http1/request-writer.ts";

/** Null: it is refused, with words of its own. */
function orRefused<T>(read: () => T): T | null {
  try {
    return read();
  } catch (thrown) {
    assert.ok(thrown instanceof BadCommand, String(thrown));
    return null;
  }
}

const TEXTS = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(..."curl -XdH'\"\\$^\n\r\t&|;<>`(){}#@=: a1\0\u007fé") }),
);

test("any text is words or is refused", () => {
  fc.assert(
    fc.property(TEXTS, (text) => {
      const words = orRefused(() => shellWords(text, { HOME: "/home/anna" }));
      assert.ok(words === null || words.every((word) => typeof word === "string"));
    }),
    { numRuns: 2000 },
  );
});

const WORDS = fc.oneof(
  fc.constantFrom(
    ...[
      "-X",
      "-d",
      "-H",
      "-u",
      "-b",
      "-A",
      "-e",
      "-x",
      "-F",
      "-G",
      "-I",
      "-L",
      "-k",
      "-r",
      "-m",
      "-T",
      "--json",
      "--resolve",
      "--connect-to",
    ],
    ...[
      "--data-urlencode",
      "--url-query",
      "--proxy-user",
      "--noproxy",
      "--oauth2-bearer",
      "--compressed",
      "--next",
      "--",
      "-sSLo",
      "--no-location",
    ],
    ...["http://site.example/", "site.example:1:192.0.2.1", "Host: a b", "A: \u0001", "a=b", "@file", "POST", "1"],
  ),
  TEXTS,
);

test("any curl command is refused, or a request that can be sent", () => {
  fc.assert(
    fc.property(fc.array(WORDS, { maxLength: 8 }), (words) => {
      const command = orRefused(() =>
        readCurlCommand(["curl", "http://site.example/a?b=c", ...words], { readFile: () => Buffer.from("a\r\nb"), variables: {} }),
      );
      if (command === null) return;
      const { url, method, fields, host, body } = command;
      const head = writeRequestHead({
        ...{
          method,
          fields,
          target: `${url.pathname}${url.search}`,
          host: host ?? url.host,
          upgrade: null,
          proxyAuthorization: null,
          via: null,
        },
        framing: body === null ? { kind: "none" } : { kind: "length", length: body.length },
        ...{ close: true, expectContinue: false },
      });
      assert.equal(head.split("\r\n\r\n").length, 2);
      assert.ok(command.timeoutMs === null || command.timeoutMs > 0);
    }),
    { numRuns: 2000 },
  );
});
