// The forms of one hop in an exit list. A rule of this file: no reason ever quotes a piece of the line that may be a password.
import { isIP } from "node:net";
import { EXIT_SCHEMES, type ExitHop, type ExitScheme } from "../core/route.ts";
import { type Env, substituteEnv } from "./env-value.ts";

export interface HopContext {
  /** Of hops that name none. */
  readonly scheme: ExitScheme;
  /** Null: `${NAME}` stands for itself. */
  readonly env: Env | null;
}

/** Why a line of an exit list is no exit, and the offset in it where that shows. */
export class BadLine extends Error {
  override readonly name = "BadLine";
  readonly at: number;

  constructor(at: number, reason: string) {
    super(reason);
    this.at = at;
  }
}

/** Reads one hop that starts at offset `at` of its line; throws BadLine. */
export function parseHop(text: string, at: number, context: HopContext): ExitHop {
  const prefix = /^([^:/@]*):\/\//.exec(text);
  if (prefix === null) return text.includes("@") ? parseAtForm(text, at, context) : parseColonForm(text, at, context.scheme, context.env);

  const scheme = (prefix[1] as string).toLowerCase();
  if (!isExitScheme(scheme)) throw new BadLine(at, `the scheme is none of ${EXIT_SCHEMES.join(", ")}`);
  const rest = text.slice(prefix[0].length);
  const restAt = at + prefix[0].length;
  if (rest.includes("@")) return parseUrl(rest, restAt, scheme, context.env);
  const path = /^(\[[^\]]*\]|[^:/?#]*)(:\d*)?(?=[/?#].)/.exec(rest);
  if (path !== null) throw new BadLine(restAt + path[0].length, NO_PATH);
  // `socks5://host:port:user:pass` is no URL, but what many lists have: read as without its scheme.
  return parseColonForm(rest.replace(/\/$/, ""), restAt, scheme, context.env, DEFAULT_PORTS[scheme]);
}

/** Expands `${NAME}` in one piece of a line. */
export function expand(text: string, at: number, env: Env | null): string {
  if (env === null) return text;
  const result = substituteEnv(text, env);
  if ("missing" in result) throw new BadLine(at, `environment variable ${result.missing} is not set`);
  return result.text;
}

function isExitScheme(text: string): text is ExitScheme {
  return (EXIT_SCHEMES as readonly string[]).includes(text);
}

const NO_PATH = "an exit has no path; in a user or password write / ? # as %2F %3F %23";

const DEFAULT_PORTS: Readonly<Record<ExitScheme, number>> = {
  http: 80,
  https: 443,
  socks4: 1080,
  socks4a: 1080,
  socks5: 1080,
  socks5h: 1080,
};

// user:pass@host:port after a scheme, percent-encoded (RFC 3986 3.2).
function parseUrl(rest: string, at: number, scheme: ExitScheme, env: Env | null): ExitHop {
  const end = rest.search(/[/?#]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  const tail = end < 0 ? "" : rest.slice(end);
  if (tail !== "" && tail !== "/") throw new BadLine(at + end, NO_PATH);

  const split = authority.lastIndexOf("@");
  const [user, password] = splitAtColon(authority.slice(0, split));
  const hostAt = at + split + 1;
  const place = readPlace(authority.slice(split + 1), hostAt, env, DEFAULT_PORTS[scheme]);
  return toHop(at, scheme, { place, user: decode(user, at), password: password === null ? null : decode(password, at) }, env);
}

// user:pass@host:port, host:port@user:pass, or host:port:user:pass with an @ in the password: the first that has an address or a
// dotted name for its host, else the first that reads at all.
function parseAtForm(text: string, at: number, { scheme, env }: HopContext): ExitHop {
  const first = text.indexOf("@");
  const last = text.lastIndexOf("@");
  const readings: (Reading | null)[] = [
    reading(text.slice(last + 1), text.slice(0, last), at, env),
    reading(text.slice(0, first), text.slice(first + 1), at, env),
    hostFirst(text, at, env),
  ];
  const found = readings.filter((candidate) => candidate !== null);
  const best = found.find(({ place }) => isPlainHost(place.host)) ?? found[0];
  if (best !== undefined) return toHop(at, scheme, best, env);
  const place = readPlace(text.slice(last + 1), at + last + 1, env, null);
  return toHop(at, scheme, { place, user: "", password: null }, env);
}

// host:port, host:port:user:pass (raw from the third colon on), user:pass:host:port where that is the only reading.
function parseColonForm(text: string, at: number, scheme: ExitScheme, env: Env | null, defaultPort: number | null = null): ExitHop {
  const best = hostFirst(text, at, env) ?? hostLast(text, at, env);
  if (best !== null) return toHop(at, scheme, best, env);
  if (isIP(text) === 6 || isIP(text.slice(0, text.lastIndexOf(":"))) === 6) {
    throw new BadLine(at, "an IPv6 address goes in brackets: [2001:db8::1]:8080");
  }
  if (text.split(":").length > 2 && !text.startsWith("[")) {
    throw new BadLine(at, "cannot tell host, port, user and password apart: write host:port:user:pass or user:pass@host:port");
  }
  return toHop(at, scheme, { place: readPlace(text, at, env, defaultPort), user: "", password: null }, env);
}

interface Reading {
  readonly place: Place;
  readonly user: string;
  readonly password: string | null;
}

function reading(placeText: string, credentials: string, at: number, env: Env | null): Reading | null {
  const place = tryPlace(placeText, at, env);
  const [user, password] = splitAtColon(credentials);
  return place === null ? null : { place, user, password };
}

function hostFirst(text: string, at: number, env: Env | null): Reading | null {
  const parts = /^((?:\[[^\]]*\]|[^:[\]]+):[^:]+)(?::([^:]*):(.*))?$/.exec(text);
  const place = parts === null ? null : tryPlace(parts[1] as string, at, env);
  return place === null ? null : { place, user: parts?.[2] ?? "", password: parts?.[3] ?? null };
}

function hostLast(text: string, at: number, env: Env | null): Reading | null {
  const parts = /^([^:]*):(.*):((?:\[[^[\]]*\]|[^:[\]]+):[^:]+)$/.exec(text);
  const place = parts === null ? null : tryPlace(parts[3] as string, at, env);
  return place === null ? null : { place, user: parts?.[1] ?? "", password: parts?.[2] ?? null };
}

interface Place {
  readonly host: string;
  readonly port: number;
}

function tryPlace(text: string, at: number, env: Env | null): Place | null {
  const parts = /^(\[[^\]]*\]|[^:[\]]+):([^:]+)$/.exec(text);
  if (parts === null) return null;
  const host = readHost(expand(parts[1] as string, at, env));
  const port = readPort(expand(parts[2] as string, at, env));
  return host === null || port === null ? null : { host, port };
}

/** As tryPlace, but says what is wrong. */
function readPlace(text: string, at: number, env: Env | null, defaultPort: number | null): Place {
  const parts = /^(\[[^\]]*\]|[^:[\]]*)(?::(.*))?$/.exec(text);
  const host = parts === null ? null : readHost(expand(parts[1] as string, at, env));
  if (parts === null || host === null) throw new BadLine(at, "the host is neither a name nor an address");
  if (parts[2] === undefined) {
    if (defaultPort === null) throw new BadLine(at + text.length, "the port is missing: write host:port");
    return { host, port: defaultPort };
  }
  const portAt = at + (parts[1] as string).length + 1;
  const port = readPort(expand(parts[2], portAt, env));
  if (port === null) throw new BadLine(portAt, "the port is no number from 1 to 65535");
  return { host, port };
}

