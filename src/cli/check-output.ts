import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { type Candidate, writeCandidate } from "../check/candidates.ts";
import type { CheckResult } from "../check/check-result.ts";
import { keyOfEarlier, keyOfResult } from "../check/proxy-key.ts";
import type { ExitScheme } from "../core/route.ts";
import { type Format, writeHead, writeResult } from "./check-formats.ts";
import { BestResults, compareBy, isAlive, type SortKey } from "./check-order.ts";
import { unwritable } from "./unwritable.ts";

/** Where lines of results go. */
export interface LineSink {
  write(text: string): void;
  end(): void;
}

/** Results in one format: as they come, or sorted at the end. */
export class ResultWriter {
  readonly #sink: LineSink;
  readonly #format: Format;
  readonly #sorted: BestResults<Written> | null;

  /** Of an earlier run, to sort its proxies by. */
  readonly #earlier = new Map<string, CheckResult>();
  #left = 0;

  constructor(sink: LineSink, format: Format, sort: SortKey | null) {
    this.#sink = sink;
    this.#format = format;
    const compare = sort === null ? null : compareBy(sort);
    this.#sorted = compare === null ? null : new BestResults(SORTED_MAX, (a, b) => compare(a.result, b.result));
    sink.write(writeHead(format));
  }

  add(result: CheckResult, candidate: Candidate): void {
    if (this.#format !== "txt" || isAlive(result)) this.#keep(result, writeResult(this.#format, result, candidate));
  }

  #keep(result: CheckResult, text: string): void {
    if (this.#sorted === null) this.#sink.write(text);
    else this.#sorted.add({ result, text });
  }

  /** A result of an earlier run, which has no password to write a list with. */
  addEarlier(result: CheckResult): void {
    if (this.#format !== "txt") this.#keep(result, writeResult(this.#format, result, null));
    else if (this.#sorted !== null && this.#earlier.size < SORTED_MAX) this.#earlier.set(keyOfResult(result), result);
  }

  /** What is missing of it, as soon as its proxy is read. @param best of the protocols that it spoke. */
  addKnown(candidate: Candidate, best: ExitScheme): void {
    if (this.#format !== "txt") return;
    const text = `${writeCandidate(candidate, best)}\n`;
    const key = keyOfEarlier(candidate);
    const result = this.#earlier.get(key);
    this.#earlier.delete(key);
    if (this.#sorted === null) this.#sink.write(text);
    else if (result === undefined) this.#left++;
    else this.#sorted.add({ result, text });
  }

  /** @returns how many results were left out, because more than can be sorted came. */
  end(): number {
    for (const { text } of this.#sorted?.results ?? []) this.#sink.write(text);
    this.#sink.end();
    return this.#left + (this.#sorted?.left ?? 0);
  }
}

interface Written {
  readonly result: CheckResult;
  readonly text: string;
}

/** Results that are kept to be sorted. */
export const SORTED_MAX = 20_000;

/** A file; what was written is there at the latest when `flush` or `end` returns. */
export class FileSink implements LineSink {
  readonly #path: string;
  readonly #file: number;
  /** What an earlier run has written goes when there is something new, not where this one is refused for another flag. */
  #isToBeEmptied: boolean;
  #text = "";

  /** @param how whether what the file has is kept. */
  constructor(path: string, how: "append" | "replace") {
    this.#path = path;
    const { O_APPEND, O_CREAT, O_WRONLY } = constants;
    try {
      this.#file = openSync(path, O_WRONLY | O_CREAT | (how === "append" ? O_APPEND : 0), 0o600); // a list of proxies has passwords
      this.#isToBeEmptied = how === "replace" && fstatSync(this.#file).isFile();
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  write(text: string): void {
    this.#text += text;
    if (this.#text.length >= BUFFER_CHARS) this.flush();
  }

  flush(): void {
    const bytes = Buffer.from(this.#text);
    this.#text = "";
    try {
      if (this.#isToBeEmptied) ftruncateSync(this.#file);
      this.#isToBeEmptied = false;
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  end(): void {
    this.flush();
    closeSync(this.#file);
  }
}

const BUFFER_CHARS = 64 * 1024;
