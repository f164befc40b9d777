import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { judgeAnswer, placeAnswerFault } from "../../src/blame/relayed.ts";
import type { Culprit, FaultId } from "../../src/core/fault.ts";
import { culpritOf } from "../../src/core/fault-table.ts";
import { latin1, reply, routeOf } from "./failures.ts";
import {
  apachePage,
  CLOUDFLARE,
  HAPROXY,
  HAPROXY_502,
  HAPROXY_503,
  HAPROXY_504,
  NGINX,
  nginxPage,
  PRIVOXY,
  SQUID_VIA,
  squidFields,
  squidPage,
  THREE_PROXY,
  TINYPROXY,
  threeProxyPage,
  tinyproxyPage,
} from "./pages.ts";

const SITE = { host: "site.example", port: 80 };
/** An HTTP exit relayed it in clear text. */
const CLEAR = { exit: true, authenticated: false, hardSession: false, vendor: null as string | null, target: SITE, empty: false };
/** It came directly, or out of a tunnel. */
const OWN = { exit: false, authenticated: false, hardSession: false, vendor: null as string | null, target: SITE, empty: false };
const LOGGED_IN = { ...CLEAR, authenticated: true };
const HARD = { ...LOGGED_IN, hardSession: true };
const LITERAL = { ...CLEAR, target: { host: "192.0.2.80", port: 80 } };

type Answer = ReturnType<typeof reply>;
type Verdict = readonly [id: FaultId, culprit: Culprit] | null;
type Row = readonly [
  title: string,
  answer: Answer,
  way: typeof CLEAR,
  expected: Verdict,
  more?: { readonly details?: RegExp; readonly confidence?: readonly [number, number] },
];

const EXIT: Verdict = ["relay.exit_5xx", "exit"];
const EXIT_SAYS_ORIGIN: Verdict = ["relay.exit_5xx", "origin"];
const EDGE: Verdict = ["relay.edge_5xx", "edge"];
const LOST: Verdict = ["handshake.session_lost", "exit"];
const ORIGIN: Verdict = ["relay.origin_5xx", "origin"];

const squid = (status: number, error: string) =>
  reply(status, "x", [...squidFields(error), ...SQUID_VIA], squidPage(error.split(" ")[0] as string));
const cloudflare = (status: number, body = "") => reply(status, "", CLOUDFLARE, body);
const guruVarnish =
  "<html><body>\n<h1>Error 503 Backend fetch failed</h1>\n<p>Backend fetch failed</p>\n<h3>Guru Meditation:</h3>\n<p>XID: 32770</p>\n<hr>\n<p>Varnish cache server</p>\n</body></html>";
const guruFastly =
  "<html><body>\n<h1>Error 503 Backend is unhealthy</h1>\n<h3>Guru Mediation:</h3>\n<p>Details: cache-fra19123-FRA 1700000000 123456</p></body></html>";

