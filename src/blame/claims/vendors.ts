import { fieldValue } from "../../core/message.ts";
import { readBrightData } from "./brightdata.ts";
import { type Claim, type ClaimDetails, type ClaimReader, claim, loginFault, quote, type Refusal } from "./claim.ts";
import { readDialWords } from "./dial-words.ts";

/** Those who sell exits, by the fields that each adds to its errors. */
export const VENDOR_READERS: readonly ClaimReader[] = [readBrightData, readThordata, readOxylabs, readZyte, readProxyManager];

/**
 * Oxylabs: `X-Error-Description` is only there where its own machines failed. A 407 may be a spent plan. Sites may have a field of that name, so
 * where the status is none of a proxy's, its words have to be.
 */
function readOxylabs(refusal: Refusal): Claim | null {
  const said = fieldValue(refusal.fields, "x-error-description");
  if (said === null || said === "" || (refusal.status <= 400 && !OF_EXITS.test(said))) return null;
  return vendorSaid("Oxylabs", said, refusal);
}

const OF_EXITS = /unsupported parameter|session|traffic|bandwidth|restricted|target|\bexit|peer|prox(?:y|ies)\b|gateway|parse the request/i;

/** Bright Data's own gateway, its Proxy Manager. */
function readProxyManager(refusal: Refusal): Claim | null {
  const said = fieldValue(refusal.fields, "x-lpm-error");
  return said === null || said === "" ? null : vendorSaid("Bright Data's Proxy Manager", said, refusal);
}

/** A field in which smaller vendors say what went wrong. A site behind a proxy of its own may have it too: only for refused CONNECTs. */
export function readProxyError(refusal: Refusal): Claim | null {
  const said = fieldValue(refusal.fields, "proxy-error") ?? fieldValue(refusal.fields, "x-proxy-error");
  return said === null || said === "" ? null : vendorSaid("the vendor", said, refusal);
}

/** Thordata: `X-thor-error-code` (`client_101`, `Resource_201`), `X-thor-error`, `X-thor-error-msg`. */
function readThordata(refusal: Refusal): Claim | null {
  const code = fieldValue(refusal.fields, "x-thor-error-code") ?? "";
  const said = [fieldValue(refusal.fields, "x-thor-error"), fieldValue(refusal.fields, "x-thor-error-msg")].filter(Boolean).join(": ");
  if (code === "" && said === "") return null;
  const words = code === "" ? said : `${code} ${said}`;
  const family = code.toLowerCase().split("_")[0];
  if (family === "resource") return claim("Thordata", "handshake.exit_unavailable", quote(words));
  if (family === "client" && refusal.status === 400) {
    // Region, protocol and port are parameters of the user name: a part of the credentials.
    return claim("Thordata", "handshake.auth_failed", `the exit's user name asks for what there is not: ${quote(words)}`, {
      confidence: 0.85,
    });
  }
  return vendorSaid("Thordata", words, refusal);
}

/** Zyte's Smart Proxy Manager and API: one word in `X-Crawlera-Error` or `Zyte-Error-Type`. */
function readZyte(refusal: Refusal): Claim | null {
  const value = fieldValue(refusal.fields, "x-crawlera-error") ?? fieldValue(refusal.fields, "zyte-error-type");
  if (value === null || value === "") return null;
  // The API's are paths, as in /limits/over-user-limit.
  const word = /^[a-z_-]+/.exec(value.toLowerCase().split("/").at(-1) ?? "")?.[0] ?? "";
  const known = ZYTE.get(word);
  if (known === undefined) return vendorSaid("Zyte", value, refusal);
  const { id, ...more } = known;
  return claim("Zyte", id === "login" ? loginFault(refusal) : id, quote(value), more);
}

interface Saying {
  readonly pattern: RegExp;
  readonly id: Claim["id"];
  readonly more?: ClaimDetails;
}

