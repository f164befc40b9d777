import type { HostPort } from "../../core/address.ts";
import { parseTargetHost } from "../target-host.ts";

/** The parts of an absolute-form target. */
export interface AbsoluteTarget extends HostPort {
  readonly scheme: "http" | "https";
  /** Path and query as they were sent; at least `/`, or `*` for OPTIONS without a path (RFC 9112 3.2.4). */
  readonly path: string;
  /** As it was sent, for the Host field (RFC 9112 3.2.2). */
  readonly authority: string;
}

/**
 * Parses an absolute-form target (RFC 9112 3.2.2). The host comes in lower case, without brackets, never percent-decoded: what would need it is
 * refused, as are userinfo (RFC 9110 4.2.4), fragments, spaces, control bytes and IPv4 addresses in any but the dotted form. Null: no valid http or https URL.
 */
export function parseAbsoluteForm(target: string, method = ""): AbsoluteTarget | null {
  const scheme = schemeOf(target);
  if (scheme === null || NOT_IN_TARGET.test(target)) return null;
  const from = scheme.length + 3;
  const end = authorityEnd(target, from);
  const authority = target.slice(from, end);
  const parsed = parseHostPort(authority, scheme === "https" ? 443 : 80);
  if (parsed === null) return null;
  const path = pathOf(target, end, method);
  return { scheme, host: parsed.host, port: parsed.port, path, authority: authority.endsWith(":") ? authority.slice(0, -1) : authority };
}

/** Anything but visible ASCII, and `#`. */
const NOT_IN_TARGET = /[^\x21\x22\x24-\x7e]/;

function authorityEnd(target: string, from: number): number {
  const slash = target.indexOf("/", from);
  const query = target.indexOf("?", from);
  if (slash < 0 || query < 0) return Math.max(slash, query) < 0 ? target.length : Math.max(slash, query);
  return Math.min(slash, query);
}

/** Parses an authority-form target (RFC 9112 3.2.3): a host and a port from 1 to 65535, both there. Null where it is none. */
export function parseAuthority(text: string): HostPort | null {
  return parseHostPort(text, null);
}

function schemeOf(target: string): "http" | "https" | null {
  if (target.startsWith("http://")) return "http";
  if (target.startsWith("https://")) return "https";
  const start = target.slice(0, 8).toLowerCase();
  if (start.startsWith("http://")) return "http";
  return start === "https://" ? "https" : null;
}

function pathOf(target: string, at: number, method: string): string {
  if (at === target.length) return method === "OPTIONS" ? "*" : "/";
  return target[at] === "?" ? `/${target.slice(at)}` : target.slice(at);
}

/** Authorities that were parsed, without a default port and with each: clients ask for the same few again and again. */
const known = { null: new Map<string, HostPort | null>(), 80: new Map<string, HostPort | null>(), 443: new Map<string, HostPort | null>() };
const KNOWN_MAX = 1000;
const KNOWN_CHARS_MAX = 100;
/** The latest one, which is cheaper to compare than to look up: a part of a head has no hash yet. */
let latest: { readonly text: string; readonly defaultPort: number | null; readonly parsed: HostPort | null } | null = null;

function parseHostPort(text: string, defaultPort: 80 | 443 | null): HostPort | null {
  if (latest !== null && latest.text === text && latest.defaultPort === defaultPort) return latest.parsed;
  const cache = known[defaultPort ?? "null"];
  const found = cache.get(text);
  if (found !== undefined) return found;
  // A part of a string keeps the whole of it in memory: here a head, for as long as the authority is known or a route is kept under it.
  const own = Buffer.from(text).toString();
  const parsed = readHostPort(own, defaultPort);
  if (cache.size >= KNOWN_MAX) cache.clear();
  if (own.length <= KNOWN_CHARS_MAX) cache.set(own, parsed);
  latest = { text: own, defaultPort, parsed };
  return parsed;
}

/** `defaultPort` null: the port must be there. With one it may be missing, and even empty behind its colon (RFC 3986 3.2.3). */
function readHostPort(text: string, defaultPort: number | null): HostPort | null {
  const colon = text.indexOf(":", text.startsWith("[") ? text.indexOf("]") : 0);
  const host = parseHost(colon < 0 ? text : text.slice(0, colon));
  if (host === null) return null;
  if (colon < 0 || (colon === text.length - 1 && defaultPort !== null)) return defaultPort === null ? null : { host, port: defaultPort };
  const port = parsePort(text.slice(colon + 1));
  return port === null ? null : { host, port };
}

function parsePort(digits: string): number | null {
  if (!/^[0-9]{1,5}$/.test(digits)) return null;
  const port = Number(digits);
  return port >= 1 && port <= 65535 ? port : null;
}

function parseHost(text: string): string | null {
  if (!text.startsWith("[")) return text.includes(":") ? null : parseTargetHost(text);
  const literal = text.slice(1, -1);
  return text.endsWith("]") && literal.includes(":") ? parseTargetHost(literal) : null;
}
