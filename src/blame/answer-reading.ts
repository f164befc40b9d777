import type { HostPort } from "../core/address.ts";
import type { Culprit, Fault, FaultId } from "../core/fault.ts";
import { confidenceOf, culpritOf, FAULTS } from "../core/fault-table.ts";
import { fieldValue, fieldValues, type RawFields } from "../core/message.ts";
import type { HopRole } from "../core/route.ts";
import { claimOfRefusedConnect, faultOfClaim } from "./claims/read-claim.ts";
import { CLIENT_ERRORS } from "./client-error-words.ts";
import type { MakerSide } from "./fingerprint-table.ts";
import { type Fingerprint, identify } from "./fingerprints.ts";
import { judgeHeadAlone } from "./head-alone.ts";
import { matchTimer } from "./known-timers.ts";
import { readOwnWords, tellOwnWords } from "./own-words.ts";
import { judgeAnswer } from "./relayed.ts";
import { type Rules, ruleOn } from "./rules.ts";
import { fixOf } from "./verdict.ts";

/** An answer as somebody has saved it, or as it just came. */
export interface SeenAnswer {
  readonly status: number;
  readonly reason: string;
  readonly fields: RawFields;
  /** Its start, decompressed; empty where it is not known. */
  readonly body: Uint8Array;
  /** From the request to the answer's head; null: not known. */
  readonly ms: number | null;
}

/** What is known of the request. */
export interface AskedFor {
  /** Null: not known. */
  readonly target: HostPort | null;
  /** It went whole to a proxy, in clear text, so that the proxy may have answered itself. Null: not known. */
  readonly plainProxy: boolean | null;
  readonly method: string;
}

type AnswerKind = "ok" | "redirect" | "outage" | "block" | "rate-limit" | "proxy-refusal" | "client-error";

/** Who made an answer, who passed it on, what it means. */
export interface AnswerReading {
  readonly kind: AnswerKind;
  /** Null: nothing on the answer proves it. */
  readonly madeBy: { readonly id: string; readonly name: string; readonly side: MakerSide | "origin" } | null;
  /** Names of others that left marks on it, with the field that shows each. */
  readonly passedOnBy: readonly string[];
  /** Null: the answer is no fault. */
  readonly fault: FaultId | null;
  readonly culprit: Culprit | null;
  /** 0 to 1. */
  readonly confidence: number;
  /** Who broke, where that is neither who made the answer nor what lies behind it; null: that is not known. */
  readonly beyond: string | null;
  /** In words, strongest first. */
  readonly evidence: readonly string[];
  readonly summary: string;
  readonly fix: { readonly client: string; readonly operator: string };
}

/**
 * Reads an answer without asking anybody: its fingerprints, vendors' codes, Proxy-Status, Via, block pages, and times that match known limits.
 *
 * @param rules tell a block page from a page.
 */
export function readAnswer(answer: SeenAnswer, asked: AskedFor, rules: Rules): AnswerReading {
  const { status, fields, body, ms } = answer;
  const prints = identify(status, fields, Buffer.from(body).toString("latin1"));
  const judged = judge(answer, asked, prints);
  const maker = prints.find(({ made }) => made) ?? null;
  const evidence = [
    ...(judged === null ? [] : [judged.fault.details]),
    ...(maker === null || judged?.fault.details.includes(maker.name)
      ? []
      : [`marks that only ${maker.name} leaves on an answer that it made`]),
    ...(ms === null || status < 500 ? [] : [matchTimer(ms, maker?.id ?? null)].filter((words) => words !== null)),
    ...servedBy(fields),
  ];
  const common = { madeBy: makerOf(judged, maker, prints), passedOnBy: passersOf(prints, maker, fields), evidence, beyond: null };
  const own = readOwnWords(fields);
  if (own !== null) return tellOwnWords(own, status, common);
  const blocked = judged?.fault.id.startsWith("handshake.") ? null : ruled(answer, asked, rules, judged?.fault ?? null);
  if (blocked !== null) {
    // Whoever stands in front of the site may have made it as well as the site.
    const madeBy = maker === null ? null : common.madeBy;
    return { ...common, madeBy, ...tellBlock(blocked, answer), evidence: [blocked.details, ...evidence] };
  }
  if (judged === null) return { ...common, ...tellPlain(answer) };
  return { ...common, ...tellFault(judged.fault, judged.role, answer) };
}

interface Judged {
  readonly fault: Fault;
  readonly role: HopRole;
}

/** What the gateway itself would make of it. Where nobody knows whether a proxy was asked, its own words decide. */
function judge(
  { status, reason, fields, body }: Omit<SeenAnswer, "ms">,
  { target, plainProxy, method }: AskedFor,
  prints: readonly Fingerprint[],
): Judged | null {
  if (method === "CONNECT" && (status < 200 || status > 299))
    return { fault: refusedConnect({ status, reason, fields, body }, target ?? UNKNOWN_TARGET), role: "exit" };
  const way = { authenticated: false, hardSession: false, vendor: null, target: target ?? UNKNOWN_TARGET, empty: body.length === 0 };
  const exit = plainProxy ?? true;
  const found = judgeAnswer({ status, reason, fields }, body, { ...way, exit });
  if (found === null) return null;
  const alone = judgeHeadAlone({ status, fields, body }, found, prints);
  if (alone !== null) return { fault: alone, role: "target" };
  // No word of an exit that nobody has spoken of.
  if (plainProxy === null && found.id === "relay.origin_5xx") {
    const direct = judgeAnswer({ status, reason, fields }, body, { ...way, exit: false }) ?? found;
    return { fault: { ...direct, confidence: found.confidence }, role: "target" };
  }
  const isExits = found.id === "relay.exit_5xx" || found.id.startsWith("handshake.");
  return { fault: found, role: isExits && exit ? "exit" : "target" };
}