const ROWS: readonly Row[] = [
  // What an exit's page says about the target is the target's.
  [
    "Squid: the target refused",
    squid(503, "ERR_CONNECT_FAIL 111"),
    CLEAR,
    EXIT_SAYS_ORIGIN,
    { details: /the exit made this 503; Squid: ERR_CONNECT_FAIL 111/ },
  ],
  ["Squid: the target timed out", squid(503, "ERR_CONNECT_FAIL 110"), CLEAR, EXIT_SAYS_ORIGIN],
  ["Squid: no route to the target", squid(503, "ERR_CONNECT_FAIL 113"), CLEAR, EXIT_SAYS_ORIGIN],
  ["Squid: no such name", squid(503, "ERR_DNS_FAIL 0"), CLEAR, EXIT_SAYS_ORIGIN],
  ["Squid 5: no such name", squid(502, "ERR_READ_ERROR 0"), CLEAR, EXIT_SAYS_ORIGIN, { confidence: [0.5, 0.7] }],
  ["Squid 5 without a way to an address", squid(502, "ERR_READ_ERROR 0"), LITERAL, EXIT],
  ["Squid: the target closed without a byte", squid(502, "ERR_ZERO_SIZE_OBJECT 0"), CLEAR, EXIT_SAYS_ORIGIN],
  ["Squid: the target reset", squid(502, "ERR_READ_ERROR 104"), CLEAR, EXIT_SAYS_ORIGIN],
  ["Squid: the target's answer is malformed", squid(502, "ERR_INVALID_RESP 0"), CLEAR, EXIT_SAYS_ORIGIN],
  ["Squid: the target is silent", squid(504, "ERR_READ_TIMEOUT 0"), CLEAR, EXIT_SAYS_ORIGIN],
  ["Squid: out of sockets", squid(500, "ERR_SOCKET_FAILURE 24"), CLEAR, EXIT],
  ["Squid by its page alone", reply(503, "x", [], squidPage("ERR_CONNECT_FAIL", "(111) Connection refused")), CLEAR, EXIT_SAYS_ORIGIN],
  [
    "tinyproxy could not connect",
    reply(
      500,
      "Unable to connect",
      TINYPROXY,
      tinyproxyPage("500 Unable to connect", "Tinyproxy was unable to connect to the remote web server."),
    ),
    CLEAR,
    EXIT_SAYS_ORIGIN,
  ],
  [
    "tinyproxy got half a head",
    reply(503, "Could not retrieve all the headers", TINYPROXY, tinyproxyPage("503 Could not retrieve all the headers", "x")),
    CLEAR,
    EXIT_SAYS_ORIGIN,
  ],
  [
    "tinyproxy's parent is down",
    reply(502, "Unable to connect to upstream proxy", TINYPROXY, tinyproxyPage("502 Unable to connect to upstream proxy", "x")),
    CLEAR,
    EXIT,
  ],
  ["Privoxy could not connect", reply(503, "Connect failed", [], PRIVOXY("503 - Connect failed")), CLEAR, EXIT_SAYS_ORIGIN],
  [
    "3proxy could not connect",
    reply(502, "Bad Gateway", THREE_PROXY, threeProxyPage("502 Bad Gateway", "Host Not Found or connection failed")),
    CLEAR,
    EXIT_SAYS_ORIGIN,
  ],
  [
    "mitmproxy: refused",
    reply(502, "Bad Gateway", ["Server", "mitmproxy 10.2.2"], "<p>[Errno 111] Connection refused</p>"),
    CLEAR,
    EXIT_SAYS_ORIGIN,
  ],
  [
    "Smokescreen: no such host",
    reply(502, "Bad Gateway", ["X-Smokescreen-Error", "lookup site.example: no such host"]),
    CLEAR,
    EXIT_SAYS_ORIGIN,
  ],
  ["Bright Data: the name does not resolve", reply(502, "x", ["x-brd-err-code", "target_40001"]), CLEAR, EXIT_SAYS_ORIGIN],
  ["Bright Data: no exit", reply(502, "x", ["x-brd-err-code", "peer_30030"]), CLEAR, EXIT],
  ["Bright Data: the account's limit", reply(502, "x", ["x-brd-err-code", "client_10100"]), CLEAR, ["relay.exit_5xx", "gateway"]],
  ["Oxylabs: session failed", reply(502, "x", ["X-Error-Description", "Bad gateway: session failed"]), CLEAR, EXIT],
  ["Oxylabs: a hard session failed", reply(502, "x", ["X-Error-Description", "Bad gateway: session failed"]), HARD, LOST],
  ["Bright Data: the peer of a hard session is gone", reply(502, "x", ["x-brd-err-code", "peer_30010"]), HARD, LOST],
  ["Bright Data: the same in words", reply(502, "x", ["x-brd-error", "No peers available"]), HARD, LOST],
  ["Bright Data: no exit in the city for a hard session", reply(502, "x", ["x-brd-err-code", "peer_30030"]), HARD, EXIT],
  ["a vendor that says it in a short text", reply(502, "Bad Gateway", [], "Session not found"), HARD, LOST],
  ["NetNut: a hard session's 502 without a word", reply(502, "Bad Gateway"), { ...HARD, vendor: "netnut" }, LOST],
  ["nginx behind NetNut", reply(502, "Bad Gateway", NGINX, nginxPage("502 Bad Gateway")), { ...HARD, vendor: "netnut" }, EDGE],
  ["a site's own sessions", reply(403, "Forbidden", [], "Session expired"), HARD, null],
  ["Zyte: refused", reply(503, "x", ["X-Crawlera-Error", "econnrefused"]), CLEAR, EXIT_SAYS_ORIGIN],
  ["proxy-chain's 594", reply(594, "ECONNREFUSED"), CLEAR, EXIT],
  ["Oxylabs: a spent plan", reply(502, "x", ["X-Error-Description", "traffic limit reached"]), CLEAR, ["relay.exit_5xx", "gateway"]],
  ["Proxy Manager: no exit", reply(502, "x", ["x-lpm-error", "No peers available"]), CLEAR, EXIT],
  ["a field that a site's own proxy may write", reply(502, "x", ["Proxy-Error", "No peers available"]), CLEAR, ORIGIN],
  ["a vendor's 525", reply(525, "No Exit Found"), CLEAR, EXIT],
  ["a vendor's 522", reply(522, "Timeout"), CLEAR, EXIT],
  ["a captive portal's 511", reply(511, "Network Authentication Required"), CLEAR, EXIT],
  [
    "a Proxy-Status that names the target as its next hop",
    reply(502, "x", ["Proxy-Status", 'exit.example; error=connection_refused; next-hop="site.example:80"']),
    CLEAR,
    EXIT_SAYS_ORIGIN,
  ],
  [
    "a Proxy-Status whose name is the last in Via",
    reply(502, "x", ["Proxy-Status", "exit.example; error=proxy_internal_error", "Via", "1.1 exit.example"]),
    CLEAR,
    EXIT,
  ],
  [
    "Apache that was asked for a whole URL",
    reply(502, "Proxy Error", [], apachePage("502 Proxy Error", "http://site.example/x", "Error reading from remote server")),
    CLEAR,
    EXIT_SAYS_ORIGIN,
  ],
  [
    "Apache that looked up the target's own name",
    reply(502, "Proxy Error", [], apachePage("502 Proxy Error", "/x", "DNS lookup failure for: site.example")),
    CLEAR,
    EXIT_SAYS_ORIGIN,
  ],
  [
    "a Go proxy that names the target",
    reply(502, "Bad Gateway", [], "dial tcp: lookup site.example: no such host"),
    CLEAR,
    EXIT_SAYS_ORIGIN,
  ],
  [
    "a 502 with a proxy's fields and no server's",
    reply(502, "Bad Gateway", ["Proxy-Connection", "close"]),
    CLEAR,
    EXIT,
    { confidence: [0.5, 0.65] },
  ],

  // Edges, whichever way their answers came.
  [
    "nginx with a dead backend",
    reply(502, "Bad Gateway", NGINX, nginxPage("502 Bad Gateway")),
    OWN,
    EDGE,
    { details: /^nginx made this 502: its backend/ },
  ],
  [
    "nginx with a dead backend, through an exit",
    reply(502, "Bad Gateway", NGINX, nginxPage("502 Bad Gateway")),
    CLEAR,
    EDGE,
    { confidence: [0.5, 0.7] },
  ],
  [
    "nginx with a dead backend, through an exit that says Via",
    reply(502, "Bad Gateway", [...NGINX, ...SQUID_VIA], nginxPage("502 Bad Gateway")),
    CLEAR,
    EDGE,
    { confidence: [0.75, 0.9] },
  ],
  ["nginx with a slow backend", reply(504, "Gateway Time-out", NGINX, nginxPage("504 Gateway Time-out")), OWN, EDGE],
  ["nginx's own 500", reply(500, "Internal Server Error", NGINX, nginxPage("500 Internal Server Error")), OWN, EDGE],
  ["OpenResty", reply(502, "Bad Gateway", [], nginxPage("502 Bad Gateway", "openresty/1.25.3.1")), OWN, EDGE],
  ["HAProxy: 502", reply(502, "Bad Gateway", HAPROXY, HAPROXY_502), OWN, EDGE],
  ["HAProxy: 503", reply(503, "Service Unavailable", HAPROXY, HAPROXY_503), OWN, EDGE, { details: /none of its backends is up/ }],
  ["HAProxy: 504, through an exit", reply(504, "Gateway Time-out", HAPROXY, HAPROXY_504), CLEAR, EDGE, { confidence: [0.5, 0.7] }],
  [
    "Apache",
    reply(502, "Proxy Error", [], apachePage("502 Proxy Error", "/x", "Error reading from remote server")),
    OWN,
    EDGE,
    { details: /Error reading from remote server/ },
  ],
  [
    "Apache, through an exit",
    reply(502, "Proxy Error", [], apachePage("502 Proxy Error", "/x", "Error reading from remote server")),
    CLEAR,
    EDGE,
  ],
  [
    "Envoy",
    reply(
      503,
      "Service Unavailable",
      ["server", "envoy"],
      "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure",
    ),
    OWN,
    EDGE,
    { details: /remote connection failure/ },
  ],
  ["Envoy without a healthy upstream", reply(503, "Service Unavailable", ["server", "envoy"], "no healthy upstream"), CLEAR, EDGE],
  ["Varnish", reply(503, "Backend fetch failed", ["X-Varnish", "32770"], guruVarnish), OWN, EDGE, { details: /Backend fetch failed/ }],
  [
    "Fastly",
    reply(503, "Backend is unhealthy", ["X-Served-By", "cache-fra19123-FRA"], guruFastly),
    CLEAR,
    EDGE,
    { details: /Backend is unhealthy/ },
  ],
  ["Traefik", reply(502, "Bad Gateway", [], "Bad Gateway"), OWN, EDGE],
  ["Caddy", reply(502, "Bad Gateway", ["Server", "Caddy"]), OWN, EDGE],
  [
    "AWS ALB",
    reply(
      503,
      "Service Unavailable",
      ["Server", "awselb/2.0"],
      "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n</body>\r\n</html>\r\n",
    ),
    OWN,
    EDGE,
    { details: /no target is registered/ },
  ],
  [
    "CloudFront",
    reply(
      502,
      "Bad Gateway",
      ["Server", "CloudFront", "X-Cache", "Error from cloudfront"],
      "<H1>502 ERROR</H1> CloudFront wasn't able to connect to the origin. Generated by cloudfront (CloudFront)",
    ),
    CLEAR,
    EDGE,
    { details: /could not connect to its origin/ },
  ],
  [
    "Akamai",
    reply(503, "Service Unavailable", ["Server", "AkamaiGHost"], "Reference&#32;&#35;6&#46;1faa9d50&#46;1386767216&#46;b7ccfbd"),
    CLEAR,
    EDGE,
    { details: /could not connect to its origin/ },
  ],
  [
    "Google's load balancer",
    reply(
      502,
      "Bad Gateway",
      ["via", "1.1 google"],
      "<h1>Error: Server Error</h1>\n<h2>The server encountered a temporary error and could not complete your request.<p>Please try again in 30 seconds.</h2>",
    ),
    CLEAR,
    EDGE,
  ],
  [
    "Vercel",
    reply(502, "Bad Gateway", ["x-vercel-error", "DNS_HOSTNAME_NOT_FOUND"], "502: BAD_GATEWAY"),
    CLEAR,
    EDGE,
    { details: /DNS_HOSTNAME_NOT_FOUND/ },
  ],
  ["Cloudflare 520", cloudflare(520), CLEAR, EDGE],
  [
    "Cloudflare 521",
    cloudflare(521, "error code: 521"),
    CLEAR,
    EDGE,
    { details: /Cloudflare made this 521: its origin refused TCP/, confidence: [0.85, 1] },
  ],
  ["Cloudflare 522", cloudflare(522), CLEAR, EDGE, { details: /did not answer TCP/ }],
  ["Cloudflare 524", cloudflare(524), OWN, EDGE],
  ["Cloudflare 525", cloudflare(525), CLEAR, EDGE, { details: /TLS with its origin/ }],
  ["Cloudflare 530 with 1016", cloudflare(530, "error code: 1016"), OWN, EDGE, { details: /does not resolve \(1016\)/ }],
  ["Cloudflare 530 with 1033", cloudflare(530, "error code: 1033"), OWN, EDGE, { details: /tunnel/ }],
  [
    "Cloudflare's own 502",
    cloudflare(502, "<html><body><center><h1>502 Bad Gateway</h1></center><hr><center>cloudflare</center></body></html>"),
    OWN,
    EDGE,
  ],
  [
    "nginx behind Cloudflare",
    reply(502, "Bad Gateway", CLOUDFLARE, nginxPage("502 Bad Gateway", "nginx")),
    OWN,
    EDGE,
    { details: /^nginx made this/ },
  ],
  ["Squid in front of the site", squid(503, "ERR_CONNECT_FAIL 111"), OWN, EDGE],
  [
    "Squid in front of the site, through tinyproxy",
    reply(
      503,
      "x",
      [...squidFields("ERR_CONNECT_FAIL 111"), "Via", "1.1 squidbox (squid/5.7), 1.1 tinyproxy (tinyproxy/1.11.1)"],
      squidPage("ERR_CONNECT_FAIL"),
    ),
    CLEAR,
    EDGE,
  ],
  [
    "Squid in front of the site, through Squid",
    reply(
      503,
      "x",
      [...squidFields("ERR_CONNECT_FAIL 111"), "Via", "1.1 squidbox (squid/5.7), 1.1 exitbox (squid/6.6)"],
      squidPage("ERR_CONNECT_FAIL"),
    ),
    CLEAR,
    EDGE,
  ],
  [
    "a Proxy-Status of somebody further in",
    reply(502, "x", ["Proxy-Status", "edge.example; error=connection_refused"]),
    OWN,
    EDGE,
    { details: /edge\.example/ },
  ],
  [
    "a Proxy-Status of somebody further in, through an exit",
    reply(502, "x", ["Proxy-Status", 'edge.example; error=connection_refused; next-hop="10.0.0.3:8000"']),
    CLEAR,
    EDGE,
  ],

  // Origins.
  ["an application's 500", reply(500, "Internal Server Error", ["Content-Type", "application/json"], '{"error":"boom"}'), OWN, ORIGIN],
  [
    "an application's 500, through an exit",
    reply(500, "Internal Server Error", ["Content-Type", "application/json"], '{"error":"boom"}'),
    CLEAR,
    ORIGIN,
    { confidence: [0.4, 0.55] },
  ],
  ["an application's 503", reply(503, "Service Unavailable", ["Retry-After", "60"], "maintenance"), OWN, ORIGIN],
  [
    "an application's 500 behind nginx",
    reply(500, "Internal Server Error", NGINX, '{"error":"boom"}'),
    OWN,
    ORIGIN,
    { details: /nginx passed this 500 on/ },
  ],
  ["an application's 503 behind Cloudflare", reply(503, "x", CLOUDFLARE, "busy"), CLEAR, ORIGIN, { details: /Cloudflare passed/ }],
  ["an application's 503 behind Envoy", reply(503, "x", ["server", "envoy", "x-envoy-upstream-service-time", "3"], "busy"), OWN, ORIGIN],
  [
    "an origin's 502 on Cloudflare's branded page",
    cloudflare(502, '<title>site.example | 502: Bad gateway</title><div id="cf-error-details">'),
    OWN,
    ORIGIN,
  ],
  ["a worker's exception at Cloudflare", cloudflare(500, "error code: 1101"), OWN, ORIGIN, { details: /worker threw/ }],
  ["a function's failure at Vercel", reply(500, "x", ["x-vercel-error", "FUNCTION_INVOCATION_FAILED"]), OWN, ORIGIN],
  ["a bare 502 through an exit", reply(502, "Bad Gateway"), CLEAR, ORIGIN, { confidence: [0.4, 0.55] }],
  [
    "an application's text about its own database",
    reply(500, "x", [], "dial tcp 10.0.0.5:5432: connect: connection refused"),
    CLEAR,
    ORIGIN,
  ],

  // Below 500: an exit's in place of the site's.
  [
    "an exit's 407",
    reply(407, "Proxy Authentication Required", ["Proxy-Authenticate", "Basic"]),
    CLEAR,
    ["handshake.auth_required", "gateway"],
  ],
  ["an exit's 407 to our login", reply(407, "Proxy Authentication Required"), LOGGED_IN, ["handshake.auth_failed", "gateway"]],
  [
    "Smokescreen's 407",
    reply(407, "x", ["X-Smokescreen-Error", "Egress proxying is denied to host 'site.example:80': default rule policy used."]),
    CLEAR,
    ["handshake.policy_denied", "exit"],
  ],
  ["Squid's 403", squid(403, "ERR_ACCESS_DENIED 0"), CLEAR, ["handshake.policy_denied", "exit"]],
  ["a vendor's 403", reply(403, "x", ["x-brd-err-code", "policy_20050"]), CLEAR, ["handshake.policy_denied", "exit"]],
  ["a vendor's 429", reply(429, "x", ["x-brd-err-code", "client_10110"]), CLEAR, ["handshake.rate_limited", "exit"]],
  ["a vendor's 452", reply(452, "x"), CLEAR, ["handshake.quota_exceeded", "gateway"]],
  ["Privoxy's 404", reply(404, "No such domain", [], PRIVOXY("404 - No such domain")), CLEAR, ["handshake.target_unresolvable", "origin"]],
  [
    "an empty 200 with a vendor's error",
    reply(200, "OK", ["x-brd-err-code", "peer_30030", "Content-Length", "0"]),
    CLEAR,
    ["handshake.exit_unavailable", "exit"],
  ],
  [
    "an exit that wants TLS",
    reply(400, "Bad Request", [], "Client sent an HTTP request to an HTTPS server.\n"),
    CLEAR,
    ["handshake.not_a_proxy", "gateway"],
  ],

  // Sites' own, not a word.
  ["a site's 407 out of a tunnel", reply(407, "x"), OWN, null],
  ["a site's 403", reply(403, "Forbidden", NGINX, nginxPage("403 Forbidden")), CLEAR, null],
  ["a site's 404", reply(404, "Not Found"), CLEAR, null],
  ["a site's 429", reply(429, "Too Many Requests", ["Retry-After", "5"]), CLEAR, null],
  ["a site that blocks at Cloudflare", reply(403, "Forbidden", CLOUDFLARE, "error code: 1020"), CLEAR, null],
  ["Squid's 400 for a bad URL", squid(400, "ERR_INVALID_URL 0"), CLEAR, null],
  [
    "a site on 443 that was asked in clear text",
    reply(400, "Bad Request", [], "Client sent an HTTP request to an HTTPS server.\n"),
    { ...CLEAR, target: { host: "site.example", port: 443 } },
    null,
  ],
  ["a 200", reply(200, "OK", ["Content-Length", "2"], "ok"), CLEAR, null],
  ["a 204", reply(204, "No Content"), CLEAR, null],
  [
    "a 200 that carries a vendor's field and a body",
    reply(200, "OK", ["x-brd-err-code", "peer_30030", "Content-Length", "9"]),
    CLEAR,
    null,
  ],
  ["a redirect", reply(302, "Found", ["Location", "/"]), CLEAR, null],
  ["an empty 200 with a field of the site's", reply(200, "OK", ["X-Error-Description", "none"]), { ...CLEAR, empty: true }, null],
  [
    "a site's 400 with a field that a vendor has too",
    reply(400, "Bad Request", ["X-Error-Description", "invalid_grant: parameter code missing"], "{}"),
    CLEAR,
    null,
  ],
  [
    "an application that quotes its URL and its database",
    reply(500, "x", ["X-Powered-By", "Express"], '{"url":"http://site.example/pay","error":"connect ECONNREFUSED 10.0.0.5:5432"}'),
    CLEAR,
    ORIGIN,
  ],
  [
    "an application's 503 by its server",
    reply(503, "x", ["Server", "gunicorn"], "http://site.example/: connection refused"),
    CLEAR,
    ORIGIN,
  ],
  [
    "a 407 that came by a cache",
    reply(407, "x", ["Via", "1.1 varnish"]),
    CLEAR,
    ["handshake.auth_required", "gateway"],
    { confidence: [0.6, 0.6] },
  ],
];

