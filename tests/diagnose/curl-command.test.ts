import assert from "node:assert/strict";
import { test } from "node:test";
import { type CurlCommand, readCurlCommand } from "../../src/diagnose/curl-command.ts";
import { BadCommand } from "../../src/diagnose/curl-command-problem.ts";
import { shellWords, type Variables } from "../../src/diagnose/curl-command-words.ts";
import { formatExit } from "../../src/wire/exit-line.ts";

function read(text: string, variables: Variables = {}): CurlCommand {
  return readCurlCommand(shellWords(text, variables), { readFile: () => Buffer.from("of a file"), variables });
}

function proxyOf(text: string, variables: Variables = {}): string | null {
  const { exit } = read(text, variables);
  return exit === null ? null : exit.hops.map((hop) => `${formatExit({ hops: [hop] })} ${hop.password} ${hop.insecure}`).join(" | ");
}

test("proxies are read as curl reads them: its scheme, its port, its chain", () => {
  for (const [command, proxy] of [
    ["curl -x proxy.example https://site.example", "http://proxy.example:1080 null false"],
    ["curl -x https://proxy.example --proxy-insecure https://site.example", "https://proxy.example:443 null true"],
    ["curl -x socks5h://anna:sch%40tz@[2001:db8::1]:9 https://site.example", "socks5h://anna@[2001:db8::1]:9 sch@tz false"],
    ["curl --socks5-hostname 192.0.2.1 site.example", "socks5h://192.0.2.1:1080 null false"],
    ["curl -x http://192.0.2.1:8080 -U 'anna:a b' site.example", "http://anna@192.0.2.1:8080 a b false"],
    [
      "curl --preproxy socks5://192.0.2.1 -x 192.0.2.2:3128 site.example",
      "socks5://192.0.2.1:1080 null false | http://192.0.2.2:3128 null false",
    ],
    ["curl -x 192.0.2.1:3128 -H 'Proxy-Authorization: Basic YTpi' site.example", "http://a@192.0.2.1:3128 b false"],
    ["curl -x 192.0.2.1:3128 --noproxy .example https://site.example", null],
    ["curl -x '' https://site.example", null],
  ] as const)
    assert.equal(proxyOf(command, { https_proxy: "http://192.0.2.9:1" }), proxy, command);
});

test("the variables that curl heeds name the proxy where no option does, and that is said", () => {
  const variables = { https_proxy: "192.0.2.9:1", HTTP_PROXY: "192.0.2.8:1", NO_PROXY: "other.example" };
  assert.equal(proxyOf("curl https://site.example", variables), "http://192.0.2.9:1 null false");
  assert.equal(proxyOf("curl http://site.example", variables), null, "a CGI's client could set HTTP_PROXY");
  assert.equal(proxyOf("curl https://other.example", variables), null);
  assert.deepEqual(read("curl https://site.example", variables).notes, [
    "the proxy is that of the variable https_proxy, as curl would take it",
  ]);
});

test("what cannot be honoured is said by name, and no value is told", () => {
  const command = `curl --http2 --digest -E cert.pem:geheim --interface eth0 -b jar.txt -H 'TE: trailers' -H 'Connection: close' a.example b.example`;
  assert.deepEqual(read(command).notes, [
    "only the first URL of the command is asked",
    "--http2 is not honoured: the site is asked with HTTP/1.1",
    "--digest is not honoured: no login is answered",
    "--cert is not honoured: no client certificate is shown",
    "--interface is not honoured",
    "the field te is left out: it is written by whoever sends the request",
    "-b with a file of cookies is not honoured: write them out",
  ]);
});

test("what changes only what curl prints is passed over in silence", () => {
  assert.deepEqual(read("curl -sSLvifgN -o /dev/null -w '%{http_code}' --retry 3 -D - --no-progress-meter -# site.example").notes, []);
});

test("times, certificates, families and redirects are taken over", () => {
  const { timeoutMs, connectMs, ca, family, insecure, redirectsMax, tunnel } = read(
    "curl -kLp4 -m 1.5 --connect-timeout 2 --cacert ca.pem https://site.example",
  );
  assert.deepEqual([timeoutMs, connectMs, ca, family, insecure, redirectsMax, tunnel], [1500, 2000, "of a file", 4, true, 5, true]);
});

test("a place is heeded for the URL that it is about", () => {
  const { placeOf } = read(
    "curl --resolve site.example:443:192.0.2.1,[2001:db8::1] --connect-to other.example::192.0.2.2:8443 https://site.example",
  );
  assert.deepEqual(placeOf(new URL("https://site.example/")), { hosts: ["192.0.2.1", "2001:db8::1"], port: 443 });
  assert.deepEqual(placeOf(new URL("https://other.example/")), { hosts: ["192.0.2.2"], port: 8443 });
  assert.equal(placeOf(new URL("http://site.example/")), null);
});

