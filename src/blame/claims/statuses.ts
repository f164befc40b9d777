import { fieldValue } from "../../core/message.ts";
import { type Claim, type ClaimDetails, claim, loginFault, loginWords, quote, type Refusal } from "./claim.ts";
import { readDialWords } from "./dial-words.ts";

/** Short texts of vendors and small proxies that name themselves nowhere. First match wins. */
const PLAIN_WORDS: readonly { readonly pattern: RegExp; readonly id: Meaning["id"]; readonly more?: ClaimDetails }[] = [
  {
    // Whoever is let in by address needs no login.
    pattern:
      /\b(?:your|client|source) ip\b.{0,50}\bnot\b.{0,20}\b(?:authori[sz]ed|allowed|permitted|bound|registered|(?:white|allow)-?list)|\bip(?: address)? (?:is )?not (?:in (?:the )?)?(?:white|allow)-?list|\bunauthori[sz]ed ip\b|\badd your ip\b|^\W*ip(?: address)? (?:is )?not (?:authori[sz]ed|allowed)/im,
    id: "login",
    more: { confidence: 0.85 },
  },
  {
    pattern:
      /exceeded bandwidth|bandwidth (?:limit )?exceeded|traffic limit|out of traffic|account (?:is )?suspended|quota|insufficient (?:balance|funds|credit)|no (?:bandwidth|traffic|credits?) left|subscription (?:has |is )?expired|(?:calls?|requests?|monthly) limit (?:is |was )?reached/i,
    id: "handshake.quota_exceeded",
  },
  { pattern: /exceeded threads?|thread limit|too many (?:threads|connections|requests)|rate limit/i, id: "handshake.rate_limited" },
  { pattern: /\bhost not allowed\b|\bdenied the specified (?:uniform resource locator|url)\b/i, id: "handshake.policy_denied" },
  { pattern: /session (?:has )?(?:failed|ended|expired)|session not found/i, id: "handshake.session_lost" },
  {
    pattern:
      /no exits?\b|exit (?:node )?(?:connection failed|not found)|no (?:available |free |online )?(?:peers?|prox(?:y|ies)|ips?|nodes?)\b(?! server)/i,
    id: "handshake.exit_unavailable",
  },
];

/** A server that wants TLS tells who spoke plain HTTP to it, in the words of nginx, Apache and Go. */
export function readWantsTls({ status, text }: Refusal): Claim | null {
  if (status !== 400 || !WANTS_TLS.test(text)) return null;
  return claim(EXIT, "handshake.not_a_proxy", "400, the port wants TLS: use https://host:port", { confidence: 0.9 });
}

const WANTS_TLS =
  /plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled server port|sent an HTTP request to an HTTPS server/;

/** Tor tells whoever speaks HTTP to its SOCKS port. */
export function readWantsSocks({ status, text, reason }: Refusal): Claim | null {
  if (status !== 501 || !WANTS_SOCKS.test(`${reason}\n${text}`)) return null;
  return claim(EXIT, "handshake.not_a_proxy", `501 ${quote(reason, 60)}, the port wants SOCKS: use socks5://host:port`, {
    confidence: 0.95,
  });
}

const WANTS_SOCKS = /Tor is not an HTTP Proxy|This is a SOCKS Proxy, Not An HTTP Proxy/i;

/** A web server that is no proxy does not understand CONNECT. */
export function readWebServer({ status, reason, fields }: Refusal): Claim | null {
  const [server] = WEB_SERVER.exec(fieldValue(fields, "server") ?? "") ?? [];
  if (server === undefined || !(NO_CONNECT.includes(status) || (status === 403 && EDGE.test(server)))) return null;
  if (!/^$|\(CloudFront\)$/.test(fieldValue(fields, "via") ?? "")) return null;
  const words = `${status} ${quote(reason, 60)} in the words of ${server}, as a web server does that is no proxy`;
  return claim(EXIT, "handshake.connect_rejected", `${words}: check host and port`);
}

