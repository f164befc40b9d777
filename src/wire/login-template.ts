// User names, or passwords, that stand for many exits of one vendor: `customer-bob[-cc-{country}][-sessid-{session}]`. Rules of this file: what a
// client asks for can fill a place, and never add a parameter of its own; no problem quotes the text, which may be a password.
import { hash } from "node:crypto";

const PLACES = ["session", "country", "city", "duration"] as const;
export type Place = (typeof PLACES)[number];

/** What the places are filled with; null: not asked for. */
export interface LoginValues {
  /** A client's key, or the number of one of many fixed sessions, from 0. Never shown as it is. */
  readonly session: string | number | null;
  readonly country: string | null;
  readonly city: string | null;
  /** For how long the vendor is to hold the session, in minutes. */
  readonly minutes: number | null;
}

/** A user name or password with places to fill. */
export interface LoginTemplate {
  readonly places: ReadonlySet<Place>;
  /** In their order; of each the first branch that can be filled counts, and nothing where none can. */
  readonly groups: readonly (readonly Branch[])[];
}

/** Why a text with places is no template, and the offset where that shows. */
export interface BadTemplate {
  readonly problem: string;
  readonly at: number;
}

/**
 * Reads a user name or password with `{session}`, `{country}`, `{city}` or `{duration}` in it; null: it has none of them, and stands for itself.
 *
 * What stands in brackets is left out where a place in it has nothing to fill it: `[-city-{city}]`, or with another text instead,
 * `[-sid-{session}|-rotate]`. Outside brackets a place takes along the word and the dash that lead to it.
 * A place may say how it is written: `{country.upper}`, `{city.joined}` (nothing between words), `{city.dotted}`, `{session.8}` (so many letters
 * and digits), `{session.1-9999}` (a number), `{duration.1-120}` (no other minutes).
 */
export function parseLoginTemplate(text: string): LoginTemplate | BadTemplate | null {
  if (!isLoginTemplate(text)) return null;
  try {
    const groups = readGroups(text);
    const places = new Set(groups.flatMap((branches) => branches.flatMap((branch) => branch.flatMap((piece) => placeOf(piece) ?? []))));
    return { places, groups };
  } catch (error) {
    if (!(error instanceof NoTemplate)) throw error;
    return { problem: error.message, at: error.at };
  }
}

/** Whether there is a place to fill. Cheap where it has none. */
export function isLoginTemplate(text: string): boolean {
  return text.includes("{") && ANY_PLACE.test(text);
}

/** What it is for one exit of the many. */
export function fillLogin(template: LoginTemplate, values: LoginValues): string {
  return template.groups
    .map((branches) => branches.map((branch) => fillBranch(branch, values)).find((filled) => filled !== null) ?? "")
    .join("");
}

/** Longest value of a country or a city. */
const VALUE_CHARS_MAX = 40;
/** Of a session's name: enough that two do not meet; vendors want from 6 to 25. */
const SESSION_DIGITS = 12;
const SESSION_DIGITS_MIN = 4;
const SESSION_DIGITS_MAX = 32;
/** Vendors refuse more: a day. */
const MINUTES_MAX = 24 * 60;

const FORMS: Readonly<Record<Place, string>> = {
  session: "there are .8 (letters and digits) and .1-9999 (a number)",
  country: "there are .upper, .joined and .dotted",
  city: "there are .upper, .joined and .dotted",
  duration: "there is .1-120",
};

const ANY_PLACE = /\{(?:session|country|city|duration)(?:\.[^{}]*)?\}/;
/** What leads to a place outside brackets, and makes no sense without it. */
const LEAD = /[-_.,;+](?:(?:country|cc|city|session|sessid|sid|sessionduration|sesstime|lifetime|duration|ttl|time)[-_.=])?$/i;

type Form =
  | { readonly kind: "plain" | "upper" | "joined" | "dotted" }
  | { readonly kind: "digits"; readonly count: number }
  | { readonly kind: "number"; readonly from: number; readonly to: number };
type Piece = string | { readonly place: Place; readonly form: Form };
type Branch = readonly Piece[];

class NoTemplate extends Error {
  readonly at: number;

  constructor(at: number, problem: string) {
    super(problem);
    this.at = at;
  }
}

function placeOf(piece: Piece): Place | null {
  return typeof piece === "string" ? null : piece.place;
}

function readGroups(text: string): Branch[][] {
  const groups: Branch[][] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === "]") throw new NoTemplate(at, "the template closes a bracket that it has not opened");
    const isOptional = text[at] === "[";
    const end = isOptional ? text.indexOf("]", at) : endOfPlain(text, at);
    if (end < 0) throw new NoTemplate(at, "the template does not close a bracket");
    if (isOptional) groups.push(readBranches(text.slice(at + 1, end), at + 1));
    else groups.push(...readPlain(text.slice(at, end), at));
    at = isOptional ? end + 1 : end;
  }
  return groups;
}

