import type { ExitScheme } from "../../core/route.ts";
import { plainName, readCsv } from "./csv.ts";
import { type ForeignEntry, isHostText, type Place, readPort, writeHop } from "./foreign-entry.ts";
import { readJsonItems, readJsonLines } from "./json-items.ts";

/**
 * Reads a list of proxies as Scrapoxy, checkers and vendors' panels export it: a JSON list, of texts or of objects, JSON lines, or CSV with a
 * line of names above. A proxy has an address, a port and perhaps type, user, password and country, under any of the names that are common for them.
 */
export function* readScrapoxy(bytes: Buffer, scheme: ExitScheme): Generator<ForeignEntry | null> {
  if (!isJson(bytes)) {
    for (const row of readCsv(bytes)) yield row === null || "reason" in row ? row : toEntry(row.fields, row, scheme);
    return;
  }
  for (const item of isJsonLines(bytes) ? readJsonLines(bytes) : readJsonItems(bytes)) {
    if (item === null || "reason" in item) yield item;
    else if (typeof item.value === "string") yield { ...placeOf(item), text: item.value };
    else yield toEntry(flatten(item.value), item, scheme);
  }
}

/** What comes first, but spaces, begins a list or an object. */
function isJson(bytes: Buffer): boolean {
  return /^\ufeff?\s*[[{]/.test(bytes.toString("utf8", 0, START_BYTES_MAX));
}

const START_BYTES_MAX: number = 64 * 1024;

/** The first line is a proxy of its own, whole or with another object below it: what wraps a list may name an address too, its own. */
function isJsonLines(bytes: Buffer): boolean {
  const start = bytes.toString("utf8", 0, START_BYTES_MAX).trimStart();
  if (!start.startsWith("{")) return false;
  const end = start.indexOf("\n");
  const fields = ownFields(end < 0 ? start : start.slice(0, end));
  const host = find(fields, NAMES.host);
  if (host === null) return false;
  return find(fields, NAMES.port) !== null || /:\d/.test(host) || (end >= 0 && start.slice(end).trimStart().startsWith("{"));
}

/** Those of an object that are no lists; none where the text is no object. */
function ownFields(text: string): Fields {
  try {
    const entries = Object.entries(JSON.parse(text) as object);
    return flatten(Object.fromEntries(entries.filter(([, value]) => !Array.isArray(value))));
  } catch {
    return new Map();
  }
}

/** The names that say the same, the better one first; all in lower case and without `_` and `-`. */
const NAMES = {
  url: ["url", "proxyurl"],
  host: ["host", "hostname", "ip", "ipaddress", "proxyaddress", "address", "server", "addresshostname", "proxy"],
  port: ["port", "proxyport", "addressport"],
  scheme: ["type", "protocol", "scheme", "protocols"],
  user: ["username", "user", "login", "authusername"],
  password: ["password", "pass", "authpassword"],
  country: ["country", "countrycode", "fingerprintcountrycode", "geocountry"],
} as const;

type Fields = ReadonlyMap<string, string>;

function toEntry(fields: Fields, at: Place, scheme: ExitScheme): ForeignEntry {
  const place = placeOf(at);
  const country = find(fields, NAMES.country);
  const tags = country !== null && /^[A-Za-z]{2}$/.test(country) ? ` country=${country}` : "";
  const host = find(fields, NAMES.host);
  const url = find(fields, NAMES.url) ?? (host?.includes("://") === true ? host : null);
  if (url !== null) return /\s/.test(url) ? { ...place, reason: "the url has a space" } : { ...place, text: `${url}${tags}` };
  const port = find(fields, NAMES.port);
  if (host === null) return { ...place, reason: "there is no address: expected a host, ip or url" };
  const whole = port === null ? /^(.*):(\d+)$/.exec(host) : null;
  const number = readPort(whole?.[2] ?? port ?? "");
  const name = (whole?.[1] ?? host).replace(/^\[(.*)\]$/, "$1");
  if (!isHostText(name)) return { ...place, reason: "the host is neither a name nor an address" };
  if (number === null) return { ...place, reason: port === null ? "the port is missing" : "the port is no number from 1 to 65535" };
  const type = find(fields, NAMES.scheme);
  const own = type === null ? scheme : schemeOf(type);
  if (own === null) return { ...place, reason: "the type is none of http, https, socks4, socks5" };
  const user = find(fields, NAMES.user);
  const text = writeHop({ scheme: own, host: name, port: number, user, password: user === null ? null : find(fields, NAMES.password) });
  return { ...place, text: `${text}${tags}` };
}

/** Lists call a proxy `https` that serves https targets, with CONNECT in clear text: which is what `http` is here. */
const SCHEMES: Readonly<Record<string, ExitScheme>> = {
  http: "http",
  https: "http",
  socks4: "socks4",
  socks4a: "socks4a",
  socks5: "socks5",
  socks5h: "socks5h",
  socks: "socks5",
};

function schemeOf(text: string): ExitScheme | null {
  const [first = ""] = text.toLowerCase().split(/[,/ ]/);
  return Object.hasOwn(SCHEMES, first) ? (SCHEMES[first] as ExitScheme) : null;
}

function find(fields: Fields, names: readonly string[]): string | null {
  const name = names.find((candidate) => (fields.get(candidate) ?? "") !== "");
  return name === undefined ? null : (fields.get(name) as string);
}

/** Its values as texts; those of an inner object under both names: `auth: { username }` is `authusername`. */
function flatten(value: unknown): Fields {
  const fields = new Map<string, string>();
  if (typeof value !== "object" || value === null) return fields;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === "object" && inner !== null && !Array.isArray(inner)) {
      for (const [innerKey, text] of flatten(inner)) fields.set(`${plainName(key)}${innerKey}`, text);
    } else if (inner !== null && typeof inner !== "object") fields.set(plainName(key), String(inner).trim());
    else if (Array.isArray(inner) && inner.length > 0) fields.set(plainName(key), String(inner[0]));
  }
  return fields;
}

function placeOf({ line, column }: Place): Place {
  return { line, column };
}
