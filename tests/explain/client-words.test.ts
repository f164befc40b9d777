import assert from "node:assert/strict";
import { test } from "node:test";
import { readClientWords } from "../../src/explain/response/client-words.ts";
import { explainResponse } from "../../src/explain/response/explain-response.ts";

/** As clients print them, with names of examples. */
const SAID: readonly (readonly [line: string, fault: string, culprit: string | null])[] = [
  // PHP's Guzzle quotes curl.
  ["cURL error 28: Operation timed out after 30001 milliseconds with 0 bytes received", "head.timeout", null],
  ["cURL error 60: SSL certificate problem: unable to get local issuer certificate", "tls.cert_untrusted", null],
  ["cURL error 35: OpenSSL SSL_connect: Connection reset by peer in connection to site.example:443", "tls.closed_in_handshake", null],
  ["curl: (28) Proxy CONNECT aborted due to timeout", "handshake.timeout", "exit"],
  ["curl: (28) SSL connection timeout", "tls.handshake_timeout", null],
  ["curl: (16) Error in the HTTP2 framing layer", "head.reset", null],
  ["curl: (55) Send failure: Broken pipe", "write.reset", null],
  ["curl: (22) The requested URL returned error: 502", "relay.edge_5xx", null],
  // A certificate's date, and its names.
  ["curl: (60) SSL certificate problem: certificate has expired", "tls.cert_expired", null],
  ["  code: 'CERT_HAS_EXPIRED'", "tls.cert_expired", null],
  [
    "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1000)",
    "tls.cert_expired",
    null,
  ],
  ["page.goto: net::ERR_CERT_DATE_INVALID at https://site.example/", "tls.cert_expired", null],
  [
    "x509: certificate has expired or is not yet valid: current time 2026-11-27T14:02:07Z is after 2026-01-01T00:00:00Z",
    "tls.cert_expired",
    null,
  ],
  [
    "x509: certificate has expired or is not yet valid: current time 1970-01-01T00:00:07Z is before 2026-01-01T00:00:00Z",
    "tls.cert_not_yet_valid",
    null,
  ],
  ["curl: (60) SSL: no alternative certificate subject name matches target host name 'site.example'", "tls.cert_name_mismatch", null],
  [
    "Hostname/IP does not match certificate's altnames: Host: site.example. is not in the cert's altnames: DNS:other.example",
    "tls.cert_name_mismatch",
    null,
  ],
  ["javax.net.ssl.SSLPeerUnverifiedException: No name matching site.example found", "tls.cert_name_mismatch", null],
  ["wget: unable to resolve host address ‘nosuch.example’", "dns.nxdomain", null],
  // A connection that did not come about.
  ["curl: (28) Failed to connect to 192.0.2.1 port 80 after 133000 ms: Connection timed out", "connect.timeout", null],
  ["curl: (28) Failed to connect to proxy-1.example port 80 after 5002 ms: Timeout was reached", "connect.timeout", null],
  [
    "fatal: unable to access 'https://git.example/': Failed to connect to proxy.example port 3128 after 130 ms: Connection timed out",
    "connect.timeout",
    null,
  ],
  ["curl: (7) Failed to connect to 192.0.2.9 port 80 after 3060 ms: No route to host", "connect.host_unreachable", null],
  ["curl: (7) Failed to connect to 2001:db8::1 port 80: Network is unreachable", "connect.net_unreachable", "network"],
  ["curl: (7) Failed to connect to proxy.example port 3128 after 0 ms: Couldn't connect to server", "connect.refused", null],
  ["The proxy server is refusing connections", "connect.refused", "exit"],
  ["error:0A000086:SSL routines::certificate verify failed:: invalid peer certificate: Expired", "tls.cert_expired", null],
  ["wget: ERROR: no certificate subject alternative name matches", "tls.cert_name_mismatch", null],
  // SOCKS.
  [
    "curl: (97) No authentication method was acceptable. (It is quite likely that the SOCKS5 server wanted a username/password)",
    "handshake.auth_required",
    "gateway",
  ],
  ["curl: (7) No authentication method was acceptable.", "handshake.auth_required", "gateway"],
  ["curl: (7) Unable to receive initial SOCKS5 response.", "handshake.closed", "exit"],
  ["Error: Socks5 proxy rejected connection - HostUnreachable", "handshake.target_unreachable", "origin"],
  ["Error: Socks5 proxy rejected connection - NetworkUnreachable", "handshake.target_unreachable", "origin"],
  ["Error: Socks5 proxy rejected connection - ConnectionRefused", "handshake.target_refused", "origin"],
  ["Error: Socks5 proxy rejected connection - NotAllowed", "handshake.policy_denied", "exit"],
  ["Error: Socks5 proxy rejected connection - TTLExpired", "handshake.target_timeout", "origin"],
  ["Error: getaddrinfo EAI_AGAIN api.site.example", "dns.timeout", "dns"],
  ["socket.gaierror: [Errno -3] Temporary failure in name resolution", "dns.timeout", "dns"],
  ["curl: (97) User was rejected by the SOCKS5 server (1 1).", "handshake.auth_required", "gateway"],
  ["curl: (97) Received invalid version in initial SOCKS5 response.", "handshake.not_a_proxy", "gateway"],
  ["curl: (97) connection to proxy closed", "handshake.connect_rejected", "exit"],
  [
    'Get "https://site.example/": socks connect tcp 127.0.0.1:1080->site.example:443: unknown error host unreachable',
    "handshake.target_unreachable",
    "origin",
  ],
  [
    'Get "https://site.example/": socks connect tcp 127.0.0.1:1080->site.example:443: dial tcp 127.0.0.1:1080: connect: connection refused',
    "connect.refused",
    "exit",
  ],
  ["httpx.ProxyError: Proxy Server could not connect: Host unreachable.", "handshake.target_unreachable", "origin"],
  [
    "SOCKSHTTPSConnectionPool(host='site.example', port=443): Max retries exceeded with url: / (Caused by NewConnectionError('<urllib3>: Failed to establish a new connection: 0x05: Connection refused'))",
    "handshake.target_refused",
    "origin",
  ],
  [
    "SOCKSHTTPSConnectionPool(host='site.example', port=443): Max retries exceeded with url: / (Caused by NewConnectionError('<urllib3>: Failed to establish a new connection: [Errno 111] Connection refused'))",
    "connect.refused",
    "exit",
  ],
  ["Failed to establish a new connection: SOCKS5 authentication failed", "handshake.auth_required", "gateway"],
  // Rust, OkHttp, Ruby.
  ["error trying to connect: unsuccessful tunnel", "handshake.connect_rejected", null],
  ["error trying to connect: proxy authentication required", "handshake.auth_required", "gateway"],
  ["java.io.IOException: Failed to authenticate with proxy", "handshake.auth_required", "gateway"],
  ["java.io.IOException: Unexpected response code for CONNECT: 502", "handshake.connect_rejected", null],
  ['Net::HTTPServerException: 407 "Proxy Authentication Required"', "handshake.auth_required", "gateway"],
  // Go: Docker, kubectl, gRPC.
  ['Error response from daemon: Get "https://registry.example/v2/": net/http: TLS handshake timeout', "tls.handshake_timeout", null],
  ['Get "https://registry.example/v2/": net/http: request canceled (Client.Timeout exceeded while awaiting headers)', "head.timeout", null],
  [
    'Get "https://registry.example/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    "tls.cert_untrusted",
    null,
  ],
  ['Get "https://192.0.2.1:5000/v2/": http: server gave HTTP response to HTTPS client', "tls.protocol_mismatch", null],
  ['Get "https://site.example/": read tcp 192.0.2.4:51234->192.0.2.1:443: read: connection reset by peer', "head.reset", null],
  ['Get "https://site.example/": EOF', "head.closed_empty", null],
  [
    'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 192.0.2.1:50051: connect: connection refused"',
    "connect.refused",
    null,
  ],
  // Python.
  ["aiohttp.client_exceptions.ServerDisconnectedError: Server disconnected", "head.closed_empty", null],
  [
    "ClientConnectorError: Cannot connect to host site.example:443 ssl:default [Connect call failed ('192.0.2.1', 443)]",
    "connect.refused",
    null,
  ],
  ["httpx.RemoteProtocolError: Server disconnected without sending a response.", "head.closed_empty", null],
  ["httpx.ReadTimeout", "head.timeout", null],
  ["(Caused by SSLError(SSLEOFError(8, 'EOF occurred in violation of protocol (_ssl.c:1129)')))", "tls.closed_in_handshake", null],
  ["requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: https://site.example/", "relay.edge_5xx", null],
  ["urllib.error.HTTPError: HTTP Error 429: Too Many Requests", "relay.rate_limited", null],
  // Node.
  ["  [cause]: SocketError: other side closed", "head.closed_empty", null],
  ["HeadersTimeoutError: Headers Timeout Error", "head.timeout", null],
  ["  [cause]: BodyTimeoutError: Body Timeout Error", "body.idle_timeout", null],
  ["Error: Client network socket disconnected before secure TLS connection was established", "tls.closed_in_handshake", null],
  ["AxiosError: Request failed with status code 502", "relay.edge_5xx", null],
  ["npm ERR! 502 Bad Gateway - GET https://registry.example/x", "relay.edge_5xx", null],
  // Java, .NET, PHP, wget.
  ["org.apache.http.NoHttpResponseException: site.example:443 failed to respond", "head.closed_empty", null],
  ["java.net.SocketException: Connection reset", "head.reset", null],
  ["javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake", "tls.closed_in_handshake", null],
  ["javax.net.ssl.SSLHandshakeException: PKIX path building failed: unable to find valid certification path", "tls.cert_untrusted", null],
  ["javax.net.ssl.SSLException: Unsupported or unrecognized SSL message", "tls.protocol_mismatch", "gateway"],
  ["java.net.UnknownHostException: site.example", "dns.nxdomain", null],
  ["java.net.SocketTimeoutException: Read timed out", "head.timeout", null],
  ["No connection could be made because the target machine actively refused it. (192.0.2.1:8888)", "connect.refused", null],
  ["System.Net.WebException: The remote server returned an error: (502) Bad Gateway.", "relay.edge_5xx", null],
  ["Failed to open stream: HTTP request failed! HTTP/1.1 504 Gateway Timeout", "relay.edge_5xx", null],
  ["2024-01-01 10:00:00 ERROR 500: Internal Server Error.", "relay.origin_5xx", null],
  // Browsers.
  ["net::ERR_NO_SUPPORTED_PROXIES at https://site.example/", "handshake.connect_failed", "gateway"],
  ["Page.goto: net::ERR_SOCKS_CONNECTION_FAILED at https://site.example/", "handshake.connect_rejected", "exit"],
  ["net::ERR_INVALID_AUTH_CREDENTIALS at https://site.example/", "handshake.auth_required", "gateway"],
  ["net::ERR_HTTP2_PROTOCOL_ERROR at https://site.example/", "head.reset", null],
  ["net::ERR_INTERNET_DISCONNECTED at https://site.example/", "connect.net_unreachable", "network"],
  ["net::ERR_ADDRESS_UNREACHABLE at https://site.example/", "connect.host_unreachable", null],
  ["net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH at https://site.example/", "tls.version_or_cipher", null],
  ["Error: page.goto: NS_ERROR_NET_TIMEOUT", "connect.timeout", null],
  ["NS_ERROR_NET_RESET", "head.reset", null],
  [
    "requests.exceptions.ChunkedEncodingError: (\"Connection broken: InvalidChunkLength(got length b'', 0 bytes read)\", InvalidChunkLength(got length b'', 0 bytes read))",
    "body.truncated",
    null,
  ],
  [
    "aiohttp.client_exceptions.ClientPayloadError: Response payload is not completed: <TransferEncodingError: 400, message='Not enough data to satisfy transfer length header.'>",
    "body.truncated",
    null,
  ],
  [
    "httpx.RemoteProtocolError: peer closed connection without sending complete message body (received 10 bytes, expected 100)",
    "body.truncated",
    null,
  ],
  ["AxiosError: timeout of 1000ms exceeded", "head.timeout", null],
  ["HeadersOverflowError: Headers Overflow Error { code: 'UND_ERR_HEADERS_OVERFLOW' }", "head.too_large", "origin"],
  ["java.io.IOException: HTTP/1.1 header parser received no bytes", "head.closed_empty", null],
  [
    "org.apache.http.ConnectionClosedException: Premature end of Content-Length delimited message body (expected: 1,024; received: 512)",
    "body.truncated",
    null,
  ],
  ["java.net.ProtocolException: unexpected end of stream", "body.truncated", null],
  ["reactor.netty.http.client.PrematureCloseException: Connection prematurely closed BEFORE response", "head.closed_empty", null],
  ["reactor.netty.http.client.PrematureCloseException: Connection prematurely closed DURING response", "body.truncated", null],
  ["System.Net.Http.HttpRequestException: Response status code does not indicate success: 502 (Bad Gateway).", "relay.edge_5xx", null],
  [
    "System.Threading.Tasks.TaskCanceledException: The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing.",
    "head.timeout",
    null,
  ],
  ['reqwest::Error { kind: Request, url: "https://site.example/", source: hyper::Error(IncompleteMessage) }', "head.closed_empty", null],
  ["error sending request for url (https://site.example/): connection closed before message completed", "head.closed_empty", null],
  ['reqwest::Error { kind: Request, url: "https://site.example/", source: TimedOut }', "head.timeout", null],
  ["error decoding response body: error reading a body from connection: end of file before message length reached", "body.truncated", null],
  ["Server error: `GET https://site.example/` resulted in a `502 Bad Gateway` response:", "relay.edge_5xx", null],
  ["Net::OpenTimeout: execution expired", "connect.timeout", null],
  ["HTTP request sent, awaiting response... No data received.", "head.closed_empty", null],
  ["TimeoutError: page.goto: Timeout 30000ms exceeded.", "head.timeout", null],
  [
    "selenium.common.exceptions.WebDriverException: Message: Reached error page: about:neterror?e=proxyConnectFailure&u=https%3A//site.example/",
    "connect.refused",
    "exit",
  ],
  [
    "selenium.common.exceptions.WebDriverException: Message: Reached error page: about:neterror?e=dnsNotFound&u=https%3A//site.example/",
    "dns.nxdomain",
    null,
  ],
  ["Message: Reached error page: about:neterror?e=netReset&u=https%3A//site.example/", "head.reset", null],
  ["Message: Reached error page: about:neterror?e=netTimeout&u=https%3A//site.example/", "connect.timeout", null],
  [
    "twisted.internet.error.TimeoutError: User timeout caused connection failure: Getting https://site.example/ took longer than 180.0 seconds..",
    "head.timeout",
    null,
  ],
  [
    "[<twisted.python.failure.Failure twisted.internet.error.ConnectionLost: Connection to the other side was lost in a non-clean fashion: Connection lost.>]",
    "head.reset",
    null,
  ],
  ["[<twisted.python.failure.Failure twisted.internet.error.ConnectionDone: Connection was closed cleanly.>]", "head.closed_empty", null],
  [
    "twisted.web._newclient.ResponseFailed: [<twisted.python.failure.Failure twisted.web.http._DataLoss: Chunked decoder in 'CHUNK_LENGTH' state, still expecting more data to get to 'FINISHED' state.>]",
    "body.truncated",
    null,
  ],
  ["fatal: unable to access 'https://git.example/x.git/': Proxy CONNECT aborted", "handshake.closed", "exit"],
  ["** (Mint.TransportError) connection refused", "connect.refused", null],
  ["%HTTPoison.Error{id: nil, reason: :closed}", "head.closed_empty", null],
  ["[https @ 0x55] HTTP error 502 Bad Gateway", "relay.edge_5xx", null],
  ['Failed to connect to proxy URL: "http://127.0.0.1:8080"', "handshake.connect_failed", "exit"],
  ["[proxychains] Strict chain  ...  127.0.0.1:9050  ...  timeout", "handshake.connect_failed", "exit"],
  ["[proxychains] Strict chain  ...  192.0.2.46:3128  ...  site.example:80 <--denied", "handshake.connect_rejected", null],
  ["[proxychains] Strict chain  ...  127.0.0.1:9050  ...  timeout.example:80 <--denied", "handshake.connect_rejected", null],
  [
    "[proxychains] Strict chain  ...  91.109.16.31:9050  ...  site.example:443 <--socket error or timeout!",
    "handshake.connect_rejected",
    null,
  ],
  // proxychains 3, and what version 4 says at its end.
  ["|S-chain|-<>-127.0.0.1:9050-<><>-192.0.2.8:443-<--timeout", "handshake.connect_rejected", null],
  ["|D-chain|-<>-127.0.0.1:9050-<--timeout", "handshake.connect_failed", "exit"],
  ["!!!need more proxies!!!", "gateway.no_exit", "gateway"],
];

