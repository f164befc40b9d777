import { vendorIdOf } from "../blame/claims/vendor-statuses.ts";
import { judgeAnswer, placeAnswerFault } from "../blame/relayed.ts";
import { needsBody, ruleOn } from "../blame/rules.ts";
import type { Fault } from "../core/fault.ts";
import type { AttributedFault } from "../core/ledger.ts";
import { fieldValue, type RawFields, type ResponseHead } from "../core/message.ts";
import type { Exit, ExitHop, Target } from "../core/route.ts";
import type { WholeResponse } from "../net/ask.ts";
import type { Calls, Failed, Replied, Spent, Turn } from "./calls.ts";
import { decodeBody } from "./judge/body-changes.ts";
import { tellLocation } from "./judge/read-answer.ts";
import { hostOf, portOf } from "./judge-calls.ts";
import { inQuotes, titleOf } from "./page-titles.ts";
import { readRefusingPage } from "./refusing-pages.ts";
import { protocolOf } from "./spoken.ts";
import type { TargetCheck } from "./target.ts";

/** What came of asking for the target. */
export interface TargetAnswer {
  readonly kind: "answered";
  readonly ok: boolean;
  readonly status: number;
  /** A sentence. */
  readonly details: string;
  readonly spent: Spent;
  /** What the answer turned out to be (a block page, an exit's error); null: the site's own. */
  readonly attributed: AttributedFault | null;
}

/** Asks for a target through a proxy, as a browser would, and looks at what comes. An answer of the proxy's own making is a failure. */
export async function askTarget(calls: Calls, exit: Exit, check: TargetCheck, turn: Turn): Promise<TargetAnswer | Failed> {
  const { url } = check;
  const scheme = url.protocol === "https:" ? "https" : "http";
  const target: Target = { scheme, host: hostOf(url), port: portOf(url) };
  const { scheme: own } = exit.hops.at(-1) as ExitHop;
  const tunnel = scheme === "https" || own.startsWith("socks");
  const replied = await calls.call(
    { exit, target, tunnel, verify: true },
    () => ({ method: "GET", url, fields: BROWSER_FIELDS, body: null }),
    turn,
  );
  if (replied.kind === "failed") return replied;
  replied.answered.connection?.destroy();
  return judgeTarget(replied, check);
}

/** As a browser sends them: what sites block for want of these says nothing about the exit. */
export const BROWSER_FIELDS: RawFields = [
  "User-Agent",
  "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  "Accept",
  "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
  "Accept-Language",
  "en-US,en;q=0.5",
  "Accept-Encoding",
  "gzip, deflate, br",
];

function judgeTarget(replied: Replied, check: TargetCheck): TargetAnswer | Failed {
  const { answered, way, ms } = replied;
  const { status, fields } = answered.head;
  const body = decodeBody(answered.response, PAGE_BYTES_MAX);
  const hasWanted = check.body !== null && has(body, fields, check.body);
  const told = faultOf(replied, check, body);
  const hidden = told === null && !hasWanted ? readRefusingPage(answered.head, body, way, check.rules) : null;
  const found = told ?? hidden?.fault ?? null;
  const attributed = found === null ? null : placeAnswerFault(found, way);
  if (attributed !== null && attributed.role === "exit" && attributed.fault.id.startsWith("handshake."))
    return { kind: "failed", attributed, spoken: protocolOf(way.exit), replied, certificate: replied.certificate, ms, wasHurried: false };
  const wrong =
    whatIsWrong(check, status, found) ??
    hidden?.words ??
    (check.body === null || hasWanted ? null : lacks(status, body, answered.response));
  const details = wrong ?? `answered ${status}${tellAnswer(answered.head, body)}, as expected`;
  return { kind: "answered", ok: wrong === null, status, details, spent: ms, attributed };
}

/** What comes packed may be more than is taken of what comes. */
const PAGE_BYTES_MAX = 8 * 1024 * 1024;

function has(body: Buffer, fields: RawFields, wanted: string | RegExp): boolean {
  if (typeof wanted === "string" && body.includes(wanted)) return true;
  const text = textOf(body, fields);
  return typeof wanted === "string" ? text.includes(wanted) : wanted.test(text);
}

/** By the character set that it is said to be in. */
function textOf(body: Buffer, fields: RawFields): string {
  const charset = /charset="?([\w-]{1,40})/i.exec(fieldValue(fields, "content-type") ?? "")?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return body.toString("utf8"); // none that is known
  }
}

function lacks(status: number, { length }: Buffer, { isCut }: WholeResponse): string {
  return `answered ${status}, but its ${isCut ? "first " : ""}${length} bytes do not have what was expected in them`;
}

/** For people to see whether it is what they think. */
function tellAnswer({ status, fields }: ResponseHead, body: Buffer): string {
  const location = fieldValue(fields, "location");
  if (status >= 300 && status < 400 && location !== null) return `, a redirect to ${tellLocation(location)}`;
  if (body.length === 0) return " without a body";
  const title = titleOf(body);
  return title === null ? "" : ` with the title ${inQuotes(title)}`;
}

function faultOf({ answered, way, ms }: Replied, { rules }: TargetCheck, body: Buffer): Fault | null {
  const { exit, target, tunnel } = way;
  const { head } = answered;
  const last = exit.hops.at(-1) as ExitHop;
  const isEmpty = answered.response.body.length === 0;
  const judged = judgeAnswer(head, body, {
    ...{ exit: !tunnel, authenticated: last.username !== null, hardSession: false, vendor: vendorIdOf(exit.tags), target, empty: isEmpty },
  });
  if (judged !== null && !judged.id.startsWith("relay.")) return judged;
  const seen = { status: head.status, fields: head.fields, host: target.host, ms: ms.firstByte ?? 0 };
  const shortlist = rules.shortlist(seen);
  const ruled = ruleOn(shortlist, seen, needsBody(shortlist) ? body : NOTHING, judged);
  return ruled === null ? judged : ruled.fault;
}

const NOTHING = new Uint8Array();

/** Null: its status is as it was expected. */
function whatIsWrong({ statuses }: TargetCheck, status: number, found: Fault | null): string | null {
  if (found !== null && (found.id === "relay.blocked" || found.id === "relay.rate_limited")) return `a block page: ${found.details}`;
  if (!isExpected(statuses, status)) {
    const expected = statuses.length === 0 ? "a status below 400" : statuses.join(" or ");
    return `answered ${status} where ${expected} was expected${found === null ? "" : `: ${found.details}`}`;
  }
  return null;
}

function isExpected(statuses: readonly (number | string)[], status: number): boolean {
  if (statuses.length === 0) return status < 400;
  return statuses.some((one) => (typeof one === "number" ? one === status : Math.floor(status / 100) === Number(one[0])));
}
