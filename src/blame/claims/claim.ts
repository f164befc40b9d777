import type { HostPort } from "../../core/address.ts";
import type { Culprit, RfcParams } from "../../core/fault.ts";
import type { HandshakeFaultId } from "../../core/faults/handshake.ts";
import { fieldValues, type RawFields } from "../../core/message.ts";

/** A proxy's own answer, as evidence: why did it not do what it was asked for? */
export interface Refusal {
  readonly status: number;
  /** The reason phrase. */
  readonly reason: string;
  readonly fields: RawFields;
  /** The body's beginning, as latin1. */
  readonly text: string;
  /** What the proxy was to reach. */
  readonly asked: HostPort;
  /** We sent it credentials. */
  readonly authenticated: boolean;
  /** It was asked for the exit of a session. */
  readonly hasSession: boolean;
}

/** What a proxy says about why it refused, translated. Null in `culprit` and `confidence`: the row of the fault decides. */
export interface Claim {
  /** Who says it: a product or a vendor, as people call it. */
  readonly by: string;
  readonly id: HandshakeFaultId;
  /** Its own words and what they mean, a clause. */
  readonly words: string;
  readonly culprit: Culprit | null;
  readonly confidence: number | null;
  readonly params: RfcParams;
}

/** Looks for the words of one kind of proxy; null where these are not its. */
export type ClaimReader = (refusal: Refusal) => Claim | null;

export type ClaimDetails = Partial<Pick<Claim, "culprit" | "confidence" | "params">>;

export function claim(by: string, id: HandshakeFaultId, words: string, more: ClaimDetails = {}): Claim {
  return { by, id, words, culprit: null, confidence: null, params: {}, ...more };
}

/** The exit wants a login: which fault it is depends on whether we gave one. */
export function loginFault(refusal: Refusal): HandshakeFaultId {
  return refusal.authenticated ? "handshake.auth_failed" : "handshake.auth_required";
}

/** A clause: that it wants a login, and which, where it would not take a user and a password as they are (RFC 9110 11.7.1). */
export function loginWords({ status, fields }: Refusal): string {
  const challenges = fieldValues(fields, status === 401 ? "www-authenticate" : "proxy-authenticate").join(", ");
  const schemes = new Set([...challenges.matchAll(CHALLENGE)].map(([, scheme = ""]) => scheme.toLowerCase()));
  const names = LOGINS.filter((name) => schemes.has(name.toLowerCase()));
  return names.length === 0 || names.includes("Basic")
    ? "it wants a login"
    : `it wants a login by ${names.join(" or ")}, and takes no Basic`;
}

const CHALLENGE = /(?:^|,\s*)([a-z]+)(?=\s+[^=\s]|\s*,|\s*$)/gi;
const LOGINS = ["Basic", "Digest", "NTLM", "Negotiate", "Kerberos", "Bearer"] as const;

const QUOTE_MAX = 120;

/** A piece of foreign text, for details: printable ASCII on one line, cut. */
export function quote(text: string, max: number = QUOTE_MAX): string {
  const printable = text
    .replace(/[^\x20-\x7e]+/g, " ")
    .replace(/"/g, "'")
    .trim();
  return printable.length > max ? `"${printable.slice(0, max)}..."` : `"${printable}"`;
}
