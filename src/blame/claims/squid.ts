import { isIP } from "node:net";
import { fieldValue } from "../../core/message.ts";
import { type Claim, type ClaimDetails, claim, loginFault, loginWords, type Refusal } from "./claim.ts";

/**
 * Squid says why in `X-Squid-Error: ERR_NAME errno`, and again in its page (`<body id=ERR_NAME>`, `(111) Connection refused`).
 * Its errors about the next server are the target's, since Squid tells the truth about what it met.
 */
export function readSquid(refusal: Refusal): Claim | null {
  const found = squidError(refusal);
  if (found === null) return null;
  const { name, errno } = found;
  if (name === "ERR_CONNECT_FAIL") return connectFailed(errno, refusal);
  if (name === "ERR_DNS_FAIL") return dnsFailed(refusal.text);
  if (name === "ERR_CANNOT_FORWARD" || (name === "ERR_READ_ERROR" && errno === 0)) return nowhereToGo(name, refusal);
  if (name === "ERR_CACHE_ACCESS_DENIED") return claim("Squid", loginFault(refusal), `${name}, ${loginWords(refusal)}`);

  const known = PAGES.get(name);
  const code = errno === 0 ? name : `${name} ${errno}`;
  if (known !== undefined) return claim("Squid", known.id, `${code}, ${known.words}`, known.more);
  if (refusal.status === 403) return claim("Squid", "handshake.policy_denied", `${code}, a page of its administrator`);
  return claim("Squid", "handshake.connect_rejected", code);
}

interface SquidError {
  readonly name: string;
  /** Of the system call that failed; 0 without one. */
  readonly errno: number;
}

function squidError({ fields, text }: Refusal): SquidError | null {
  const field = /^(ERR_[A-Z_]+)(?: (\d+))?/.exec(fieldValue(fields, "x-squid-error") ?? "");
  if (field !== null) return { name: field[1] as string, errno: Number(field[2] ?? 0) };
  const page = /<body id="?(ERR_[A-Z_]+)"?>|<!-- (ERR_[A-Z_]+) -->/.exec(text);
  if (page === null) return null;
  const errno = /The system returned:(?:\s|<[^<>]+>)*\((\d+)\)/.exec(text);
  return { name: (page[1] ?? page[2]) as string, errno: Number(errno?.[1] ?? 0) };
}

/** Of Linux, BSD and Windows. */
const ERRNO = {
  refused: [111, 61, 146, 10061],
  timeout: [110, 60, 145, 10060],
  unreachable: [113, 101, 112, 65, 64, 51, 50, 10065, 10051],
  reset: [104, 54, 10054],
  denied: [13, 1, 10013],
  exhausted: [99, 98, 24, 23, 49, 105],
} as const;

function connectFailed(errno: number, { status }: Refusal): Claim {
  const code = `ERR_CONNECT_FAIL ${errno}`;
  const isOneOf = (codes: readonly number[]) => codes.includes(errno);
  if (isOneOf(ERRNO.refused)) return claim("Squid", "handshake.target_refused", `${code}, the target refused TCP`);
  if (isOneOf(ERRNO.timeout)) return claim("Squid", "handshake.target_timeout", `${code}, the target did not answer TCP in time`);
  if (isOneOf(ERRNO.unreachable)) return claim("Squid", "handshake.target_unreachable", `${code}, no route leads to the target`);
  if (isOneOf(ERRNO.reset)) {
    return claim("Squid", "handshake.target_refused", `${code}, the target reset TCP while it was opened`, { confidence: 0.75 });
  }
  if (isOneOf(ERRNO.denied)) return claim("Squid", "handshake.policy_denied", `${code}, the exit's own firewall forbids the target`);
  if (isOneOf(ERRNO.exhausted)) return claim("Squid", "handshake.exit_unavailable", `${code}, the exit is out of sockets or ports`);
  const id = status === 504 ? "handshake.target_timeout" : "handshake.target_unreachable";
  return claim("Squid", id, `${code}, it could not connect to the target`, { confidence: 0.65 });
}

