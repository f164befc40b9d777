import type { Culprit } from "../../core/fault.ts";
import { fieldValue, fieldValues } from "../../core/message.ts";
import { type Claim, type ClaimDetails, claim, loginFault, quote, type Refusal } from "./claim.ts";
import { readDialWords } from "./dial-words.ts";

/**
 * Bright Data's error codes name the side in their family: `client_` is the account or the request, `policy_` its own rules, `peer_` its
 * exits, `target_` the target. They come in `x-brd-err-code`, or in front of the `details` of its `Proxy-Status`.
 */
export function readBrightData(refusal: Refusal): Claim | null {
  const code = errorCode(refusal);
  const said = SAID_IN.map((name) => fieldValue(refusal.fields, name)).find((value) => value !== null && value !== "");
  if (code === null) return said === undefined ? null : byWords(said as string, refusal);
  const words = said === undefined ? code : `${code}, ${quote(said as string)}`;
  const { id, ...more } = CODES.get(code) ?? byFamily(code, refusal);
  return claim("Bright Data", id === "login" ? loginFault(refusal) : id, words, more);
}

const SAID_IN = ["x-brd-err-msg", "x-brd-error", "x-luminati-error"] as const;

function errorCode({ fields }: Refusal): string | null {
  const value = fieldValue(fields, "x-brd-err-code") ?? fieldValue(fields, "x-luminati-error-code");
  if (value !== null && value !== "") return value.toLowerCase().replace("-", "_");
  const status = fieldValues(fields, "proxy-status").join(", ");
  const code = /details="(client|policy|peer|target)[_-](\d{5})/.exec(status);
  return code === null ? null : `${code[1]}_${code[2]}`;
}

interface Meaning extends ClaimDetails {
  readonly id: Claim["id"] | "login";
}

const GATEWAY = { culprit: "gateway" as Culprit, confidence: 0.9 };
const NONE_THAT_FITS: Meaning = { id: "handshake.exit_unavailable", ...GATEWAY };
/** Its parameters are a part of the credentials. */
const WRONG_USER_NAME: Meaning = { id: "handshake.auth_failed", confidence: 0.85 };
const RATE: Meaning = { id: "handshake.rate_limited" };

const CODES: ReadonlyMap<string, Meaning> = new Map(
  Object.entries<Meaning>({
    client_10020: { id: "handshake.quota_exceeded" }, // the account is suspended
    client_10060: NONE_THAT_FITS, // the address asked for is not the zone's
    client_10061: NONE_THAT_FITS, // no exit in the zone's countries
    client_10062: NONE_THAT_FITS,
    client_10063: WRONG_USER_NAME, // no address where one is asked for
    client_10090: WRONG_USER_NAME, // a zone for browsers
    client_10130: WRONG_USER_NAME, // a door for one country
    client_10100: { id: "handshake.quota_exceeded" }, // the zone's usage limit
    client_10110: RATE,
    client_10120: { id: "handshake.exit_unavailable" }, // no exit, and the zone forbids to go without
    client_10250: { id: "handshake.policy_denied", ...GATEWAY }, // the zone's own allow-list
    client_10260: { id: "handshake.policy_denied", ...GATEWAY },
    peer_30030: { id: "handshake.exit_unavailable" }, // none in the city, session or not
    policy_20130: { id: "handshake.policy_denied" },
    policy_20140: { id: "handshake.policy_denied" },
    policy_20220: RATE,
    policy_20221: RATE,
    policy_20222: RATE,
    policy_20223: RATE,
    kyc_required: { id: "handshake.policy_denied" },
    business_account_required: { id: "handshake.policy_denied" },
  }),
);

function byFamily(code: string, { status, hasSession }: Refusal): Meaning {
  const family = code.slice(0, code.indexOf("_"));
  if (status === 429) return RATE;
  if (family === "client") return status === 407 || status === 401 ? { id: "login" } : { id: "handshake.connect_rejected", ...GATEWAY };
  if (family === "policy") return { id: "handshake.policy_denied" };
  if (family === "peer") return { id: hasSession ? "handshake.session_lost" : "handshake.exit_unavailable" };
  if (family === "target") {
    // 400xx speaks of the target's name.
    if (code.startsWith("target_400")) return { id: "handshake.target_unresolvable", confidence: 0.9 };
    return { id: "handshake.target_unreachable", confidence: 0.85 };
  }
  return status === 407 ? { id: "login" } : { id: "handshake.connect_rejected", culprit: "exit", confidence: 0.8 };
}

/** Older gateways of this vendor say it in words alone. */
function byWords(text: string, refusal: Refusal): Claim {
  if (refusal.hasSession && PEER_GONE.test(text)) return claim("Bright Data", "handshake.session_lost", quote(text));
  const known = SAYINGS.find(({ pattern }) => pattern.test(text));
  if (known !== undefined) return claim("Bright Data", known.id, quote(text));
  if (refusal.status === 407) return claim("Bright Data", loginFault(refusal), quote(text));
  if (refusal.status === 429) return claim("Bright Data", "handshake.rate_limited", quote(text));
  if (refusal.status === 403) return claim("Bright Data", "handshake.policy_denied", quote(text));
  const dialled = readDialWords("Bright Data", text, refusal);
  return dialled ?? claim("Bright Data", "handshake.connect_rejected", quote(text), { culprit: "exit", confidence: 0.8 });
}

/** A session is held to one peer. */
const PEER_GONE = /no peers|peer (?:is |was )?(?:not found|not available|unavailable|gone|disconnected)/i;

const SAYINGS: readonly { readonly pattern: RegExp; readonly id: Claim["id"] }[] = [
  { pattern: /suspended|usage limit/i, id: "handshake.quota_exceeded" },
  { pattern: /no peers|peer not found|do not have proxies|no proxies?\b/i, id: "handshake.exit_unavailable" },
  { pattern: /rate limit|too many requests/i, id: "handshake.rate_limited" },
  { pattern: /forbidden|blocked|bad_endpoint|not allowed/i, id: "handshake.policy_denied" },
];
