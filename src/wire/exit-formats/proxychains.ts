import type { ExitScheme } from "../../core/route.ts";
import { type ForeignEntry, isHostText, numberedLines, type Place, readPort, writeHop } from "./foreign-entry.ts";

/** What the settings above the list say about it. */
interface Mode {
  /** All proxies one behind the other, as strict and dynamic chains are; else each by itself. */
  isChain: boolean;
  /** The proxies resolve names. */
  remoteNames: boolean;
}

/**
 * Reads a `proxychains.conf`: `socks5 192.0.2.1 1080 user password` below `[ProxyList]`. What its settings make a chain (`strict_chain`,
 * `dynamic_chain`) is one exit, whose hops are the lines; else each line is an exit. With `proxy_dns` the proxies resolve names.
 */
export function readProxychains(text: string): ForeignEntry[] {
  const mode: Mode = { isChain: false, remoteNames: false };
  const entries: ForeignEntry[] = [];
  let isList = false;
  for (const [line, raw] of numberedLines(text)) {
    const words = wordsOf(raw);
    const [first] = words;
    if (first === undefined) continue;
    if (first.text.startsWith("[")) isList = first.text.toLowerCase() === "[proxylist]";
    else if (isList) entries.push(readProxy(words, line, mode));
    else entries.push(...readSetting(words, line, mode));
  }
  return mode.isChain ? chained(entries) : entries;
}

const SCHEMES: Readonly<Record<string, readonly [here: ExitScheme, remote: ExitScheme]>> = {
  http: ["http", "http"],
  socks4: ["socks4", "socks4a"],
  socks5: ["socks5", "socks5h"],
};
const CHAINS = ["strict_chain", "dynamic_chain"];

interface Word {
  readonly text: string;
  readonly column: number;
}

function wordsOf(line: string): Word[] {
  return [...line.replace(/(^|\s)[#;].*$/, "").matchAll(/\S+/g)].map(({ 0: text, index }) => ({ text, column: index + 1 }));
}

function readSetting([first, ...rest]: readonly Word[], line: number, mode: Mode): ForeignEntry[] {
  const name = (first?.text ?? "").toLowerCase();
  if (CHAINS.includes(name)) mode.isChain = true;
  if (name.startsWith("proxy_dns")) mode.remoteNames = true;
  const [, length] = /^chain_len=?(.*)$/.exec([name, ...rest.map(({ text }) => text)].join("").replaceAll(" ", "")) ?? [];
  if (length === undefined || length === "1" || mode.isChain) return [];
  return [{ line, column: 1, reason: "chains of proxies drawn at random are not known here: each proxy is an exit by itself" }];
}

function readProxy(words: readonly Word[], line: number, { remoteNames }: Mode): ForeignEntry {
  const [type, host, port, user, password, extra] = words as [Word, ...(Word | undefined)[]];
  const schemes = Object.hasOwn(SCHEMES, type.text.toLowerCase()) ? SCHEMES[type.text.toLowerCase()] : undefined;
  const bad = (column: number, reason: string): ForeignEntry => ({ line, column, reason });
  if (schemes === undefined) return bad(type.column, "the type is none of http, socks4, socks5");
  if (host === undefined) return bad(type.column + type.text.length, "the host is missing: write type host port");
  if (!isHostText(host.text)) return bad(host.column, "the host is neither a name nor an address");
  if (port === undefined) return bad(host.column + host.text.length, "the port is missing: write type host port");
  const number = readPort(port.text);
  if (number === null) return bad(port.column, "the port is no number from 1 to 65535");
  if (extra !== undefined) return bad(extra.column, "there is more than type host port user password");
  const scheme = schemes[remoteNames ? 1 : 0] as ExitScheme;
  const text = writeHop({ scheme, host: host.text, port: number, user: user?.text ?? null, password: password?.text ?? null });
  return { line, column: type.column, text };
}

/** A chain without one of its hops would be another route: where one is bad there is none. */
function chained(entries: readonly ForeignEntry[]): ForeignEntry[] {
  const bad = entries.filter((entry) => "reason" in entry);
  const hops = entries.flatMap((entry) => ("text" in entry ? [entry] : []));
  const [first] = hops;
  if (bad.length > 0 || first === undefined) return bad;
  const place: Place = { line: first.line, column: first.column };
  return [{ ...place, text: hops.map(({ text }) => text).join(",") }];
}
