import type { Refusal } from "../../blame/claims/claim.ts";
import { claimOfRefusedConnect } from "../../blame/claims/read-claim.ts";
import { readStatus } from "../../blame/claims/statuses.ts";
import type { FaultId } from "../../core/fault.ts";
import { fault } from "../../core/fault.ts";
import { culpritOf, FAULTS } from "../../core/fault-table.ts";
import type { WordsReading } from "./words-reading.ts";

/** How clients tell that a proxy refused a tunnel: the status, and the reason phrase where they show it. */
const REFUSED: readonly RegExp[] = [
  // curl, git, pip, PHP; Python's http.client, requests, urllib3; undici.
  /CONNECT tunnel failed, response (?<status>\d{3})/,
  /Received HTTP code (?<status>\d{3}) from proxy/,
  /Tunnel connection failed: (?<status>\d{3})(?: (?<reason>.{0,300}?)(?:'\)|"\)|>|$))?/,
  /Proxy response \((?<status>\d{3})\)/,
  // aiohttp; httpx.
  /ClientHttpProxyError: (?<status>\d{3}), message=["'](?<reason>[^"']*)["']/,
  /(?:httpx|httpcore)\.ProxyError: (?<status>\d{3})(?: (?<reason>.*))?/,
  // Java; apt.
  /(?:Proxy returns|response from proxy:) "?HTTP\/1\.[01] (?<status>\d{3})(?: (?<reason>[^"[]*?))?(?:"| {2}|\[|$)/,
  // Node's own agent; tunnel-agent, request, got; hpagent.
  /ERR_PROXY_TUNNEL.{0,300}HTTP\/1\.[01] (?<status>\d{3})(?: (?<reason>[^"]*))?/,
  /tunneling socket could not be established, statusCode=(?<status>\d{3})/,
  /Bad response: (?<status>\d{3})$/,
  // OkHttp; Ruby.
  /Unexpected response code for CONNECT: (?<status>\d{3})/,
  /Net::HTTP\w+: (?<status>407) "/,
  // Scrapy; .NET.
  /Could not open CONNECT tunnel with proxy \S+ \[\{'status': (?<status>\d{3})(?:, 'reason': b'(?<reason>[^']*)')?/,
  /proxy tunnel request to proxy \S+ failed with status code '?(?<status>\d{3})/,
  // Firefox.
  /NS_ERROR_PROXY_(?<name>BAD_GATEWAY|FORBIDDEN|GATEWAY_TIMEOUT|AUTHENTICATION_FAILED|TOO_MANY_REQUESTS)/,
  // wget and Go tell the reason phrase alone.
  /Proxy tunneling failed: (?<name>Bad Gateway|Bad Request|Forbidden|Service Unavailable|Gateway Time-?out|Proxy Authentication Required)/,
  /\b(?:Get|Head|Post|Put|Patch|Delete|Options) "https:\/\/[^"]*": (?<name>Bad Gateway|Bad Request|Forbidden|Service Unavailable|Gateway Time-?out|Proxy Authentication Required|Too Many Requests)\b/,
];

const STATUS_OF: Readonly<Record<string, number>> = {
  badrequest: 400,
  forbidden: 403,
  proxyauthenticationrequired: 407,
  authenticationfailed: 407,
  toomanyrequests: 429,
  badgateway: 502,
  serviceunavailable: 503,
  gatewaytimeout: 504,
};

/** What a client says of a tunnel that a proxy refused; null: the line is about something else. */
export function readTunnelWords(line: string): WordsReading | null {
  for (const pattern of REFUSED) {
    const { groups } = pattern.exec(line) ?? {};
    if (groups === undefined) continue;
    const status = groups["status"] === undefined ? (STATUS_OF[simplified(groups["name"] ?? "")] ?? 0) : Number(groups["status"]);
    return readRefusal(status, (groups["reason"] ?? "").trim());
  }
  return null;
}

function simplified(name: string): string {
  return name.toLowerCase().replace(/[^a-z]/g, "");
}

function readRefusal(status: number, reason: string): WordsReading {
  return readOwnReason(reason) ?? readProxysReason(status, reason) ?? TUNNEL_STATUSES[status] ?? unknownStatus(status);
}

/** `exit de-7 refused TCP (connect.refused 1M8E207810000)`: a gateway of ours has judged already. */
function readOwnReason(reason: string): WordsReading | null {
  const [, words = "", id = "", exchange = ""] = /^(.*) \((\w+\.\w+) ([0-9A-Z]{13})\)$/.exec(reason) ?? [];
  if (!Object.hasOwn(FAULTS, id)) return null;
  const own = id as FaultId;
  const { summary, confidence, fix } = FAULTS[own];
  const { culprit } = { culprit: words.startsWith("exit ") ? ("exit" as const) : culpritOf(fault(own, ""), "target") };
  const next = `${fix.client} Every attempt: goodgateway explain ${exchange}, on the gateway's machine.`;
  return { fault: own, culprit, confidence, summary: `The gateway says so itself: ${words}. ${summary}`, next };
}

/** Words of its own beside the status: which name it could not resolve, whom it could not reach. */
function readProxysReason(status: number, reason: string): WordsReading | null {
  if (reason === "" || STATUS_OF[simplified(reason)] === status) return null;
  const refusal: Refusal = { status, reason, fields: [], text: "", asked: UNKNOWN, authenticated: false, hasSession: false };
  const said = claimOfRefusedConnect(refusal, null, null);
  if (said.words === readStatus(refusal, null).words) return null;
  const culprit = said.culprit ?? FAULTS[said.id].culprit.exit;
  const confidence = said.confidence ?? FAULTS[said.id].confidence;
  const summary = `The proxy answered ${status} to CONNECT: ${said.words}.`;
  return { fault: said.id, culprit, confidence, summary, next: FAULTS[said.id].fix.client };
}

/** The site is not in the words; what they quote of a port is compared with that of https. */
const UNKNOWN = { host: "", port: 443 } as const;

function unknownStatus(status: number): WordsReading {
  return {
    fault: "handshake.connect_rejected",
    culprit: null,
    confidence: 0.6,
    summary: `The proxy answered ${status} to CONNECT: it did not open a tunnel to the site.`,
    next: "Its reason phrase and its fields say why; curl -v shows both.",
  };
}

const GATEWAY_STATUS = {
  fault: "handshake.connect_rejected",
  culprit: null,
  confidence: 0.5,
  next: "The proxy's reason phrase and fields tell more; curl -v shows them. Ask once more without the proxy: goodgateway diagnose URL --via PROXY does both and compares.",
} as const;

const TUNNEL_STATUSES: Readonly<Record<number, WordsReading>> = {
  400: {
    fault: "handshake.connect_rejected",
    culprit: "gateway",
    confidence: 0.6,
    summary: "What answers there does not understand CONNECT (400): most often a web server, and no proxy.",
    next: "Check host and port of the proxy.",
  },
  403: {
    fault: "handshake.policy_denied",
    culprit: "exit",
    confidence: 0.75,
    summary: "The proxy's own rules do not allow this site or this port (403 to CONNECT).",
    next: "Many proxies allow CONNECT to port 443 alone; ask the vendor, or take another exit.",
  },
  405: {
    fault: "handshake.connect_rejected",
    culprit: "gateway",
    confidence: 0.75,
    summary: "What answers there does not take CONNECT (405): a web server, or a proxy for http alone.",
    next: "Check host and port of the proxy.",
  },
  407: {
    fault: "handshake.auth_required",
    culprit: "gateway",
    confidence: 0.95,
    summary: "The proxy wants user and password, or refuses those that it got (407).",
    next: "Give them in the proxy's URL, percent-encoded: http://user:pass@HOST:PORT; or allow this machine's address at the vendor.",
  },
  429: {
    fault: "handshake.rate_limited",
    culprit: "exit",
    confidence: 0.75,
    summary: "The proxy or its vendor wants fewer requests (429 to CONNECT): it is no word of the site's.",
    next: "Ask for less at once, or look at the plan's limits.",
  },
  502: { ...GATEWAY_STATUS, summary: "The proxy could not reach the site, or got nothing usable from its next hop (502 to CONNECT)." },
  503: { ...GATEWAY_STATUS, summary: "The proxy could not reach the site, or has nobody to send it through (503 to CONNECT)." },
  504: { ...GATEWAY_STATUS, summary: "The proxy got no answer from the site in time (504 to CONNECT)." },
};
