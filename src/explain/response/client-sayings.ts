import { NO_ANSWER, RESET, TRUNCATED } from "./answer-readings.ts";
import { type Saying, WITHOUT_PROXY, type WordsReading } from "./words-reading.ts";

const HEAD_TIMEOUT: WordsReading = {
  fault: "head.timeout",
  culprit: null,
  confidence: 0.6,
  summary: "The connection stood, and no answer came in time; the words alone do not say from whom.",
  next: `Give it more time once: an answer late means a slow application, none at all a proxy or a firewall. ${WITHOUT_PROXY}`,
};

/** What curl, requests, Node, Java, .NET and browsers say when no answer comes, the more special before the more general. */
export const CLIENT_SAYINGS: readonly Saying[] = [
  // Names.
  [
    /curl: \(5\)|[Cc]ould not resolve proxy|ERR_PROXY_CONNECTION_FAILED.{0,200}resolve/,
    {
      fault: "dns.nxdomain",
      culprit: "gateway",
      confidence: 0.9,
      summary: "The proxy's own name does not resolve: the request never left this machine.",
      next: "Check the proxy's host name for a typing error, and resolve it here: getent hosts NAME.",
    },
  ],
  [
    /\bEAI_AGAIN\b|[Tt]emporary failure in name resolution/,
    {
      fault: "dns.timeout",
      culprit: "dns",
      confidence: 0.8,
      summary: "This machine's resolver gave no answer for a name: whether the name exists is not known.",
      next: "Check the network and the resolver (/etc/resolv.conf, in a container its DNS), and resolve the name here: getent hosts NAME.",
    },
  ],
  [
    /curl: \(6\)|Could not resolve host|unable to resolve host address|getaddrinfo ENOTFOUND|[Nn]ame or service not known|name resolution|NameResolutionError|ClientConnectorDNSError|UnknownHostException|reason: :nxdomain|nodename nor servname|ERR_NAME_NOT_RESOLVED|NS_ERROR_UNKNOWN_HOST/,
    {
      fault: "dns.nxdomain",
      culprit: null,
      confidence: 0.7,
      summary: "A name does not resolve on this machine.",
      next: "Check its spelling. With a SOCKS proxy, let the proxy resolve it: socks5h:// or socks4a:// in place of socks5:// or socks4://.",
    },
  ],
  // The proxy, as browsers and clients hide it.
  [
    /ERR_TUNNEL_CONNECTION_FAILED|unsuccessful tunnel|tunnel error: (?:unsuccessful|failed)/,
    {
      fault: "handshake.connect_rejected",
      culprit: null,
      confidence: 0.7,
      summary: "The proxy refused to open a tunnel; the client hides its status and its words.",
      next: "See both with curl -v -x PROXY URL.",
    },
  ],
  [
    /ERR_(?:UNEXPECTED_PROXY_AUTH|PROXY_AUTH_\w+|INVALID_AUTH_CREDENTIALS)|Failed to authenticate with proxy|proxy auth(?:entication|orization) required/i,
    {
      fault: "handshake.auth_required",
      culprit: "gateway",
      confidence: 0.85,
      summary: "The proxy wants user and password, or refuses those that it got.",
      next: "Browsers take none from --proxy-server: give them by page.authenticate() (Puppeteer) or proxy.username (Playwright), or let a gateway on this machine add them. Other clients take http://user:pass@HOST:PORT, percent-encoded.",
    },
  ],
  [
    /ERR_NO_SUPPORTED_PROXIES/,
    {
      fault: "handshake.connect_failed",
      culprit: "gateway",
      confidence: 0.85,
      summary: "The browser does not understand the proxy's URL: nothing was asked.",
      next: "Chrome takes http, https, socks4 and socks5 (which resolves at the proxy), without user and password: --proxy-server=socks5://HOST:PORT.",
    },
  ],
  // TLS, before the words that it shares with TCP.
  [
    /CONNECT aborted due to timeout/,
    {
      fault: "handshake.timeout",
      culprit: "exit",
      confidence: 0.6,
      summary: "The proxy took the connection, and did not answer CONNECT in time.",
      next: "Take another proxy; where all do it, the site is slow to answer them: ask it without a proxy.",
    },
  ],
  [
    /SSL connection timeout|TLS handshake timeout|handshake operation timed out/,
    {
      fault: "tls.handshake_timeout",
      culprit: null,
      confidence: 0.6,
      summary: "TCP stood, and the TLS handshake did not come to its end in time.",
      next: `A proxy that lost its way to the site, a firewall that reads names, or packets too large for the way (MTU). ${WITHOUT_PROXY}`,
    },
  ],
  [
    /wrong version number|ERR_SSL_PROTOCOL_ERROR|EPROTO|packet length too long|record layer failure|Unsupported or unrecognized SSL message|plaintext connection\?|server gave HTTP response to HTTPS client/,
    {
      fault: "tls.protocol_mismatch",
      culprit: "gateway",
      confidence: 0.7,
      summary:
        "What answered does not speak TLS: most often https to a port that speaks clear text, or a proxy written as https:// that is an http:// one.",
      next: "Write the proxy as http://HOST:PORT, even for https sites, unless its vendor says that the proxy itself speaks TLS.",
    },
  ],
  [
    /ERR_SSL_VERSION_OR_CIPHER_MISMATCH|SSLV3_ALERT_HANDSHAKE_FAILURE|alert handshake failure|alert protocol version|handshake_failure|unsupported protocol|UNSUPPORTED_PROTOCOL/,
    {
      fault: "tls.version_or_cipher",
      culprit: null,
      confidence: 0.7,
      summary: "Both sides of the TLS handshake have no version or cipher in common, or the server does not know the name.",
      next: "Look at what it offers: openssl s_client -connect HOST:443 -servername HOST. Old clients lack TLS 1.2; an address in place of a name has no SNI.",
    },
  ],
  [
    /curl: \(60\)|[Cc]ertificate verif(?:y|ication) failed|CERT_|ISSUER_CERT|LEAF_SIGNATURE|self.signed certificate|unable to get local issuer|PKIX path|valid certification path|x509: |ERR_CERT_/i,
    {
      fault: "tls.cert_untrusted",
      culprit: null,
      confidence: 0.7,
      summary: "A certificate is not what it should be: the site's own, or another's who intercepts TLS on the way.",
      next: "Look at who issued it: openssl s_client -connect HOST:443 -proxy PROXY, and without the proxy. Two issuers: the proxy intercepts.",
    },
  ],
  [
    /curl: \(35\)|SSL_ERROR_SYSCALL|before secure TLS connection|EOF occurred in violation of protocol|UNEXPECTED_EOF|unexpected eof while reading|terminated the handshake|closed connection during handshake|SSLEOFError|TLS connect error/,
    {
      fault: "tls.closed_in_handshake",
      culprit: null,
      confidence: 0.6,
      summary: "The connection was broken off in the middle of the TLS handshake.",
      next: `A proxy that lost its way to the site or forbids it, a firewall that reads names, or a port that does not speak TLS. ${WITHOUT_PROXY}`,
    },
  ],
  // TCP.
  [
    /(?:curl: \(7\)|Failed to connect to \S{1,255} port)(?!.{0,300}(?:No route to host|[Nn]etwork is unreachable))|ECONNREFUSED|:econnrefused|[Cc]onnection refused|actively refused|Connect call failed|All connection attempts failed|ERR_PROXY_CONNECTION_FAILED|ERR_CONNECTION_REFUSED|NS_ERROR_CONNECTION_REFUSED/,
    {
      fault: "connect.refused",
      culprit: null,
      confidence: 0.8,
      summary: "Nobody listens where the client connected: with a proxy that is the proxy, not the site.",
      next: "Compare host and port of the message with those of the proxy. Nobody there: take another proxy, or start it.",
    },
  ],
  [
    /ENETUNREACH|ENETDOWN|Network is unreachable|ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/,
    {
      fault: "connect.net_unreachable",
      culprit: "network",
      confidence: 0.7,
      summary: "This machine has no way to that network: no network at all, or an IPv6 address without IPv6.",
      next: "See whether anything else is reachable: goodgateway diagnose URL.",
    },
  ],
  [
    /EHOSTUNREACH|No route to host|ERR_ADDRESS_UNREACHABLE/,
    {
      fault: "connect.host_unreachable",
      culprit: null,
      confidence: 0.7,
      summary: "No route leads to the address that the client connected to: with a proxy that is the proxy's.",
      next: "Compare the address of the message with that of the proxy; a private one is reachable in its own network alone.",
    },
  ],
  [
    /\b[Oo]peration timed out after \d+ (?:ms|milliseconds) with 0 (?:out of -?\d+ )?bytes|[Rr]ead ?[Tt]imed ?out|ReadTimeout|UND_ERR_HEADERS_TIMEOUT|HeadersTimeoutError|while awaiting headers/,
    HEAD_TIMEOUT,
  ],
  [
    /UND_ERR_BODY_TIMEOUT|BodyTimeoutError|\b[Oo]peration timed out after .{1,40} with \d+ out of \d+ bytes/,
    {
      fault: "body.idle_timeout",
      culprit: null,
      confidence: 0.6,
      summary: "The answer stopped in the middle of its body.",
      next: WITHOUT_PROXY,
    },
  ],
  [
    /curl: \(28\)|ETIMEDOUT|Net::OpenTimeout|[Cc]onnect(?:ion)? timed out|ConnectTimeout|Connect Timeout|CONNECT_TIMEOUT|ERR_(?:CONNECTION_)?TIMED_OUT|NS_ERROR_NET_TIMEOUT/,
    {
      fault: "connect.timeout",
      culprit: null,
      confidence: 0.5,
      summary: "No answer came in time; the words alone do not say from whom.",
      next: WITHOUT_PROXY,
    },
  ],
  // The answer.
  [
    /curl: \(52\)|Empty reply from server|RemoteDisconnected|Remote end closed connection without response|socket hang up|Server disconnected|other side closed|UND_ERR_SOCKET|NoHttpResponseException|unexpected end of stream|response ended prematurely|end of file reached|ERR_EMPTY_RESPONSE|ERR_CONNECTION_CLOSED|NS_ERROR_NET_INTERRUPT/,
    NO_ANSWER,
  ],
  [
    /curl: \(55\)|EPIPE|[Bb]roken pipe|BrokenPipeError/,
    {
      fault: "write.reset",
      culprit: null,
      confidence: 0.5,
      summary: "The connection was closed while the request was still being sent.",
      next: `Often a limit on the size of requests: look for a 413 with curl -v. ${WITHOUT_PROXY}`,
    },
  ],
  [
    /curl: \(16\)|ERR_HTTP2_|HTTP2 framing layer|not closed cleanly: (?:PROTOCOL|INTERNAL)_ERROR/,
    {
      fault: "head.reset",
      culprit: null,
      confidence: 0.5,
      summary: "The HTTP/2 connection was broken off by whoever speaks it with the client: the site's edge, or a proxy that intercepts.",
      next: `Ask once with HTTP/1.1 (curl --http1.1): if that works, its HTTP/2 is at fault, else look at the answer. ${WITHOUT_PROXY}`,
    },
  ],
  [/curl: \(56\)|ECONNRESET|[Cc]onnection reset|ConnectionResetError|ERR_CONNECTION_RESET|NS_ERROR_NET_RESET/, RESET],
  [/curl: \(18\)|curl: \(92\)|transfer closed with|IncompleteRead|ERR_CONTENT_LENGTH_MISMATCH|ERR_INCOMPLETE_CHUNKED_ENCODING/, TRUNCATED],
  [
    /curl: \((?:1|8)\)|Received HTTP\/0\.9|BadStatusLine|HPE_INVALID|ERR_INVALID_HTTP_RESPONSE/,
    {
      fault: "head.not_http",
      culprit: "gateway",
      confidence: 0.6,
      summary: "What answered is not HTTP: another protocol listens on that port.",
      next: "1080 is most often SOCKS: write the proxy as socks5h://HOST:1080.",
    },
  ],
];
