import { withoutControls } from "../core/printable.ts";

/** The title of a page, for people; null: it has none, or one that nobody would read to its end. */
export function titleOf(body: Buffer): string | null {
  const found = /<title[^>]{0,100}>([^<]{1,1000})</i.exec(body.toString("utf8", 0, TITLE_BYTES_MAX))?.[1] ?? "";
  const title = withoutControls(found).replace(/\s+/g, " ").trim();
  return title === "" ? null : title;
}

const TITLE_BYTES_MAX = 16 * 1024;

/** Words of somebody else in a sentence. The dots show where they are cut, also to who looks for passwords in them. */
export function inQuotes(words: string): string {
  return words.length > SHOWN_CHARS_MAX ? `'${words.slice(0, SHOWN_CHARS_MAX)}'...` : `'${words}'`;
}

const SHOWN_CHARS_MAX = 80;

/** A short page whose title is nothing but such a phrase keeps somebody out, or tells of an error. Null: any other. */
export function kindOfTitle(title: string): "refusal" | "error" | null {
  const rest = title.toLowerCase().replace(BEFORE, "");
  const phrases = rest.split(/\s[|·:•–—-]+\s/).map((part) => part.replace(/[\s.,:!?…]+/g, " ").trim());
  if (phrases.some((phrase) => REFUSAL.test(phrase))) return "refusal";
  return phrases.some((phrase) => ERROR.test(phrase)) || (rest === "" && /\d/.test(title)) ? "error" : null;
}

/** Statuses and sighs. */
const BEFORE = /^(?:(?:http|error|status|sorry|oops|[45]\d\d)\b[\s:,.!|·–—-]*)+/;

const REFUSAL = whole(
  "(?:your )?access (?:to this (?:page|site|website) )?(?:is |was |has been )?(?:denied|blocked|forbidden|restricted)",
  "(?:this |the |your )?(?:(?:web )?(?:page|site)|website|request|url|ip(?: address)?|connection|content) (?:is |was |has been )?(?:blocked|rejected|denied|banned)",
  "you(?: have been|'ve been| are| were) (?:blocked|banned)",
  "forbidden|blocked|banned|too many requests|rate limit(?:ed| exceeded)|network authentication required",
  "are you (?:a )?(?:robot|human|bot)|robot (?:check|or human)",
  "(?:please )?(?:verify|verifying|confirm|prove)(?: that)? you(?:'re| are) (?:a |not a )?(?:human|robot)",
  "(?:please )?(?:solve|complete|enter)(?: the| this| a)? captcha(?: to .{1,40})?|captcha(?: required| check| challenge| verification)?",
  "(?:human|security|bot) (?:check|verification|checkpoint)|attention required|pardon our interruption",
  "just a moment|checking your browser(?: before .{1,60})?",
);

const ERROR = whole(
  "(?:the )?(?:page|file|site)? ?(?:is |was |could )?not (?:be )?found",
  "bad gateway|gateway time-?out|internal server error|service (?:temporarily )?unavailable|account suspended",
);

function whole(...phrases: readonly string[]): RegExp {
  return new RegExp(`^(?:${phrases.join("|")})$`);
}
