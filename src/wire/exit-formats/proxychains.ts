import type { ExitScheme } from "../../core/route.ts";
import { type ForeignEntry, isHostText, type Place, readLines, readPort, writeHop } from "./foreign-entry.ts";

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
export function* readProxychains(bytes: Buffer): Generator<ForeignEntry | null> {
  const mode: Mode = { isChain: false, remoteNames: false };
  yield* readSections(bytes, { setting: (words, line) => readSetting(words, line, mode), proxy: () => null });
  const proxies = readSections(bytes, { setting: () => null, proxy: (words, line) => readProxy(words, line, mode) });
  yield* mode.isChain ? chained(proxies) : proxies;
}

/** What is made of a line of settings, and of one below `[ProxyList]`. */
interface Sections {
  setting(words: readonly Word[], line: number): ForeignEntry | null;
  proxy(words: readonly Word[], line: number): ForeignEntry | null;
}

function readSections(bytes: Buffer, { setting, proxy }: Sections): Generator<ForeignEntry | null> {
  let isList = false;
  return readLines(bytes, (raw, line) => {
    const words = wordsOf(raw);
    const [first] = words;
    if (first === undefined) return null;
    if (!first.text.startsWith("[")) return isList ? proxy(words, line) : setting(words, line);
    isList = first.text.toLowerCase() === "[proxylist]";
    return null;
  });
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
  return [...line.replace(/(^|\s)[#;].*/s, "").matchAll(/\S+/g)].map(({ 0: text, index }) => ({ text, column: index + 1 }));
}

function readSetting([first, ...rest]: readonly Word[], line: number, mode: Mode): ForeignEntry | null {
  const name = (first?.text ?? "").toLowerCase();
  if (CHAINS.includes(name)) mode.isChain = true;
  if (name.startsWith("proxy_dns")) mode.remoteNames = true;
  const [, length] = /^chain_len=?(.*)$/.exec([name, ...rest.map(({ text }) => text)].join("").replaceAll(" ", "")) ?? [];
  if (length === undefined || length === "1" || mode.isChain) return null;
  return { line, column: 1, reason: "chains of proxies drawn at random are not known here: each proxy is an exit by itself" };
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
function* chained(proxies: Iterable<ForeignEntry | null>): Generator<ForeignEntry | null> {
  let isBad = false;
  let place: Place | null = null;
  const hops: string[] = [];
  for (const entry of proxies) {
    if (entry === null || "reason" in entry) {
      isBad ||= entry !== null;
      yield entry;
    } else {
      place ??= { line: entry.line, column: entry.column };
      if (hops.length < HOPS_KEPT_MAX) hops.push(entry.text);
      yield null;
    }
  }
  if (!isBad && place !== null) yield { ...place, text: hops.join(",") };
}

/** More than a chain may have: the line then says so. */
const HOPS_KEPT_MAX = 64;
