import { fieldValue, type RawFields, withoutField } from "../core/message.ts";
import { basicAuthorization } from "../wire/http-connect.ts";
import type { ReadFile } from "./curl-command-body.ts";
import { type CurlOption, valuesOf } from "./curl-command-options.ts";
import { BadCommand } from "./curl-command-problem.ts";
import { readLogin } from "./curl-command-proxy.ts";

/** The fields that a command sends. */
export interface CurlFields {
  readonly fields: RawFields;
  /** `-H 'Host: …'`; null: none. */
  readonly host: string | null;
  /** `-H 'Proxy-Authorization: Basic …'`; null: none. */
  readonly login: { readonly username: string; readonly password: string } | null;
  /** What is said of fields that were left out. */
  readonly leftOut: readonly string[];
}

/**
 * The fields of `-H`, and those that curl writes of itself, in its order.
 *
 * @param ofBody name, value, …: what curl says of the body
 * @throws BadCommand
 */
export function fieldsOf(options: readonly CurlOption[], url: URL, ofBody: readonly string[], readFile: ReadFile): CurlFields {
  const own = valuesOf(options, "header").flatMap((text) => (text.startsWith("@") ? linesOf(readFile(text.slice(1))) : [text]));
  const lines = own.map(readLine);
  const last = (name: string) => valuesOf(options, name).at(-1) ?? "";
  const cookies = valuesOf(options, "cookie");
  const jar = cookies.some((text) => text !== "" && !text.includes("="));
  const written = [
    ...pair("Authorization", authorizationOf(last("user"), last("oauth2-bearer"), url)),
    ...pair("User-Agent", options.some(({ name }) => name === "user-agent") ? last("user-agent") : CURL),
    ...pair("Range", last("range") === "" ? "" : `bytes=${last("range")}`),
    ...(ofBody.includes("Accept") ? [] : ["Accept", "*/*"]),
    ...pair("Accept-Encoding", options.some(({ name, isOff }) => name === "compressed" && !isOff) ? "deflate, gzip, br, zstd" : ""),
    ...pair("Referer", last("referer").replace(/;auto$/, "")),
    ...pair("Cookie", cookies.filter((text) => text.includes("=")).join(";")),
    ...ofBody,
  ];
  const kept = lines.filter(({ name, isRemoved }) => !isRemoved && !OWN.test(name));
  const fields = lines.reduce<RawFields>((all, { name }) => withoutField(all, name.toLowerCase()), written);
  const given = lines.flatMap(({ name, value }) => [name, value]);
  const proxyLogin = /^basic +(\S+)$/i.exec(fieldValue(given, "proxy-authorization") ?? "")?.[1];
  return {
    fields: [...fields, ...kept.flatMap(({ name, value }) => [name, value])],
    host: fieldValue(given, "host") || null,
    login: proxyLogin === undefined ? null : readLogin(Buffer.from(proxyLogin, "base64").toString("utf8")),
    leftOut: [...leftOut(lines, proxyLogin !== undefined), ...(jar ? ["-b with a file of cookies is not honoured: write them out"] : [])],
  };
}

/** Some sites judge by it. */
const CURL = "curl/8.10.1";

/** The writer's own, which cannot be given. */
const OWN =
  /^(?:host|connection|content-length|transfer-encoding|proxy-authorization|proxy-connection|te|trailer|upgrade|expect|keep-alive|:.*)$/i;

interface Line {
  readonly name: string;
  readonly value: string;
  /** `Name:`, which takes the field that curl would write away. */
  readonly isRemoved: boolean;
}

/** `Name: value`, `Name:` and, for an empty value, `Name;`. */
function readLine(text: string): Line {
  const [found, name = "", sign, rest = ""] = /^(:?[!#$%&'*+.^_`|~\w-]+)([:;])([^\r\n\0]*)$/.exec(text) ?? [];
  const value = rest.replace(/^[ \t]+|(?<![ \t])[ \t]+$/g, "");
  if (found === undefined || (sign === ";" && value !== "")) throw new BadCommand("-H of curl wants a field, as in -H 'Accept: text/html'");
  return { name, value: Buffer.from(value, "utf8").toString("latin1"), isRemoved: sign === ":" && value === "" };
}

function linesOf(file: Buffer): string[] {
  return file
    .toString("utf8")
    .split(/\r?\n/)
    .filter((line) => line !== "");
}

function pair(name: string, value: string): string[] {
  if (/[\r\n\0]/.test(value)) throw new BadCommand(`what curl is to write into ${name} holds the end of a line`);
  return value === "" ? [] : [name, Buffer.from(value, "utf8").toString("latin1")];
}

function authorizationOf(user: string, bearer: string, { username, password }: URL): string {
  if (bearer !== "") return `Bearer ${bearer}`;
  if (user !== "") return basicAuthorization(readLogin(user));
  return username === "" ? "" : basicAuthorization({ username: decoded(username), password: decoded(password) });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function leftOut(lines: readonly Line[], isLoggedIn: boolean): string[] {
  const names = new Set(lines.filter(({ name, isRemoved }) => !isRemoved && OWN.test(name)).map(({ name }) => name.toLowerCase()));
  names.delete("host");
  if (isLoggedIn) names.delete("proxy-authorization");
  // What these say is said anyway, or means nothing on the way.
  for (const name of QUIET) names.delete(name);
  return [...names].map((name) => `the field ${name} is left out: it is written by whoever sends the request`);
}

const QUIET: readonly string[] = [
  "connection",
  "content-length",
  "keep-alive",
  "proxy-connection",
  ":authority",
  ":method",
  ":path",
  ":scheme",
];
