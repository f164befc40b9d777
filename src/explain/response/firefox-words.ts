import { CLIENT_SAYINGS } from "./client-sayings.ts";
import { readProxyWords } from "./proxy-words.ts";
import { firstSaid, type WordsReading } from "./words-reading.ts";

/** What Firefox names `about:neterror?e=…`, in the words that its console has for the same. */
const SAME_AS: Readonly<Record<string, string>> = {
  proxyConnectFailure: "NS_ERROR_PROXY_CONNECTION_REFUSED",
  proxyResolveFailure: "NS_ERROR_UNKNOWN_PROXY_HOST",
  dnsNotFound: "NS_ERROR_UNKNOWN_HOST",
  connectionFailure: "NS_ERROR_CONNECTION_REFUSED",
  netTimeout: "NS_ERROR_NET_TIMEOUT",
  netReset: "NS_ERROR_NET_RESET",
  netInterrupt: "NS_ERROR_NET_INTERRUPT",
  nssFailure2: "SSL_ERROR_SYSCALL",
  nssBadCert: "CERT_",
  netOffline: "ERR_INTERNET_DISCONNECTED",
};

/** What Selenium and Marionette say of Firefox's error pages; null: the line is about something else. */
export function readFirefoxWords(line: string): WordsReading | null {
  const [, name = ""] = /about:(?:neterror|certerror)\?e=(\w+)/.exec(line) ?? [];
  const words = SAME_AS[name];
  return words === undefined ? null : (readProxyWords(words) ?? firstSaid(CLIENT_SAYINGS, words));
}
