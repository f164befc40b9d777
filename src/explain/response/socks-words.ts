import type { FaultId } from "../../core/fault.ts";
import { firstSaid, type Saying, type WordsReading } from "./words-reading.ts";

/** What a client says of a SOCKS proxy; null: the line is about something else. */
export function readSocksWords(line: string): WordsReading | null {
  if (!/socks|curl: \(97\)|Proxy Server could not connect|No authentication method was acceptable/i.test(line)) return null;
  return firstSaid(OF_THE_PROXY, line) ?? readReply(line) ?? (FAILED.test(line) ? SOCKS_FAILED : null);
}

const SOCKS_AUTH: WordsReading = {
  fault: "handshake.auth_required",
  culprit: "gateway",
  confidence: 0.9,
  summary: "The SOCKS proxy wants user and password, or refuses those that it got.",
  next: "Give them in the proxy's URL, percent-encoded: socks5h://user:pass@HOST:PORT; or allow this machine's address at the vendor.",
};

/** Before any site is asked, the more special before the more general. */
const OF_THE_PROXY: readonly Saying[] = [
  [
    /authentication method was acceptable|User was rejected|authentication failed|no acceptable authentication|(?:un)?supported authentication method/i,
    SOCKS_AUTH,
  ],
  [
    /invalid version in initial SOCKS|unexpected protocol version|invalid (?:reply|response|data)|not a SOCKS/i,
    {
      fault: "handshake.not_a_proxy",
      culprit: "gateway",
      confidence: 0.8,
      summary: "What answers at the proxy's address does not speak SOCKS.",
      next: "8080 and 3128 are most often HTTP proxies: write the proxy as http://HOST:PORT. goodgateway check HOST:PORT finds out.",
    },
  ],
  [
    /Unable to (?:receive|send) .{0,40}SOCKS[45]/i,
    {
      fault: "handshake.closed",
      culprit: "exit",
      confidence: 0.75,
      summary: "Something listens at the SOCKS proxy's address, and closed without an answer to SOCKS.",
      next: "Check that the port is SOCKS at all: goodgateway check HOST:PORT finds out. Some close on whose address they do not know.",
    },
  ],
  [
    /Failed to establish a new connection: \[(?:Errno 111|WinError 10061)\]|Error connecting to SOCKS\S{0,80} proxy .{0,300}refused|dial tcp \S+ connect(?:ex)?: .{0,300}refused/i,
    {
      fault: "connect.refused",
      culprit: "exit",
      confidence: 0.9,
      summary: "Nobody listens at the SOCKS proxy's address.",
      next: "Check host and port, and that it runs; else take another proxy. The site has not been asked.",
    },
  ],
  [
    /dial tcp \S+ i\/o timeout|Error connecting to SOCKS\S{0,80} proxy .{0,300}timed out/i,
    {
      fault: "connect.timeout",
      culprit: "exit",
      confidence: 0.85,
      summary: "The SOCKS proxy's address does not answer TCP.",
      next: "Check host and port, and that it runs; else take another proxy. The site has not been asked.",
    },
  ],
];

const FAILED =
  /curl: \(97\)|SOCKS[45]? (?:proxy )?(?:handshake|connection).{0,300}fail|SOCKSHTTPS?ConnectionPool|Socks5? proxy rejected|socks connect tcp|complete SOCKS[45]a? connection|ERR_SOCKS_CONNECTION/i;

/** By its number, or in the words that Go, PySocks, socksio and Chrome have for it. */
function readReply(line: string): WordsReading | null {
  const [, curls, hex] = /complete SOCKS[45]a? connection to \S+ \((\d{1,3})\)|\b0x0([1-8]): /i.exec(line) ?? [];
  const code = curls ?? hex;
  if (code !== undefined) return SOCKS_REPLIES[Number(code)] ?? SOCKS_FAILED;
  const named = REPLY_WORDS.find(([pattern]) => pattern.test(line));
  return named === undefined ? null : (SOCKS_REPLIES[named[1]] ?? SOCKS_FAILED);
}

const REPLY_WORDS: readonly (readonly [RegExp, number])[] = [
  [/not allowed by ruleset|rejected connection - NotAllowed/i, 2],
  [/network unreachable|Network is unreachable|- NetworkUnreachable/i, 3],
  [/host unreachable|HOST_UNREACHABLE|- HostUnreachable/i, 4],
  [/unknown error connection refused|could not connect: Connection refused|- ConnectionRefused/i, 5],
  [/TTL expired|- TTLExpired/i, 6],
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