/** What vendors say in words, most special first. */
const VENDOR_SAYINGS: readonly Saying[] = [
  {
    pattern: /traffic limit|bandwidth|quota|suspended|insufficient|balance|expired (?:plan|package)|out of traffic/i,
    id: "handshake.quota_exceeded",
  },
  { pattern: /thread|too many|rate limit|concurren/i, id: "handshake.rate_limited" },
  { pattern: /session (?:has )?(?:failed|ended|expired|is lost)|assigned ip is no longer/i, id: "handshake.session_lost" },
  {
    pattern:
      /no exits?\b|exit node|no (?:available )?(?:peers?|prox(?:y|ies)|ips?|nodes?)\b|not? found \(session|allocation failed|exit connection failed/i,
    id: "handshake.exit_unavailable",
  },
  {
    pattern: /restricted|forbidden|blocked|not allowed|denied(?:(?!denied).)*?target|target(?:(?!target).)*?denied/i,
    id: "handshake.policy_denied",
  },
  {
    pattern: /target (?:is )?(?:unreachable|could not be reached)|(?:could not|unable to) reach (?:the )?target/i,
    id: "handshake.target_unreachable",
  },
  { pattern: /unsupported parameters?|parameter/i, id: "handshake.auth_failed", more: { confidence: 0.85 } },
  // Vendors do not say of what they waited for: mostly of the target.
  { pattern: /request (?:has )?timed out|time(?:d )?out[:,] the request/i, id: "handshake.target_timeout", more: { confidence: 0.6 } },
];

/** A vendor's error, read by its words, then by its status. */
function vendorSaid(by: string, said: string, refusal: Refusal): Claim {
  const known = VENDOR_SAYINGS.find(({ pattern }) => pattern.test(said));
  if (known !== undefined) return claim(by, known.id, quote(said), known.more);
  if (refusal.status === 407 || refusal.status === 401) return claim(by, loginFault(refusal), quote(said));
  if (refusal.status === 429) return claim(by, "handshake.rate_limited", quote(said));
  if (refusal.status === 403) return claim(by, "handshake.policy_denied", quote(said));
  if (refusal.status === 402) return claim(by, "handshake.quota_exceeded", quote(said));
  if (refusal.status === 525) return claim(by, "handshake.exit_unavailable", quote(said));
  if (refusal.status === 400) return claim(by, "handshake.connect_rejected", quote(said), { culprit: "gateway", confidence: 0.8 });
  const dialled = readDialWords(by, said, refusal);
  return dialled ?? claim(by, "handshake.connect_rejected", quote(said), { culprit: "exit", confidence: 0.8 });
}

const ORIGIN = { culprit: "origin", confidence: 0.75 } as const;

interface Meaning extends ClaimDetails {
  readonly id: Claim["id"] | "login";
}

const ZYTE: ReadonlyMap<string, Meaning> = new Map(
  Object.entries<Meaning>({
    banned: { id: "handshake.exit_unavailable" }, // the target blocks all exits that the vendor tried
    noslaves: { id: "handshake.exit_unavailable" },
    serverbusy: { id: "handshake.exit_unavailable" },
    slavebanned: { id: "handshake.exit_unavailable" },
    bad_session_id: { id: "handshake.session_lost" },
    user_session_limit: { id: "handshake.rate_limited" },
    "over-user-limit": { id: "handshake.rate_limited" },
    "over-global-limit": { id: "handshake.rate_limited" },
    "account-suspended": { id: "handshake.quota_exceeded" },
    "temporary-error": { id: "handshake.exit_unavailable" },
    too_many_conns: { id: "handshake.rate_limited" },
    user_suspended: { id: "handshake.quota_exceeded" },
    bad_proxy_auth: { id: "login" },
    bad_auth: { id: "login" },
    header_auth: { id: "login" },
    nxdomain: { id: "handshake.target_unresolvable", params: { rcode: "NXDOMAIN" } },
    econnrefused: { id: "handshake.target_refused" },
    ehostunreach: { id: "handshake.target_unreachable" },
    timeout: { id: "handshake.target_timeout" },
    msgtimeout: { id: "handshake.target_timeout" },
    econnreset: { id: "handshake.connect_rejected", ...ORIGIN },
    socket_closed_remotely: { id: "handshake.connect_rejected", ...ORIGIN },
    ssl_tunnel_error: { id: "handshake.connect_rejected", ...ORIGIN },
    data_error: { id: "handshake.connect_rejected", ...ORIGIN },
    domain_forbidden: { id: "handshake.policy_denied" },
    bad_uri: { id: "handshake.connect_rejected", culprit: "gateway", confidence: 0.8 },
    bad_header: { id: "handshake.connect_rejected", culprit: "gateway", confidence: 0.8 },
    invalid_request: { id: "handshake.connect_rejected", culprit: "gateway", confidence: 0.8 },
  }),
);