const NO_CONNECT: readonly number[] = [400, 404, 405, 501];
const WEB_SERVER =
  /^(?:nginx|openresty|Tengine|Apache|Microsoft-IIS|Microsoft-HTTPAPI|LiteSpeed|Caddy|lighttpd|SimpleHTTP|GoAhead|Boa|thttpd|mini_httpd|micro_httpd|uc-httpd|RomPager|cloudflare|CloudFront|AkamaiGHost|awselb)\b/;
/** They refuse by a 403 what is for no site of theirs. */
const EDGE = /^(?:cloudflare|CloudFront|AkamaiGHost|awselb)/;

/** A refusal that tells its reason in a short text. Long pages are not searched: they quote too much. */
export function readPlainWords(refusal: Refusal): Claim | null {
  const text = `${refusal.reason}\n${refusal.text.replace(/<style(?:(?!<style)[\s\S])*?<\/style>|<[^<>]*>/g, " ")}`;
  if (text.length > PLAIN_BYTES_MAX) return null;
  const known = PLAIN_WORDS.find(({ pattern }) => pattern.test(text));
  if (known !== undefined)
    return claim(EXIT, known.id === "login" ? loginFault(refusal) : known.id, `${refusal.status} ${quote(text)}`, known.more);
  return refusal.status >= 500 ? readDialWords(EXIT, text, refusal) : null;
}

const EXIT = "the exit";
const PLAIN_BYTES_MAX = 2048;

interface Meaning extends ClaimDetails {
  readonly id: Claim["id"] | "login";
  readonly words: string;
}

const GATEWAYS_FAULT = { culprit: "gateway", confidence: 0.8 } as const;

const STATUSES: Readonly<Record<number, Meaning>> = {
  401: { id: "login", words: "", confidence: 0.85 },
  402: { id: "handshake.quota_exceeded", words: "the account must be paid for", confidence: 0.8 },
  403: { id: "handshake.policy_denied", words: "its rules forbid this" },
  405: { id: "handshake.connect_rejected", words: "as a web server does that is no proxy" },
  407: { id: "login", words: "" },
  429: { id: "handshake.rate_limited", words: "too many requests" },
  451: { id: "handshake.policy_denied", words: "its rules forbid this target" },
  452: { id: "handshake.quota_exceeded", words: "the plan's bandwidth is spent", confidence: 0.85 },
  453: { id: "handshake.quota_exceeded", words: "the plan's threads are all in use", confidence: 0.85 },
  454: { id: "handshake.exit_unavailable", words: "the place asked for in the exit's user name is not known", ...GATEWAYS_FAULT },
  455: { id: "handshake.auth_failed", words: "the duration asked for in the exit's user name is not allowed", confidence: 0.8 },
  490: { id: "handshake.exit_unavailable", words: "no address is free for what the exit's user name asks for" },
  501: { id: "handshake.connect_rejected", words: "it does not know CONNECT" },
  511: { id: "handshake.connect_rejected", words: "a captive portal stands before it", confidence: 0.8 },
  525: { id: "handshake.exit_unavailable", words: "no exit was found" },
};

/**
 * What the status alone says, by the conventions of proxies and vendors. 502, 503, 504 and 522 do not tell whether the exit or what
 * lies behind it failed: by default the exit, which is the one that we know.
 * @param maker whose page it is, where that is known but proves nothing.
 */
export function readStatus(refusal: Refusal, maker: string | null): Claim {
  const { status, reason } = refusal;
  const said = reason === "" ? `${status}` : `${status} ${quote(reason, 60)}`;
  const page = maker === null ? "" : ` in the words of ${maker}`;
  const known = STATUSES[status];
  if (known !== undefined) {
    const { id, words, ...more } = known;
    if (id === "login") return claim(EXIT, loginFault(refusal), `${said}${page}, ${loginWords(refusal)}`, more);
    return claim(EXIT, id, `${said}${page}, ${words}`, more);
  }
  if (status >= 300 && status < 400) {
    return claim(EXIT, "handshake.connect_rejected", `${said}, a redirect, as captive portals send`, { confidence: 0.8 });
  }
  const isAmbiguous = status >= 500 && status !== 500;
  return claim(EXIT, "handshake.connect_rejected", `${said}${page}`, isAmbiguous ? { confidence: 0.6 } : {});
}
