import { isIP } from "node:net";
import type { HostPort } from "../../core/address.ts";
import type { Culprit } from "../../core/fault.ts";
import { fieldValues, type RawFields } from "../../core/message.ts";
import { type ProxyStatusMember, parseProxyStatus } from "../../wire/proxy-status.ts";
import { type Claim, type ClaimDetails, claim, loginFault, quote, type Refusal } from "./claim.ts";

/**
 * RFC 9209: the innermost member with an `error` owns it, since what others add further out is the consequence. Whether the fault lies
 * at that member or at its next hop follows from the type; whether that next hop was the target, from its `next-hop`.
 */
export function readProxyStatus(refusal: Refusal): Claim | null {
  const owner = owningMember(refusal.fields);
  return owner === null ? null : claimOfMember(owner, refusal);
}

/** The members of all Proxy-Status fields, the one nearest to the origin first. */
export function proxyStatusMembers(fields: RawFields): readonly ProxyStatusMember[] {
  const value = fieldValues(fields, "proxy-status").join(", ");
  return value === "" ? [] : (parseProxyStatus(value) ?? []);
}

export function owningMember(fields: RawFields): ProxyStatusMember | null {
  return proxyStatusMembers(fields).find(({ error }) => error !== null) ?? null;
}

export function claimOfMember(owner: ProxyStatusMember, refusal: Refusal): Claim {
  const error = owner.error as string;
  const detail = owner.details === null ? "" : `, ${quote(owner.details)}`;
  const words = `error=${error}${detail}`;
  const meaning = MEANINGS.get(error) ?? { id: "handshake.connect_rejected", about: "self" };
  const { id, ...more } = refine(meaning, owner, refusal);
  return claim(`Proxy-Status of ${quote(owner.name, 60)}`, id, words, more);
}

/** True, or false, where `next-hop` says whether the member's next hop was what we asked for; null where it does not. */
export function isNextHopAsked({ nextHop }: ProxyStatusMember, asked: HostPort): boolean | null {
  if (nextHop === null || nextHop === "") return null;
  const parts = /^\[?([^\]]*?)\]?(?::(\d{1,5}))?$/.exec(nextHop.toLowerCase());
  if (parts === null || (isIP(nextHop) === 0 && parts[1] === "")) return null;
  const host = isIP(nextHop) === 6 ? nextHop.toLowerCase() : (parts[1] as string);
  const port = isIP(nextHop) === 6 ? undefined : parts[2];
  if (port !== undefined && Number(port) !== asked.port) return false;
  if (host === asked.host) return true;
  // An address may be what the asked name resolved to; another name is somebody else.
  return isIP(host) !== 0 && isIP(asked.host) === 0 ? null : false;
}

interface Meaning {
  readonly id: Claim["id"];
  /** Where the fault lies: at the member, at its next hop, or at us who asked. */
  readonly about: "self" | "next" | "us";
  readonly culprit?: Culprit;
  readonly confidence?: number;
}

const TARGETS_ANSWER: Meaning = { id: "handshake.connect_rejected", about: "next", confidence: 0.7 };