test("errors of clients are read as what they say, of a proxy or of whoever was asked", () => {
  for (const [line, fault, culprit] of SAID) {
    const reading = readClientWords(line);
    assert.deepEqual([reading?.fault, reading?.culprit], [fault, culprit], line);
    assert.doesNotMatch(reading?.summary ?? "", /[Tt]he hop\b/, line);
  }
});

test("what clients say where nothing went wrong is no error", () => {
  for (const line of [
    "HTTP request sent, awaiting response... 200 OK",
    "Request failed with status code 404",
    "* SOCKS5 request granted.",
    "Status Code: 200",
    "2024-01-01 10:00:00 (1.20 MB/s) - saved",
  ])
    assert.equal(readClientWords(line), null, line);
});

test("one error that a program prints in several lines is told once, and two that are far apart twice", () => {
  const error =
    "TypeError: fetch failed\n  [cause]: Error: connect ECONNREFUSED 127.0.0.1:8080\n    errno: -111,\n    code: 'ECONNREFUSED',\n";
  const lines = (text: string) => (explainResponse(text) ?? []).map((one) => one.line);
  assert.deepEqual(lines(error), [2]);
  assert.deepEqual(lines(`${error}${"x\n".repeat(30)}${error}`), [2, 36]);
});

test("what a program says behind proxychains, and below its own error, only repeats it", () => {
  const faults = (text: string) => (explainResponse(text) ?? []).map((one) => (one.kind === "words" ? one.reading.fault : one.kind));
  const chain = "[proxychains] Strict chain  ...  127.0.0.1:9050  ...  site.example:443 <--denied";
  assert.deepEqual(faults(`${chain}\ncurl: (7) Failed to connect to site.example port 443: Couldn't connect to server\n`), [
    "handshake.connect_rejected",
  ]);
  assert.deepEqual(faults("Error: aborted\n    at TLSSocket.x (node:_http_client:460:19) {\n  code: 'ECONNRESET'\n}"), ["body.truncated"]);
  assert.deepEqual(faults("TypeError: terminated\n  [cause]: SocketError: other side closed\n      code: 'UND_ERR_SOCKET'"), [
    "body.truncated",
  ]);
  assert.deepEqual(faults("[proxychains] Strict chain  ...  127.0.0.1:9050  ...  site.example:443  ...  OK\n"), []);
  assert.deepEqual(faults("[proxychains] Strict chain  ...  127.0.0.1:9050  ...  denied.example:443  ...  OK\n"), []);
});

test("a chain of proxychains' that can be cut in very many ways is read at once, and so is one that has no end", () => {
  const hops = "-a:0".repeat(500);
  const fault = (line: string) => readClientWords(line)?.fault ?? null;
  assert.equal(fault(`[proxychains] Strict chain${hops}!`), null);
  assert.equal(fault(`|S-chain|${hops}`), null);
  assert.equal(fault(`|S-chain|-<>-127.0.0.1:9050-<><>${hops}-<--denied`), "handshake.connect_rejected");
});
