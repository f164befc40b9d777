import type { Culprit, FaultId } from "../../core/fault.ts";
import { readProxyWords } from "./proxy-words.ts";
import { readTunnelWords } from "./tunnel-words.ts";

/** What a client's own error says, translated. */
export interface WordsReading {
  readonly fault: FaultId;
  /** Null: the words do not say whose side it is. */
  readonly culprit: Culprit | null;
  readonly confidence: number;
  readonly summary: string;
  readonly next: string;
}

interface Saying {
  readonly pattern: RegExp;
  readonly read: (match: RegExpExecArray) => WordsReading;
}

const says = (pattern: RegExp, reading: WordsReading): Saying => ({ pattern, read: () => reading });

const WITHOUT_PROXY = "Ask once more without the proxy: goodgateway diagnose URL --via PROXY does both and compares.";

/** `502  Connection refused [IP: 192.0.2.5 3142]`: apt shows status and reason of whoever answered, here a cache on that port. */
const APT = /\s(\d{3}) {2}(.+?) \[IP: (\S+) (\d{1,5})\]/;

function readAptWords(line: string): WordsReading | null {
  const [, status = "", reason = "", host = "", port = ""] = APT.exec(line) ?? [];
  if (status < "500") return null;
  return {
    fault: port === "80" || port === "443" ? "relay.edge_5xx" : "relay.exit_5xx",
    culprit: null,
    confidence: 0.6,
    summary: `${host}:${port} answered ${status} "${reason}": that is the proxy or cache that apt was told to use, unless the mirror itself is there.`,
    next: `Look at its log, or leave it out once: apt -o Acquire::http::Proxy=false update. ${WITHOUT_PROXY}`,
  };
}

/** What curl, requests, Node and browsers say when no answer comes, the more special before the more general. */
const SAYINGS: readonly Saying[] = [
  says(/curl: \(5\)|[Cc]ould not resolve proxy|ERR_PROXY_CONNECTION_FAILED.*resolve/, {
    fault: "dns.nxdomain",
    culprit: "gateway",
    confidence: 0.9,
    summary: "The proxy's own name does not resolve: the request never left this machine.",
    next: "Check the proxy's host name for a typing error, and resolve it here: getent hosts NAME.",
  }),
  says(/curl: \(6\)|Could not resolve host|getaddrinfo (?:ENOTFOUND|EAI_AGAIN)|Name or service not known|ERR_NAME_NOT_RESOLVED/, {
    fault: "dns.nxdomain",
    culprit: null,
    confidence: 0.7,
    summary: "A name does not resolve on this machine.",
    next: "Check its spelling. With a SOCKS proxy, let the proxy resolve it: socks5h:// or socks4a:// in place of socks5:// or socks4://.",
  }),
  says(/ERR_TUNNEL_CONNECTION_FAILED/, {
    fault: "handshake.connect_rejected",
    culprit: null,
    confidence: 0.7,
    summary: "The proxy refused to open a tunnel; the browser hides its status and its words.",
    next: "See both with curl -v -x PROXY URL.",
  }),
  {
    pattern: /complete SOCKS[45]a? connection to \S+ \((\d{1,3})\)/i,
    read: ([, code]) => SOCKS_REPLIES[Number(code)] ?? SOCKS_FAILED,
  },
  {
    pattern: /curl: \(97\)|SOCKS[45]? (?:proxy )?(?:handshake|connection).*fail|SOCKSHTTPSConnectionPool|Socks5? proxy rejected/i,
    read: () => SOCKS_FAILED,
  },
  says(/curl: \(7\)|Failed to connect to .* port|ECONNREFUSED|Connection refused|ERR_PROXY_CONNECTION_FAILED|ERR_CONNECTION_REFUSED/, {
    fault: "connect.refused",
    culprit: null,
    confidence: 0.8,
    summary: "Nobody listens where the client connected: with a proxy that is the proxy, not the site.",
    next: "Compare host and port of the message with those of the proxy. Nobody there: take another proxy, or start it.",
  }),
  says(/curl: \(28\)|ETIMEDOUT|[Cc]onnect(?:ion)? timed out|ConnectTimeout|ReadTimeout|ERR_(?:CONNECTION_)?TIMED_OUT/, {
    fault: "connect.timeout",
    culprit: null,
    confidence: 0.5,
    summary: "No answer came in time; the words alone do not say from whom.",
    next: WITHOUT_PROXY,
  }),
  says(/curl: \(35\)|wrong version number|SSL_ERROR_SYSCALL|ERR_SSL_PROTOCOL_ERROR|EPROTO/, {
    fault: "tls.protocol_mismatch",
    culprit: "gateway",
    confidence: 0.6,
    summary:
      "What answered does not speak TLS, or broke off in the TLS handshake: most often https to a port that speaks clear text, or a proxy written as https:// that is an http:// one.",
    next: "Write the proxy as http://HOST:PORT, even for https sites, unless its vendor says that the proxy itself speaks TLS.",
  }),
  says(/curl: \(60\)|certificate verify failed|CERT_|self.signed certificate|ERR_CERT_/i, {
    fault: "tls.cert_untrusted",
    culprit: null,
    confidence: 0.7,
    summary: "A certificate is not what it should be: the site's own, or another's who intercepts TLS on the way.",
    next: "Look at who issued it: openssl s_client -connect HOST:443 -proxy PROXY, and without the proxy. Two issuers: the proxy intercepts.",
  }),
  says(
    /curl: \(52\)|Empty reply from server|RemoteDisconnected|Remote end closed connection without response|socket hang up|ERR_EMPTY_RESPONSE/,
    {
      fault: "head.closed_empty",
      culprit: null,
      confidence: 0.6,
      summary: "The connection was closed before a byte of an answer came.",
      next: "Once: a kept connection that was closed in the same moment; try again. Each time: the wrong protocol on that port, or a crash behind it.",
    },
  ),
  says(/curl: \(56\)|ECONNRESET|Connection reset by peer|ConnectionResetError|ERR_CONNECTION_RESET/, {
    fault: "head.reset",
    culprit: null,
    confidence: 0.5,
    summary: "The connection was reset before the answer was complete.",
    next: WITHOUT_PROXY,
  }),
  says(/curl: \(18\)|curl: \(92\)|transfer closed with|IncompleteRead|ERR_CONTENT_LENGTH_MISMATCH|ERR_INCOMPLETE_CHUNKED_ENCODING/, {
    fault: "body.truncated",
    culprit: null,
    confidence: 0.7,
    summary: "The answer broke off in the middle of its body.",
    next: "Try again through another exit. The same place each time: it is the site's, or its edge's buffer or disk is full.",
  }),
  says(/curl: \((?:1|8)\)|Received HTTP\/0\.9|BadStatusLine|HPE_INVALID|ERR_INVALID_HTTP_RESPONSE/, {
    fault: "head.not_http",
    culprit: "gateway",
    confidence: 0.6,
    summary: "What answered is not HTTP: another protocol listens on that port.",
    next: "1080 is most often SOCKS: write the proxy as socks5h://HOST:1080.",
  }),
];

