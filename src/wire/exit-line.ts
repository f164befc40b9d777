import { hash } from "node:crypto";
import { formatHostPort } from "../core/address.ts";
import type { Exit, ExitHop, ExitScheme } from "../core/route.ts";
import type { Env } from "./env-value.ts";
import { BadLine, expand, type HopContext, parseHop } from "./exit-hop.ts";
import { isLoginTemplate, type LoginValues } from "./login-template.ts";
import { asVendorHas, fillHops, placesOf, SESSIONS_MAX } from "./login-template-exit.ts";
import { isVendorId } from "./login-template-vendors.ts";
import { passwordParams } from "./password-params.ts";

export interface ExitLineOptions {
  /** Of hops that name none. */
  readonly scheme: ExitScheme;
  /** Tags of the whole list; the line's own win. */
  readonly tags: Readonly<Record<string, string>>;
  /** Where the line stands; the first line is 1. */
  readonly where: { readonly file: string; readonly line: number };
  /** For `${NAME}` in parsed values. Null or absent: not replaced, as for lists that come from elsewhere, which could read our secrets out. */
  readonly env?: Env | null;
}

/** A line that is no exit. Line and column count from 1; 0: the list as a whole. Holds no piece of a password. */
export interface ExitLineError {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly reason: string;
}

export type ExitLine = { readonly exit: Exit } | { readonly empty: true } | { readonly error: ExitLineError };

/**
 * Reads one line of an exit list: hops joined by commas, nearest to us first, then `key=value` tags, then a comment.
 * A hop is `host:port`, `host:port:user:pass`, `user:pass:host:port`, `user:pass@host:port`, `host:port@user:pass` or a URL.
 */
