import type { HostPort } from "../core/address.ts";
import { type Fault, fault, isOfTargetSide } from "../core/fault.ts";
import { culpritOf, FAULTS } from "../core/fault-table.ts";
import type { AttributedFault } from "../core/ledger.ts";
import { fieldValue, fieldValues, type RawFields } from "../core/message.ts";
import type { Route } from "../core/route.ts";
import { type Claim, quote, type Refusal } from "./claims/claim.ts";
import { claimOfLostSession } from "./claims/lost-session.ts";
import { owningMember } from "./claims/proxy-status.ts";
import { claimOfExitMade, faultOfClaim, retryAfterMs } from "./claims/read-claim.ts";
import { readStatus, readWantsTls } from "./claims/statuses.ts";
import { type EdgeWords, readEdgeWords } from "./edge-words.ts";
import { isPassedOn, judgeExitPage, judgeExitProxyStatus } from "./exit-pages.ts";
import { type Fingerprint, identify } from "./fingerprints.ts";
import { withoutPasswords } from "./quoted-passwords.ts";

/** A final answer as it came. */
export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly fields: RawFields;
}

/** The way that an answer came. */
export interface AnswerWay {
  /** An HTTP exit relayed it in clear text, so that it may have made it itself. False: direct, or out of a tunnel. */
  readonly exit: boolean;
  /** That exit was given credentials. */
  readonly authenticated: boolean;
  /** The client wants the exit of its session or none. */
  readonly hardSession: boolean;
  /** As the exit's tags name it; null: not at all. */
  readonly vendor: string | null;
  readonly target: HostPort;
  /** The body is over, and there was none. */
  readonly empty: boolean;
}

/**
 * Whose answer is this? Null: a site's, to be passed on without a word. Else who made it, decided by what only that one leaves on an answer:
 * - `relay.exit_5xx`, `relay.edge_5xx`, `relay.origin_5xx` for a 5xx; the culprit of the first may be the target, where the exit truthfully
 *   says that the target failed;
 * - a `handshake.*` fault for what an exit made in place of the site's answer below 500: a 407, a vendor's refusal, Squid's 403, an empty 200
 *   with a vendor's error in its fields. Of a hard session also a 5xx that says that the session's exit is gone: it is no answer to relay.
 *
 * @param bodyStart what of the body is there, at most 16 KiB are looked at; empty where none is, or where it is compressed.
 */
export function judgeAnswer(answer: Answer, bodyStart: Uint8Array, way: AnswerWay): Fault | null {
  if (answer.status < 400 && !(way.exit && answer.status < 300 && (way.empty || isEmpty(answer.fields)))) return null;
  const refusal = toRefusal(answer, bodyStart, way);
  const own = way.exit ? judgeExitMade(refusal, way) : null;
  if (own !== null || answer.status < 500 || answer.status > 599) return own;
  return judgeTargetMade(refusal, way);
}

/** The hop of a judged answer: whoever made it, or the target where the exit only reports on it. */
export function placeAnswerFault(value: Fault, route: Route): AttributedFault {
  const exits = route.exit?.hops.length ?? 0;
  const isExits = exits > 0 && (value.id === "relay.exit_5xx" || value.id.startsWith("handshake."));
  const culprit = culpritOf(value, isExits ? "exit" : "target");
  const isTargetBroken = isOfTargetSide(culprit) || culprit === "dns";
  const hop = isExits && !isTargetBroken ? exits : exits + 1;
  return withoutPasswords({ fault: value, role: isExits ? "exit" : "target", hop }, route.exit);
}

const BODY_BYTES_MAX = 16 * 1024;

/** By its framing, so that a body which is still on its way is not taken for none. */
function isEmpty(fields: RawFields): boolean {
  const length = fieldValue(fields, "content-length");
  return length === null ? fieldValue(fields, "transfer-encoding") === null : length === "0";
}

function toRefusal({ status, reason, fields }: Answer, bodyStart: Uint8Array, way: AnswerWay): Refusal {
  const text = Buffer.from(bodyStart.buffer, bodyStart.byteOffset, Math.min(bodyStart.byteLength, BODY_BYTES_MAX)).toString("latin1");
  return { status, reason, fields, text, asked: way.target, authenticated: way.authenticated, hasSession: way.hardSession };
}