function endOfPlain(text: string, from: number): number {
  const length = text.slice(from).search(/[[\]]/);
  return length < 0 ? text.length : from + length;
}

function readBranches(text: string, at: number): Branch[] {
  if (text.includes("[")) throw new NoTemplate(at + text.indexOf("["), "brackets of a template do not nest");
  const branches: Branch[] = [];
  let start = at;
  for (const branch of text.split("|")) {
    branches.push(readPieces(branch, start));
    start += branch.length + 1;
  }
  return branches;
}

/** Outside brackets: a group for each place with what leads to it, and one for each text between. */
function readPlain(text: string, at: number): Branch[][] {
  const groups: Branch[][] = [];
  for (const piece of readPieces(text, at)) {
    const before = groups.at(-1)?.[0]?.[0];
    if (typeof piece === "string" || typeof before !== "string") {
      groups.push([[piece]]);
      continue;
    }
    const lead = LEAD.exec(before)?.[0] ?? "";
    groups.pop();
    groups.push([[before.slice(0, before.length - lead.length)]], [lead === "" ? [piece] : [lead, piece]]);
  }
  return groups;
}

function readPieces(text: string, at: number): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const found of text.matchAll(/\{([^{}]*)\}/g)) {
    if (found.index > end) pieces.push(text.slice(end, found.index));
    pieces.push(readPlace(found[1] as string, at + found.index));
    end = found.index + found[0].length;
  }
  if (end < text.length) pieces.push(text.slice(end));
  return pieces;
}

function readPlace(text: string, at: number): Piece {
  const [name = "", ...rest] = text.split(".");
  const place = PLACES.find((known) => known === name);
  if (place === undefined) throw new NoTemplate(at, `the template has a place that is none of {${PLACES.join("}, {")}}`);
  const form = rest.length === 0 ? { kind: "plain" as const } : readForm(rest.join("."), place);
  if (form === null) throw new NoTemplate(at, `{${place}} is not written so: ${FORMS[place]}`);
  return { place, form };
}

function readForm(text: string, place: Place): Form | null {
  if (text === "upper" || text === "joined" || text === "dotted") return place === "country" || place === "city" ? { kind: text } : null;
  const count = place === "session" && /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (count >= SESSION_DIGITS_MIN && count <= SESSION_DIGITS_MAX) return { kind: "digits", count };
  const range = /^(\d{1,9})-(\d{1,9})$/.exec(text);
  if (range === null || (place !== "session" && place !== "duration")) return null;
  const [from, to] = [Number(range[1]), Number(range[2])];
  return from < to ? { kind: "number", from, to } : null;
}

function fillBranch(branch: Branch, values: LoginValues): string | null {
  let filled = "";
  for (const piece of branch) {
    const text = typeof piece === "string" ? piece : fillPlace(piece.place, piece.form, values);
    if (text === null) return null;
    filled += text;
  }
  return filled;
}

function fillPlace(place: Place, form: Form, { session, country, city, minutes }: LoginValues): string | null {
  if (place === "session") return session === null ? null : writeSession(session, form);
  if (place === "duration") return minutes === null ? null : writeMinutes(minutes, form);
  const value = place === "country" ? country : city;
  return value === null ? null : writeWords(value, form);
}

function writeMinutes(minutes: number, form: Form): string {
  const { from, to } = form.kind === "number" ? form : { from: 1, to: MINUTES_MAX };
  return String(Math.min(to, Math.max(from, Math.ceil(minutes))));
}

/** Vendors take letters and digits, and clients may write what they like: so a digest, which does not show the vendor what they wrote. */
function writeSession(session: string | number, form: Form): string {
  if (form.kind !== "number") {
    const digits = form.kind === "digits" ? form.count : SESSION_DIGITS;
    return hash("sha256", typeof session === "number" ? `number ${session}` : `key ${session}`).slice(0, digits);
  }
  const span = form.to - form.from + 1;
  const number = typeof session === "number" ? session : Number.parseInt(hash("sha256", session).slice(0, SESSION_DIGITS), 16);
  return String(form.from + (number % span));
}

/** Letters and digits, with `_`, `.` or nothing between words: nothing that a vendor takes for the start of another parameter. */
function writeWords(value: string, { kind }: Form): string | null {
  const words = value
    .normalize("NFD")
    .toLowerCase()
    .slice(0, VALUE_CHARS_MAX)
    .replace(/[^a-z0-9 _-]/g, "")
    .split(/[ _-]+/)
    .filter((word) => word !== "");
  if (words.length === 0) return null;
  const text = words.join(kind === "joined" ? "" : kind === "dotted" ? "." : "_");
  return kind === "upper" ? text.toUpperCase() : text;
}
