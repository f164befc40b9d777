import type { Rules } from "../blame/rules.ts";
import { hideUserinfo } from "../core/printable.ts";
import { parseTextOrPattern } from "../core/text-or-pattern.ts";

/** What a site must answer for an exit to be of use there. */
export interface TargetCheck {
  readonly url: URL;
  /** Statuses, or classes of them (`2xx`); empty: any below 400. */
  readonly statuses: readonly (number | string)[];
  /** Found in the body; null: not looked at. */
  readonly body: string | RegExp | null;
  /** Tell a block page from a page. */
  readonly rules: Rules;
}

/** What the command line or a config says of a target. */
export interface TargetWords {
  readonly url: string;
  /** `200`, `2xx`, `200,404`; null: any below 400. */
  readonly status: string | null;
  /** A text, or a regular expression between slashes (`/welcome/i`); null: any. */
  readonly body: string | null;
}

/** Why it is none, and which of the words say so. */
export interface TargetProblem {
  readonly of: keyof TargetWords;
  readonly problem: string;
}

/** A check of a target, or in words why it is none. */
export function readTargetCheck(words: TargetWords, rules: Rules): TargetCheck | TargetProblem {
  if (!URL.canParse(words.url)) return { of: "url", problem: `${hideUserinfo(words.url)} is no URL: write it as https://site.example/` };
  const url = new URL(words.url);
  if (url.protocol !== "http:" && url.protocol !== "https:") return { of: "url", problem: "a target is an http:// or https:// URL" };
  if (url.username !== "" || url.password !== "") return { of: "url", problem: "a target's URL takes no user and password" };
  const statuses = readStatuses(words.status);
  if (statuses === null) return { of: "status", problem: `${words.status} is no list of statuses, such as 200 or 2xx,404` };
  const body = words.body === null ? null : parseTextOrPattern(words.body);
  if (body === null && words.body !== null) return { of: "body", problem: `${words.body} is no regular expression` };
  return { url, statuses, body, rules };
}

function readStatuses(text: string | null): (number | string)[] | null {
  if (text === null) return [];
  const parts = text
    .toLowerCase()
    .split(",")
    .map((part) => part.trim());
  if (!parts.every((part) => /^[1-5](?:\d\d|xx)$/.test(part))) return null;
  return parts.map((part) => (part.endsWith("xx") ? part : Number(part)));
}
