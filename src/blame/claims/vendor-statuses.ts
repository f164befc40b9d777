import { type Claim, type ClaimDetails, claim, type Refusal } from "./claim.ts";

/** Whose exit it is that refused, by its tags, and whether its user name asks for a session. */
export interface KnownVendor {
  readonly id: string;
  readonly hasSession: boolean;
}

/** Whose exit it is, as its tags name it; null: not at all. */
export function vendorIdOf(tags: Readonly<Record<string, string>>): string | null {
  return tags["vendor"] ?? tags["provider"] ?? null;
}

/** The vendor's names in tags to what its manual says of statuses that it sends with nothing else. */
export function readVendorStatus({ status }: Refusal, { id, hasSession }: KnownVendor): Claim | null {
  const vendor = Object.hasOwn(VENDORS, id) ? VENDORS[id] : undefined;
  const meaning = vendor?.statuses[status];
  if (vendor === undefined || meaning === undefined || (meaning.ofSession === true && !hasSession)) return null;
  const { id: fault, words, ofSession: _, ...more } = meaning;
  return claim(vendor.name, fault, words, more);
}

interface Meaning extends ClaimDetails {
  readonly id: Claim["id"];
  readonly words: string;
  /** Only where a session was asked for. */
  readonly ofSession?: true;
}

interface VendorStatuses {
  readonly name: string;
  readonly statuses: Readonly<Record<number, Meaning>>;
}

/** Manuals mean more than one thing by these, and do not say how often each is the case. */
const UNSURE = { confidence: 0.65 } as const;
const SESSION_GONE: Meaning = { id: "handshake.session_lost", words: "the session's exit is gone", ofSession: true, confidence: 0.75 };
const TARGET_SILENT: Meaning = { id: "handshake.target_timeout", words: "no answer from beyond the exit in time", ...UNSURE };
const NO_EXIT: Meaning = { id: "handshake.exit_unavailable", words: "no exit fits what the user name asks for" };

const VENDORS: Readonly<Record<string, VendorStatuses>> = {
  oxylabs: {
    name: "Oxylabs",
    statuses: {
      404: { id: "handshake.target_unresolvable", words: "the target's name was not found", confidence: 0.8 },
      429: { id: "handshake.rate_limited", words: "the plan's sessions are all in use" },
      502: SESSION_GONE,
      503: { id: "handshake.target_unreachable", words: "the target's name does not resolve, or it does not answer TCP", ...UNSURE },
      504: TARGET_SILENT,
      522: TARGET_SILENT,
      525: NO_EXIT,
    },
  },
  netnut: {
    name: "NetNut",
    statuses: { 490: NO_EXIT, 502: SESSION_GONE, 522: TARGET_SILENT },
  },
  iproyal: {
    name: "IPRoyal",
    statuses: { 503: NO_EXIT, 504: { id: "handshake.exit_unavailable", words: "the exit could not connect", confidence: 0.7 } },
  },
  nimble: {
    name: "Nimble",
    statuses: {
      402: { id: "handshake.quota_exceeded", words: "the credits are spent" },
      503: { id: "handshake.exit_unavailable", words: "it is overloaded", confidence: 0.8 },
      504: TARGET_SILENT,
      525: NO_EXIT,
    },
  },
};
