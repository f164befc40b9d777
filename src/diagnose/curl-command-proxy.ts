import type { Exit, ExitHop, ExitScheme } from "../core/route.ts";
import { bypassMatcher } from "../wire/bypass-list.ts";
import { exitId } from "../wire/exit-line.ts";
import { type CurlOption, valuesOf } from "./curl-command-options.ts";
import { BadCommand } from "./curl-command-problem.ts";
import type { Variables } from "./curl-command-words.ts";

/** The way that a command's request goes. */
export interface CurlProxy {
  /** Null: none. */
  readonly exit: Exit | null;
  /** The variable that names it; null: an option does. */
  readonly variable: string | null;
}

/**
 * The proxy of `-x`, `--socks5` and their kin, or of `https_proxy` and the other variables that curl heeds.
 *
 * @throws BadCommand
 */
export function proxyOf(options: readonly CurlOption[], url: URL, variables: Variables): CurlProxy {
  const named = options.findLast(({ name }) => Object.hasOwn(PROXY_OPTIONS, name));
  const [variable, ofVariable] = named === undefined ? variableFor(url, variables) : [null, ""];
  const text = named?.value ?? ofVariable;
  if (text === "" || isBypassed(options, url, variables)) return { exit: null, variable: null };
  const insecure = options.some(({ name, isOff }) => name === "proxy-insecure" && !isOff);
  const last = readProxy(text, PROXY_OPTIONS[named?.name ?? "proxy"] as ExitScheme, insecure);
  const login = valuesOf(options, "proxy-user").at(-1);
  const before = valuesOf(options, "preproxy").slice(-1);
  const hops = [
    ...before.map((proxy) => readProxy(proxy, "socks4", insecure)),
    login === undefined ? last : { ...last, ...readLogin(login) },
  ];
  return { exit: { id: exitId({ hops }), hops, tags: {}, rotating: false, weight: 1 }, variable };
}

/** `user:password`. */
export function readLogin(text: string): { readonly username: string; readonly password: string } {
  const colon = text.indexOf(":");
  return colon === -1 ? { username: text, password: "" } : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** What each takes where no scheme is named. */
const PROXY_OPTIONS: Readonly<Record<string, ExitScheme>> = {
  ...{ proxy: "http", socks4: "socks4", socks4a: "socks4a", socks5: "socks5", "socks5-hostname": "socks5h" },
};

/** The last resort is ALL_PROXY; HTTP_PROXY is not heeded in capitals, since a CGI's clients can set it. */
function variableFor({ protocol }: URL, variables: Variables): [string | null, string] {
  const names = protocol === "https:" ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"];
  const name = [...names, "all_proxy", "ALL_PROXY"].find((one) => (variables[one] ?? "") !== "");
  return name === undefined ? [null, ""] : [name, variables[name] as string];
}

function isBypassed(options: readonly CurlOption[], { hostname, port, protocol }: URL, variables: Variables): boolean {
  const list = valuesOf(options, "noproxy").at(-1) ?? variables["no_proxy"] ?? variables["NO_PROXY"] ?? "";
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  try {
    return bypassMatcher([list])(host, Number(port) || (protocol === "https:" ? HTTPS_PORT : HTTP_PORT));
  } catch (error) {
    throw new BadCommand(`--noproxy or NO_PROXY: ${(error as Error).message}`);
  }
}

const HTTPS_PORT = 443;
const HTTP_PORT = 80;
/** Curl's own, of any proxy but an `https` one. */
const PROXY_PORT = 1080;
const SCHEMES: Readonly<Record<string, ExitScheme>> = {
  ...{ http: "http", https: "https", socks: "socks4", socks4: "socks4", socks4a: "socks4a", socks5: "socks5", socks5h: "socks5h" },
};

function readProxy(text: string, otherwise: ExitScheme, insecure: boolean): ExitHop {
  const [found, named, userinfo, host = "", digits] =
    /^(?:([a-z0-9]+):\/\/)?(?:(.*)@)?(\[[0-9a-f:.%]+\]|[^:/?#\s@]+)(?::(\d{1,5}))?\/?$/i.exec(text) ?? [];
  if (found === undefined) throw new BadCommand("the proxy of curl is no [scheme://][user:password@]host[:port]");
  const scheme = named === undefined ? otherwise : SCHEMES[named.toLowerCase()];
  if (scheme === undefined)
    throw new BadCommand("the proxy of curl has a scheme that is none of http, https, socks4, socks4a, socks5, socks5h");
  const port = digits === undefined ? (scheme === "https" ? HTTPS_PORT : PROXY_PORT) : Number(digits);
  if (port < 1 || port > 65535) throw new BadCommand("the port of curl's proxy is none");
  const { username, password } = userinfo === undefined ? { username: null, password: null } : readLogin(userinfo);
  const hop = { scheme, host: host.replace(/^\[(.*)\]$/, "$1"), port, insecure: insecure && scheme === "https" };
  return { ...hop, username: decoded(username), password: decoded(password) };
}

function decoded(text: string | null): string | null {
  try {
    return text === null ? null : decodeURIComponent(text);
  } catch {
    return text;
  }
}