for (const [title, answer, way, expected, more = {}] of ROWS) {
  const how = expected === null ? "passes on" : `takes for ${expected[0]} of ${expected[1]}`;
  test(`${how}: ${title}`, () => {
    const found = judgeAnswer(answer, answer.body, way);
    if (expected === null) return assert.equal(found, null);
    assert.ok(found !== null);
    const { role } = placeAnswerFault(found, routeOf(way.exit ? [{}] : [], { scheme: "http", ...way.target }));
    assert.deepEqual([found.id, culpritOf(found, role)], expected, found.details);
    assert.equal(found.params["received-status"], answer.status);
    if (more.details !== undefined) assert.match(found.details, more.details);
    if (more.confidence !== undefined) {
      const confidence = found.confidence ?? 0.85;
      assert.ok(confidence >= more.confidence[0] && confidence <= more.confidence[1], `confidence ${confidence}`);
    }
  });
}

test("keeps how long the answer asks to wait", () => {
  const answer = reply(503, "x", ["Retry-After", "120"]);
  assert.equal(judgeAnswer(answer, answer.body, OWN)?.retryAfterMs, 120_000);
  assert.equal(judgeAnswer(reply(503, "x", ["Retry-After", "soon"]), answer.body, OWN)?.retryAfterMs, null);
});

