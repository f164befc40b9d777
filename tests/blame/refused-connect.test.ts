import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { attributeRefusedConnect } from "../../src/blame/attribute.ts";
import type { Culprit, FaultId } from "../../src/core/fault.ts";
import { culpritOf } from "../../src/core/fault-table.ts";
import type { RefusedConnect } from "../../src/core/message.ts";
import { reply } from "./failures.ts";
import {
  apachePage,
  HAPROXY,
  HAPROXY_503,
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

const SITE = { host: "site.example", port: 443 };

interface More {
  readonly details?: RegExp;
  readonly authenticated?: boolean;
  readonly vendor?: { readonly id: string; readonly hasSession: boolean };
  readonly asked?: { readonly host: string; readonly port: number };
  readonly retryAfterMs?: number;
  /** Inclusive bounds. */
  readonly confidence?: readonly [number, number];
}

type Row = readonly [title: string, answer: RefusedConnect, id: FaultId, culprit: Culprit, more?: More];

const squid = (status: number, error: string, body = squidPage(error.split(" ")[0] as string)) =>
  reply(status, "Service Unavailable", squidFields(error), body);
const brightData = (status: number, code: string, message = "") =>
  reply(status, "Proxy Error", ["x-brd-err-code", code, "x-brd-err-msg", message]);
const oxylabs = (status: number, message: string) => reply(status, "Error", ["X-Error-Description", message]);
const zyte = (status: number, code: string) => reply(status, "Error", ["X-Crawlera-Error", code]);
const proxyStatus = (status: number, value: string) => reply(status, "Bad Gateway", ["Proxy-Status", value]);

const BRIGHT_DATA = { id: "brightdata", hasSession: true };
const OXYLABS = { id: "oxylabs", hasSession: true };

const ROWS: readonly Row[] = [
  // What an exit says of its own next hop is not about the target.
  [
    "Go's name of a parent",
    reply(502, "Bad Gateway", [], "proxyconnect tcp: dial tcp: lookup gw.vendor.example on 127.0.0.53:53: no such host"),
    "handshake.connect_rejected",
    "exit",
    { details: /its own next hop gw\.vendor\.example/ },
  ],
  [
    "Node's name of a parent",
    reply(502, "Bad Gateway", [], "getaddrinfo ENOTFOUND parent.vendor.example"),
    "handshake.connect_rejected",
    "exit",
  ],
  [
    "Node's name of the target, as it was asked for",
    reply(502, "x", [], "getaddrinfo ENOTFOUND SITE.example"),
    "handshake.target_unresolvable",
    "origin",
  ],
  [
    "a name where nobody knows what was asked for",
    reply(502, "x", [], "getaddrinfo ENOTFOUND site.example"),
    "handshake.target_unresolvable",
    "origin",
    { asked: { host: "", port: 443 } },
  ],
  [
    "another address than was asked for",
    reply(502, "Bad Gateway", [], "connect ECONNREFUSED 10.0.0.4:443"),
    "handshake.connect_rejected",
    "exit",
    { asked: { host: "192.0.2.9", port: 443 }, details: /its own next hop 10\.0\.0\.4:443/ },
  ],
  [
    "the address that was asked for",
    reply(502, "Bad Gateway", [], "connect ECONNREFUSED 192.0.2.9:443"),
    "handshake.target_refused",
    "origin",
    { asked: { host: "192.0.2.9", port: 443 } },
  ],
  // Python's words, as mitmproxy passes them on.
  [
    "mitmproxy: refused",
    reply(502, "Bad Gateway", ["Server", "mitmproxy 12.1.1"], "<p>[Errno 111] Connect call failed ('192.0.2.1', 443)</p>"),
    "handshake.target_refused",
    "origin",
  ],
  [
    "mitmproxy: malformed",
    reply(502, "Bad Gateway", ["Server", "mitmproxy 12.1.1"], "<p>Cannot parse HTTP response: Bad HTTP response line</p>"),
    "handshake.connect_rejected",
    "origin",
  ],
  [
    "mitmproxy: cut",
    reply(502, "Bad Gateway", ["Server", "mitmproxy 12.1.1"], "<p>peer closed connection without sending complete message body</p>"),
    "handshake.connect_rejected",
    "origin",
  ],
  // Plans that are spent, in words of vendors that name themselves nowhere.
  ["a spent balance", reply(403, "Forbidden", [], "Insufficient balance"), "handshake.quota_exceeded", "gateway"],
  ["spent bandwidth", reply(403, "Forbidden", [], "No bandwidth left"), "handshake.quota_exceeded", "gateway"],
  ["a plan that is over", reply(407, "x", [], "Your subscription has expired"), "handshake.quota_exceeded", "gateway"],
  ["a spent month", reply(401, "x", [], "Monthly API calls limit reached"), "handshake.quota_exceeded", "gateway"],
  ["an address that is not let in", reply(403, "Forbidden", [], "IP not authorized"), "handshake.auth_required", "gateway"],
  ["a host that is not allowed", reply(464, "Host Not Allowed"), "handshake.policy_denied", "exit"],
  // Squid, by its field and by its page.
  [
    "Squid: refused",
    squid(503, "ERR_CONNECT_FAIL 111"),
    "handshake.target_refused",
    "origin",
    { details: /answered 503; Squid: ERR_CONNECT_FAIL 111/ },
  ],
  ["Squid: timed out", squid(503, "ERR_CONNECT_FAIL 110"), "handshake.target_timeout", "origin"],
  ["Squid: no route to host", squid(503, "ERR_CONNECT_FAIL 113"), "handshake.target_unreachable", "origin"],
  ["Squid: network unreachable", squid(503, "ERR_CONNECT_FAIL 101"), "handshake.target_unreachable", "origin"],
  ["Squid: reset while connecting", squid(503, "ERR_CONNECT_FAIL 104"), "handshake.target_refused", "origin"],
  ["Squid on FreeBSD: refused", squid(503, "ERR_CONNECT_FAIL 61"), "handshake.target_refused", "origin"],
  ["Squid: no errno", squid(504, "ERR_CONNECT_FAIL 0"), "handshake.target_timeout", "origin"],
  ["Squid: its own firewall", squid(503, "ERR_CONNECT_FAIL 13"), "handshake.policy_denied", "exit"],
  ["Squid: out of source ports", squid(503, "ERR_CONNECT_FAIL 99"), "handshake.exit_unavailable", "exit"],
  [
    "Squid: name error",
    squid(503, "ERR_DNS_FAIL 0", squidPage("ERR_DNS_FAIL", "", "Name Error: The domain name does not exist.")),
    "handshake.target_unresolvable",
    "origin",
    { confidence: [0.9, 1] },
  ],
  ["Squid: DNS failure without a reason", squid(503, "ERR_DNS_FAIL 0"), "handshake.target_unresolvable", "origin"],
  [
    "Squid: its resolver fails",
    squid(503, "ERR_DNS_FAIL 0", squidPage("ERR_DNS_FAIL", "", "Server Failure: The name server was unable to process this query.")),
    "handshake.target_unresolvable",
    "dns",
  ],
  [
    "Squid: its resolver refuses it",
    squid(503, "ERR_DNS_FAIL 0", squidPage("ERR_DNS_FAIL", "", "Refused: The name server refuses to perform the specified operation.")),
    "handshake.target_unresolvable",
    "exit",
  ],
  [
    "Squid 5 on a name that does not resolve",
    squid(500, "ERR_CANNOT_FORWARD 0"),
    "handshake.target_unresolvable",
    "origin",
    { confidence: [0.5, 0.7] },
  ],
  [
    "Squid without a way to an address",
    squid(500, "ERR_CANNOT_FORWARD 0"),
    "handshake.exit_unavailable",
    "exit",
    { asked: { host: "192.0.2.1", port: 443 } },
  ],
  ["Squid: denied", squid(403, "ERR_ACCESS_DENIED 0"), "handshake.policy_denied", "exit"],
  ["Squid: login wanted", squid(407, "ERR_CACHE_ACCESS_DENIED 0"), "handshake.auth_required", "gateway"],
  ["Squid: login refused", squid(407, "ERR_CACHE_ACCESS_DENIED 0"), "handshake.auth_failed", "gateway", { authenticated: true }],
  ["Squid: read timeout", squid(504, "ERR_READ_TIMEOUT 0"), "handshake.target_timeout", "origin"],
  ["Squid: empty reply", squid(502, "ERR_ZERO_SIZE_OBJECT 0"), "handshake.connect_rejected", "origin"],
  ["Squid: TLS with the target failed", squid(503, "ERR_SECURE_CONNECT_FAIL 71"), "handshake.connect_rejected", "origin"],
  ["Squid: out of sockets", squid(503, "ERR_SOCKET_FAILURE 24"), "handshake.exit_unavailable", "exit"],
  ["Squid: shutting down", squid(503, "ERR_SHUTTING_DOWN 0"), "handshake.exit_unavailable", "exit"],
  [
    "Squid: its parent's word alone",
    reply(503, "Service Unavailable", [], squidPage("ERR_CONNECT_FAIL", "(111) Connection refused", "Connection to 192.0.2.1 failed.")),
    "handshake.target_refused",
    "origin",
  ],
  ["Squid: a page of its administrator", squid(403, "ERR_OUR_RULES 0"), "handshake.policy_denied", "exit"],

  // Other forward proxies.
  [
    "tinyproxy could not connect",
    reply(
      500,
      "Unable to connect",
      TINYPROXY,
      tinyproxyPage("500 Unable to connect", "Tinyproxy was unable to connect to the remote web server."),
    ),
    "handshake.target_unreachable",
    "origin",
    { confidence: [0.5, 0.7] },
  ],
  [
    "tinyproxy's parent is down",
    reply(
      502,
      "Unable to connect to upstream proxy",
      TINYPROXY,
      tinyproxyPage(
        "502 Unable to connect to upstream proxy",
        "A network error occurred while trying to connect to the upstream web proxy.",
      ),
    ),
    "handshake.exit_unavailable",
    "exit",
  ],
  [
    "tinyproxy forbids the port",
    reply(
      403,
      "Access violation",
      TINYPROXY,
      tinyproxyPage("403 Access violation", "The CONNECT method not allowed with the port you tried to use."),
    ),
    "handshake.policy_denied",
    "exit",
  ],
  [
    "tinyproxy wants a login",
    reply(
      407,
      "Proxy Authentication Required",
      TINYPROXY,
      tinyproxyPage("407 Proxy Authentication Required", "This proxy requires authentication."),
    ),
    "handshake.auth_required",
    "gateway",
  ],
  [
    "Apache: no connection",
    reply(
      503,
      "Service Unavailable",
      [],
      "<h1>Service Unavailable</h1>\n<p>The server is temporarily unable to service your\nrequest due to maintenance downtime or capacity\nproblems. Please try again later.</p>",
    ),
    "handshake.target_unreachable",
    "origin",
  ],
  [
    "Privoxy: no HTTP behind it",
    reply(502, "Server or forwarder response invalid", [], "Bad response. The server or forwarder response doesn't look like HTTP.\n"),
    "handshake.connect_rejected",
    "origin",
  ],
  ["Privoxy: no such domain", reply(404, "No such domain", [], PRIVOXY("404 - No such domain")), "handshake.target_unresolvable", "origin"],
  ["Privoxy: connect failed", reply(503, "Connect failed", [], PRIVOXY("503 - Connect failed")), "handshake.target_unreachable", "origin"],
  [
    "Privoxy: forwarding failure",
    reply(503, "Forwarding failure", [], PRIVOXY("503 - Forwarding failure")),
    "handshake.exit_unavailable",
    "exit",
  ],
  [
    "Privoxy: connection timeout",
    reply(504, "Connection timeout", [], PRIVOXY("504 - Connection timeout")),
    "handshake.target_timeout",
    "origin",
  ],
  [
    "3proxy: not found or failed",
    reply(502, "Bad Gateway", THREE_PROXY, threeProxyPage("502 Bad Gateway", "Host Not Found or connection failed")),
    "handshake.target_unreachable",
    "origin",
  ],
  [
    "3proxy: traffic limit",
    reply(503, "Service Unavailable", THREE_PROXY, threeProxyPage("503 Service Unavailable", "You have exceeded your traffic limit")),
    "handshake.quota_exceeded",
    "gateway",
  ],
  [
    "3proxy: access list",
    reply(403, "Forbidden", THREE_PROXY, threeProxyPage("403 Access Denied", "Access control list denies you to access this resource")),
    "handshake.policy_denied",
    "exit",
  ],
  [
    "Smokescreen denies with a 407",
    reply(407, "Request rejected by proxy", [
      "X-Smokescreen-Error",
      "Egress proxying is denied to host 'site.example:443': default rule policy used.",
    ]),
    "handshake.policy_denied",
    "exit",
  ],
  [
    "Smokescreen: no such host",
    reply(502, "Bad Gateway", [
      "X-Smokescreen-Error",
      "Failed to resolve remote hostname: lookup site.example on 10.44.0.10:53: no such host",
    ]),
    "handshake.target_unresolvable",
    "origin",
  ],
  [
    "Smokescreen: refused",
    reply(502, "Bad Gateway", [
      "X-Smokescreen-Error",
      "Failed to connect to remote host: dial tcp 192.0.2.1:443: connect: connection refused",
    ]),
    "handshake.target_refused",
    "origin",
  ],
  [
    "Smokescreen: timed out",
    reply(504, "Gateway Timeout", ["X-Smokescreen-Error", "Timed out connecting to remote host: dial tcp 192.0.2.1:443: i/o timeout"]),
    "handshake.target_timeout",
    "origin",
  ],
  [
    "Forwarder: refused",
    reply(502, "Bad Gateway", ["X-Forwarder-Error", "forwarder dial tcp 192.0.2.1:443: connect: connection refused"]),
    "handshake.target_refused",
    "origin",
  ],
  [
    "Forwarder: its own upstream refused",
    reply(502, "Bad Gateway", ["X-Forwarder-Error", "forwarder dial tcp 10.0.0.9:3128: connect: connection refused"]),
    "handshake.connect_rejected",
    "exit",
    { details: /its own next hop 10\.0\.0\.9:3128/ },
  ],
  ["Forwarder: denied", reply(403, "Forbidden", ["X-Forwarder-Error", "forwarder proxying denied"]), "handshake.policy_denied", "exit"],
  [
    "mitmproxy: refused",
    reply(
      502,
      "Bad Gateway",
      ["Server", "mitmproxy 10.2.2"],
      "<h1>502 Bad Gateway</h1><p>[Errno 111] Connect call failed: Connection refused</p>",
    ),
    "handshake.target_refused",
    "origin",
  ],
  [
    "proxy-chain: its upstream answered 502",
    reply(590, "UPSTREAM502"),
    "handshake.connect_rejected",
    "exit",
    { details: /UPSTREAM502/, confidence: [0.5, 0.6] },
  ],
  ["proxy-chain: its upstream is down", reply(594, "ECONNREFUSED"), "handshake.connect_rejected", "exit"],
  ["proxy-chain: its upstream's login", reply(597, "UPSTREAM407"), "handshake.connect_rejected", "exit"],
  [
    "Apache as a proxy: no such name",
    reply(502, "Proxy Error", [], apachePage("502 Proxy Error", "site.example:443", "DNS lookup failure for: site.example")),
    "handshake.target_unresolvable",
    "origin",
  ],
  [
    "Apache as a proxy: port blocked",
    reply(403, "Forbidden", [], apachePage("403 Forbidden", "site.example:25", "Connect to remote machine blocked")),
    "handshake.policy_denied",
    "exit",
  ],
  [
    "a Go proxy's raw error",
    reply(502, "Bad Gateway", ["Content-Type", "text/plain"], "dial tcp: lookup site.example on 127.0.0.11:53: no such host\n"),
    "handshake.target_unresolvable",
    "origin",
  ],
  [
    "a Go proxy's resolver",
    reply(502, "Bad Gateway", [], "dial tcp: lookup site.example on 127.0.0.11:53: server misbehaving"),
    "handshake.target_unresolvable",
    "dns",
  ],
  [
    "a Go proxy: no route",
    reply(502, "Bad Gateway", [], "dial tcp 192.0.2.1:443: connect: no route to host"),
    "handshake.target_unreachable",
    "origin",
  ],
  ["a Node proxy's raw error", reply(502, "Bad Gateway", [], "connect ECONNREFUSED 192.0.2.1:443"), "handshake.target_refused", "origin"],
  [
    "a Node proxy: its upstream refused",
    reply(502, "Bad Gateway", [], "connect ECONNREFUSED 10.0.0.9:8888"),
    "handshake.connect_rejected",
    "exit",
  ],
  [
    "a Node proxy: no such name",
    reply(502, "Bad Gateway", [], "getaddrinfo ENOTFOUND site.example"),
    "handshake.target_unresolvable",
    "origin",
  ],
  [
    "a Python proxy: timed out",
    reply(504, "Gateway Timeout", [], "[Errno 110] Connection timed out"),
    "handshake.target_timeout",
    "origin",
  ],

  // Vendors.
  [
    "Bright Data: wrong password",
    brightData(407, "client_10000", "Auth failed"),
    "handshake.auth_failed",
    "gateway",
    { authenticated: true },
  ],
  ["Bright Data: no credentials", brightData(407, "client_10010"), "handshake.auth_required", "gateway"],
  [
    "Bright Data: suspended",
    brightData(407, "client_10020", "Account is suspended"),
    "handshake.quota_exceeded",
    "gateway",
    { authenticated: true },
  ],
  ["Bright Data: address not allowed", brightData(407, "client_10030"), "handshake.auth_failed", "gateway", { authenticated: true }],
  ["Bright Data: zone's limit", brightData(502, "client_10100", "Zone has reached usage limit"), "handshake.quota_exceeded", "gateway"],
  ["Bright Data: rate", brightData(429, "client_10110"), "handshake.rate_limited", "exit"],
  ["Bright Data: zone's denylist", brightData(403, "client_10260"), "handshake.policy_denied", "gateway"],
  ["Bright Data: address not the zone's", brightData(400, "client_10060"), "handshake.exit_unavailable", "gateway"],
  ["Bright Data: KYC", brightData(402, "policy_20130"), "handshake.policy_denied", "exit"],
  [
    "Bright Data: target forbidden",
    brightData(403, "policy_20050", "Forbidden: target site requires special permission"),
    "handshake.policy_denied",
    "exit",
    { details: /Bright Data: policy_20050, "Forbidden/ },
  ],
  ["Bright Data: domain rate", brightData(429, "policy_20220"), "handshake.rate_limited", "exit"],
  ["Bright Data: a session's peer is gone", brightData(502, "peer_30010"), "handshake.session_lost", "exit", { vendor: BRIGHT_DATA }],
  [
    "Bright Data: no exit in the city for a session",
    brightData(502, "peer_30030"),
    "handshake.exit_unavailable",
    "exit",
    { vendor: BRIGHT_DATA },
  ],
  ["Bright Data: no exit in the city", brightData(502, "peer_30030"), "handshake.exit_unavailable", "exit"],
  [
    "Bright Data: name does not resolve",
    brightData(502, "target_40001", "Could not resolve host"),
    "handshake.target_unresolvable",
    "origin",
  ],
  ["Bright Data: no AAAA", brightData(502, "target_40011"), "handshake.target_unresolvable", "origin"],
  [
    "Bright Data: by Proxy-Status alone",
    proxyStatus(407, 'brd.superproxy.io; received-status=407; error="http_request_denied"; details="client_10000: Authentication failed"'),
    "handshake.auth_failed",
    "gateway",
    { authenticated: true },
  ],
  [
    "Bright Data: by Proxy-Status, with a dash",
    proxyStatus(
      400,
      'brd.brighdata.io; received-status=400; error=destination_ip_unroutable; details="client-10060: Requested IP is not allocated to this zone"',
    ),
    "handshake.exit_unavailable",
    "gateway",
  ],
  [
    "Bright Data in old words",
    reply(502, "Proxy Error", ["x-luminati-error", "Proxy Error: No peers available"]),
    "handshake.exit_unavailable",
    "exit",
  ],
  ["Bright Data with a code that is an object's property", brightData(502, "__proto__"), "handshake.connect_rejected", "exit"],
  [
    "Oxylabs: login",
    oxylabs(407, "Access denied: user authentication failed"),
    "handshake.auth_failed",
    "gateway",
    { authenticated: true },
  ],
  [
    "Oxylabs: traffic limit",
    oxylabs(407, "Access denied: traffic limit reached"),
    "handshake.quota_exceeded",
    "gateway",
    { authenticated: true },
  ],
  ["Oxylabs: restricted target", oxylabs(403, "Access denied: restricted target"), "handshake.policy_denied", "exit"],
  ["Oxylabs: session failed", oxylabs(502, "Bad gateway: session failed. Please start a new session."), "handshake.session_lost", "exit"],
  ["Oxylabs: no exit", oxylabs(525, "No exit found"), "handshake.exit_unavailable", "exit"],
  [
    "Oxylabs: no exit in 502",
    oxylabs(502, "Bad gateway: no exit node found. Please try different filters"),
    "handshake.exit_unavailable",
    "exit",
  ],
  [
    "Oxylabs: target out of reach",
    oxylabs(504, "Timeout: could not reach target. Please check if target URL is correct"),
    "handshake.target_unreachable",
    "origin",
  ],
  [
    "Oxylabs: its own error",
    oxylabs(500, "Internal server error: we have encountered an internal error"),
    "handshake.connect_rejected",
    "exit",
  ],
  [
    "Thordata: region",
    reply(400, "Bad Request", ["X-thor-error-code", "client_101", "x-thor-error", "Region Parameter Error"]),
    "handshake.auth_failed",
    "gateway",
  ],
  [
    "Thordata: no address",
    reply(502, "Bad Gateway", ["X-thor-error-code", "Resource_201", "x-thor-error", "IP Allocation Failed"]),
    "handshake.exit_unavailable",
    "exit",
  ],
  ["Zyte's API: the account's rate", reply(429, "x", ["Zyte-Error-Type", "/limits/over-user-limit"]), "handshake.rate_limited", "exit"],
  ["Zyte's API: the account", reply(403, "x", ["Zyte-Error-Type", "/auth/account-suspended"]), "handshake.quota_exceeded", "gateway"],
  ["Zyte's API: banned", reply(520, "x", ["Zyte-Error-Type", "/download/temporary-error"]), "handshake.exit_unavailable", "exit"],
  ["Zyte: no such name", zyte(503, "nxdomain"), "handshake.target_unresolvable", "origin"],
  ["Zyte: refused", zyte(503, "econnrefused"), "handshake.target_refused", "origin"],
  ["Zyte: unreachable", zyte(503, "ehostunreach"), "handshake.target_unreachable", "origin"],
  ["Zyte: timeout", zyte(504, "timeout"), "handshake.target_timeout", "origin"],
  ["Zyte: reset", zyte(503, "econnreset"), "handshake.connect_rejected", "origin"],
  ["Zyte: banned", zyte(503, "banned"), "handshake.exit_unavailable", "exit"],
  ["Zyte: no exits", zyte(503, "noslaves"), "handshake.exit_unavailable", "exit"],
  ["Zyte: suspended", zyte(403, "user_suspended"), "handshake.quota_exceeded", "gateway"],
  ["Zyte: login", zyte(407, "bad_proxy_auth"), "handshake.auth_failed", "gateway", { authenticated: true }],
  ["Zyte: connections", zyte(429, "too_many_conns"), "handshake.rate_limited", "exit"],
  ["Zyte: domain", zyte(403, "domain_forbidden"), "handshake.policy_denied", "exit"],
  ["Zyte: session", zyte(400, "bad_session_id"), "handshake.session_lost", "exit"],
  ["proxies.fo: bandwidth", reply(452, "Bandwidth Exceeded", [], "exceeded bandwidth limit"), "handshake.quota_exceeded", "gateway"],
  ["proxies.fo: bandwidth by its status alone", reply(452, "452"), "handshake.quota_exceeded", "gateway"],
  ["proxies.fo: threads", reply(453, "453"), "handshake.quota_exceeded", "gateway"],
  ["proxies.fo: country", reply(454, "Invalid Country Code", [], "invalid country code"), "handshake.exit_unavailable", "gateway"],
  ["proxies.fo: duration", reply(455, "Invalid TTL", [], "invalid ttl"), "handshake.auth_failed", "gateway"],
  ["Bright Data: a zone for browsers", brightData(403, "client_10090"), "handshake.auth_failed", "gateway"],
  ["Oxylabs: parameters", oxylabs(400, "Bad request: unsupported parameters were used"), "handshake.auth_failed", "gateway"],
  ["Oxylabs: our request", oxylabs(400, "Bad request: could not parse the request"), "handshake.connect_rejected", "gateway"],
  [
    "Oxylabs: timeout",
    oxylabs(504, "Timeout: request timed out. Please try again."),
    "handshake.target_timeout",
    "origin",
    { confidence: [0.5, 0.65] },
  ],
  ["Oxylabs: exit node not found", oxylabs(502, "Bad gateway: exit node not found (session ended)"), "handshake.session_lost", "exit"],
  [
    "Oxylabs without a word: session",
    reply(502, "Bad Gateway"),
    "handshake.session_lost",
    "exit",
    { vendor: OXYLABS, details: /502; Oxylabs/ },
  ],
  [
    "Oxylabs without a word and a session",
    reply(502, "Bad Gateway"),
    "handshake.connect_rejected",
    "exit",
    { vendor: { ...OXYLABS, hasSession: false } },
  ],
  ["Oxylabs without a word: name", reply(404, "Not Found"), "handshake.target_unresolvable", "origin", { vendor: OXYLABS }],
  [
    "Oxylabs without a word: target",
    reply(503, "Service Unavailable"),
    "handshake.target_unreachable",
    "origin",
    { vendor: OXYLABS, confidence: [0.5, 0.7] },
  ],
  ["Oxylabs without a word: silence", reply(504, "Gateway Timeout"), "handshake.target_timeout", "origin", { vendor: OXYLABS }],
  ["Oxylabs without a word: threads", reply(429, "Too Many Requests"), "handshake.rate_limited", "exit", { vendor: OXYLABS }],
  ["Oxylabs without a word: login", reply(407, "x"), "handshake.auth_failed", "gateway", { vendor: OXYLABS, authenticated: true }],
  ["NetNut: session", reply(502, "502"), "handshake.session_lost", "exit", { vendor: { id: "netnut", hasSession: true } }],
  ["NetNut: silence", reply(522, "522"), "handshake.target_timeout", "origin", { vendor: { id: "netnut", hasSession: false } }],
  ["NetNut: either", reply(503, "503"), "handshake.connect_rejected", "exit", { vendor: { id: "netnut", hasSession: true } }],
  ["NetNut: content", reply(403, "403"), "handshake.policy_denied", "exit", { vendor: { id: "netnut", hasSession: false } }],
  [
    "IPRoyal without a word: no exits",
    reply(503, ""),
    "handshake.exit_unavailable",
    "exit",
    { vendor: { id: "iproyal", hasSession: false } },
  ],
  [
    "IPRoyal without a word: exit failed",
    reply(504, ""),
    "handshake.exit_unavailable",
    "exit",
    { vendor: { id: "iproyal", hasSession: false } },
  ],
  ["Nimble: credits", reply(402, "402"), "handshake.quota_exceeded", "gateway", { vendor: { id: "nimble", hasSession: false } }],
  [
    "a vendor that nobody knows",
    reply(503, "x"),
    "handshake.connect_rejected",
    "exit",
    { vendor: { id: "constructor", hasSession: true } },
  ],
  ["Proxy Manager: its words", reply(502, "x", ["x-lpm-error", "No peers available"]), "handshake.exit_unavailable", "exit"],
  ["Proxy-Error: a quota", reply(402, "x", ["Proxy-Error", "no funds"]), "handshake.quota_exceeded", "gateway"],
  ["NetNut: access point", reply(490, "490"), "handshake.exit_unavailable", "exit"],
  ["IPRoyal: no exits", reply(503, "No Exits Available"), "handshake.exit_unavailable", "exit"],
  ["IPRoyal: exit failed", reply(504, "Exit Connection Failed"), "handshake.exit_unavailable", "exit"],
  ["Nimble: no address", reply(525, "525"), "handshake.exit_unavailable", "exit"],

  // RFC 9209.
  [
    "Proxy-Status: refused",
    proxyStatus(502, "exit.example; error=connection_refused"),
    "handshake.target_refused",
    "origin",
    { details: /Proxy-Status of "exit.example": error=connection_refused/ },
  ],
  [
    "Proxy-Status: refused, about the target",
    proxyStatus(502, 'exit.example; error=connection_refused; next-hop="site.example:443"'),
    "handshake.target_refused",
    "origin",
  ],
  [
    "Proxy-Status: refused, about the target's address",
    proxyStatus(502, 'exit.example; error=connection_refused; next-hop="192.0.2.1:443"'),
    "handshake.target_refused",
    "origin",
  ],
  [
    "Proxy-Status: refused, about its own upstream",
    proxyStatus(502, 'exit.example; error=connection_refused; next-hop="upstream.example:3128"'),
    "handshake.connect_rejected",
    "exit",
  ],
  [
    "Proxy-Status: the innermost member owns it",
    proxyStatus(502, "inner.example; error=connection_timeout, outer.example; received-status=502; error=http_protocol_error"),
    "handshake.target_timeout",
    "origin",
    { details: /inner\.example/ },
  ],
  [
    "Proxy-Status: members without an error are passed over",
    proxyStatus(502, "inner.example, outer.example; error=dns_error; rcode=NXDOMAIN"),
    "handshake.target_unresolvable",
    "origin",
  ],
  [
    "Proxy-Status: DNS of the exit",
    proxyStatus(502, "exit.example; error=dns_error; rcode=SERVFAIL"),
    "handshake.target_unresolvable",
    "dns",
  ],
  ["Proxy-Status: DNS timeout", proxyStatus(504, "exit.example; error=dns_timeout"), "handshake.target_unresolvable", "dns"],
  ["Proxy-Status: unroutable", proxyStatus(502, "exit.example; error=destination_ip_unroutable"), "handshake.target_unreachable", "origin"],
  ["Proxy-Status: prohibited", proxyStatus(502, "exit.example; error=destination_ip_prohibited"), "handshake.policy_denied", "exit"],
  ["Proxy-Status: denied", proxyStatus(403, "exit.example; error=http_request_denied"), "handshake.policy_denied", "exit"],
  [
    "Proxy-Status: denied for want of a login",
    proxyStatus(407, "exit.example; error=http_request_denied"),
    "handshake.auth_required",
    "gateway",
  ],
  ["Proxy-Status: limit", proxyStatus(503, "exit.example; error=connection_limit_reached"), "handshake.rate_limited", "exit"],
  ["Proxy-Status: unavailable", proxyStatus(503, "exit.example; error=destination_unavailable"), "handshake.exit_unavailable", "exit"],
  ["Proxy-Status: internal", proxyStatus(500, "exit.example; error=proxy_internal_error"), "handshake.connect_rejected", "exit"],
  ["Proxy-Status: terminated", proxyStatus(502, "exit.example; error=connection_terminated"), "handshake.connect_rejected", "origin"],
  ["Proxy-Status: our request", proxyStatus(400, "exit.example; error=http_request_error"), "handshake.connect_rejected", "gateway"],
  ["Proxy-Status: error as a String", proxyStatus(502, 'exit.example; error="connection_refused"'), "handshake.target_refused", "origin"],
  ["Proxy-Status: an error that nobody knows", proxyStatus(502, "exit.example; error=toString"), "handshake.connect_rejected", "exit"],
  [
    "Proxy-Status of a gateway of our kind: its exit",
    proxyStatus(502, 'inner; error=connection_refused; fault=connect.refused; culprit=exit; confidence=0.98; next-hop="192.0.2.9:8080"'),
    "handshake.connect_rejected",
    "exit",
    { confidence: [0.98, 0.98] },
  ],
  [
    "Proxy-Status of a gateway of our kind: the site",
    proxyStatus(504, "inner; error=connection_timeout; fault=handshake.target_timeout; culprit=origin; confidence=0.9"),
    "handshake.target_timeout",
    "origin",
  ],
  ["Proxy-Status that is no structured field", proxyStatus(502, "error=;;;,,,"), "handshake.connect_rejected", "exit"],

  // Without evidence.
  [
    "a bare 407",
    reply(407, "Proxy Authentication Required", ["Proxy-Authenticate", "Basic realm=x"]),
    "handshake.auth_required",
    "gateway",
  ],
  ["a bare 407 to our login", reply(407, "Proxy Authentication Required"), "handshake.auth_failed", "gateway", { authenticated: true }],
  ["a 401 in place of a 407", reply(401, "Unauthorized"), "handshake.auth_required", "gateway"],
  ["a bare 403", reply(403, "Forbidden"), "handshake.policy_denied", "exit"],
  ["a bare 429", reply(429, "Too Many Requests", ["Retry-After", "7"]), "handshake.rate_limited", "exit", { retryAfterMs: 7000 }],
  [
    "a 429 with a date",
    reply(429, "Too Many Requests", ["Date", "Thu, 26 Nov 2026 22:28:42 GMT", "Retry-After", "Thu, 26 Nov 2026 22:29:12 GMT"]),
    "handshake.rate_limited",
    "exit",
    { retryAfterMs: 30_000 },
  ],
  ["a bare 400", reply(400, "Bad Request"), "handshake.connect_rejected", "exit"],
  ["a bare 404", reply(404, "Not Found"), "handshake.connect_rejected", "exit"],
  ["a bare 405", reply(405, "Method Not Allowed"), "handshake.connect_rejected", "exit", { details: /no proxy/ }],
  [
    "a redirect",
    reply(302, "Found", ["Location", "http://portal.example/"]),
    "handshake.connect_rejected",
    "exit",
    { details: /captive portal/ },
  ],
  ["a bare 500", reply(500, "Internal Server Error"), "handshake.connect_rejected", "exit"],
  ["a bare 502", reply(502, "Bad Gateway"), "handshake.connect_rejected", "exit", { confidence: [0.5, 0.7] }],
  ["a bare 503", reply(503, "Service Unavailable"), "handshake.connect_rejected", "exit", { confidence: [0.5, 0.7] }],
  ["a bare 504", reply(504, "Gateway Timeout"), "handshake.connect_rejected", "exit", { confidence: [0.5, 0.7] }],
  ["a bare 522", reply(522, "Timeout"), "handshake.connect_rejected", "exit", { confidence: [0.5, 0.7] }],
  [
    "nginx's 502",
    reply(502, "Bad Gateway", NGINX, nginxPage("502 Bad Gateway")),
    "handshake.connect_rejected",
    "exit",
    { details: /in the words of nginx/, confidence: [0.5, 0.7] },
  ],
  ["nginx's 400", reply(400, "Bad Request", NGINX, nginxPage("400 Bad Request")), "handshake.connect_rejected", "exit"],
  [
    "an edge that has no such site",
    reply(403, "Forbidden", ["Server", "cloudflare"], "error code: 1003"),
    "handshake.connect_rejected",
    "exit",
    { details: /403 "Forbidden" in the words of cloudflare, as a web server does/ },
  ],
  [
    "an edge that names itself in Via",
    reply(403, "Forbidden", ["Server", "CloudFront", "Via", "1.1 0123456789abcdef.cloudfront.net (CloudFront)"], "<H1>403 ERROR</H1>"),
    "handshake.connect_rejected",
    "exit",
    { details: /in the words of CloudFront, as a web server does/ },
  ],
  ["a proxy that denies", reply(403, "Forbidden", ["Server", "nginx"], ""), "handshake.policy_denied", "exit"],
  [
    "nginx on a port that wants TLS",
    reply(400, "Bad Request", NGINX, "<html><body><center>The plain HTTP request was sent to HTTPS port</center></body></html>"),
    "handshake.not_a_proxy",
    "gateway",
    { details: /https:\/\/host:port/ },
  ],
  [
    "Tor's SOCKS port",
    reply(501, "Tor is not an HTTP Proxy", [], "<html><head><title>This is a SOCKS Proxy, Not An HTTP Proxy</title></head></html>"),
    "handshake.not_a_proxy",
    "gateway",
    { details: /socks5:\/\/host:port/ },
  ],
  [
    "an address that is not let in",
    reply(403, "Forbidden", [], "<p>Your IP address 192.0.2.1 is not authorized to use this proxy.</p>"),
    "handshake.auth_required",
    "gateway",
    { details: /answered 403 "Forbidden +Your IP address 192.0.2.1 is not authorized/ },
  ],
  [
    "a rule on addresses of targets",
    reply(403, "Forbidden", [], "Access to IP addresses is not allowed"),
    "handshake.policy_denied",
    "exit",
  ],
  [
    "a login by Digest alone",
    reply(407, "", ["Proxy-Authenticate", 'Digest realm="Basic, lab", nonce="a", qop="auth"'], ""),
    "handshake.auth_required",
    "gateway",
    { details: /it wants a login by Digest, and takes no Basic$/ },
  ],
  [
    "a login by one of several",
    reply(407, "", ["Proxy-Authenticate", "Negotiate", "Proxy-Authenticate", "NTLM"], ""),
    "handshake.auth_required",
    "gateway",
    { details: /by NTLM or Negotiate, and takes no Basic$/ },
  ],
  [
    "a login by Basic too",
    reply(407, "", ["Proxy-Authenticate", 'NTLM, Basic realm="lab"'], ""),
    "handshake.auth_required",
    "gateway",
    { details: /it wants a login$/ },
  ],
  [
    "Go on a port that wants TLS",
    reply(400, "Bad Request", [], "Client sent an HTTP request to an HTTPS server.\n"),
    "handshake.not_a_proxy",
    "gateway",
  ],
  [
    "HAProxy's 503",
    reply(503, "Service Unavailable", HAPROXY, HAPROXY_503),
    "handshake.connect_rejected",
    "exit",
    { details: /in the words of HAProxy/ },
  ],
  [
    "Apache's 405",
    reply(405, "Method Not Allowed", [], "<address>Apache/2.4 Server at x Port 80</address>"),
    "handshake.connect_rejected",
    "exit",
  ],
];

for (const [title, answer, id, culprit, more = {}] of ROWS) {
  test(`reads a refused CONNECT: ${title}`, () => {
    const found = attributeRefusedConnect(answer, more.asked ?? SITE, more.authenticated ?? false, more.vendor);
    assert.equal(found.id, id, found.details);
    assert.equal(culpritOf(found, "exit"), culprit, found.details);
    assert.equal(found.params["received-status"], answer.status);
    assert.equal(found.retryAfterMs, more.retryAfterMs ?? null);
    if (more.details !== undefined) assert.match(found.details, more.details);
    if (more.confidence !== undefined) {
      const [low, high] = more.confidence;
      assert.ok(found.confidence !== null && found.confidence >= low && found.confidence <= high, `confidence ${found.confidence}`);
    }
  });
}

test("reads the same with Squid's Via and in another case of the field names", () => {
  const fields = [...squidFields("ERR_CONNECT_FAIL 111"), ...SQUID_VIA].map((text, i) => (i % 2 === 0 ? text.toUpperCase() : text));
  assert.equal(attributeRefusedConnect(reply(503, "x", fields), SITE, false).id, "handshake.target_refused");
});

test("says something about any reply, in one line of printable ASCII without control bytes", () => {
  const names = [
    "Server",
    "Via",
    "Proxy-Status",
    "X-Squid-Error",
    "x-brd-err-code",
    "X-Crawlera-Error",
    "X-Error-Description",
    "X-thor-error-code",
    "Retry-After",
  ];
  const field = fc.tuple(
    fc.constantFrom(...names),
    fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "ERR_X", "a;error=x")),
  );
  const anyReply = fc.record({
    status: fc.integer({ min: 300, max: 599 }),
    reason: fc.string(),
    fields: fc.array(field, { maxLength: 4 }).map((pairs) => pairs.flat()),
    body: fc.uint8Array({ maxLength: 300 }),
  });
  fc.assert(
    fc.property(anyReply, fc.boolean(), (answer, authenticated) => {
      const found = attributeRefusedConnect(answer, SITE, authenticated);
      assert.match(found.details, /^[\x20-\x7e]+$/);
      assert.ok(found.details.length < 500);
      assert.ok(found.id.startsWith("handshake."));
    }),
    { numRuns: 300 },
  );
});
