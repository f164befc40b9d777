import { openEnvelope } from "./json-envelope.ts";
import { KNOWN_START, takeOff } from "./wrappings.ts";

/** A line as its program wrote it, out of what syslog, containers, tools and people put around it. */
export interface Unwrapped {
  readonly line: string;
  /** Of whatever wrapped it; null: that has no time. */
  readonly at: number | null;
}

/**
 * What may be in a line, from the outside inwards: without one wrapping, without two, and at last from where a line of a known form begins,
 * whatever stands in front. @param year of times that have none.
 */
export function* unwrapAll(line: string, year: number): Generator<Unwrapped, void, undefined> {
  let inner: Unwrapped = { line, at: null };
  for (let layer = 0; layer < LAYERS_MAX; layer++) {
    const next = unwrap(inner.line, year);
    if (next === null) break;
    inner = { line: next.line, at: next.at ?? inner.at };
    yield inner;
  }
  const start = inner.line.slice(0, START_CHARS_MAX).search(KNOWN_START);
  if (start > 0) yield { line: inner.line.slice(start), at: inner.at };
}

/** A container's name, its time, the syslog of its host, quotation marks, one more. */
const LAYERS_MAX = 5;
/** How far from its start a line is looked for. */
const START_CHARS_MAX = 400;

/** Without the outermost wrapping; null: there is none that we know. */
function unwrap(line: string, year: number): Unwrapped | null {
  const plain = unpaste(line);
  const inner = plain.startsWith("{") ? openEnvelope(plain) : takeOff(plain, year);
  return inner ?? (plain === line ? null : { line: plain, at: null });
}

/** Without a terminal's colours, and without what a page or a chat puts around a line that is pasted into it. */
function unpaste(line: string): string {
  const colourless = line.includes("\u001b") ? line.replace(COLOURS, "") : line;
  const [start = ""] = PASTE_FIRST.includes(colourless.charAt(0)) ? (PASTE_START.exec(colourless) ?? []) : [];
  if (start === "") return colourless;
  const [mark = ""] = /[*`"]+/.exec(start) ?? [];
  const rest = colourless.slice(start.length).trimEnd();
  return mark !== "" && rest.endsWith(mark) ? rest.slice(0, -mark.length) : rest;
}

const COLOURS = /\u001b\[[\d;]*m/g;
/** A quotation's mark, a list's, bold, code, a text's quotes, or the room in front. */
const PASTE_FIRST = ' \t>-*`"';
const PASTE_START = /^(?:[ \t]+|> ?|- )*(?:\*\*|`{1,3}|")?/;
