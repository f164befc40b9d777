import { fieldValue } from "../../core/message.ts";
import { type Claim, type ClaimReader, claim, loginFault, loginWords, type Refusal } from "./claim.ts";
import { readDialWords } from "./dial-words.ts";

/**
 * Filters that companies, schools and providers put between their people and the net. They answer in place of the site, as proxies do, also
 * where nobody asked for one; the marks are titles, fields and sentences that no site has.
 */
export const COMPANY_FILTER_READERS: readonly ClaimReader[] = [readBlueCoat, readSkyhigh, readBlockedByFilter];

interface Filter {
  readonly name: string;
  /** In the first bytes of its page. What may stand around a word has a bound: a page of such words alone would take seconds. */
  readonly text: RegExp;
}

const FILTERS: readonly Filter[] = [
  {
    name: "FortiGate",
    text: /<title>(?:Web Filter Violation|Web Filter Block Override|FortiGuard[^<]*)<\/title>|FortiGuard Intrusion Prevention/,
  },
  {
    name: "Palo Alto's firewall",
    text: /<h1>Web Page Blocked<\/h1>\s*(?:<\w+>)?(?:Access to the (?:web page|application) you were trying to|The web page you are trying to visit has been blocked)/i,
  },
  { name: "FortiGate", text: /<h1>Web Page Blocked<\/h1>\s*<p>Web Filter Service Error/ },
  { name: "Zscaler", text: /<title>Internet Security by Zscaler<\/title>|Zscaler to protect you from internet threats/i },
  {
    name: "Cisco Umbrella",
    text: /<title>Cisco Umbrella<\/title>|(?:src|url)=["']?https?:\/\/block\.opendns\.com|\bis blocked by Cisco Umbrella/i,
  },
  {
    name: "Cisco Web Security Appliance",
    text: /Notification: (?:Policy|WBRS|AVC)\b|<title>Notification: (?:Access Denied|Malware|Adware|Proxy|Host Not Found|Gateway Timeout|Security)\b/,
  },
  { name: "Forcepoint", text: /<title>(?:Forcepoint|Websense)[^<]*<\/title>|blockpage\.cgi\?ws-session=/i },
  { name: "Sophos", text: /<title>(?=[^<]{0,160}\b(?:blocked|denied|warning)\b)[^<]{0,80}Sophos[^<]{0,80}<\/title>/i },
  { name: "Netskope", text: /<title>(?=[^<]{0,160}\b(?:blocked?|denied|alert|notification)\b)[^<]{0,80}Netskope[^<]{0,80}<\/title>/i },
  {
    name: "SonicWall",
    text: /<title>(?=[^<]{0,160}\b(?:blocked?|denied|filter)\b)[^<]{0,80}SonicWall[^<]{0,80}<\/title>|This site (?:has been|is) blocked by the (?:SonicWALL|network administrator)/i,
  },
  { name: "Barracuda's filter", text: /<title>Barracuda (?:Web |Networks)[^<]*<\/title>/i },
];

const BLOCKED = "it keeps its people from this site, by its owner's policy";

function readBlockedByFilter(refusal: Refusal): Claim | null {
  const { status, fields, text } = refusal;
  const isZscalers = /^Zscaler\b/i.test(fieldValue(fields, "server") ?? "");
  const found = isZscalers ? "Zscaler" : FILTERS.find(({ text: pattern }) => pattern.test(text))?.name;
  if (found === undefined) return null;
  if (status === 407) return claim(found, loginFault(refusal), loginWords(refusal));
  const dialled = status >= 500 ? readDialWords(found, text, refusal) : null;
  return dialled ?? claim(found, "handshake.policy_denied", BLOCKED);
}

/** Symantec's ProxySG: `Network Error (tcp_error)`, with what it met in quotes. */
function readBlueCoat(refusal: Refusal): Claim | null {
  const kind =
    /\b(?:Network Error|Access Denied) \((tcp_error|dns_unresolved_hostname|dns_server_failure|gateway_error|policy_denied|content_filter_denied|authentication_failed|ssl_[a-z_]{1,40})\)/.exec(
      refusal.text,
    )?.[1];
  if (kind === undefined) return null;
  if (kind.endsWith("denied")) return claim("ProxySG", "handshake.policy_denied", BLOCKED);
  if (kind === "authentication_failed") return claim("ProxySG", loginFault(refusal), loginWords(refusal));
  if (kind.startsWith("ssl_")) return claim("ProxySG", "handshake.connect_rejected", `TLS with the target failed (${kind})`, ORIGINS_TLS);
  if (kind.startsWith("dns")) return claim("ProxySG", "handshake.target_unresolvable", "the target's name does not resolve");
  if (refusal.text.includes('"Operation timed out"'))
    return claim("ProxySG", "handshake.target_timeout", "the target did not answer TCP in time");
  return (
    readDialWords("ProxySG", refusal.text, refusal) ??
    claim("ProxySG", "handshake.target_unreachable", `it could not reach the target (${kind})`)
  );
}

const ORIGINS_TLS = { culprit: "origin", confidence: 0.75 } as const;

/** Skyhigh's, once McAfee's, web gateway. */
function readSkyhigh(refusal: Refusal): Claim | null {
  if (!/<title>(?:McAfee|Skyhigh) Web Gateway - Notification<\/title>/.test(refusal.text)) return null;
  if (/blocked|not allowed/i.test(refusal.text.slice(0, 4096)) && refusal.status < 500)
    return claim("Skyhigh's web gateway", "handshake.policy_denied", BLOCKED);
  const said = readDialWords("Skyhigh's web gateway", refusal.text, refusal);
  return said ?? claim("Skyhigh's web gateway", "handshake.target_unreachable", "it could not get the page from the target");
}
