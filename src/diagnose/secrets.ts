import type { Exit } from "../core/route.ts";
import { describeBytes } from "../wire/first-bytes.ts";
import { basicAuthorization } from "../wire/http-connect.ts";
import { CONFIDENTIAL, hideInFields, hideQuery } from "./hide-in-fields.ts";
import type { Question, SeenAnswer, TestResult } from "./question.ts";

/**
 * Hides what the user gave in confidence from what a test has shown, since whoever is asked may quote it back: users and passwords of
 * proxies, fields that log in, values of the query and of the body. Everything that came from outside passes here before it is told.
 */
export function hideSecrets(result: TestResult, question: Question): TestResult {
  const secrets = secretsOf(question, [result.spec.exit, ...question.via]);
  const hide = (text: string): string => hideIn(text, secrets);
  const { attributed, raw, excerpt, sent, answer } = result;
  return {
    ...result,
    words: hide(result.words),
    attributed: attributed === null ? null : { ...attributed, fault: { ...attributed.fault, details: hide(attributed.fault.details) } },
    excerpt: excerpt === null ? null : hide(excerpt),
    sent: sent === null ? null : { ...sent, fields: hideInFields(sent.fields, hide) },
    answer: answer === null ? null : hideInAnswer(answer, hide),
    raw: raw === null ? null : { ...raw, shown: coverIn(raw.shown, secrets) },
  };
}

function hideInAnswer(answer: SeenAnswer, hide: (text: string) => string): SeenAnswer {
  const { reason, fields, mark } = answer;
  const shown = (text: string | null) => (text === null ? null : hide(text));
  const [title, server, maker] = [shown(mark.title), shown(mark.server), shown(mark.maker)];
  return { ...answer, reason: hide(reason), fields: hideInFields(fields, hide), mark: { ...mark, title, server, maker } };
}

/** A URL as it may be shown: without values of its query and, where an answer named it, without what that may have quoted. */
export function showUrl(url: URL, question: Question): string {
  const text = hideQuery(url.href);
  return question.before === null ? text : hideIn(text, secretsOf(question, question.via));
}

/** Something that is not to be shown, in one of the forms in which it may be quoted. */
interface Secret {
  readonly text: string;
  /** What it is the value of; null: it stands for itself. */
  readonly name: string | null;
}

/** Shorter values are found by their name, or as a word of their own: every text holds a `1`. */
const TELLING_CHARS = 4;
/** So much of a secret's beginning is hidden even where other text follows. */
const BEGINNING_CHARS = 8;
/** And so much of it where what quotes it was cut. */
const CUT_CHARS = 3;

function secretsOf(question: Question, exits: readonly (Exit | null)[]): readonly Secret[] {
  const logins = exits.flatMap((exit) => exit?.hops ?? []).flatMap(({ username, password }) => login(username, password));
  const before = question.before === null ? [] : secretsOf(question.before, []);
  return [...inAllForms(logins), ...ownSecrets(question), ...before];
}

/** What was found in questions, a body of which may be large. */
const KNOWN = new WeakMap<Question, readonly Secret[]>();

function ownSecrets(question: Question): readonly Secret[] {
  const known = KNOWN.get(question) ?? inAllForms(givenIn(question));
  KNOWN.set(question, known);
  return known;
}

