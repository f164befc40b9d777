import { COMPANY_FILTER_READERS } from "../blame/claims/company-filters.ts";
import { faultOfClaim } from "../blame/claims/read-claim.ts";
import { type RuledHead, type Rules, ruleOn } from "../blame/rules.ts";
import { type Fault, fault } from "../core/fault.ts";
import { fieldValue, type ResponseHead } from "../core/message.ts";
import { withoutControls } from "../core/printable.ts";
import type { Target } from "../core/route.ts";
import { tellLocation } from "./judge/read-answer.ts";
import { inQuotes, kindOfTitle, titleOf } from "./page-titles.ts";
import type { Way } from "./way.ts";

/** A page that was not what was asked for, although its status says that it was. */
export interface RefusingPage {
  /** Whose it is, where that is known; null: a site's own error. */
  readonly fault: Fault | null;
  /** A sentence. */
  readonly words: string;
}

/** Of an answer whose status is no error: what it says all the same, by its words, if that it is none. Null: nothing of the kind. */
export function readRefusingPage(head: ResponseHead, body: Buffer, way: Way, rules: Rules): RefusingPage | null {
  const { status, fields } = head;
  if (status >= 300 && status < 400) return readRedirect(status, fieldValue(fields, "location"), way.target);
  if (status < 200 || status >= 300 || body.length > PAGE_BYTES_MAX) return null;
  const text = withoutCode(body.toString("latin1"));
  if (text.length > SHORT_CHARS_MAX) return null;
  return readFilter(head, text, way) ?? readByRules(head, text, way, rules) ?? readTitle(body, status) ?? readJson(body, status);
}

/** What refuses has little to say: a page beyond that has what a site is for, and may well speak of captchas. Scripts and styles do not count. */
const SHORT_CHARS_MAX = 8 * 1024;
/** With them. */
const PAGE_BYTES_MAX = 128 * 1024;

/** What keeps robots out has its scripts in good pages too. In one pass, whatever is left open. */
function withoutCode(text: string): string {
  const lower = text.toLowerCase();
  let kept = "";
  let at = 0;
  for (const { index, 1: name = "" } of lower.matchAll(CODE)) {
    if (index < at) continue; // within what was left out
    kept += text.slice(at, index);
    const end = lower.indexOf(`</${name}`, index);
    if (end < 0) return kept;
    at = end;
  }
  return (kept + text.slice(at)).replace(EMBEDDED, "");
}

/** Pictures within a page. */
const EMBEDDED = /\bdata:image\/[^"'\s>)]*/g;

const CODE = /<(script|style|svg)\b/g;

/** Of a company, a school or a provider, in the place of the site: what an HTTP exit relays in clear text, it or its network has made. */
function readFilter({ status, reason, fields }: ResponseHead, text: string, { target, tunnel }: Way): RefusingPage | null {
  const refusal = { status, reason, fields, text, asked: target, authenticated: false, hasSession: false };
  for (const read of COMPANY_FILTER_READERS) {
    const claim = read(refusal);
    if (claim === null) continue;
    const made = faultOfClaim(claim, refusal);
    return blocked(tunnel ? fault("relay.blocked", made.details, { params: made.params }) : made);
  }
  return null;
}

/** What a rule knows by the words of its page is it by whatever status. */
function readByRules({ status, fields }: ResponseHead, text: string, { target }: Way, rules: Rules): RefusingPage | null {
  // All such pages have this one where their status says what they are.
  const seen: RuledHead = { status: 403, fields, host: target.host, ms: 0 };
  const shortlist = rules.shortlist(seen).filter(({ bodies }) => bodies.length > 0);
  const found = ruleOn(shortlist, { ...seen, status }, Buffer.from(text, "latin1"), null)?.fault ?? null;
  return found?.id === "relay.blocked" || found?.id === "relay.rate_limited" ? blocked(found) : null;
}

function readTitle(body: Buffer, status: number): RefusingPage | null {
  const title = titleOf(body);
  if (title === null) return null;
  const kind = kindOfTitle(title);
  if (kind === "refusal") return blockedBy(`the answer is a ${status} with the title ${inQuotes(title)}`, status);
  return kind === "error" ? { fault: null, words: `answered ${status}, but its title says ${inQuotes(title)}` } : null;
}

/** An API's refusal, under a status of success. */
function readJson(body: Buffer, status: number): RefusingPage | null {
  if (body.length > JSON_BYTES_MAX || !/^\s*\{/.test(body.toString("latin1", 0, JSON_START_BYTES))) return null;
  const found = errorOf(body.toString("utf8"));
  if (found === null || !REFUSING_WORDS.test(found)) return null;
  return blockedBy(`the answer is a ${status} with an error in its JSON, ${inQuotes(withoutControls(found))}`, status);
}

const JSON_BYTES_MAX = 4 * 1024;
const JSON_START_BYTES = 64;
const REFUSING_WORDS = /rate.?limit|too many|quota|blocked|banned|forbidden|denied|captcha|not a robot|unusual traffic/i;

/** What a JSON object says of an error, as one text; null: nothing. */
function errorOf(text: string): string | null {
  try {
    const value = JSON.parse(text) as Record<string, unknown>;
    const { error, errors, success, ok } = { ...value };
    if (typeof error === "string" && error !== "") return error;
    return saysSomething(error) || saysSomething(errors) || success === false || ok === false ? JSON.stringify(value) : null;
  } catch {
    return null;
  }
}

/** Many an API has an empty list of errors in each answer. */
function saysSomething(error: unknown): boolean {
  return typeof error === "object" && error !== null ? Object.keys(error).length > 0 : Boolean(error);
}

/** Where robots and strangers are sent. A site that is called so itself sends its people to itself. */
function readRedirect(status: number, location: string | null, { host }: Target): RefusingPage | null {
  if (location === null) return null;
  const [authority = "", found = ""] = AUTHORITY.exec(location) ?? [];
  const isElsewhere = found.toLowerCase() !== host.toLowerCase();
  if (!(isElsewhere && BLOCK_HOST.test(found)) && !BLOCK_PATH.test(location.slice(authority.length))) return null;
  return blockedBy(`the answer is a ${status} to ${tellLocation(location)}`, status);
}

const AUTHORITY = /^(?:https?:)?\/\/(?:[^/?#@]*@)?([^/?#:]*)[^/?#]*/i;
const BLOCK_HOST = /^(?:block(?:ed|page)?|captcha|deny)\./i;

/** A block with a number is one of a chain. */
const BLOCK_PATH =
  /^[^?#]*\/(?:[rh]?captcha|block(?!\/(?:\d|0x))(?:ed|[-_]?page)?|access[-_]?denied|robot[-_]?check|human[-_]?verification)(?:\.\w{1,5})?(?:[/?#]|$)/i;

function blockedBy(details: string, status: number): RefusingPage {
  return blocked(fault("relay.blocked", details, { params: { "received-status": status } }));
}

function blocked(found: Fault): RefusingPage {
  return { fault: found, words: `a block page: ${found.details}` };
}
