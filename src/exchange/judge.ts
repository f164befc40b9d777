import { hasVendorError } from "../blame/claims/vendor-fields.ts";
import { vendorIdOf } from "../blame/claims/vendor-statuses.ts";
import { judgeAnswer, placeAnswerFault } from "../blame/relayed.ts";
import { needsBody, RULED_BYTES_MAX, Rules, ruleOn } from "../blame/rules.ts";
import { type Fault, fault } from "../core/fault.ts";
import type { AttributedFault } from "../core/ledger.ts";
import type { ResponseHead } from "../core/message.ts";
import type { HopRole, Route } from "../core/route.ts";
import type { Rule, Ruling } from "../core/rule.ts";
import type { ExchangeSettings } from "../core/settings.ts";
import type { Answer } from "./answer.ts";
import { plainStart } from "./plain-start.ts";

/** Bytes of an answer's body that are read before it is judged. */
const EVIDENCE_BYTES = 16 * 1024;

/** Whether an answer needs a look at all. */
export function isToJudge(head: ResponseHead, role: HopRole, { rules }: ExchangeSettings): boolean {
  return needsJudging(head, role) || readyRules(rules).mayConcern(head.status);
}

/** Only answers that somebody on the way may have made need a look: errors, and from an exit also a success with nothing in it. */
function needsJudging({ status, framing, fields }: ResponseHead, role: HopRole): boolean {
  if (status >= 500) return true;
  if (role !== "exit") return false;
  if (status >= 400) return true;
  if (status !== 200) return false;
  return framing.kind === "length" ? framing.length === 0 : hasVendorError(fields);
}

/** What an answer turned out to be. */
export interface Judgement {
  /** Null: the site's own, and there is nothing to say. */
  readonly attributed: AttributedFault | null;
  /** Of the rule that it matches; null: of none. */
  readonly ruling: Ruling | null;
}

export const NOTHING_TO_SAY: Judgement = { attributed: null, ruling: null };

/** The way that an answer came, as far as judging it goes. */
interface JudgedWay {
  readonly role: HopRole;
  readonly authenticated: boolean;
  readonly hardSession: boolean;
  readonly route: Route;
  /** From the attempt's start to the answer's head. */
  readonly ms: number;
}

/** Who made an answer and what the rules say of it, by its head and the start of its body, which is read only where it can matter. */
export async function judgeHeld(answer: Answer, way: JudgedWay, { rules, timeouts }: ExchangeSettings): Promise<Judgement> {
  const { role, authenticated, hardSession, route } = way;
  const { status, fields } = answer.head;
  const head = { status, fields, host: route.target.host, ms: way.ms };
  const shortlist = readyRules(rules).shortlist(head);
  const isSuspicious = needsJudging(answer.head, role);
  if (isSuspicious || needsBody(shortlist)) await answer.collect(isSuspicious ? EVIDENCE_BYTES : RULED_BYTES_MAX, timeouts.evidence);
  const body = plainStart(fields, answer.evidence);
  const empty = answer.startBytes === 0 && answer.ending !== null;
  const vendor = route.exit === null ? null : vendorIdOf(route.exit.tags);
  const judged = isSuspicious
    ? judgeAnswer(answer.head, body, { exit: role === "exit", authenticated, hardSession, vendor, target: route.target, empty })
    : null;
  // What the exit made in place of the site's answer is no answer.
  const ruled = judged === null || judged.id.startsWith("relay.") ? ruleOn(shortlist, head, body, judged) : null;
  const found = ruled === null ? judged : ruled.fault;
  return { attributed: found === null ? null : placeAnswerFault(found, route), ruling: ruled?.ruling ?? null };
}

/** What the rules say of an attempt that ended without an answer. */
export function ruleOnFault(value: Fault, host: string, { rules }: ExchangeSettings): Ruling | null {
  return readyRules(rules).ruleOnFault(value, host);
}

const ready = new WeakMap<readonly Rule[], Rules>();

/** The rules of a config, made ready once. */
function readyRules(rules: readonly Rule[]): Rules {
  let made = ready.get(rules);
  if (made === undefined) {
    made = new Rules(rules);
    ready.set(rules, made);
  }
  return made;
}

/** RFC 9110 7.8: a server switches to a protocol that the client has listed, or not at all. Null: it has done so. */
export function judgeUpgrade({ status, upgrade }: ResponseHead, asked: string | null): Fault | null {
  if (status !== 101) return null;
  const listed = protocolsOf(asked);
  const chosen = protocolsOf(upgrade);
  if (chosen.length > 0 && chosen.every((protocol) => listed.includes(protocol))) return null;
  const details = `the answer switches to ${upgrade ?? "nothing that it names"}; asked for was ${asked ?? "no other protocol"}`;
  return fault("head.upgrade_failed", details);
}

function protocolsOf(upgrade: string | null): readonly string[] {
  const protocols = upgrade === null ? [] : upgrade.toLowerCase().split(",");
  return protocols.map((protocol) => protocol.trim());
}
