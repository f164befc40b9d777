import { ANSWER_SAYINGS } from "./answer-sayings.ts";
import { CERTIFICATE_SAYINGS } from "./certificate-words.ts";
import { CLIENT_SAYINGS } from "./client-sayings.ts";
import { CONNECT_SAYINGS } from "./connect-words.ts";
import { readFirefoxWords } from "./firefox-words.ts";
import { readGoWords } from "./go-words.ts";
import { readProxyWords } from "./proxy-words.ts";
import { readProxychainsWords } from "./proxychains-words.ts";
import { readSocksWords } from "./socks-words.ts";
import { readStatusWords } from "./status-words.ts";
import { readTunnelWords } from "./tunnel-words.ts";
import { firstSaid, WITHOUT_PROXY, type WordsReading } from "./words-reading.ts";

/** What a line of a client's means; null where it is no error that we know. */
export function readClientWords(text: string): WordsReading | null {
  // PHP's clients quote curl so.
  const line = text.replace(/\bcURL error (\d+):/, "curl: ($1)");
  return (
    readProxychainsWords(line) ??
    readTunnelWords(line) ??
    readProxyWords(line) ??
    readFirefoxWords(line) ??
    readAptWords(line) ??
    readSocksWords(line) ??
    readGoWords(line) ??
    firstSaid(CONNECT_SAYINGS, line) ??
    firstSaid(ANSWER_SAYINGS, line) ??
    firstSaid(CERTIFICATE_SAYINGS, line) ??
    firstSaid(CLIENT_SAYINGS, line) ??
    readStatusWords(line)
  );
}

/** `502  Connection refused [IP: 192.0.2.5 3142]`: apt shows status and reason of whoever answered, here a cache on that port. */
const APT = /\s(\d{3}) {2}(.{1,300}?) \[IP: (\S+) (\d{1,5})\]/;

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