/** What the answer says about itself, where that proves that the exit made it. */
function judgeExitMade(refusal: Refusal, { vendor }: AnswerWay): Fault | null {
  const { status } = refusal;
  const claim = isPassedOn(refusal) ? null : claimOfExitMade(refusal);
  const lost = claimOfLostSession(refusal, claim, vendor);
  if (lost !== null) return faultOfClaim(lost, refusal);
  if (claim !== null) return status >= 500 ? exitMade(claim, refusal) : belowFiveHundred(claim, refusal);
  // A site on 443 may say so too, of the client's own http://site:443.
  const wantsTls = refusal.asked.port === 80 ? readWantsTls(refusal) : null;
  if (wantsTls !== null) return faultOfClaim(wantsTls, refusal);
  if (status === 407) return faultOfClaim(doubted(readStatus(refusal, null), refusal), refusal);
  if (status < 500) return VENDOR_STATUSES.includes(status) ? faultOfClaim(readStatus(refusal, null), refusal) : null;
  const page = judgeExitProxyStatus(refusal) ?? judgeExitPage(refusal);
  return page === null ? null : exitMade(page, refusal);
}

/** A 407 is a proxy's (RFC 9110 15.5.8), but which one's is open where it has come by another: sites have caches in front, and programs that are wrong. */
function doubted(claim: Claim, { fields }: Refusal): Claim {
  const via = fieldValue(fields, "via");
  return via === null || /squid/i.test(via) ? claim : { ...claim, confidence: 0.6 };
}

/** Statuses that no site sends, and that vendors have made up. */
const VENDOR_STATUSES: readonly number[] = [452, 453, 454, 455, 490];

function exitMade(claim: Claim, refusal: Refusal): Fault {
  const { params, confidence, retryAfterMs: wait, ...inner } = faultOfClaim(claim, refusal);
  const culprit = inner.culprit ?? FAULTS[claim.id].culprit.exit;
  const details = `the exit made this ${refusal.status}; ${claim.by}: ${claim.words}`;
  return fault("relay.exit_5xx", details, { params, confidence, retryAfterMs: wait, culprit });
}

function belowFiveHundred(claim: Claim, refusal: Refusal): Fault | null {
  // "The exit did not like the request" may be right, and the client can read it: an answer, no fault.
  if (claim.id === "handshake.connect_rejected" && refusal.status >= 400) return null;
  return faultOfClaim(claim, refusal);
}

function judgeTargetMade(refusal: Refusal, way: AnswerWay): Fault {
  const { status, fields, text } = refusal;
  const more = { params: { "received-status": status }, retryAfterMs: retryAfterMs(fields) };
  const prints = identify(status, fields, text);
  const maker = prints.find(({ made }) => made);
  const words = maker === undefined ? null : readEdgeWords(maker.id, refusal);
  if (maker !== undefined && words?.isOrigins !== true) {
    const confidence = edgeConfidence(maker, refusal, way);
    return fault("relay.edge_5xx", `${maker.name} made this ${status}${toldBy(words)}`, { ...more, confidence });
  }
  if (words !== null && maker !== undefined) {
    return fault("relay.origin_5xx", `${maker.name} says: ${words.words}`, { ...more, confidence: 0.75 });
  }
  const member = owningMember(fields);
  if (member !== null) {
    const said = `Proxy-Status of ${quote(member.name, 60)}: error=${member.error}${member.details === null ? "" : `, ${quote(member.details)}`}`;
    return fault("relay.edge_5xx", said, { ...more, confidence: way.exit ? 0.65 : 0.85 });
  }
  return originMade(prints, refusal, way, more);
}

function originMade(prints: readonly Fingerprint[], { status }: Refusal, way: AnswerWay, more: Partial<Fault>): Fault {
  const [passer] = prints;
  if (passer !== undefined && passer.side !== "exit") {
    return fault("relay.origin_5xx", `${passer.name} passed this ${status} on and did not make it`, { ...more, confidence: 0.7 });
  }
  if (!way.exit) return fault("relay.origin_5xx", `${status} with no gateway's marks`, more);
  return fault("relay.origin_5xx", `${status} with no gateway's marks; the exit relayed it in clear text`, { ...more, confidence: 0.5 });
}

/** A page of a product that stands in front of sites as a rule may be the exit's own, unless another proxy has passed it on. */
function edgeConfidence({ side }: Fingerprint, refusal: Refusal, way: AnswerWay): number | null {
  if (!way.exit) return side === "exit" ? 0.75 : null;
  if (side === "edge") return null;
  return fieldValue(refusal.fields, "via") === null && fieldValues(refusal.fields, "x-cache").length === 0 ? 0.6 : 0.8;
}

function toldBy(words: EdgeWords | null): string {
  return words === null ? "" : `: ${words.words}`;
}
