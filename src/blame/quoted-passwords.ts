import { FAULTS } from "../core/fault-table.ts";
import type { AttributedFault } from "../core/ledger.ts";
import type { Exit } from "../core/route.ts";
import { describeBytes } from "../wire/first-bytes.ts";
import { basicAuthorization } from "../wire/http-connect.ts";
import { passwordParams } from "../wire/password-params.ts";
import { quote } from "./claims/claim.ts";

/** Texts of others without the passwords of an exit's proxies, which one of them may have quoted in a field, a page, a redirect or a refusal. */
export class QuotedPasswords {
  readonly #forms: readonly string[];

  constructor(exit: Exit) {
    this.#forms = formsOf(exit);
  }

  hide(text: string): string {
    return this.#forms.reduce(hideOne, text);
  }
}

/** One of its proxies is given a password, which may come back in whatever that sends. */
export function hasPassword({ hops }: Exit): boolean {
  return hops.some(({ password }) => password !== null && password !== "");
}

/** A fault that may quote what an exit said. */
export function withoutPasswords(attributed: AttributedFault, exit: Exit | null): AttributedFault {
  if (exit === null || !hasPassword(exit)) return attributed;
  let quoted = known.get(exit);
  if (quoted === undefined) {
    quoted = new QuotedPasswords(exit);
    known.set(exit, quoted);
  }
  const details = quoted.hide(attributed.fault.details);
  return details === attributed.fault.details ? attributed : { ...attributed, fault: { ...attributed.fault, details } };
}

const known = new WeakMap<Exit, QuotedPasswords>();

/** In the forms in which they go over the wire, and those in which a page may show them; the longest first. */
function formsOf({ hops }: Exit): string[] {
  const forms = hops.flatMap(({ username, password }) => {
    if (password === null || password === "") return [];
    const inBase64 = username === null ? [] : [basicAuthorization({ username, password }).slice("Basic ".length)];
    const secret = password.slice(0, password.length - passwordParams(password).length);
    return [
      ...[password, secret].flatMap((text) => [text, ...inUrl(text), inHtml(text)]),
      ...(password.length < TELLING_CHARS ? [] : [Buffer.from(password).toString("base64"), Buffer.from(password).toString("hex")]),
      ...inBase64,
    ];
  });
  return [...new Set(forms.flatMap(asQuoted))].filter((form) => form !== "").sort((a, b) => b.length - a.length);
}

/** RFC 3986 2.1: both cases are the same. */
function inUrl(text: string): string[] {
  const upper = encodeURIComponent(text.toWellFormed());
  return [upper, upper.replace(/%../g, (byte) => byte.toLowerCase())];
}

function inHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** What our own quotations make of it, too, in whichever of the two it came: they are printable ASCII, without their own quotation marks inside. */
function asQuoted(form: string): string[] {
  const [utf8, latin1] = [Buffer.from(form), Buffer.from(form, "latin1")];
  const quoted = [quote(form, form.length), describeBytes(utf8, utf8.length), describeBytes(latin1, latin1.length)];
  return [form, utf8.toString("latin1"), ...quoted.map((text) => text.slice(1, -1))];
}

const HIDDEN = "***";
/** Shorter ones are hidden as words of their own alone, and in quotes: every text holds an `a`. */
const TELLING_CHARS = 4;
/** The end of what was cut: of a value, and of words. */
const CUTS: readonly string[] = ["'...", '..."'];
/** What somebody else said, in a sentence of ours: values as bytes, and words. */
const QUOTED = /(?<!\w)(?:'(?:[^'\\]|\\.)*'|"[^"]*")/g;
/** A version is one word. */
const WORDS = /([\w-]+(?:\.[\w-]+)*)/;

function hideOne(text: string, secret: string): string {
  if (!text.includes(secret.slice(0, TELLING_CHARS))) return text;
  if (isUsual(secret)) return text.replace(QUOTED, (quoted) => hideWord(quoted, secret));
  const whole = text.replaceAll(secret, HIDDEN);
  for (let chars = secret.length - 1; chars >= TELLING_CHARS; chars--) {
    for (const end of CUTS) {
      const cut = secret.slice(0, chars) + end;
      if (whole.includes(cut)) return whole.replaceAll(cut, HIDDEN + end);
    }
  }
  return whole;
}

function hideWord(text: string, secret: string): string {
  const words = text.split(WORDS);
  return words.map((word) => (word === secret ? HIDDEN : word)).join("");
}

/** Such as `1`, `8080` and `proxy`: sentences of ours have it, and would show by a gap what it is. */
function isUsual(secret: string): boolean {
  return secret.length < TELLING_CHARS || /^\d{1,5}$/.test(secret) || OWN_WORDS.has(secret.toLowerCase());
}

const OWN_WORDS: ReadonlySet<string> = new Set(
  JSON.stringify(FAULTS)
    .toLowerCase()
    .match(/[a-z]{4,}/g),
);