const MEANINGS: ReadonlyMap<string, Meaning> = new Map(
  Object.entries<Meaning>({
    dns_timeout: { id: "handshake.target_unresolvable", about: "next", culprit: "dns", confidence: 0.6 },
    dns_error: { id: "handshake.target_unresolvable", about: "next" },
    destination_not_found: { id: "handshake.connect_rejected", about: "self" },
    destination_unavailable: { id: "handshake.exit_unavailable", about: "self" },
    destination_ip_prohibited: { id: "handshake.policy_denied", about: "self" },
    destination_ip_unroutable: { id: "handshake.target_unreachable", about: "next" },
    connection_refused: { id: "handshake.target_refused", about: "next" },
    connection_terminated: { id: "handshake.connect_rejected", about: "next", confidence: 0.65 },
    connection_timeout: { id: "handshake.target_timeout", about: "next" },
    connection_read_timeout: { id: "handshake.target_timeout", about: "next" },
    connection_write_timeout: { id: "handshake.target_timeout", about: "next" },
    connection_limit_reached: { id: "handshake.rate_limited", about: "self" },
    tls_protocol_error: TARGETS_ANSWER,
    tls_certificate_error: TARGETS_ANSWER,
    tls_alert_received: TARGETS_ANSWER,
    http_request_error: { id: "handshake.connect_rejected", about: "us", confidence: 0.7 },
    http_request_denied: { id: "handshake.policy_denied", about: "self" },
    http_response_incomplete: TARGETS_ANSWER,
    http_response_header_section_size: TARGETS_ANSWER,
    http_response_header_size: TARGETS_ANSWER,
    http_response_body_size: TARGETS_ANSWER,
    http_response_trailer_section_size: TARGETS_ANSWER,
    http_response_trailer_size: TARGETS_ANSWER,
    http_response_transfer_coding: TARGETS_ANSWER,
    http_response_content_coding: TARGETS_ANSWER,
    http_response_timeout: { id: "handshake.target_timeout", about: "next", confidence: 0.7 },
    http_upgrade_failed: TARGETS_ANSWER,
    http_protocol_error: { ...TARGETS_ANSWER, confidence: 0.6 },
    proxy_internal_response: { id: "handshake.connect_rejected", about: "self" },
    proxy_internal_error: { id: "handshake.connect_rejected", about: "self" },
    proxy_configuration_error: { id: "handshake.connect_rejected", about: "self" },
    proxy_loop_detected: { id: "handshake.connect_rejected", about: "self" },
  }),
);

type Refined = { readonly id: Claim["id"] } & ClaimDetails;

function refine(meaning: Meaning, owner: ProxyStatusMember, refusal: Refusal): Refined {
  const { id, about } = meaning;
  if (refusal.status === 407 && about !== "next") return { id: loginFault(refusal) };
  if (refusal.status === 429 && about !== "next") return { id: "handshake.rate_limited" };
  const told = toldCulprit(owner);
  if (told !== null)
    return { id: told === "exit" && about === "next" ? "handshake.connect_rejected" : id, ...confident(owner), culprit: told };

  const isAsked = isNextHopAsked(owner, refusal.asked);
  if (about === "next" && isAsked === false) return { id: "handshake.connect_rejected", culprit: "exit", confidence: 0.8 };
  if (owner.error === "destination_unavailable" && isAsked === true) return { id: "handshake.target_unreachable" };
  const culprit = meaning.culprit ?? culpritBySide(meaning, owner);
  return { id, culprit, confidence: meaning.confidence ?? null, params: rcode(owner) };
}

function culpritBySide({ id, about }: Meaning, owner: ProxyStatusMember): Culprit | null {
  if (about === "us") return "gateway";
  if (owner.error === "dns_error") return dnsCulprit(owner);
  if (about === "next") return id === "handshake.connect_rejected" ? "origin" : null;
  return null;
}

/** The exit's resolver may have failed, or have told the truth about the name. */
function dnsCulprit({ params: { rcode: code } }: ProxyStatusMember): Culprit | null {
  if (code === "SERVFAIL") return "dns";
  return code === "REFUSED" ? "exit" : null;
}

function rcode({ params: { rcode: code } }: ProxyStatusMember): Record<string, string> {
  return typeof code === "string" ? { rcode: code } : {};
}

/** A gateway of our own kind names its culprit. Its exits and itself are on the exit's side for us; its client is we. */
function toldCulprit({ params: { culprit } }: ProxyStatusMember): Culprit | null {
  switch (culprit) {
    case "origin":
    case "edge":
    case "dns":
      return culprit;
    case "exit":
    case "gateway":
    case "network":
      return "exit";
    case "client":
      return "gateway";
    default:
      return null;
  }
}

function confident({ params: { confidence } }: ProxyStatusMember): ClaimDetails {
  return typeof confidence === "number" && confidence >= 0 && confidence <= 1 ? { confidence } : {};
}
