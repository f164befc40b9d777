import type { ListFormat } from "../../core/list-format.ts";
import type { ExitScheme } from "../../core/route.ts";
import { type ExitLineOptions, parseExitLine } from "../exit-line.ts";
import type { ExitList } from "../exit-list.ts";
import { plainName, separatorOf } from "./csv.ts";
import type { ForeignEntry, ForeignReader } from "./foreign-entry.ts";
import { readGlider } from "./glider.ts";
import { readMubeng } from "./mubeng.ts";
import { readProxychains } from "./proxychains.ts";
import { readScrapoxy } from "./scrapoxy.ts";

export type ForeignFormat = Exclude<ListFormat, "auto" | "lines">;

/** The format of another program that a text is to be read in; null: it has an exit on each line. */
export function foreignFormat(text: string, format: ListFormat): ForeignFormat | null {
  const found = format === "auto" ? detectFormat(text) : format;
  return found === "lines" ? null : found;
}

/** Which format a text is in. Only what no list of lines has makes it another. */
export function detectFormat(text: string): ForeignFormat | "lines" {
  const start = text.slice(0, DETECT_CHARS).replace(/^\ufeff/, "");
  if (/^[ \t]*\[ProxyList\]/im.test(start)) return "proxychains";
  if (/^[ \t]*forward[ \t]*=[ \t]*\w+:\/\//im.test(start)) return "glider";
  if (/^\s*(?:\[\s*[[{"\]]|\{\s*")/.test(start)) return "scrapoxy";
  if (isCsvHead(/^\s*(.*)/.exec(start)?.[1] ?? "")) return "scrapoxy";
  return /^[^#\s:]*:\/\/\S*\{\{/m.test(start) ? "mubeng" : "lines";
}

/** Adds the exits of another program's list; a bad one is kept in `errors`, the others load. Its texts see no variables. */
export function readForeignList(exits: ExitList, text: string, format: ForeignFormat, options: ExitLineOptions): void {
  for (const _ of readingForeignList(exits, Buffer.from(text), format, options));
}

/** The same of a list's bytes, step by step. */
export function* readingForeignList(
  exits: ExitList,
  bytes: Buffer,
  format: ForeignFormat,
  options: ExitLineOptions,
): Generator<void, void> {
  const { file } = options.where;
  let pieces = 0;
  for (const entry of READERS[format](bytes, options.scheme)) {
    if (++pieces % STEP_PIECES_MAX === 0) yield;
    if (entry === null) continue;
    const { line, column } = entry;
    if ("reason" in entry) {
      exits.refuse({ file, line, column, reason: entry.reason });
      continue;
    }
    const parsed = parseExitLine(entry.text, { ...options, where: { file, line }, env: null });
    if ("error" in parsed) exits.refuse({ ...parsed.error, column });
    if ("exit" in parsed) exits.add(parsed.exit, { file, line });
  }
}

/** Pieces that one step reads: about a millisecond. */
const STEP_PIECES_MAX = 100;

/** The entries of another program's list, as lines of our own, each as it is asked for: there may be hundreds of thousands. */
export function* foreignEntries(bytes: Buffer, format: ForeignFormat, scheme: ExitScheme): Generator<ForeignEntry, void> {
  for (const entry of READERS[format](bytes, scheme)) if (entry !== null) yield entry;
}

/** A list shows what it is within this. */
const DETECT_CHARS = 64 * 1024;

const READERS: Readonly<Record<ForeignFormat, ForeignReader>> = {
  proxychains: readProxychains,
  glider: readGlider,
  mubeng: readMubeng,
  scrapoxy: readScrapoxy,
};

const ADDRESSES = ["host", "hostname", "ip", "ipaddress", "address", "proxy", "proxyaddress", "server", "url"];

/** Names, and an address among them: no exit is called so. */
function isCsvHead(line: string): boolean {
  const names = line.split(separatorOf(line)).map((name) => plainName(name));
  return names.length > 1 && !/[:#]/.test(line) && names.some((name) => ADDRESSES.includes(name));
}
