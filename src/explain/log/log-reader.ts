import { concludeLog } from "./conclude-log.ts";
import { type Incident, Incidents } from "./incidents.ts";
import { LineShapes } from "./line-shapes.ts";
import { LogFile, type LogLine } from "./log-file.ts";
import type { LogReport } from "./log-report.ts";
import { TopCounts } from "./top-counts.ts";

export interface LogOptions {
  /** As `--format` names it; null: each line's is found out. */
  readonly format: string | null;
  /** Of times that have none. */
  readonly year: number;
}

/** A file that is being read. */
export interface OpenLog {
  readonly push: (chunk: Uint8Array) => void;
  readonly end: () => void;
}

/** Reads logs as their bytes come, and says at any time what they tell so far. What it holds does not grow with them. */
export class LogReader {
  readonly #options: LogOptions;
  readonly #incidents = new Incidents();
  readonly #unknown = new LineShapes();
  readonly #unexplained = new LineShapes();
  readonly #formatLines = new TopCounts(FORMATS_MAX);
  readonly #open = new Set<LogFile>();
  #current: OpenLog | null = null;
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

  /** The bytes that are pushed are of this file from now on. */
  open(name: string): void {
    this.end();
    this.#current = this.openBeside(name);
  }

  push(chunk: Uint8Array): void {
    this.#current?.push(chunk);
  }

  end(): void {
    this.#current?.end();
    this.#current = null;
  }

  /** Several may be read at a time, as where they are followed. */
  openBeside(name: string): OpenLog {
    const file = new LogFile({ name, ...this.#options }, (line) => this.#take(line));
    this.#open.add(file);
    return {
      push: (chunk) => {
        this.#bytes += chunk.length;
        file.push(chunk);
      },
      end: () => {
        if (!this.#open.delete(file)) return;
        file.end();
        this.#cut += file.cut;
        this.#strange += file.strange;
      },
    };
  }

  /** Lines so far. */
  get lines(): number {
    return this.#lines;
  }

  /** The incidents as they stand, not yet concluded from. */
  incidents(): readonly Incident[] {
    return this.#incidents.read();
  }

  report(): LogReport {
    const { others, total } = this.#unknown;
    const open = [...this.#open];
    return concludeLog({
      lines: this.#lines,
      bytes: this.#bytes,
      failures: this.#failures,
      answered: this.#answered,
      first: this.#first,
      last: this.#last,
      formats: this.#formatLines.read().map(({ text, count }) => ({ name: text, lines: count })),
      cutLines: open.reduce((sum, { cut }) => sum + cut, this.#cut),
      strangeTimes: open.reduce((sum, { strange }) => sum + strange, this.#strange),
      incidents: this.#incidents.read(),
      otherFailures: this.#incidents.others,
      unknown: { lines: total, shapes: this.#unknown.read(), others },
      unexplained: { lines: this.#unexplained.total, shapes: this.#unexplained.read(), others: this.#unexplained.others },
    });
  }

  #take({ text, file, number, said }: LogLine): void {
    this.#lines++;
    if (said === null) {
      if (text !== "") this.#unknown.add(text, file, number);
      return;
    }
    const { event, format, at } = said;
    this.#formatLines.add(format.name);
    if (at !== null) {
      this.#first = this.#first === null || at < this.#first ? at : this.#first;
      this.#last = this.#last === null || at > this.#last ? at : this.#last;
    }
    if (event.fault === null) {
      if (event.status !== null) this.#answered++;
      if (event.words !== "") this.#unexplained.add(event.words, file, number);
      return;
    }
    this.#failures++;
    this.#incidents.add(at === event.at ? event : { ...event, at }, event.fault, format, { file, line: number });
  }
}

/** More than there are. */
const FORMATS_MAX = 64;
