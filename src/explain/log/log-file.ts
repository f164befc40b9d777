import { JsonJoiner } from "./json-joiner.ts";
import { LineCutter } from "./line-cutter.ts";
import { LogClock } from "./log-clock.ts";
import type { LogEvent, LogFormat } from "./log-event.ts";
import { formatsNamed } from "./log-formats.ts";
import { unwrapAll } from "./wrapped-line.ts";

/** A line that was read, and what it says; null: it is of no format that is known. */
export interface LogLine {
  readonly text: string;
  readonly file: string;
  /** From 1. */
  readonly number: number;
  readonly said: { readonly event: LogEvent; readonly format: LogFormat; readonly at: number | null } | null;
}

export interface LogFileOptions {
  readonly name: string;
  /** As `--format` names it; null: each line's is found out. */
  readonly format: string | null;
  /** Of times that have none. */
  readonly year: number;
}

/** One of the files that are read: what it learned of how its lines are written, and its clock. */
export class LogFile {
  readonly #name: string;
  readonly #year: number;
  readonly #formats: readonly LogFormat[];
  readonly #lastFormats: readonly LogFormat[];
  readonly #cutter: LineCutter;
  readonly #joiner: JsonJoiner;
  readonly #clock = new LogClock();
  /** Of the line before: lines of a kind come together. */
  #format: LogFormat | null = null;
  #isWrapped = false;
  #lines = 0;

  constructor({ name, format, year }: LogFileOptions, take: (line: LogLine) => void) {
    this.#name = name;
    this.#year = year;
    const all = formatsNamed(format, year);
    this.#formats = all.filter(({ isLast }) => isLast !== true);
    this.#lastFormats = all.filter(({ isLast }) => isLast === true);
    this.#joiner = new JsonJoiner((text, number) => take({ text, file: this.#name, number, said: this.#read(text) }));
    this.#cutter = new LineCutter((text) => this.#joiner.push(text, ++this.#lines));
  }

  /** Lines of which only the start was read. */
  get cut(): number {
    return this.#cutter.cut;
  }

  /** Lines whose time was not believed. */
  get strange(): number {
    return this.#clock.strange;
  }

  push(chunk: Uint8Array): void {
    this.#cutter.push(chunk);
  }

  /** A last line may have no end. */
  end(): void {
    this.#cutter.end();
    this.#joiner.end();
  }

  #read(text: string): LogLine["said"] {
    const event = text === "" ? null : this.#readAny(text);
    return event === null || this.#format === null ? null : { event, format: this.#format, at: this.#clock.settle(event.at) };
  }

  #readAny(line: string): LogEvent | null {
    const format = this.#format?.isWide?.(line) === true ? null : this.#format;
    const again = format === null ? null : this.#isWrapped ? this.#readWrapped(line, [format]) : format.read(line);
    return (
      again ?? this.#readBare(line, this.#formats) ?? this.#readWrapped(line, this.#formats) ?? this.#readBare(line, this.#lastFormats)
    );
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
    for (const inner of unwrapAll(line, this.#year)) {
      const event = this.#readBare(inner.line, formats);
      if (event === null) continue;
      this.#isWrapped = true;
      return event.at === null ? { ...event, at: inner.at } : event;
    }
    return null;
  }
}
