import { isIP } from "node:net";
import { EXIT_SCHEMES } from "../core/route.ts";

/** A proxy that was found in free text, written as a line of an exit list. */
export interface Extracted {
  /** Where its address begins; counts from 1. */
  readonly line: number;
  readonly text: string;
}

/**
 * Finds addresses with ports in free text, such as a web page, a message or a log: `192.0.2.1:8080`, `[2001:db8::1]:1080`, an address and a
 * port in cells of a table or as JSON has them, and URLs of proxies, whose hosts may be names. What stands beside them is passed over.
 */
export async function* extract(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Extracted[]> {
  const finder = new Finder();
  const decoder = new TextDecoder();
  for await (const chunk of chunks) yield finder.find(decoder.decode(chunk, { stream: true }), false);
  yield finder.find(decoder.decode(), true);
}

/** What may belong to an address whose port has not come yet. */
const OVERLAP_CHARS = 1024;
/** Text that is searched at once. */
const BLOCK_CHARS = 64 * 1024;

class Finder {
  #text = "";
  #line = 1;

  find(more: string, isLast: boolean): Extracted[] {
    const found: Extracted[] = [];
    for (let from = 0; from < more.length || (isLast && from === 0); from += BLOCK_CHARS) {
      this.#text += more.slice(from, from + BLOCK_CHARS);
      this.#search(found, isLast && from + BLOCK_CHARS >= more.length);
    }
    return found;
  }

  #search(found: Extracted[], isLast: boolean): void {
    const text = this.#text;
    const safe = isLast ? text.length : text.length - OVERLAP_CHARS;
    let counted = 0;
    let end = Math.max(0, safe);
    HOST.lastIndex = 0;
    for (let match = HOST.exec(text); match !== null && match.index < safe; match = HOST.exec(text)) {
      const line = readAt(text, match);
      if (line === null) continue;
      HOST.lastIndex = line.end;
      end = Math.max(end, line.end);
      this.#line += countLines(text, counted, match.index);
      counted = match.index;
      found.push({ line: this.#line, text: line.text });
    }
    this.#line += countLines(text, counted, end);
    this.#text = text.slice(end);
  }
}

const SCHEMES = EXIT_SCHEMES.toSorted((a, b) => b.length - a.length).join("|");
/** A URL up to its host, or an address of its own. */
const HOST = new RegExp(
  `\\b(${SCHEMES})://((?:[^\\s:@/"'<>]{1,255}:[^\\s@/"'<>]{0,255}@)?)([a-z0-9](?:[\\w.-]{0,252}[a-z0-9])?|\\[[\\da-f:.]{2,45}\\])(?=:\\d)` +
    "|(?<![\\w.])(?:([^\\s:@/\"'<>]{1,64}:[^\\s:@/\"'<>]{1,64}@))?(\\d{1,3}(?:\\.\\d{1,3}){3}|\\[[\\da-f:]{2,39}\\])(?![\\w.]*\\w\\.)",
  "gi",
);
/** Between an address and its port: a colon, or what tables, JSON and CSV have there. */
const GAP = /(?:\s|["',;|]|<[^<>]{0,200}>|&nbsp;|\bport\b|[:=]){1,40}/iy;
const PORT = /\d{1,5}(?![\w.]*\w)/y;
/** As in `host:port:user:pass`. */
const CREDENTIALS = /:[^\s:"'<>,;]{1,255}:[^\s"'<>,;]{1,255}/y;

function readAt(text: string, match: RegExpExecArray): { text: string; end: number } | null {
  const [whole, scheme, userOfUrl, hostOfUrl, user, address] = match;
  const host = hostOfUrl ?? address ?? "";
  if (/^[\d.]+$|^\[/.test(host) && isIP(host.replace(/^\[|\]$/g, "")) === 0) return null;
  GAP.lastIndex = match.index + whole.length;
  if (!GAP.test(text)) return null;
  PORT.lastIndex = GAP.lastIndex;
  const port = PORT.exec(text)?.[0] ?? "";
  if (Number(port) < 1 || Number(port) > 0xffff) return null;
  const end = GAP.lastIndex + port.length;
  const prefix = scheme === undefined ? (user ?? "") : `${scheme.toLowerCase()}://${userOfUrl ?? ""}`;
  CREDENTIALS.lastIndex = end;
  const suffix = user === undefined && !userOfUrl ? (CREDENTIALS.exec(text)?.[0] ?? "") : "";
  return { text: `${prefix}${host}:${port}${suffix}`, end: end + suffix.length };
}

function countLines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
