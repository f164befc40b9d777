import { performance } from "node:perf_hooks";
import type { Candidate } from "../check/candidates.ts";
import type { CheckResult } from "../check/check-result.ts";
import type { Geo } from "../check/geo.ts";
import { keyOfResult } from "../check/proxy-key.ts";
import type { RunOptions } from "../check/run-checks.ts";
import { Seen } from "../check/seen.ts";
import { Tally } from "../check/summary.ts";
import type { OutputFlags } from "./check-flags.ts";
import { BestResults, compareBy, isAlive, isFiltering, passes } from "./check-order.ts";
import { FileSink, ResultWriter, SORTED_MAX } from "./check-output.ts";
import { ProgressLine } from "./check-progress.ts";
import { endsInLine, markOf, readResults, schemeOf } from "./check-resume.ts";
import type { Sources } from "./check-sources.ts";
import { type Ending, writeReport, writeSummary } from "./check-summary.ts";
import { CHECK_WIDTH_MIN } from "./check-table.ts";
import { Unread } from "./check-unread.ts";
import { format, lookOf, plural } from "./look.ts";

/** One run of `check`: where its results go, and what is said meanwhile and at the end. */
export class CheckSession {
  readonly #output: OutputFlags;
  readonly #isText: boolean;
  readonly #startedAt = performance.now();
  readonly #stop = new AbortController();
  readonly #progress: ProgressLine;
  readonly #seen = new Seen(Math.floor(Math.random() * 2 ** 32));
  readonly #tally = new Tally();
  /** For the table, where one is printed. */
  readonly #best: BestResults<CheckResult>;
  /** Of stdout. */
  readonly #printed: ResultWriter | null;
  readonly #unread: Unread;
  readonly #written: Written | null;
  #unprinted = "";
  /** Why no more can be written to the file. */
  #unwritable: unknown = null;
  #passed = 0;
  #alive = 0;
  /** Of an earlier run, and how many of those were met in this one's lists. */
  #earlier = 0;
  #known = 0;

  /** @param isText the lists are text in which addresses are looked for. */
  constructor(output: OutputFlags, sources: Sources, isText: boolean) {
    const { format: printed, sort } = output;
    this.#output = output;
    this.#isText = isText;
    this.#progress = new ProgressLine(process.stderr, sources.share, () => performance.now());
    this.#best = new BestResults(TABLE_MAX, compareBy(sort ?? "state"));
    this.#unread = new Unread(this.#say, this.warn);
    this.#written = openWritten(output);
    this.#printed = printed === null ? null : new ResultWriter({ write: this.#print, end: this.#flush }, printed, sort);
    process.once("SIGINT", this.#interrupt).once("SIGTERM", this.#interrupt);
    // `check … | head` has read enough.
    process.stdout.on("error", this.#interrupt);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  get runOptions(): Omit<RunOptions, "concurrency" | "clock" | "gate"> {
    return {
      seen: this.#seen,
      tally: this.#tally,
      signal: this.signal,
      onResult: (result, candidate) => {
        this.#write(({ writer, isAll }) => {
          if (isAll || this.#isWanted(result)) writer.add(result, candidate);
        });
        this.#count(result, candidate);
      },
      onBadLine: this.#unread.tellBadLine,
      onKnown: (mark, candidate) => {
        this.#known++;
        const scheme = schemeOf(mark);
        if (scheme !== undefined) this.#printed?.addKnown(candidate, scheme);
      },
      onBug: this.#unread.tellBug,
      onProgress: (progress) => {
        this.#flush();
        this.#write(({ sink }) => sink.flush());
        this.#progress.draw(progress, this.#earlier - this.#known);
      },
    };
  }

  readonly warn = (message: string): void => this.#say(`goodgateway: ${message}`);

  readonly #say = (line: string): void => {
    this.#progress.clear();
    console.error(line);
  };

