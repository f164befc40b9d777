import type { RawFields } from "../core/message.ts";
import type { Exit } from "../core/route.ts";
import { bodyOf, encodeData, type ReadFile } from "./curl-command-body.ts";
import { fieldsOf } from "./curl-command-fields.ts";
import { type CurlOption, kindOf, readArguments, valuesOf } from "./curl-command-options.ts";
import { type CurlPlace, placesOf } from "./curl-command-place.ts";
import { BadCommand } from "./curl-command-problem.ts";
import { proxyOf } from "./curl-command-proxy.ts";
import type { Variables } from "./curl-command-words.ts";

/** What a curl command asks for, as far as it can be asked here. */
export interface CurlCommand {
  readonly url: URL;
  readonly method: string;
  readonly fields: RawFields;
  readonly body: Buffer | null;
  readonly host: string | null;
  readonly exit: Exit | null;
  /** Where the target of a URL is instead of where its name says; null: there. */
  readonly placeOf: (url: URL) => CurlPlace | null;
  /** Addresses of one family alone; null: any. */
  readonly family: 4 | 6 | null;
  readonly insecure: boolean;
  readonly tunnel: boolean;
  /** Certificates to trust, PEM; null: as usual. */
  readonly ca: string | null;
  /** Null: none is given. */
  readonly timeoutMs: number | null;
  readonly connectMs: number | null;
  /** So many redirects are followed. */
  readonly redirectsMax: number;
  /** What logs in goes to other sites too. */
  readonly isTrusting: boolean;
  /** What cannot be honoured, and what came from elsewhere. */
  readonly notes: readonly string[];
}

/** What a command may look at. */
export interface CurlSurroundings {
  readonly readFile: ReadFile;
  readonly variables: Variables;
}

/**
 * Reads a curl command.
 *
 * @param words the whole of it, `curl` first
 * @throws BadCommand
 */
export function readCurlCommand(words: readonly string[], { readFile, variables }: CurlSurroundings): CurlCommand {
  const { options, urls, hasNext } = readArguments(behindCurl(words));
  const isOn = (name: string) => options.findLast((option) => option.name === name)?.isOff === false;
  if (options.some(({ name }) => name.endsWith("unix-socket"))) throw new BadCommand("a request to a Unix socket has no hops to diagnose");
  const body = bodyOf(options, readFile);
  const isQuery = isOn("get");
  const url = urlOf(urls[0], options, { query: isQuery ? (body?.bytes ?? null) : null, fileName: body?.fileName ?? "", readFile });
  const sent = isQuery ? null : body;
  if (isOn("head") && sent !== null) throw new BadCommand("curl takes -I, or a body, and not both");
  const { fields, host, login, leftOut } = fieldsOf(options, url, sent?.fields ?? [], readFile);
  url.username = "";
  url.password = "";
  const { exit, variable } = proxyOf(options, url, variables);
  const ca = valuesOf(options, "cacert").at(-1);
  return {
    ...{ url, fields, host, body: sent?.bytes ?? null, exit: login === null ? exit : loggedIn(exit, login) },
    method: methodOf(options) ?? (isOn("head") ? "HEAD" : (sent?.method ?? "GET")),
    placeOf: placesOf(options),
    family: isOn("ipv4") ? 4 : isOn("ipv6") ? 6 : null,
    ...{ insecure: isOn("insecure"), tunnel: isOn("proxytunnel"), ca: ca === undefined ? null : readFile(ca).toString("latin1") },
    ...{ timeoutMs: secondsOf(options, "max-time"), connectMs: secondsOf(options, "connect-timeout") },
    redirectsMax: isOn("location") || isOn("location-trusted") ? redirectsOf(options) : 0,
    isTrusting: isOn("location-trusted"),
    notes: [
      ...(variable === null ? [] : [`the proxy is that of the variable ${variable}, as curl would take it`]),
      ...(urls.length > 1 || hasNext ? ["only the first URL of the command is asked"] : []),
      ...notHonoured(options),
      ...leftOut,
    ],
  };
}

