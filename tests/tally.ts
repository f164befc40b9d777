import { resolve } from "node:path";
import type { EventData } from "node:test";

/** An event of node:test's `run()`; only what is read here. */
export interface TestEvent {
  readonly type: string;
  readonly data: EventData.LocationInfo & {
    readonly name?: string;
    readonly message?: string;
    readonly skip?: string | boolean;
    readonly success?: boolean;
  };
}

/** Adds up several runs of node:test, so that they end in one summary. */
export class Tally {
  success = true;
  /** Reason -> number of tests. */
  readonly skipped: Map<string, number> = new Map();
  /** Files that began and did not end yet. */
  readonly open: Set<string> = new Set();
  /** The lines of the summary in their order: tests, suites, pass, fail, …, duration_ms. */
  readonly #sums = new Map<string, number>();

  /** True where the event is for the reporter, false where it was the summary of one run. */
  take({ type, data }: TestEvent): boolean {
    if (type === "test:dequeue" && isWholeFile(data)) this.open.add(String(data.name));
    if (type === "test:complete" && isWholeFile(data)) this.open.delete(String(data.name));
    if (type === "test:pass" && data.skip) this.#count(this.skipped, String(data.skip), 1);
    if (type === "test:summary" && data.file === undefined) this.success &&= data.success === true;
    if (type !== "test:diagnostic" || data.file !== undefined) return true;
    const [name = "", value] = String(data.message).split(" ");
    this.#count(this.#sums, name, Number(value));
    return false;
  }

  /** The summary of all runs, in the form of node:test's own. */
  *summary(): Generator<TestEvent> {
    for (const [name, sum] of this.#sums) {
      yield { type: "test:diagnostic", data: { nesting: 0, message: `${name} ${sum}`, level: "info" } as TestEvent["data"] };
    }
  }

  #count(sums: Map<string, number>, key: string, more: number): void {
    sums.set(key, (sums.get(key) ?? 0) + more);
  }
}

/** run() reports each file as a test of its own name around the file's tests. */
function isWholeFile({ name, file }: TestEvent["data"]): boolean {
  return name !== undefined && resolve(name) === file;
}
