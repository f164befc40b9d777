import { formatsNamed, LOG_FORMAT_NAMES, looksLikeLog } from "../explain/log/log-formats.ts";
import { LogReader } from "../explain/log/log-reader.ts";
import type { LogReport } from "../explain/log/log-report.ts";
import type { Input } from "./explain-input.ts";
import { UsageError } from "./usage-error.ts";

/** Whether an input's first lines are of a log. */
export function isLog(input: Input): ReturnType<typeof looksLikeLog> {
  return looksLikeLog(input.head.toString("latin1"), new Date().getFullYear());
}

/** Whether there is any line of a log in what was read of an input: system logs begin with lines of others. */
export function hasLogLines(text: Buffer): boolean {
  return looksLikeLog(text.toString("latin1"), new Date().getFullYear(), LOOKED_AT_LINES_MAX) === "surely";
}

const LOOKED_AT_LINES_MAX = 2 ** 20;

/** Logs that are read one after the other and told as one. */
export class LogInputs {
  readonly #reader: LogReader;
  readonly #notes: string[] = [];

  /** @param format as `--format` has it; `auto`: each line's is found out. */
  constructor(format: string) {
    if (format !== "auto" && formatsNamed(format).length === 0)
      throw new UsageError(`--format ${format}: there are auto, response, ${LOG_FORMAT_NAMES.join(", ")}`);
    this.#reader = new LogReader({ format: format === "auto" ? null : format, year: new Date().getFullYear() });
  }

  async read(input: Input): Promise<void> {
    this.#reader.open(input.name);
    for await (const chunk of input.chunks) this.#reader.push(chunk);
    this.#reader.end();
    if (input.broken !== null) this.#notes.push(`${input.name} could not be read to its end: ${input.broken}`);
  }

  report(): LogReport {
    const report = this.#reader.report();
    return { ...report, notes: [...this.#notes, ...report.notes] };
  }
}