const SOCKS_FAILED: WordsReading = {
  fault: "handshake.connect_rejected",
  culprit: "exit",
  confidence: 0.6,
  summary: "The SOCKS proxy did not open a connection to the site, and did not say why.",
  next: "Ask the same through another proxy; check that the port is SOCKS at all: goodgateway check HOST:PORT.",
};

/** RFC 1928 section 6. */
const SOCKS_REPLIES: Readonly<Record<number, WordsReading>> = {
  2: {
    fault: "handshake.policy_denied",
    culprit: "exit",
    confidence: 0.85,
    summary: "The SOCKS proxy's own rules do not allow this site or port (reply 2).",
    next: "Ask its vendor which targets and ports are allowed, or take another proxy.",
  },
  3: socksTarget("handshake.target_unreachable", "no route leads from it to the site's network (reply 3)"),
  4: socksTarget("handshake.target_unreachable", "it cannot reach the site, or the name does not resolve there (reply 4)"),
  5: socksTarget("handshake.target_refused", "the site refused its connection (reply 5)"),
  6: socksTarget("handshake.target_timeout", "the site did not answer it in time (reply 6)"),
};

function socksTarget(fault: FaultId, words: string): WordsReading {
  return {
    fault,
    culprit: "origin",
    confidence: 0.8,
    summary: `The SOCKS proxy works, and says that ${words}.`,
    next: "Ask the site without the proxy, and through another one: if both fail, the site is down.",
  };
}

/** What a line of a client's means; null where it is no error that we know. */
export function readClientWords(line: string): WordsReading | null {
  const ofProxy = readTunnelWords(line) ?? readProxyWords(line) ?? readAptWords(line);
  if (ofProxy !== null) return ofProxy;
  for (const { pattern, read } of SAYINGS) {
    const match = pattern.exec(line);
    if (match !== null) return read(match);
  }
  return null;
}