test("a command that a browser copied for Windows is read as cmd and curl read it", () => {
  const text = [
    'curl ^"https://site.example/?a=1^&b=2^" ^',
    '  -H ^"accept: text/html^" ^',
    '  --data-raw ^"^{^\\^"name^\\^":^\\^"it\'s 100^%^\\^"^}^"',
  ].join("\r\n");
  const { url, fields, body } = read(text);
  assert.equal(url.href, "https://site.example/?a=1&b=2");
  assert.ok(fields.includes("text/html"));
  assert.equal(body?.toString(), `{"name":"it's 100%"}`);
});

test("variables are put in, and what would be run is refused", () => {
  const command = `curl -H "X-Token: $TOKEN" "site.example/\${NAME}"`;
  assert.ok(read(command, { TOKEN: "abc", NAME: "x" }).fields.includes("abc"));
  for (const [text, problem] of [
    ['curl -H "X-Token: $TOKEN" site.example', /\$TOKEN is not set/],
    ["curl site.example/$(id)", /would be run/],
    ["curl site.example/`id`", /would be run/],
    ["curl 'site.example", /never closed/],
    ["wget site.example", /no curl/],
    ["curl -s", /no URL/],
    ["curl ftp://site.example", /no http/],
    ["curl site.example -d", /--data of curl wants a value/],
    ["curl site.example --max-time=5", /without a "="/],
    ["curl site.example -m soon", /number of seconds/],
    ["curl site.example -I -d x", /not both/],
    ["curl site.example -d x -F a=b", /not from two/],
    ["curl site.example --unix-socket /run/x", /Unix socket/],
    ["curl site.example -x ftp://192.0.2.1", /scheme that is none/],
    ["curl site.example -H 'No field'", /-H of curl/],
    ["curl site.example -H $'A: b\\r\\nC: d'", /-H of curl/],
  ] as const)
    assert.throws(
      () => read(text),
      (thrown) => thrown instanceof BadCommand && problem.test(thrown.message),
      text,
    );
});

const COPIED: Readonly<Record<string, string>> = {
  Firefox: `curl 'https://shop.example/api/cart?id=7&lang=de' --compressed -X POST -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0' -H 'Accept: application/json' -H 'Accept-Language: de' -H 'Accept-Encoding: gzip, deflate, br, zstd' -H 'Content-Type: application/json' -H 'Origin: https://shop.example' -H 'Connection: keep-alive' -H 'Cookie: sid=1; b=2' -H 'Sec-Fetch-Dest: empty' -H 'Priority: u=0' -H 'TE: trailers' --data-raw '{"add":"it'\\''s","n":1}'`,
  Safari: `curl 'https://shop.example/api/cart?id=7&lang=de' \\
-X 'POST' \\
-H 'Content-Type: application/json' \\
-H 'Accept: application/json' \\
-H 'Cookie: sid=1; b=2' \\
-H 'Content-Length: 25' \\
-H 'User-Agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15' \\
--data-binary '{"add":"it'"'"'s","n":1}'`,
  Chrome: `curl 'https://shop.example/api/cart?id=7&lang=de' \\
  -H 'accept: application/json' \\
  -H 'content-type: application/json' \\
  -b 'sid=1; b=2' \\
  -H 'sec-ch-ua: "Chromium";v="130", "Not?A_Brand";v="99"' \\
  -H 'sec-ch-ua-mobile: ?0' \\
  --data-raw $'{"add":"it\\'s","n":1}' ;
curl 'https://shop.example/another'`,
  "Chrome for Windows": [
    'curl --request POST ^"https://shop.example/api/cart?id=7^&lang=de^" ^',
    '  -H ^"accept: application/json^" ^',
    '  -H ^"content-type: application/json^" ^',
    '  -b ^"sid=1; b=2^" ^',
    '  -H ^"sec-ch-ua: ^\\^"Chromium^\\^";v=^\\^"130^\\^"^" ^',
    '  --data-raw ^"^{^\\^"add^\\^":^\\^"it\'s^\\^",^\\^"n^\\^":1^}^"',
  ].join("\r\n"),
};

test("what browsers copy as a curl command is the request that they sent", () => {
  for (const [browser, text] of Object.entries(COPIED)) {
    const { url, method, fields, body, notes } = read(text);
    assert.deepEqual([url.href, method], ["https://shop.example/api/cart?id=7&lang=de", "POST"], browser);
    assert.equal(body?.toString(), `{"add":"it's","n":1}`, browser);
    const named = (name: string) => fields.filter((_, i) => fields[i - 1]?.toLowerCase() === name && i % 2 === 1);
    assert.deepEqual(
      [named("cookie"), named("content-type"), named("accept")],
      [["sid=1; b=2"], ["application/json"], ["application/json"]],
      browser,
    );
    assert.deepEqual(notes, browser === "Firefox" ? ["the field te is left out: it is written by whoever sends the request"] : [], browser);
  }
});
