import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hideLikelySecrets } from "../../src/explain/hide-likely-secrets.ts";
import { LogReader } from "../../src/explain/log/log-reader.ts";
import { explainResponse } from "../../src/explain/response/explain-response.ts";

const HIDDEN: readonly (readonly [line: string, shown: string])[] = [
  ["GET http://user:ge@heim@site.example/x?token=geheim&page=geheim", "GET http://site.example/x?token=...&page=..."],
  ["curl: (5) Could not resolve proxy: user:geheim@proxy.example", "curl: (5) Could not resolve proxy: proxy.example"],
  ["> Authorization: Basic geheim1", "> Authorization: ..."],
  ["Set-Cookie: sid=geheim; theme=geheim", "Set-Cookie: ..."],
  [
    'client sent too long header line: "Cookie: sid=geheim..." while reading',
    'client sent too long header line: "Cookie: ..." while reading',
  ],
  ['invalid header: "X-Api-Key : geheim\\x0d..." while', 'invalid header: "X-Api-Key : ..." while'],
  ["Set-Cookie : sid=geheim", "Set-Cookie : ..."],
  ['{"authorization":"Bearer geheim","x":"y"}', '{"authorization":"...","x":"y"}'],
  ["cache_peer proxy.example parent 8080 0 login=user:geheim tls", "cache_peer proxy.example parent 8080 0 login=... tls"],
  ["stderr: password=geheim rejected, Bearer geheim1 too", "stderr: password=... rejected, Bearer ... too"],
];

for (const [line, shown] of HIDDEN) {
  test(`what may be a secret is hidden: ${line}`, () => assert.equal(hideLikelySecrets(line), shown));
}

test("what is no secret stays: addresses, mail, words about logins", () => {
  for (const line of [
    "connect() failed (111: Connection refused) while connecting to upstream 127.0.0.1:8080",
    "mail to admin@site.example, TLS key exchange failed: timeout",
    "Shutdown: Basic authentication.",
    "/path/a=b/c",
  ]) {
    assert.equal(hideLikelySecrets(line), line);
  }
});

test("no text takes long to look through, and none is lost but by its length", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => hideLikelySecrets(text).length <= text.length + 400));
  for (const part of ["?", "//", "a:", "token", "&a", "basic ", '"key', "a-", "@"]) {
    assert.ok(hideLikelySecrets(part.repeat(30_000)).length <= 20_000);
  }
});

test("nothing that a log or an answer holds is told with its secrets", () => {
  const reader = new LogReader({ format: null, year: 2026 });
  reader.open("x.log");
  const context =
    'client: 192.0.2.1, server: s, request: "GET /a?token=geheim HTTP/1.1", upstream: "http://u:geheim@192.0.2.2:80/a?t=geheim"';
  for (const line of [
    `2026/11/27 14:02:07 [error] 1#1: *3 connect() failed (111: Connection refused) while connecting to upstream, ${context}`,
    '2026/11/27 14:02:07 [info] 1#1: *3 client sent too long header line: "Cookie: geheim..." while reading, client: 192.0.2.1',
    "2026/11/27 14:02:07 [error] 1#1: something with http://u:geheim@192.0.2.2/?x=geheim",
    "no format: Authorization: Basic geheim",
    '192.0.2.1 - - [27/Nov/2026:14:02:09 +0000] "GET http://u:geheim@site.example/x?key=geheim HTTP/1.1" 502 0 "-" "agent"',
  ]) {
    reader.push(Buffer.from(`${line}\n`));
  }
  reader.end();
  const report = reader.report();
  assert.equal(report.failures, 3);
  assert.ok(!JSON.stringify(report).includes("geheim"), JSON.stringify(report, null, 1));
  const answers = explainResponse(
    "> GET /x?token=geheim HTTP/1.1\n> Host: site.example\n< HTTP/1.1 302 Found\n< Location: https://u:geheim@b.example/?code=geheim\n< \ncurl: (5) Could not resolve proxy: u:geheim@p.example\n",
  );
  assert.equal(answers?.length, 2);
  assert.ok(!JSON.stringify(answers).includes("geheim"), JSON.stringify(answers, null, 1));
});
