import { withoutControls } from "../core/printable.ts";
import type { Exit, ExitScheme } from "../core/route.ts";
import { detectFormat, type ForeignFormat, foreignEntries } from "../wire/exit-formats/foreign-list.ts";
import { type ExitLineError, exitId, parseExitLine } from "../wire/exit-line.ts";
import { writeExitLine } from "../wire/exit-line-text.ts";
import { formatLineError } from "../wire/exit-list.ts";
import { exitsOf } from "../wire/login-template-exit.ts";
import { PlainLines } from "../wire/plain-exit-line.ts";
import { openListBytes } from "./candidate-bytes.ts";
import { LINE_BYTES_MAX, readLines, UnreadableList } from "./candidate-lines.ts";
import { extract } from "./extract.ts";
import { readRange } from "./ranges.ts";

/** A proxy to check, as a line says it. */
export interface Candidate {
  /** The list that it stands in; null: the command line. */
  readonly source: string | null;
  /** Counts from 1; null where there is no list. */
  readonly line: number | null;
  /** Where the line names no scheme, an `http` exit. */
  readonly exit: Exit;
  /** Of its last hop; null: to be found out. */
  readonly scheme: ExitScheme | null;
}

/** A line that is no proxy, with its place. */
export type BadCandidate = ExitLineError;

/** One that stands for more proxies than may be checked. */
interface BadRange extends BadCandidate {
  readonly isRange: true;
}

/** Where proxies are read from. */
export interface CandidateSource {
  /** For messages: holds no secret. */
  readonly name: string;
  /** False: one proxy, as the command line has it. */
  readonly isList: boolean;
  /** @throws UnreadableList */
  open(): AsyncIterable<Uint8Array>;
}

export interface CandidateOptions {
  /** Of lines that name none; null: to be found out. */
  readonly scheme: ExitScheme | null;
  /** The lists are free text with addresses in it. */
  readonly extract: boolean;
  /** Proxies that all lines with ranges may stand for; null: such lines are refused. */
  readonly rangesMax: number | null;
}

/**
 * Reads the proxies of any number of lists, one after the other and as they are asked for. What cannot be read is named with its place,
 * and the rest is read. Only lists in another program's format are held as a whole, up to FOREIGN_BYTES_MAX.
 */
export async function* readCandidates(
  sources: readonly CandidateSource[],
  options: CandidateOptions,
): AsyncGenerator<Candidate | ExitLineError> {
  const ranges = { left: options.rangesMax ?? 0 };
  for (const source of sources) {
    const reader = new SourceReader(source, options, ranges);
    try {
      yield* reader.read();
    } catch (error) {
      if (!(error instanceof UnreadableList)) throw error;
      yield { file: source.name, line: 0, column: 0, reason: error.message };
    }
  }
}

/** Of a list in another program's format. */
const FOREIGN_BYTES_MAX = 16 * 1024 * 1024;
const NAMES_SCHEME = /^\s*\w+:\/\//;

class SourceReader {
  readonly #source: CandidateSource;
  readonly #options: CandidateOptions;
  readonly #ranges: { left: number };
  readonly #plain: PlainLines;

  constructor(source: CandidateSource, options: CandidateOptions, ranges: { left: number }) {
    this.#source = source;
    this.#options = options;
    this.#ranges = ranges;
    this.#plain = new PlainLines(options.scheme ?? "http", {});
  }

  async *read(): AsyncGenerator<Candidate | ExitLineError> {
    const { head, chunks } = await openListBytes(this.#source.open());
    if (this.#options.extract) {
      for await (const found of extract(chunks)) for (const { line, text } of found) yield* this.#found(line, text);
      return;
    }
    const format = this.#formatOf(head);
    if (format !== "lines") {
      yield* this.#foreign(await readWhole(chunks), format);
      return;
    }
    for await (const lines of readLines(chunks)) {
      for (const { line, text } of lines) {
        if (text === null) yield this.#bad(line, LINE_BYTES_MAX + 1, `the line is longer than ${LINE_BYTES_MAX / 1024} KiB`);
        else yield* this.#line(line, text);
      }
    }
  }

  #bad(line: number, column: number, reason: string): ExitLineError {
    const { isList, name } = this.#source;
    // The command line has no lines.
    return isList ? { file: name, line, column, reason } : { file: `${name}, column ${column}`, line: 0, column: 0, reason };
  }

  #formatOf(head: string): ForeignFormat | "lines" {
    if (!this.#source.isList) return "lines";
    const start = head.trimStart();
    if (start.startsWith("<")) throw new UnreadableList("is a web page, not a list of proxies; --extract finds the addresses in it");
    return detectFormat(start);
  }

