import { hideLikelySecrets } from "../hide-likely-secrets.ts";
import { decodeBytes, detach } from "./line-cutter.ts";

/** Lines that nobody could read, by their shape: `connect to <word>:<n> failed`. */
export interface LineShape {
  readonly shape: string;
  readonly count: number;
  readonly sample: string;
  readonly file: string;
  readonly line: number;
}

interface Held {
  count: number;
  readonly sample: string;
  readonly file: string;
  readonly line: number;
}

export class LineShapes {
  /** Lines of shapes that were given up for others that came more often. */
  others = 0;
  total = 0;
  readonly #held = new Map<string, Held>();
  /** Of lines that came before, less what their numbers are: most lines differ from another by these alone, and a shape takes long to find. */
  readonly #shapes = new Map<string, string>();

  add(text: string, file: string, line: number): void {
    this.total++;
    const start = text.slice(0, SHAPE_CHARS_MAX).replace(/\d+/g, "0");
    const before = this.#held.get(this.#shapes.get(start) ?? "");
    if (before !== undefined) before.count++;
    else this.#addNew(text, start, file, line);
  }

  #addNew(text: string, start: string, file: string, line: number): void {
    const isJunk = isNoText(text.slice(0, SHAPE_CHARS_MAX));
    // What is no text has no secret that one could read, and may come by the megabyte.
    const shown = isJunk ? "" : hideLikelySecrets(text);
    const shape = isJunk ? JUNK : detach(shapeOf(shown));
    if (this.#shapes.size >= STARTS_MAX) this.#shapes.clear();
    this.#shapes.set(detach(start), shape);
    const before = this.#held.get(shape);
    if (before !== undefined) before.count++;
    else {
      if (this.#held.size >= SHAPES_MAX) this.#dropRare();
      this.#held.set(shape, { count: 1, sample: detach(shown.slice(0, SAMPLE_CHARS_MAX)), file, line });
    }
  }

  /** The commonest first. */
  read(): LineShape[] {
    const all = [...this.#held].map(([shape, held]) => ({ shape: decodeBytes(shape), ...held, sample: decodeBytes(held.sample) }));
    return all.sort((one, other) => other.count - one.count);
  }

  #dropRare(): void {
    const rare = [...this.#held].sort(([, one], [, other]) => one.count - other.count).slice(0, SHAPES_MAX / 4);
    for (const [shape, { count }] of rare) {
      this.others += count;
      this.#held.delete(shape);
    }
  }
}

const SHAPES_MAX = 400;
const STARTS_MAX = 1000;
const SAMPLE_CHARS_MAX = 400;
const SHAPE_CHARS_MAX = 160;

const JUNK = "<bytes that are no text>";

/** Many bytes that no text has; or some, and others that are no UTF-8. */
function isNoText(start: string): boolean {
  const strange = start.replace(/[\x20-\x7e\t\x80-\xff]+/g, "").length;
  if (strange === 0 || strange > start.length / 10) return strange > 0;
  // The last character may be cut.
  return Buffer.from(start, "latin1").toString("utf8").slice(0, -1).includes("\ufffd");
}

/** What differs from line to line becomes a place: numbers, addresses, quoted texts, paths. */
function shapeOf(text: string): string {
  return text
    .slice(0, SHAPE_CHARS_MAX)
    .replace(/"(?:[^"\\]|\\.)*"?/g, "<text>")
    .replace(/\b[\da-fA-F]{1,4}(?::[\da-fA-F]{0,4}){3,}|\b\d+(?:\.\d+){3}\b/g, "<ip>")
    .replace(/\b(?=[a-fA-F-]*\d)(?=\d*[a-fA-F-])[\da-fA-F-]{8,}\b/g, "<id>")
    .replace(/\d+/g, "<n>")
    .replace(/(?:\/[\w.<>%~-]+){2,}/g, "<path>");
}