function behindCurl([first = "", ...rest]: readonly string[]): readonly string[] {
  if (!/^(?:.*[/\\])?curl(?:\.exe)?$/i.test(first))
    throw new BadCommand('the command is no curl: "curl https://site.example/ …" is wanted');
  return rest;
}

function methodOf(options: readonly CurlOption[]): string | null {
  const method = valuesOf(options, "request").at(-1) ?? null;
  if (method !== null && !isMethod(method)) throw new BadCommand("-X of curl wants a method, as in -X DELETE");
  return method;
}

/** A token of RFC 9110 5.6.2; `CONNECT` is no request for a page. */
export function isMethod(text: string): boolean {
  return /^[!#$%&'*+.^_`|~\w-]+$/.test(text) && text !== "CONNECT";
}

function notHonoured(options: readonly CurlOption[]): string[] {
  const names = [...new Set(options.filter(({ name, isOff }) => kindOf(name) === "left-out" && !isOff).map(({ name }) => name))];
  return names.map((name) => `--${name} is not honoured${WHY[name] === undefined ? "" : `: ${WHY[name]}`}`);
}

const HTTP_1 = "the site is asked with HTTP/1.1";
const WHY: Readonly<Record<string, string>> = {
  ...{ http2: HTTP_1, "http2-prior-knowledge": HTTP_1, http3: HTTP_1, "http3-only": HTTP_1, "http1.0": HTTP_1, "http0.9": HTTP_1 },
  ...{
    cert: "no client certificate is shown",
    config: "write what it holds into the command",
    variable: "write its value into the command",
  },
  ...{ digest: "no login is answered", ntlm: "no login is answered", negotiate: "no login is answered", anyauth: "no login is answered" },
};

interface UrlParts {
  /** What `-G` puts into the query. */
  readonly query: Buffer | null;
  /** What `-T` puts behind a URL that ends in `/`. */
  readonly fileName: string;
  readonly readFile: ReadFile;
}

function urlOf(text: string | undefined, options: readonly CurlOption[], { query, fileName, readFile }: UrlParts): URL {
  if (text === undefined) throw new BadCommand("the curl command names no URL");
  const scheme = valuesOf(options, "proto-default").at(-1) ?? "http";
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${scheme}://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) throw new BadCommand("the curl command names no http:// or https:// URL");
  url.hash = "";
  const more = valuesOf(options, "url-query").map((value) => (value.startsWith("+") ? value.slice(1) : encodeData(value, readFile)));
  const added = [...(query === null ? [] : [query.toString("utf8")]), ...more].filter((part) => part !== "");
  if (added.length > 0) url.search = [...(url.search === "" ? [] : [url.search.slice(1)]), ...added].join("&");
  if (fileName !== "" && url.pathname.endsWith("/")) url.pathname += encodeURIComponent(fileName);
  return url;
}

function secondsOf(options: readonly CurlOption[], name: string): number | null {
  const text = valuesOf(options, name).at(-1);
  if (text === undefined) return null;
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds <= SECONDS_MAX)) throw new BadCommand(`--${name} of curl wants a number of seconds`);
  return seconds === 0 ? null : Math.max(1, Math.round(seconds * SECOND_MS));
}

const SECONDS_MAX = 86_400;
const SECOND_MS = 1000;

function redirectsOf(options: readonly CurlOption[]): number {
  const text = valuesOf(options, "max-redirs").at(-1);
  const most = text === undefined ? REDIRECTS_MAX : Number(text);
  if (!Number.isInteger(most)) throw new BadCommand("--max-redirs of curl wants a number");
  return most < 0 ? REDIRECTS_MAX : Math.min(most, REDIRECTS_MAX);
}

/** Beyond these a site sends in circles. */
const REDIRECTS_MAX = 5;

/** By a `Proxy-Authorization` that the command writes itself. */
function loggedIn(exit: Exit | null, login: { readonly username: string; readonly password: string }): Exit | null {
  const last = exit?.hops.at(-1);
  if (exit === null || last === undefined || !last.scheme.startsWith("http") || last.username !== null) return exit;
  return { ...exit, hops: [...exit.hops.slice(0, -1), { ...last, ...login }] };
}
