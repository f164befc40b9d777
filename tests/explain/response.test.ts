import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Explained, type ExplainedAnswer, explainResponse } from "../../src/explain/response/explain-response.ts";

const NGINX_502 =
  "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n";

function explainOne(text: string): Explained {
  const explained = explainResponse(text) ?? [];
  assert.equal(explained.length, 1, JSON.stringify(explained.map(({ kind }) => kind)));
  return explained[0] as Explained;
}

function answerOf(text: string): ExplainedAnswer {
  const explained = explainOne(text);
  assert.equal(explained.kind, "answer");
  return explained as ExplainedAnswer;
}

test("curl -i: nginx's page under Cloudflare's fields was made by nginx, and passed on by Cloudflare", () => {
  const { reading, picture, line } = answerOf(
    `HTTP/1.1 502 Bad Gateway\r\nServer: cloudflare\r\nCF-RAY: 8a1b2c3d4e5f6a7b-FRA\r\nContent-Type: text/html\r\n\r\n${NGINX_502}`,
  );
  assert.equal(line, 1);
  assert.equal(reading.madeBy?.id, "nginx");
  assert.deepEqual(reading.passedOnBy, ["Cloudflare"]);
  assert.equal(reading.fault, "relay.edge_5xx");
  assert.equal(reading.culprit, "edge");
  assert.match(picture, /client ── 502 ─> Cloudflare ─+> nginx +─+✗ its backend/);
});

test("curl -v: what a proxy says to CONNECT is the proxy's word, and curl's own error only repeats it", () => {
  const { reading, asked, line } = answerOf(
    [
      "* Connected to 127.0.0.1 (127.0.0.1) port 8080 (#0)",
      "> CONNECT site.example:443 HTTP/1.1",
      "> Host: site.example:443",
      "> ",
      "< HTTP/1.1 503 Service Unavailable",
      "< Server: squid/5.7",
      "< X-Squid-Error: ERR_CONNECT_FAIL 111",
      "< ",
      "* CONNECT tunnel failed, response 503",
      "curl: (56) CONNECT tunnel failed, response 503",
    ].join("\r\n"),
  );
  assert.equal(asked, "CONNECT https://site.example/");
  assert.equal(line, 5);
  assert.equal(reading.fault, "handshake.target_refused");
  assert.equal(reading.culprit, "origin");
});

