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
  return /^[^#\s]*:\/\/\S*\{\{/m.test(start) ? "mubeng" : "lines";
}

/** Adds the exits of another program's list; a bad one is kept in `errors`, the others load. Its texts see no variables. */
export function readForeignList(exits: ExitList, text: string, format: ForeignFormat, options: ExitLineOptions): void {
  const { file } = options.where;
  for (const entry of foreignEntries(text, format, options.scheme)) {
    const { line, column } = entry;
    if ("reason" in entry) {
      exits.errors.push({ file, line, column, reason: entry.reason });
      continue;
    }
    const parsed = parseExitLine(entry.text, { ...options, where: { file, line }, env: null });
    if ("error" in parsed) exits.errors.push({ ...parsed.error, column });
    if ("exit" in parsed) exits.add(parsed.exit, { file, line });
  }
}

/** The entries of another program's list, as lines of our own. */
export function foreignEntries(text: string, format: ForeignFormat, scheme: ExitScheme): readonly ForeignEntry[] {
  return READERS[format](text, scheme);
}

/** A list shows what it is within this. */
const DETECT_CHARS = 64 * 1024;

const READERS: Readonly<Record<ForeignFormat, ForeignReader>> = {
  proxychains: readProxychains,
  glider: readGlider,
  mubeng: readMubeng,
  scrapoxy: readScrapoxy,
};

const ADDRESSES = ["host", "hostname", "ip", "address", "proxyaddress", "url"];

/** Names, and an address among them: no exit is called so. */
function isCsvHead(line: string): boolean {
  const names = line.split(separatorOf(line)).map((name) => plainName(name));
  return names.length > 1 && !/[:#]/.test(line) && names.some((name) => ADDRESSES.includes(name));
}