function dnsFailed(text: string): Claim {
  if (/Server Failure/i.test(text)) {
    const more = { culprit: "dns", confidence: 0.6, params: { rcode: "SERVFAIL" } } as const;
    return claim("Squid", "handshake.target_unresolvable", "ERR_DNS_FAIL, the exit's resolver failed", more);
  }
  if (/name server refuses|>Refused</i.test(text)) {
    const more = { culprit: "exit", confidence: 0.8, params: { rcode: "REFUSED" } } as const;
    return claim("Squid", "handshake.target_unresolvable", "ERR_DNS_FAIL, the exit's resolver refuses to answer it", more);
  }
  if (/Timeout/.test(text)) {
    const more = { culprit: "dns", confidence: 0.6 } as const;
    return claim("Squid", "handshake.target_unresolvable", "ERR_DNS_FAIL, the exit's resolver did not answer", more);
  }
  const isCertain = /Name Error|domain name does not exist/i.test(text);
  const more: ClaimDetails = isCertain ? { confidence: 0.9, params: { rcode: "NXDOMAIN" } } : {};
  return claim("Squid", "handshake.target_unresolvable", "ERR_DNS_FAIL, the target's name does not resolve", more);
}

/**
 * Squid found no server to go to. Since version 5 it says so, and not ERR_DNS_FAIL, of a name that does not resolve (seen with 5.7:
 * ERR_CANNOT_FORWARD to CONNECT, ERR_READ_ERROR without an errno to GET). Of an address it means that Squid's own parents are down.
 */
function nowhereToGo(name: string, { asked }: Refusal): Claim {
  if (isIP(asked.host) !== 0) {
    return claim("Squid", "handshake.exit_unavailable", `${name}, it has no way out`, { confidence: 0.7 });
  }
  const words = `${name}, as it says of a name that does not resolve`;
  return claim("Squid", "handshake.target_unresolvable", words, { confidence: 0.65 });
}

interface Page {
  readonly id: Claim["id"];
  readonly words: string;
  readonly more?: ClaimDetails;
}

const TARGETS_FAULT = { culprit: "origin", confidence: 0.8 } as const;

const PAGES: ReadonlyMap<string, Page> = new Map(
  Object.entries<Page>({
    ERR_ACCESS_DENIED: { id: "handshake.policy_denied", words: "its rules forbid this" },
    ERR_CACHE_MGR_ACCESS_DENIED: { id: "handshake.policy_denied", words: "its rules forbid this" },
    ERR_FORWARDING_DENIED: { id: "handshake.policy_denied", words: "its rules forbid to forward" },
    ERR_NO_RELAY: { id: "handshake.policy_denied", words: "it does not relay this" },
    ERR_CONFLICT_HOST: { id: "handshake.policy_denied", words: "it takes the request for a forged one" },
    ERR_READ_TIMEOUT: { id: "handshake.target_timeout", words: "the target did not answer in time" },
    ERR_LIFETIME_EXP: { id: "handshake.target_timeout", words: "the request outlived its limit", more: { confidence: 0.6 } },
    ERR_READ_ERROR: { id: "handshake.connect_rejected", words: "the target's connection broke", more: TARGETS_FAULT },
    ERR_WRITE_ERROR: { id: "handshake.connect_rejected", words: "the target's connection broke", more: TARGETS_FAULT },
    ERR_ZERO_SIZE_OBJECT: { id: "handshake.connect_rejected", words: "the target closed without a byte", more: TARGETS_FAULT },
    ERR_INVALID_RESP: { id: "handshake.connect_rejected", words: "the target's answer was malformed", more: TARGETS_FAULT },
    ERR_TOO_BIG: {
      id: "handshake.connect_rejected",
      words: "the message was too large for it",
      more: { culprit: "origin", confidence: 0.6 },
    },
    ERR_SECURE_CONNECT_FAIL: { id: "handshake.connect_rejected", words: "TLS with the target failed", more: TARGETS_FAULT },
    ERR_SOCKET_FAILURE: { id: "handshake.exit_unavailable", words: "it is out of sockets" },
    ERR_SHUTTING_DOWN: { id: "handshake.exit_unavailable", words: "it is shutting down" },
    ERR_GATEWAY_FAILURE: { id: "handshake.exit_unavailable", words: "it has a fault of its own" },
    ERR_ICAP_FAILURE: { id: "handshake.exit_unavailable", words: "its content filter is down" },
  }),
);