test("a proxy's own error page is answered by what helps against whom it blames, not by the proxy's log", () => {
  const squid = answerOf("HTTP/1.1 503 Service Unavailable\r\nServer: squid/5.7\r\nX-Squid-Error: ERR_CONNECT_FAIL 111\r\n\r\n").reading;
  assert.deepEqual([squid.fault, squid.culprit], ["relay.exit_5xx", "origin"]);
  assert.match(squid.fix.client, /^The target is down/);
  assert.doesNotMatch(squid.fix.operator, /exit's log/);
});

test("an answer of a gateway of ours is read by its own verdict, and not guessed at again", () => {
  const { reading, picture } = answerOf(
    [
      "> CONNECT site.example:443 HTTP/1.1",
      "> Host: site.example:443",
      "< HTTP/1.1 502 exit de-7 refused TCP (connect.refused 01JD8Z)",
      '< Proxy-Status: goodgateway; error=connection_refused; next-hop="192.0.2.10:8080"; fault=connect.refused; culprit=exit; confidence=0.98; stage=connect; hop=1; exit=de-7; attempts=3; request-id="01JD8Z"; details="refused after 3 ms"',
      "< ",
      "curl: (56) CONNECT tunnel failed, response 502",
    ].join("\n"),
  );
  assert.deepEqual([reading.fault, reading.culprit, reading.confidence], ["connect.refused", "exit", 0.98]);
  assert.match(picture, /client ── 502 ─> gateway ─+✗ exit de-7 ·+ +site\.example/);
  assert.ok(reading.evidence.some((words) => words.includes("explain 01JD8Z")));
});

test("a relayed answer with a gateway's verdict keeps its maker", () => {
  const { reading } = answerOf(
    `HTTP/1.1 502 Bad Gateway\r\nServer: nginx\r\nProxy-Status: goodgateway; received-status=502; fault=relay.edge_5xx; culprit=edge; confidence=0.85; request-id="01JD8Z"\r\n\r\n${NGINX_502}`,
  );
  assert.deepEqual([reading.fault, reading.culprit, reading.madeBy?.id], ["relay.edge_5xx", "edge", "nginx"]);
  assert.ok(reading.passedOnBy.includes("the gateway goodgateway"));
});

test("a Proxy-Status with a fault that nobody knows is read as anybody's", () => {
  const { reading } = answerOf(
    'HTTP/1.1 502 Bad\nProxy-Status: other; error=connection_refused; fault="x.y"; culprit=exit; confidence=0.9\n\n',
  );
  assert.notEqual(reading.fault, "x.y");
});

test("curl -v: the answer of the site comes after that of the proxy, and each is read for itself", () => {
  const explained = explainResponse(
    [
      "> CONNECT site.example:443 HTTP/1.1",
      "> Host: site.example:443",
      "< HTTP/1.1 200 Connection established",
      "< ",
      "* CONNECT tunnel established, response 200",
      "> GET /page HTTP/1.1",
      "> Host: site.example",
      "< HTTP/1.1 504 Gateway Time-out",
      "< Server: nginx",
      "< ",
      "{ [160 bytes data]",
      NGINX_502.replaceAll("502 Bad Gateway", "504 Gateway Time-out"),
    ].join("\n"),
  ) as ExplainedAnswer[];
  assert.deepEqual(
    explained.map(({ asked, status, reading }) => [asked, status, reading.fault]),
    [
      ["CONNECT https://site.example/", 200, null],
      ["GET https://site.example/page", 504, "relay.edge_5xx"],
    ],
  );
});

test("interim answers are no answers, and a redirect is followed by the next", () => {
  const explained = explainResponse("HTTP/1.1 100 Continue\n\nHTTP/1.1 301 Moved\nLocation: /b\n\nHTTP/2 200 \nserver: x\n\nhello\n");
  assert.deepEqual(
    (explained as ExplainedAnswer[]).map(({ status, reading }) => [status, reading.kind]),
    [
      [301, "redirect"],
      [200, "ok"],
    ],
  );
});

test("a block page is no outage", () => {
  const { reading } = answerOf("HTTP/2 403 \ncf-mitigated: challenge\nserver: cloudflare\n\n<title>Just a moment...</title>\n");
  assert.equal(reading.kind, "block");
  assert.equal(reading.fault, "relay.blocked");
  const limited = answerOf("HTTP/1.1 429 Too Many Requests\nRetry-After: 30\n\n");
  assert.equal(limited.reading.kind, "rate-limit");
});

test("a 502 with nobody's marks names nobody as its maker for certain", () => {
  const { reading } = answerOf("HTTP/1.1 502 Bad Gateway\n\n");
  assert.ok(reading.confidence <= 0.6);
});

const WORDS: readonly (readonly [line: string, fault: string, culprit: string | null])[] = [
  ["curl: (5) Could not resolve proxy: proxy.example", "dns.nxdomain", "gateway"],
  ["curl: (7) Failed to connect to 127.0.0.1 port 1 after 0 ms: Couldn't connect to server", "connect.refused", null],
  ["curl: (28) Operation timed out after 30001 milliseconds with 0 bytes received", "head.timeout", null],
  ["curl: (28) Connection timed out after 10001 milliseconds", "connect.timeout", null],
  ["curl: (35) error:0A00010B:SSL routines::wrong version number", "tls.protocol_mismatch", "gateway"],
  ["curl: (52) Empty reply from server", "head.closed_empty", null],
  ["curl: (56) Received HTTP code 407 from proxy after CONNECT", "handshake.auth_required", "gateway"],
  ["curl: (97) Can't complete SOCKS5 connection to 192.0.2.1. (2)", "handshake.policy_denied", "exit"],
  ["curl: (97) Can't complete SOCKS5 connection to 192.0.2.1. (5)", "handshake.target_refused", "origin"],
  ["OSError('Tunnel connection failed: 403 Forbidden')", "handshake.policy_denied", "exit"],
  ["Error: socket hang up", "head.closed_empty", null],
  ["Error [RequestAbortedError]: Proxy response (502) !== 200 when HTTP Tunneling", "handshake.connect_rejected", null],
  ["net::ERR_TUNNEL_CONNECTION_FAILED", "handshake.connect_rejected", null],
  ["OSError('Tunnel connection failed: 502 Proxy Error: Could not resolve host')))", "handshake.target_unresolvable", "origin"],
  ["OSError('Tunnel connection failed: 502 exit de-7 refused TCP (connect.refused 1M8E207810000)')))", "connect.refused", "exit"],
  [
    "OSError('Tunnel connection failed: 504 origin site.example sent no answer in time (head.timeout 1M8E207810000)')",
    "head.timeout",
    "origin",
  ],
  ["curl: (56) Received HTTP code 400 from proxy after CONNECT", "handshake.connect_rejected", "gateway"],
  [
    "aiohttp.client_exceptions.ClientHttpProxyError: 407, message='Proxy Authentication Required', url='http://p:8080'",
    "handshake.auth_required",
    "gateway",
  ],
  ["httpx.ProxyError: 502 Bad Gateway", "handshake.connect_rejected", null],
  ['java.io.IOException: Unable to tunnel through proxy. Proxy returns "HTTP/1.1 403 Forbidden"', "handshake.policy_denied", "exit"],
  ['Get "https://site.example/": Bad Gateway', "handshake.connect_rejected", null],
  ["proxyconnect tcp: dial tcp 192.0.2.1:3128: connect: connection refused", "connect.refused", "exit"],
  ["proxyconnect tcp: tls: first record does not look like a TLS handshake", "tls.protocol_mismatch", "gateway"],
  ["proxyconnect tcp: dial tcp: lookup proxy.example on 127.0.0.53:53: no such host", "dns.nxdomain", "gateway"],
  ["Error: tunneling socket could not be established, statusCode=407", "handshake.auth_required", "gateway"],
  ["Error: tunneling socket could not be established, cause=connect ECONNREFUSED 127.0.0.1:8888", "connect.refused", "exit"],
  [
    "scrapy.core.downloader.handlers.http11.TunnelError: Could not open CONNECT tunnel with proxy p.example:10000 [{'status': 407, 'reason': b'Proxy Authentication Required'}]",
    "handshake.auth_required",
    "gateway",
  ],
  [
    "System.Net.Http.HttpRequestException: The proxy tunnel request to proxy 'http://127.0.0.1:8888/' failed with status code '502'.\"",
    "handshake.connect_rejected",
    null,
  ],
  ["Proxy tunneling failed: Proxy Authentication RequiredUnable to establish SSL connection.", "handshake.auth_required", "gateway"],
  ["E: Failed to fetch http://mirror.example/InRelease  502  Connection refused [IP: 192.0.2.5 3142]", "relay.exit_5xx", null],
  [
    "W: Failed to fetch https://mirror.example/InRelease  Invalid response from proxy: HTTP/1.1 502 Bad Gateway  Server: squid [IP: 192.0.2.5 3128]",
    "handshake.connect_rejected",
    null,
  ],
  [
    "ProxyError('Cannot connect to proxy.', NewConnectionError('<urllib3.connection.HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno 111] Connection refused'))",
    "connect.refused",
    "exit",
  ],
  [
    "ProxyError('Unable to connect to proxy', RemoteDisconnected('Remote end closed connection without response'))",
    "handshake.closed",
    "exit",
  ],
  ["ProxyError('Cannot connect to proxy.', ConnectionResetError(104, 'Connection reset by peer'))", "handshake.reset", "exit"],
  ["ProxyError('Cannot connect to proxy.', timeout('timed out'))", "handshake.timeout", "exit"],
  ["net::ERR_PROXY_CONNECTION_FAILED at https://site.example/", "handshake.connect_failed", "exit"],
  ["NS_ERROR_PROXY_CONNECTION_REFUSED", "connect.refused", "exit"],
  ["NS_ERROR_PROXY_BAD_GATEWAY", "handshake.connect_rejected", null],
];

for (const [line, fault, culprit] of WORDS) {
  test(`a client's own words: ${line}`, () => {
    const explained = explainOne(`${line}\n`);
    assert.equal(explained.kind, "words");
    assert.deepEqual([explained.reading.fault, explained.reading.culprit], [fault, culprit]);
  });
}

test("curl -v of a plain request: what 3proxy could not do is told as its words, though some lines look like those of a log", () => {
  const { reading, picture } = answerOf(`* Connected to 203.0.113.10 (203.0.113.10) port 30000 (#0)
* Proxy auth using Basic with user 'username'
> GET http://site.example/ip HTTP/1.1
> Host: site.example
> Proxy-Connection: Keep-Alive
>
* HTTP 1.0, assume close after body
< HTTP/1.0 502 Bad Gateway
< Connection: close
< Content-type: text/html; charset=utf-8
<
<html><head><title>502 Bad Gateway</title></head>
<body><h2>502 Bad Gateway</h2><h3>Host Not Found or connection failed</h3></body></html>
* Closing connection 0
`);
  assert.equal(reading.fault, "relay.exit_5xx");
  assert.equal(reading.madeBy?.side, "exit");
  assert.match(reading.summary, /3proxy/);
  assert.match(picture, /proxy/);
});

test("a web server that is asked for a tunnel is no proxy: the address is wrong", () => {
  const { reading } = answerOf(`> CONNECT site.example:443 HTTP/1.1
> Host: site.example:443
>
< HTTP/1.1 400 Bad Request
< Server: nginx/1.22.1
< Content-Type: text/html
< Content-Length: 157
< Connection: close
<
* CONNECT tunnel failed, response 400
`);
  assert.equal(reading.fault, "handshake.connect_rejected");
  assert.match(reading.summary, /nginx, as a web server does that is no proxy: check host and port/);
});

test("mitmproxy's page tells that the site closed, without the page around it", () => {
  const { reading } = answerOf(`HTTP/1.1 502 Bad Gateway
Server: mitmproxy 4.0.4
Content-Type: text/html

<html>
    <head><title>502 Bad Gateway</title></head>
    <body><h1>502 Bad Gateway</h1><p>HttpReadDisconnect(&#x27;Server disconnected&#x27;)</p></body>
</html>
`);
  assert.deepEqual([reading.fault, reading.culprit], ["relay.exit_5xx", "origin"]);
  assert.match(reading.summary, /target closed the connection/);
});

test("a HAR file: each entry is an answer, with the time that it waited", () => {
  const entry = (status: number, text: string) => ({
    request: { method: "GET", url: "https://site.example/x" },
    response: { status, statusText: "", headers: [{ name: "Server", value: "nginx" }], content: { text } },
    timings: { wait: 60_010 },
  });
  const explained = explainResponse(JSON.stringify({ log: { entries: [entry(200, "ok"), entry(504, NGINX_502), { broken: true }] } }));
  const [ok, slow] = explained as ExplainedAnswer[];
  assert.equal(explained?.length, 2);
  assert.equal(ok?.reading.fault, null);
  assert.ok(slow?.reading.evidence.some((words) => words.includes("proxy_read_timeout")));
});

test("a text without any answer is no answer, whatever is in it", () => {
  assert.equal(explainResponse("hello\nworld\n"), null);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
      explainResponse(text);
      explainResponse(`HTTP/1.1 502 Bad\n${text}`);
      explainResponse(`> GET / HTTP/1.1\n< HTTP/1.1 502 ${text}\n< ${text}\n\n${text}`);
    }),
  );
});

test("whoever was asked for a login is told to give one, not that there is nothing to do", () => {
  const explained = explainResponse('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="p"\r\n\r\n') ?? [];
  assert.match(explained[0]?.kind === "answer" ? explained[0].reading.fix.client : "", /^Add user and password/);
});
