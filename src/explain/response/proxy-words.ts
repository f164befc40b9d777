import type { FaultId } from "../../core/fault.ts";
import type { WordsReading } from "./words-reading.ts";

/** How clients begin what they say of the proxy itself, before any site is asked; a host may be called so, too. */
const OF_THE_PROXY =
  /proxyconnect tcp: (?<go>.*)|(?:Cannot|Unable to|Failed to) connect to proxy\b(?!\S{0,255} port \d)(?<python>.*)|tunneling socket could not be established, cause=(?<node>.*)|Cannot connect to proxy.{0,300}?(?<aiohttp>ClientProxyConnectionError.*)|ClientProxyConnectionError: (?<py>.*)|(?<browser>ERR_PROXY_CONNECTION_FAILED|ERR_PROXY_CERTIFICATE_INVALID|NS_ERROR_PROXY_CONNECTION_REFUSED|NS_ERROR_UNKNOWN_PROXY_HOST)/;

interface Said {
  readonly pattern: RegExp;
  readonly fault: FaultId;
  readonly words: string;
  readonly next: string;
}

const ANOTHER = "Check host and port, and that it runs; else take another proxy. The site has not been asked.";

/** What was wrong with it, the more special before the more general. */
const SAID: readonly Said[] = [
  {
    pattern:
      /no such host|ENOTFOUND|EAI_AGAIN|[Nn]ame or service not known|Failed to resolve|NameResolutionError|getaddrinfo|UNKNOWN_PROXY_HOST/,
    fault: "dns.nxdomain",
    words: "The proxy's own name does not resolve: the request never left this machine.",
    next: "Check the proxy's host name for a typing error, and resolve it here: getent hosts NAME.",
  },
  {
    pattern: /refused|ECONNREFUSED|REFUSED|\[Errno 111\]|\[WinError 10061\]/,
    fault: "connect.refused",
    words: "Nobody listens at the proxy's address.",
    next: ANOTHER,
  },
  {
    pattern:
      /first record does not look like a TLS handshake|wrong version number|WRONG_VERSION_NUMBER|EPROTO|SSLError|server gave HTTP response to HTTPS client/,
    fault: "tls.protocol_mismatch",
    words: "The client spoke TLS to a proxy that speaks clear text.",
    next: "Write the proxy as http://HOST:PORT, even for https sites, unless its vendor says that the proxy itself speaks TLS.",
  },
  {
    pattern: /x509|certificate|CERT_|PROXY_CERTIFICATE_INVALID/i,
    fault: "tls.cert_untrusted",
    words: "The proxy's own certificate is not what it should be.",
    next: "Compare the proxy's name in the URL with its certificate: openssl s_client -connect HOST:PORT.",
  },
  {
    pattern: /No route to host|EHOSTUNREACH|\[Errno 113\]/,
    fault: "connect.host_unreachable",
    words: "No route leads to the proxy.",
    next: ANOTHER,
  },
  {
    pattern: /Network is unreachable|ENETUNREACH|\[Errno 101\]/,
    fault: "connect.net_unreachable",
    words: "This machine has no way to the proxy's network: an IPv6 address without IPv6, or no network at all.",
    next: "See whether anything else is reachable: goodgateway diagnose URL.",
  },
  {
    pattern: /handshake operation timed out/,
    fault: "tls.handshake_timeout",
    words: "The proxy opened the tunnel or took the connection, and the TLS handshake did not come to its end in time.",
    next: "Take another proxy; where all do it, ask the site without a proxy.",
  },
  {
    pattern: /ConnectTimeout|dial tcp \S+ i\/o timeout|ETIMEDOUT|\[Errno 110\]|connect timeout/i,
    fault: "connect.timeout",
    words: "The proxy's address does not answer TCP.",
    next: ANOTHER,
  },
  {
    pattern: /timed out|timeout/i,
    fault: "handshake.timeout",
    words: "The proxy took the connection, and did not answer CONNECT in time.",
    next: "Take another proxy; where all do it, the site is slow to answer them: ask it without a proxy.",
  },
  {
    pattern: /ConnectionReset|ECONNRESET|reset by peer|\[Errno 104\]/,
    fault: "handshake.reset",
    words: "The proxy reset the connection instead of answering CONNECT.",
    next: "Check that the port speaks HTTP (1080 is most often SOCKS: socks5h://HOST:1080), and whether this address is allowed there.",
  },
  {
    pattern: /RemoteDisconnected|closed connection without|EOF|socket hang up|unexpected eof/i,
    fault: "handshake.closed",
    words: "The proxy closed the connection instead of answering CONNECT.",
    next: "Check that the port speaks HTTP (1080 is most often SOCKS: socks5h://HOST:1080), and whether this address is allowed there.",
  },
  {
    pattern: /malformed HTTP|BadStatusLine|Parse Error/,
    fault: "handshake.not_a_proxy",
    words: "What answers at the proxy's address does not speak HTTP.",
    next: "1080 is most often SOCKS: write the proxy as socks5h://HOST:1080.",
  },
  {
    pattern: /ERR_PROXY_CONNECTION_FAILED/,
    fault: "handshake.connect_failed",
    words: "The browser could not connect to the proxy, and hides why.",
    next: "See it with curl -v -x PROXY URL. The site has not been asked.",
  },
];

/** The sentence ends with the proxy. */
const NO_MORE = /connect to proxy(?: URL)?\b[\s:.]*(?:["']?https?:\/\/[^\s"']*["']?\s*|["']{1,2}\s*)?$/;

const UNSAID: Said = {
  pattern: NO_MORE,
  fault: "handshake.connect_failed",
  words: "The client could not connect to the proxy, and does not say why.",
  next: "See it with curl -v -x PROXY URL. The site has not been asked.",
};

/** What a client says of a proxy that it could not use at all; null: the line is about something else. */
export function readProxyWords(line: string): WordsReading | null {
  const found = OF_THE_PROXY.exec(line);
  if (found === null) return ABORTED.test(line) ? readSaid(CLOSED) : null;
  const about = found[0];
  const said = SAID.find(({ pattern }) => pattern.test(about)) ?? (NO_MORE.test(about) ? UNSAID : undefined);
  if (said === undefined) return null;
  return readSaid(said);
}

/** curl's, without a time. */
const ABORTED = /Proxy CONNECT aborted$/;

const CLOSED: Said = {
  pattern: ABORTED,
  fault: "handshake.closed",
  words: "The proxy closed the connection instead of answering CONNECT.",
  next: "Check that the port speaks HTTP (1080 is most often SOCKS: socks5h://HOST:1080), and whether this address is allowed there.",
};

function readSaid({ fault, words, next }: Said): WordsReading {
  const isOurs = fault === "dns.nxdomain" || fault === "tls.protocol_mismatch" || fault === "handshake.not_a_proxy";
  return { fault, culprit: isOurs ? "gateway" : "exit", confidence: 0.85, summary: words, next };
}