  *#line(line: number, text: string): Generator<Candidate | ExitLineError> {
    const plain = this.#plain.read(text);
    if (plain !== null) {
      yield this.#candidate(line, plain.exit, text);
      return;
    }
    const range = readRange(text);
    if (range === null) yield* this.#parse(line, text);
    else yield* this.#range(line, range);
  }

  *#range(line: number, range: NonNullable<ReturnType<typeof readRange>>): Generator<Candidate | ExitLineError> {
    const { rangesMax } = this.#options;
    const bad = (reason: string): BadRange => ({ ...this.#bad(line, 1, reason), isRange: true });
    if (rangesMax === null) yield bad("this is a range, which is only checked with --ranges");
    else if ("problem" in range) yield bad(range.problem);
    else if (range.size > this.#ranges.left) yield bad(this.#tellTooMany(range.size, rangesMax));
    else {
      this.#ranges.left -= range.size;
      for (const text of range.lines()) yield* this.#parse(line, text);
    }
  }

  #tellTooMany(size: number, max: number): string {
    const stands = `this line stands for ${size.toLocaleString("en-US")} proxies`;
    return `${stands}, and ranges may stand for ${max.toLocaleString("en-US")} in all (--ranges-max)`;
  }

  *#parse(line: number, text: string): Generator<Candidate | ExitLineError> {
    const where = { file: this.#source.name, line };
    const parsed = parseExitLine(text, { scheme: this.#options.scheme ?? "http", tags: {}, where, env: null });
    if ("error" in parsed) yield this.#bad(line, parsed.error.column, parsed.error.reason);
    if ("exit" in parsed) for (const exit of exitsOf(parsed.exit)) yield this.#candidate(line, exit, text);
  }

  /** What only looks like an address in free text is no bad line. */
  *#found(line: number, text: string): Generator<Candidate> {
    for (const item of this.#parse(line, text)) if (!isBadLine(item)) yield item;
  }

  // An entry names no scheme where its text depends on the one that is taken for those.
  *#foreign(bytes: Buffer, format: ForeignFormat): Generator<Candidate | ExitLineError> {
    const others = foreignEntries(bytes, format, "socks4a");
    for (const entry of foreignEntries(bytes, format, this.#options.scheme ?? "http")) {
      const other = others.next().value;
      const { line, column } = entry;
      if ("reason" in entry) {
        yield this.#bad(line, column, entry.reason);
        continue;
      }
      const isOpen = other !== undefined && "text" in other && other.text !== entry.text;
      for (const item of this.#parse(line, entry.text)) {
        if (isBadLine(item)) yield { ...item, column };
        else yield isOpen ? { ...item, scheme: this.#options.scheme } : item;
      }
    }
  }

  #candidate(line: number, exit: Exit, text: string): Candidate {
    const isNamed = exit.hops.length > 1 || NAMES_SCHEME.test(text);
    const scheme = isNamed ? (exit.hops.at(-1)?.scheme ?? null) : this.#options.scheme;
    const { isList, name } = this.#source;
    return { source: isList ? name : null, line: isList ? line : null, exit, scheme };
  }
}

/** A line that cannot be read, with its place. */
export function tellBadLine(error: BadCandidate): string {
  return withoutControls(formatLineError(error)); // a file's name may hold any
}

/** Whether it is nothing that a list has: no range either. */
export function isStrangeLine(error: BadCandidate): boolean {
  return error.line > 0 && !("isRange" in error);
}

/** The proxy as a line of an exit list, **with its passwords**. @param best of the protocols that it was found to speak. */
export function writeCandidate({ exit, scheme }: Candidate, best: ExitScheme | null): string {
  if (scheme !== null || best === null) return writeExitLine(exit);
  const hops = exit.hops.map((hop) => ({ ...hop, scheme: best })); // a chain names its schemes, so this is one hop
  return writeExitLine({ ...exit, hops, id: exit.id === exitId(exit) ? exitId({ hops }) : exit.id });
}

/** Whether this is a line that cannot be read. */
export function isBadLine(item: Candidate | ExitLineError): item is ExitLineError {
  return "reason" in item;
}

async function readWhole(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const kept: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > FOREIGN_BYTES_MAX)
      throw new UnreadableList(
        `is larger than ${FOREIGN_BYTES_MAX / 1024 / 1024} MiB, as only a list with a proxy in each line may be: split it`,
      );
    kept.push(chunk);
  }
  return Buffer.concat(kept);
}