/** Of a refused CONNECT everything is the proxy's word. */
function refusedConnect({ status, reason, fields, body }: Omit<SeenAnswer, "ms">, asked: HostPort): Fault {
  const text = Buffer.from(body).toString("latin1");
  const maker = identify(status, fields, text).find(({ made }) => made)?.name ?? null;
  const refusal = { status, reason, fields, text, asked, authenticated: false, hasSession: false };
  return faultOfClaim(claimOfRefusedConnect(refusal, maker, null), refusal);
}

/** No name that a page could quote. */
const UNKNOWN_TARGET: HostPort = { host: "", port: 0 };

function ruled({ status, fields, body, ms }: SeenAnswer, { target }: AskedFor, rules: Rules, judged: Fault | null): Fault | null {
  const head = { status, fields, host: target?.host.toLowerCase() ?? "", ms: ms ?? 0 };
  const found = ruleOn(rules.shortlist(head), head, body, judged);
  const made = found?.fault ?? null;
  return made?.id === "relay.blocked" || made?.id === "relay.rate_limited" ? made : null;
}

function makerOf(judged: Judged | null, maker: Fingerprint | null, prints: readonly Fingerprint[]): AnswerReading["madeBy"] {
  if (judged !== null && (judged.fault.id === "relay.origin_5xx" || maker === null)) {
    if (judged.fault.id === "relay.origin_5xx") return { id: "origin", name: "the site's application", side: "origin" };
    if (judged.role === "exit") return { id: "exit", name: "the proxy", side: "exit" };
  }
  if (maker !== null) return { id: maker.id, name: maker.name, side: maker.side };
  // Below 500 nothing says that a gateway made it: an application did, behind whoever passed it on.
  return judged === null && prints.length > 0 ? { id: "origin", name: "the site's application", side: "origin" } : null;
}

function passersOf(prints: readonly Fingerprint[], maker: Fingerprint | null, fields: RawFields): string[] {
  const names = prints.filter(({ id, made }) => id !== maker?.id && !made).map(({ name }) => name);
  const via = fieldValues(fields, "via").flatMap((value) => value.split(",").map((member) => member.trim()));
  return [...new Set(names), ...via.filter((member) => member !== "").map((member) => `Via: ${member}`)].slice(0, PASSERS_MAX);
}

/** More than so many say nothing to people. */
const PASSERS_MAX = 8;

/** Fields that people ask their CDN's support about. */
const REQUEST_IDS = [
  "cf-ray",
  "x-amz-cf-id",
  "x-amz-request-id",
  "x-request-id",
  "x-vercel-id",
  "x-served-by",
  "x-azure-ref",
  "fly-request-id",
];

function servedBy(fields: RawFields): string[] {
  return REQUEST_IDS.flatMap((name) => {
    const value = fieldValue(fields, name);
    return value === null ? [] : [`${name}: ${value.slice(0, ID_CHARS_MAX)} (name it when you write to their support)`];
  }).slice(0, 1);
}

const ID_CHARS_MAX = 80;

type Told = Pick<AnswerReading, "kind" | "fault" | "culprit" | "confidence" | "summary" | "fix">;

function tellFault(fault: Fault, role: HopRole, { status }: SeenAnswer): Told {
  const culprit = culpritOf(fault, role);
  const kind = fault.id.startsWith("handshake.") ? "proxy-refusal" : "outage";
  const { client, operator } = fixOf(fault, culprit);
  return {
    kind,
    fault: fault.id,
    culprit,
    confidence: confidenceOf(fault),
    summary: `${status}: ${FAULTS[fault.id].summary} ${capital(fault.details)}.`,
    fix: { client: culprit === "gateway" ? operator : client, operator }, // whoever was answered is the one that uses the proxy
  };
}

function tellBlock(fault: Fault, { status }: SeenAnswer): Told {
  const kind = fault.id === "relay.blocked" ? "block" : "rate-limit";
  const summary =
    kind === "block"
      ? `${status}: this is a block page or a challenge, not an outage. The site is up and does not want this client.`
      : `${status}: the site is up and wants fewer requests.`;
  return {
    kind,
    fault: fault.id,
    culprit: culpritOf(fault, "target"),
    confidence: confidenceOf(fault),
    summary,
    fix: FAULTS[fault.id].fix,
  };
}

function tellPlain({ status, fields }: SeenAnswer): Told {
  const none = { fault: null, culprit: null, confidence: 1, fix: { client: "Nothing to do.", operator: "Nothing to do." } } as const;
  if (status < 300) return { ...none, kind: "ok", summary: `${status}: an answer as it should be.` };
  if (status < 400) {
    const location = fieldValue(fields, "location");
    return {
      ...none,
      kind: "redirect",
      summary: `${status}: the page is elsewhere${location === null ? "" : `, at ${location.slice(0, ID_CHARS_MAX)}`}.`,
    };
  }
  const [summary, client] = CLIENT_ERRORS[status] ?? ["the site did not like the request", "Read the body: it is the site's own answer."];
  return {
    ...none,
    kind: "client-error",
    confidence: 0.7,
    summary: `${status}: ${summary}.`,
    fix: { client, operator: "Nothing is broken on the way: the answer is the site's own." },
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