function readHost(text: string): string | null {
  if (text.startsWith("[")) {
    const address = text.slice(1, -1).toLowerCase();
    return isIP(address) === 6 && !address.includes("%") ? address : null;
  }
  if (isIP(text) === 4) return text;
  const name = text.toLowerCase().replace(/\.$/, "");
  const labels = name.split(".");
  const valid = name.length <= 253 && labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  // A name that ends in a number would be read as an IPv4 address by every resolver, and it is none.
  return valid && !/^\d+$/.test(labels.at(-1) as string) ? name : null;
}

function readPort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : null;
}

/** An address or a dotted name: what nobody takes for a user name. */
function isPlainHost(host: string): boolean {
  return host.includes(".") || host.includes(":");
}

function splitAtColon(text: string): [string, string | null] {
  const colon = text.indexOf(":");
  return colon < 0 ? [text, null] : [text.slice(0, colon), text.slice(colon + 1)];
}

function decode(text: string, at: number): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new BadLine(at, "the percent-encoding of user or password is broken: write % as %25");
  }
}

function toHop(at: number, scheme: ExitScheme, { place, ...credentials }: Reading, env: Env | null): ExitHop {
  const user = expand(credentials.user, at, env);
  const password = credentials.password === null ? null : expand(credentials.password, at, env);
  const nobody = user === "" && (password === null || password === "");
  const hop: ExitHop = { scheme, ...place, username: nobody ? null : user, password: nobody ? null : password, insecure: false };
  const reason = nobody ? null : unsendable(hop);
  if (reason !== null) throw new BadLine(at, reason);
  return hop;
}

/** Why the scheme cannot carry these credentials; null: it can. */
function unsendable({ scheme, username, password }: ExitHop): string | null {
  const user = username ?? "";
  if (/[\x00-\x1f\x7f]/.test(user + (password ?? ""))) return "user or password has a control character (a line end from a variable?)";
  if (scheme === "http" || scheme === "https") return user.includes(":") ? "HTTP allows no colon in a user name (RFC 7617)" : null;
  if (scheme === "socks4" || scheme === "socks4a") return password ? `${scheme} has no passwords` : null;
  if (user === "") return "SOCKS5 allows no empty user name (RFC 1929)";
  const tooLong = Buffer.byteLength(user) > 255 || Buffer.byteLength(password ?? "") > 255;
  return tooLong ? "SOCKS5 allows 255 bytes of user name and of password (RFC 1929)" : null;
}
