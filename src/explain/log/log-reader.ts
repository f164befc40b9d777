import { concludeLog } from "./conclude-log.ts";
import { Incidents } from "./incidents.ts";
import { LineCutter } from "./line-cutter.ts";
import { LineShapes } from "./line-shapes.ts";
import { LogClock } from "./log-clock.ts";
import type { LogEvent, LogFormat } from "./log-event.ts";
import { formatsNamed } from "./log-formats.ts";
import type { LogReport } from "./log-report.ts";
import { TopCounts } from "./top-counts.ts";
import { unwrap } from "./wrapped-line.ts";

export interface LogOptions {
  /** As `--format` names it; null: each line's is found out. */
  readonly format: string | null;
  /** Of times that have none. */
  readonly year: number;
}

interface OpenFile {
  readonly name: string;
  readonly formats: readonly LogFormat[];
  readonly clock: LogClock;
  readonly cutter: LineCutter;
  lines: number;
}

/** Reads logs as their bytes come, and says at any time what they tell so far. What it holds does not grow with them. */
export class LogReader {
  readonly #options: LogOptions;
  readonly #incidents = new Incidents();
  readonly #unknown = new LineShapes();
  readonly #unexplained = new LineShapes();
  readonly #formatLines = new TopCounts(FORMATS_MAX);
  #file: OpenFile | null = null;
  /** Of the line before: lines of a kind come together. */
  #format: LogFormat | null = null;
  #isWrapped = false;
  #bytes = 0;
  #lines = 0;
  #failures = 0;
  #answered = 0;
  #cut = 0;
  #strange = 0;
  #first: number | null = null;
  #last: number | null = null;

  constructor(options: LogOptions) {
    this.#options = options;
  }

  /** The bytes that follow are of this file. */
  open(name: string): void {
    this.end();
    const file = { name, formats: formatsNamed(this.#options.format), clock: new LogClock(), lines: 0 };
    this.#file = { ...file, cutter: new LineCutter((line) => this.#read(line)) };
    this.#format = null;
    this.#isWrapped = false;
  }

  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    this.#file?.cutter.push(chunk);
  }

  end(): void {
    if (this.#file === null) return;
    const { cutter, clock } = this.#file;
    cutter.end();
    this.#cut += cutter.cut;
    this.#strange += clock.strange;
    this.#file = null;
  }

  report(): LogReport {
    const { others, total } = this.#unknown;
    return concludeLog({
      lines: this.#lines,
      bytes: this.#bytes,
      failures: this.#failures,
      answered: this.#answered,
      first: this.#first,
      last: this.#last,
      formats: this.#formatLines.read().map(({ text, count }) => ({ name: text, lines: count })),
      cutLines: this.#cut + (this.#file?.cutter.cut ?? 0),
      strangeTimes: this.#strange + (this.#file?.clock.strange ?? 0),
      incidents: this.#incidents.read(),
      otherFailures: this.#incidents.others,
      unknown: { lines: total, shapes: this.#unknown.read(), others },
      unexplained: { lines: this.#unexplained.total, shapes: this.#unexplained.read(), others: this.#unexplained.others },
    });
  }

  #read(line: string): void {
    const file = this.#file;
    if (file === null) return;
    file.lines++;
    this.#lines++;
    if (line === "") return;
    const event = this.#readAny(line, file);
    const format = this.#format;
    if (event === null || format === null) this.#unknown.add(line, file.name, file.lines);
    else this.#count(event, format, file);
  }

  #count(event: LogEvent, format: LogFormat, file: OpenFile): void {
    this.#formatLines.add(format.name);
    const at = file.clock.settle(event.at);
    if (at !== null) {
      this.#first = this.#first === null || at < this.#first ? at : this.#first;
      this.#last = this.#last === null || at > this.#last ? at : this.#last;
    }
    if (event.fault === null) {
      if (event.status !== null) this.#answered++;
      if (event.words !== "") this.#unexplained.add(event.words, file.name, file.lines);
      return;
    }
    this.#failures++;
    this.#incidents.add(at === event.at ? event : { ...event, at }, event.fault, format, { file: file.name, line: file.lines });
  }

  #readAny(line: string, { formats }: OpenFile): LogEvent | null {
    const again = this.#format === null ? null : this.#isWrapped ? this.#readWrapped(line, [this.#format]) : this.#format.read(line);
    return again ?? this.#readBare(line, formats) ?? this.#readWrapped(line, formats);
  }

  #readBare(line: string, formats: readonly LogFormat[]): LogEvent | null {
    for (const format of formats) {
      const event = format.read(line);
      if (event !== null) {
        this.#format = format;
        this.#isWrapped = false;
        return event;
      }
    }
    return null;
  }

  #readWrapped(line: string, formats: readonly LogFormat[]): LogEvent | null {
    const inner = unwrap(line, this.#options.year);
    const event = inner === null ? null : this.#readBare(inner.line, formats);
    if (inner === null || event === null) return null;
    this.#isWrapped = true;
    return event.at === null ? { ...event, at: inner.at } : event;
  }
}

/** More than there are. */
const FORMATS_MAX = 64;