function givenIn({ url, fields, body }: Question): Secret[] {
  const given: Secret[] = [];
  given.push(...login(url.username === "" ? null : decoded(url.username), decoded(url.password)));
  for (const [i, value] of fields.entries()) {
    const name = fields[i - 1] as string;
    if (i % 2 === 0) continue;
    if (CONFIDENTIAL.test(name)) given.push(...inField(name, value));
    given.push(...inForm(/\?([^#\s]+)/.exec(value)?.[1] ?? "")); // of a Referer
  }
  given.push(...inForm(url.search.slice(1)));
  if (body !== null) given.push(...inBody(body.toString("utf8")));
  return given;
}

function login(username: string | null, password: string | null): Secret[] {
  if (username === null) return [];
  const parts = [username, password ?? "", `${username}:${password ?? ""}`];
  return [...parts, basicAuthorization({ username, password }).slice("Basic ".length)].map((text) => ({ text, name: null }));
}

/** The value, and what it is made of: `Bearer abc`, `sid=abc; theme=dark`, `Basic dXNlcjpwYXNz`. */
function inField(name: string, value: string): Secret[] {
  const words = value.split(/[\s;,]+/);
  const [first = "", second = ""] = words;
  const isScheme = /auth/i.test(name) && second !== "";
  const pairs = words.slice(isScheme ? 1 : 0).flatMap((word) => [{ text: word, name }, ...inPair(word)]);
  const opened = /^basic$/i.test(first) ? Buffer.from(second, "base64").toString("utf8") : "";
  const [user = "", ...password] = opened.split(":");
  return [{ text: value, name }, ...pairs, ...(opened === "" ? [] : login(user, password.join(":")))];
}

function inPair(word: string): Secret[] {
  const [, name = "", value = ""] = /^([^=]+)="?(.*?)"?$/.exec(word) ?? [];
  return value === "" || name === "" ? [] : [{ text: value, name }];
}

/** As it stands there, and as it is meant. */
function inForm(text: string): Secret[] {
  const asMeant = [...new URLSearchParams(text)].map(([name, value]) => ({ text: value, name }));
  return [...text.split("&").flatMap(inPair), ...asMeant];
}

function inBody(text: string): Secret[] {
  const strings = [...text.matchAll(/"([^"\\]+)"\s*:\s*(?:"((?:[^"\\]|\\.)+)"|([\d.]+))/g)];
  const inJson = strings.map(([, name = "", value, number]) => ({ text: value ?? number ?? "", name }));
  // Behind the last end no part stands.
  const inParts = text.split("\r\n--").slice(0, -1).flatMap(inPart);
  const isForm = inJson.length + inParts.length === 0 && text.includes("=");
  return [...inParts, ...(text.length < TELLING_CHARS ? [] : [{ text, name: null }]), ...inJson, ...(isForm ? inForm(text) : [])];
}

/** A part of a form that is sent in parts. */
function inPart(part: string): Secret[] {
  const headEnd = part.indexOf("\r\n\r\n");
  const [, name] = headEnd === -1 ? [] : (/; name="([^"]*)"/.exec(part.slice(0, headEnd)) ?? []);
  return name === undefined ? [] : [{ text: part.slice(headEnd + 4), name }];
}

/** As bytes that are read as Latin-1, escaped for a URL, for JSON, for HTML, and as this program itself describes bytes. */
function inAllForms(given: readonly Secret[]): readonly Secret[] {
  const known = given.filter(({ text }) => text !== "").flatMap(formsOf);
  return [...new Map(known.map((secret) => [`${secret.name} ${secret.text}`, secret])).values()];
}

function formsOf({ text, name }: Secret): Secret[] {
  const bytes = Buffer.from(text, "utf8");
  const escaped = encodeURIComponent(text.toWellFormed());
  const html = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
  const forms = [
    ...[text, bytes.toString("latin1"), escaped, escaped.replaceAll("%20", "+"), JSON.stringify(text).slice(1, -1)],
    ...[html, html.replaceAll("'", "&#39;"), html.replaceAll("'", "&#x27;")],
    ...[describeBytes(bytes, bytes.length), describeBytes(Buffer.from(text, "latin1"), text.length)].map((form) => form.slice(1, -1)),
  ];
  return [...new Set(forms)].map((form) => ({ text: lower(form), name: name === null ? null : lower(name) }));
}

function hideIn(text: string, secrets: readonly Secret[]): string {
  let shown = "";
  let done = 0;
  for (const [from, to] of placesIn(text, secrets)) {
    shown += `${text.slice(done, from)}***`;
    done = to;
  }
  return shown + text.slice(done);
}

/** Byte for byte, so that offsets stay. */
function coverIn(bytes: Buffer, secrets: readonly Secret[]): Buffer {
  const shown = Buffer.from(bytes);
  for (const [from, to] of placesIn(bytes.toString("latin1"), secrets)) shown.fill("*", from, to);
  return shown;
}

type Place = readonly [from: number, to: number];

/** In order, none touching another. */
function placesIn(text: string, secrets: readonly Secret[]): Place[] {
  const within = lower(text);
  const found = secrets.flatMap((secret) =>
    secret.text.length < TELLING_CHARS ? placesOfShort(within, secret) : placesOf(within, secret.text),
  );
  const places: [number, number][] = [];
  for (const [from, to] of found.sort(([a], [b]) => a - b)) {
    const last = places.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else places.push([from, to]);
  }
  return places;
}

function placesOf(text: string, secret: string): Place[] {
  const places: Place[] = [];
  const start = secret.slice(0, CUT_CHARS);
  for (let at = text.indexOf(start); at !== -1; at = text.indexOf(start, at + 1)) {
    let length = start.length;
    while (length < secret.length && text[at + length] === secret[length]) length++;
    const isHidden = length === secret.length || length >= BEGINNING_CHARS || CUT.test(text.slice(at + length, at + length + 3));
    if (isHidden) places.push([at, at + length]);
  }
  return places;
}

/** What stands behind a quotation that was cut. */
const CUT = /^(?:$|['"…\r]|\.\.\.)/;

/** What stands between a name and its value: itself, or escaped for a URL or for HTML. */
const BETWEEN = "[^a-z0-9]|%[0-9a-f]{2}|&[a-z0-9#]{2,6};";

function placesOfShort(text: string, { text: secret, name }: Secret): Place[] {
  if (!text.includes(secret)) return [];
  const value = `${literally(secret)}(?![a-z0-9])`;
  const before = name === null ? "(?<![a-z0-9])" : `(?<=${literally(name)}(?:${BETWEEN}){1,6})`;
  return [...text.matchAll(new RegExp(`${before}${value}`, "g"))].map(({ index }) => [index, index + secret.length]);
}

function literally(text: string): string {
  return text.replace(/\W/g, "\\$&");
}

/** Keeps its length, which the language's own does not for every character. */
function lower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