export function parseExitLine(text: string, options: ExitLineOptions): ExitLine {
  try {
    if (text.length > LINE_LENGTH_MAX) throw new BadLine(0, `the line is longer than ${LINE_LENGTH_MAX} characters`);
    const [route, ...tags] = text
      .replace(/^\ufeff/, "")
      .replace(/(^|\s)#.*$/s, "")
      .matchAll(/\S+/g);
    if (route === undefined) return { empty: true };
    return { exit: readExit(route, tags, options) };
  } catch (error) {
    if (!(error instanceof BadLine)) throw error;
    return { error: { ...options.where, column: error.at + 1, reason: error.message } };
  }
}

/** The exit's URL, or those of its chain, without passwords: for people. */
export function formatExit(exit: { readonly hops: readonly ExitHop[] }): string {
  return exit.hops.map(formatHop).join(",");
}

/** What tells an exit from others: two with the same are one. Its URL without the password, and what a vendor's password names beside the secret. */
export function exitRoute(exit: { readonly hops: readonly ExitHop[] }): string {
  return exit.hops.map((hop) => `${formatHop(hop)}${paramsOf(hop)}`).join(",");
}

/** Hex digits of the exit's route: what names it where it has no `id=` tag. */
export function exitId(exit: { readonly hops: readonly ExitHop[] }, digits: number = ID_DIGITS): string {
  return hash("sha256", exitRoute(exit)).slice(0, digits);
}

/** Hex digits of an id that no tag gives. */
export const ID_DIGITS = 8;

/** The tag of an exit that takes whatever value is asked for. */
const ANY = "*";
const LINE_LENGTH_MAX = 4096;
const HOPS_MAX = 8;

function readExit(route: RegExpExecArray, tagTokens: readonly RegExpExecArray[], options: ExitLineOptions): Exit {
  const env = options.env ?? null;
  const tags: Record<string, string> = { ...options.tags };
  const offsets: Record<string, number> = {};
  for (const token of tagTokens) {
    const [key, value] = readTag(token, env);
    tags[key] = value;
    offsets[key] = token.index;
  }
  const { id, weight, rotating, insecure, ...rest } = tags;
  const at = (key: string) => offsets[key] ?? route.index;
  const unverified = readSwitch("insecure", insecure, at("insecure"));
  const isOpen = !route[0].includes("://"); // which scheme it is may be found out yet
  const read = readHops(route, { scheme: options.scheme, env }).map((hop) => ({
    ...hop,
    insecure: unverified && (isOpen || hop.scheme === "https"),
  }));
  const vendor = rest["vendor"];
  const isKnown = vendor !== undefined && isVendorId(vendor);
  const hops = isKnown ? asVendorHas(vendor, read, at("vendor")) : read;
  const places = placesOf(hops, route.index);
  if (rest["concurrent"] !== undefined) checkConcurrent(rest["concurrent"], at("concurrent"));
  if (rest["sessions"] !== undefined) checkSessions(rest["sessions"], hops, at("sessions"));
  if (isKnown) rest["provider"] ??= vendor;
  for (const place of ["country", "city"] as const) if (places.has(place)) rest[place] ??= ANY;
  return {
    id: id === undefined ? exitId({ hops }) : readId(id, at("id")),
    hops,
    tags: rest,
    rotating: rotating === undefined ? places.size > 0 : readSwitch("rotating", rotating, at("rotating")),
    weight: weight === undefined ? 1 : readWeight(weight, at("weight")),
  };
}

function readHops(route: RegExpExecArray, context: HopContext): ExitHop[] {
  const parts = route[0].split(",");
  if (parts.length > HOPS_MAX) throw new BadLine(route.index, `a chain has at most ${HOPS_MAX} hops`);
  let at = route.index;
  return parts.map((part, i) => {
    const start = at;
    at += part.length + 1;
    if (parts.length === 1) return parseHop(part, start, context);
    try {
      return parseHop(part, start, context);
    } catch (error) {
      if (!(error instanceof BadLine)) throw error;
      throw new BadLine(error.at, `hop ${i + 1}: ${error.message} (a comma chains hops; in the password of a URL write it as %2C)`);
    }
  });
}

// Values are compared with what clients ask for, and those ignore case.
function readTag(token: RegExpExecArray, env: Env | null): [string, string] {
  const parts = /^([A-Za-z][\w.-]*)=(.+)$/.exec(token[0]);
  if (parts === null) throw new BadLine(token.index, "expected key=value after the exit, as in country=de");
  const [, key = "", value = ""] = parts;
  const name = key.toLowerCase();
  const expanded = expand(value, token.index, env);
  return [name, name === "id" ? expanded : expanded.toLowerCase()];
}

function readId(text: string, at: number): string {
  if (!/^[A-Za-z0-9][\w.-]{0,63}$/.test(text)) throw new BadLine(at, "an id has letters, digits, - _ . and at most 64 of them");
  return text;
}

function checkConcurrent(text: string, at: number): void {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new BadLine(at, "concurrent is a whole number of at least 1");
}

function readWeight(text: string, at: number): number {
  const weight = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (weight <= 0 || weight > 1000) throw new BadLine(at, "weight is a number above 0 and at most 1000");
  return weight;
}

function checkSessions(text: string, hops: readonly ExitHop[], at: number): void {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > SESSIONS_MAX) throw new BadLine(at, `sessions is a number from 1 to ${SESSIONS_MAX}`);
  const [first, second] = [0, 1].map((session) => exitRoute({ hops: fillHops(hops, { ...NOTHING, session }) }));
  if (first === second)
    throw new BadLine(at, "sessions needs {session} in the user name, _session-{session} behind the password, or vendor=");
}

function readSwitch(key: string, text: string | undefined, at: number): boolean {
  if (text !== undefined && text !== "true" && text !== "false") throw new BadLine(at, `${key} is true or false`);
  return text === "true";
}

/** Of a template those that it has whatever fills it. */
function paramsOf(hop: ExitHop): string {
  if (hop.password === null) return "";
  const [filled = hop] = isLoginTemplate(hop.password) ? fillHops([hop], NOTHING) : [];
  return passwordParams(filled.password ?? "");
}

const NOTHING: LoginValues = { session: null, country: null, city: null, minutes: null };

function formatHop(hop: ExitHop): string {
  const user = hop.username === null ? "" : `${encodeURIComponent(hop.username)}@`;
  return `${hop.scheme}://${user}${formatHostPort(hop)}`;
}