test("places an exit's page at the exit, and what it says of the target at the target", () => {
  const route = routeOf([{}, {}], { scheme: "http", ...SITE });
  const place = (answer: Answer) => {
    const found = judgeAnswer(answer, answer.body, CLEAR);
    assert.ok(found !== null);
    const { role, hop } = placeAnswerFault(found, route);
    return [role, hop];
  };
  assert.deepEqual(place(squid(500, "ERR_SOCKET_FAILURE 24")), ["exit", 2]);
  assert.deepEqual(place(squid(503, "ERR_CONNECT_FAIL 111")), ["exit", 3]);
  assert.deepEqual(place(reply(500, "x")), ["target", 3]);
  assert.deepEqual(place(reply(407, "x")), ["exit", 2]);
});

test("never blames an exit for an answer that it cannot have made, and blames nobody below 400 with a body", () => {
  const names = ["Server", "Via", "Proxy-Status", "X-Squid-Error", "x-brd-err-code", "X-Crawlera-Error", "Proxy-Agent", "CF-RAY"];
  const field = fc.tuple(
    fc.constantFrom(...names),
    fc.oneof(fc.string(), fc.constantFrom("squid", "tinyproxy", "ERR_CONNECT_FAIL 111", "x;error=connection_refused")),
  );
  const anyAnswer = fc.record({
    status: fc.integer({ min: 100, max: 599 }),
    reason: fc.string(),
    fields: fc.array(field, { maxLength: 4 }).map((pairs) => pairs.flat()),
    body: fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constant(latin1(nginxPage("502 Bad Gateway")))),
  });
  fc.assert(
    fc.property(anyAnswer, fc.boolean(), (answer, isClear) => {
      const found = judgeAnswer(answer, answer.body, isClear ? CLEAR : OWN);
      if (!isClear && found !== null) assert.notEqual(culpritOf(found, "target"), "exit");
      if (!isClear && answer.status < 500) assert.equal(found, null);
      if (answer.status >= 500) assert.match(found?.id ?? "", /^relay\./);
      if (found !== null) assert.match(found.details, /^[\x20-\x7e]+$/);
    }),
    { numRuns: 300 },
  );
});
