import { fieldValue, fieldValues, type RawFields } from "../core/message.ts";
import { type Claim, claim, quote, type Refusal } from "./claims/claim.ts";
import { readDialWords } from "./claims/dial-words.ts";
import { readApacheProxy } from "./claims/forward-proxies.ts";
import { claimOfMember, isNextHopAsked, proxyStatusMembers } from "./claims/proxy-status.ts";
import { readPlainWords, readStatus } from "./claims/statuses.ts";
import { identify } from "./fingerprints.ts";

/**
 * A 5xx to a plain request whose maker does not name itself: signs that the exit made it. Where there are none it is the target's,
 * since an exit must not pay for a site.
 */
export function judgeExitPage(refusal: Refusal): Claim | null {
  const isCloudflare = fieldValue(refusal.fields, "cf-ray") !== null || /^cloudflare$/i.test(fieldValue(refusal.fields, "server") ?? "");
  // 522 and 525 are Cloudflare's too.
  if (!isCloudflare && (refusal.status === 522 || refusal.status === 525)) return readPlainWords(refusal) ?? vendorStatus(refusal);
  // RFC 6585 6: no origin sends it.
  if (refusal.status === 511) return readStatus(refusal, null);
  if (isAskedAsProxy(refusal)) {
    const said = readApacheProxy(refusal);
    return said ?? claim("Apache", "handshake.connect_rejected", "its page quotes the absolute URL that a proxy is asked for", EXITS_FAULT);
  }
  if (identify(refusal.status, refusal.fields, refusal.text).some(({ made }) => made)) return null;
  if (quotesAskedName(refusal) && !isApplications(refusal)) return readDialWords("the exit", refusal.text, refusal);
  return isGatewayStatus(refusal.status) && hasProxyFields(refusal.fields)
    ? claim("the exit", "handshake.connect_rejected", `${proxyField(refusal.fields)} in an answer without a server's marks`, UNSURE)
    : null;
}

/** A Proxy-Status member that is the exit's: it names what we asked for as its next hop, or stands last in Via under the same name. */
export function judgeExitProxyStatus(refusal: Refusal): Claim | null {
  const members = proxyStatusMembers(refusal.fields);
  const index = members.findIndex(({ error }) => error !== null);
  const owner = members[index];
  if (owner === undefined) return null;
  const isOutermost = index === members.length - 1;
  const isExits =
    isNextHopAsked(owner, refusal.asked) === true || (isOutermost && viaMembers(refusal.fields).at(-1)?.includes(owner.name) === true);
  return isExits ? claimOfMember(owner, refusal) : null;
}

/**
 * Squid's page, and behind it in Via another proxy: the exit may only have passed it on, from a Squid that stands in front of the site.
 * Squid alone is used on both sides; the other products that name themselves, and vendors, are the exit's wherever they stand.
 */
export function isPassedOn({ fields, text }: Refusal): boolean {
  const isSquids = fieldValue(fields, "x-squid-error") !== null || /<body id="?ERR_[A-Z_]+"?>/.test(text);
  const members = viaMembers(fields);
  const last = members.at(-1);
  if (!isSquids || last === undefined) return false;
  const product = /\(([A-Za-z]+)/.exec(last)?.[1]?.toLowerCase();
  if (product !== undefined && product !== "squid") return true;
  const generator = /Generated (?:(?!Generated )[^\n])*? by ([\w.-]+) \(squid/.exec(text)?.[1];
  return generator !== undefined && members.length > 1 && !last.includes(generator);
}

const EXITS_FAULT = { culprit: "exit", confidence: 0.8 } as const;
const UNSURE = { culprit: "exit", confidence: 0.6 } as const;

function vendorStatus(refusal: Refusal): Claim {
  return { ...readStatus(refusal, null), confidence: 0.75 };
}

/** Apache quotes the request's target: a reverse proxy is asked for a path, a forward proxy for a whole URL. */
function isAskedAsProxy({ text, asked }: Refusal): boolean {
  if (!/The proxy server (?:received an invalid\s+response|could not handle the request)|Reason: <strong>/.test(text)) return false;
  const lookup = /DNS lookup failure for:(?:\s|<[^<>]+>)*([^<\s]+)/.exec(text)?.[1];
  return /<em><a href="https?:\/\//.test(text) || lookup?.toLowerCase() === asked.host;
}

function quotesAskedName({ text, asked }: Refusal): boolean {
  return text.length <= 4096 && /[a-z]/.test(asked.host) && text.toLowerCase().includes(asked.host);
}

/** A site's own program quotes its URL too, and reports on its database in the same words. */
function isApplications({ fields }: Refusal): boolean {
  const server = fieldValue(fields, "server") ?? "";
  return fieldValue(fields, "x-powered-by") !== null || APPLICATION_SERVERS.test(server);
}

const APPLICATION_SERVERS =
  /^(?:gunicorn|uvicorn|hypercorn|daphne|waitress|Werkzeug|WSGIServer|TornadoServer|Kestrel|Jetty|Apache-Coyote|WildFly|Undertow|Puma|Unicorn|Phusion|Cowboy|CherryPy|Twisted|aiohttp|Python)\b/i;

function isGatewayStatus(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}

const PROXY_FIELDS = ["proxy-agent", "proxy-connection", "proxy-authenticate"] as const;

/** Fields that proxies write and sites do not, where nothing shows that a server stands behind. */
function hasProxyFields(fields: RawFields): boolean {
  return proxyField(fields) !== null && fieldValue(fields, "server") === null && fieldValue(fields, "via") === null;
}

function proxyField(fields: RawFields): string | null {
  const name = PROXY_FIELDS.find((candidate) => fieldValue(fields, candidate) !== null);
  return name === undefined ? null : `${name}: ${quote(fieldValue(fields, name) as string, 60)}`;
}

function viaMembers(fields: RawFields): string[] {
  return fieldValues(fields, "via").flatMap((value) => value.split(",").map((member) => member.trim()));
}