  /** Takes up what an earlier run has found out. @param geo tells where exits are that it did not know of; null: nobody does */
  async goOn(geo: Geo | null): Promise<void> {
    const { resume, isTargetAsked } = this.#output;
    if (resume === null) return;
    for await (const read of readResults(resume)) {
      const result = geo === null ? read : located(read, geo);
      if (this.signal.aborted) return;
      if (isTargetAsked && result.target === null && isAlive(result)) continue; // that run asked for no target
      if (this.#seen.mark(keyOfResult(result), markOf(result, this.#isWanted(result))) !== 0) continue;
      this.#earlier++;
      this.#tally.add(result);
      this.#count(result, null);
    }
    if (this.#earlier > 0) this.warn(`${resume} has ${plural(this.#earlier, "result", "results")}: the others are checked`);
  }

  /** Says how it went; gives the exit status. */
  end(): number {
    this.#progress.clear();
    const left = (this.#printed?.end() ?? 0) + this.#endWritten();
    if (left > 0)
      this.warn(`${format(left)} results were left out: --sort keeps ${format(SORTED_MAX)}; without it all are written, as they come`);
    this.#unread.tellTheRest(this.#tally, this.#isText);
    this.#tellThoseApart();
    const ending = this.#ending();
    if (this.#tally.done === 0 && !ending.isStopped) {
      this.#unread.tellNothing(this.#tally);
      return 2;
    }
    this.#report(ending);
    if (this.#unwritable !== null) throw this.#unwritable;
    return this.#alive > 0 ? 0 : 1;
  }

  #endWritten(): number {
    let left = 0;
    this.#write(({ writer }) => {
      left = writer.end();
    });
    return left;
  }

  #tellThoseApart(): void {
    const others = this.signal.aborted ? 0 : this.#earlier - this.#known;
    if (others > 0) this.warn(`counted too, though in no list here: ${plural(others, "result", "results")} of ${this.#output.resume}`);
  }

  /** Whatever happened. */
  close(): void {
    this.#progress.clear();
    this.#flush();
    process.off("SIGINT", this.#interrupt).off("SIGTERM", this.#interrupt);
  }

  #report(ending: Ending): void {
    if (this.#printed === null) for (const line of writeReport(ending, lookOf(process.stdout, CHECK_WIDTH_MIN))) console.log(line);
    else if (process.stderr.isTTY) for (const line of writeSummary(ending, lookOf(process.stderr, CHECK_WIDTH_MIN))) console.error(line);
  }

  #ending(): Ending {
    return {
      tally: this.#tally,
      results: this.#best.results,
      passed: this.#passed,
      isFiltered: isFiltering(this.#output.filter),
      earlier: this.#earlier,
      ms: performance.now() - this.#startedAt,
      isStopped: this.signal.aborted,
    };
  }

  readonly #interrupt = (): void => {
    this.#stop.abort();
  };

  /** What cannot be written down would be lost: a disk that is full ends the run. */
  #write(write: (written: Written) => void): void {
    if (this.#written === null || this.#unwritable !== null) return;
    try {
      write(this.#written);
    } catch (error) {
      this.#unwritable = error;
      this.#interrupt();
    }
  }

  readonly #print = (text: string): void => {
    this.#unprinted += text;
    if (process.stdout.isTTY || this.#unprinted.length >= PRINT_CHARS_MAX) this.#flush();
  };

  /** What is printed for a program goes out at each step: to wake it for each line costs both more than the line. */
  readonly #flush = (): void => {
    if (this.#unprinted === "") return;
    if (process.stdout.isTTY) this.#progress.clear();
    process.stdout.write(this.#unprinted);
    this.#unprinted = "";
  };

  #isWanted(result: CheckResult): boolean {
    return passes(result, this.#output.filter);
  }

  /** @param candidate null: of an earlier run. */
  #count(result: CheckResult, candidate: Candidate | null): void {
    if (!this.#isWanted(result)) return;
    if (result.state !== "dead") this.#passed++;
    if (isAlive(result)) this.#alive++;
    if (this.#printed === null) this.#best.add(result);
    if (candidate === null) this.#printed?.addEarlier(result);
    else this.#printed?.add(result, candidate);
  }
}

function located(result: CheckResult, geo: Geo): CheckResult {
  const [address] = result.exitAddresses;
  if (address === undefined) return result;
  const { country, network } = geo.find(address);
  return { ...result, country: country ?? result.country, network: network ?? result.network };
}

/** Results that the table at the end is made of. */
const TABLE_MAX = 1000;
/** That wait to be printed. */
const PRINT_CHARS_MAX = 64 * 1024;

interface Written {
  readonly sink: FileSink;
  readonly writer: ResultWriter;
  /** Whatever the filter wants. */
  readonly isAll: boolean;
}

function openWritten({ file, resume, sort }: OutputFlags): Written | null {
  if (resume !== null) {
    const breaksOff = endsInLine(resume);
    const sink = new FileSink(resume, "append");
    if (breaksOff) sink.write("\n");
    return { sink, writer: new ResultWriter(sink, "json", null), isAll: true };
  }
  if (file === null) return null;
  const sink = new FileSink(file.path, "replace");
  return { sink, writer: new ResultWriter(sink, file.format, sort), isAll: false };
}
