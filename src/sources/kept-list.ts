import type { ExitSource } from "../core/settings.ts";
import type { Env } from "../wire/env-value.ts";
import { foreignFormat, readingForeignList } from "../wire/exit-formats/foreign-list.ts";
import type { ExitLineError } from "../wire/exit-line.ts";
import { ExitList } from "../wire/exit-list.ts";
import { inSteps } from "./in-steps.ts";
import type { ListText } from "./list-text.ts";

export type ListSource = Exclude<ExitSource, { kind: "inline" }>;

/**
 * One list as it was when it was last good. Nothing that is worse takes its place: no text that cannot be read, none without an exit
 * (but where `replaceByEmpty` says so), none of which most lines are bad.
 */
export class KeptList {
  readonly source: ListSource;
  /** Why the list is not what stands there now; null: it is. */
  failure: string | null = null;
  readonly #text: ListText;
  /** For `${NAME}`; null: not replaced. */
  readonly #env: Env | null;
  #good: ExitList | null = null;
  /** The failure of the text that was read last; it stays true as long as that text does. */
  #textFailure: string | null = null;
  #reading: Promise<boolean> | null = null;

  constructor(text: ListText, source: ListSource, env: Env | null) {
    this.#text = text;
    this.source = source;
    this.#env = env;
  }

  get name(): string {
    return this.#text.name;
  }

  /** What is in force; null: nothing was ever read. */
  get good(): ExitList | null {
    return this.#good;
  }

  /** Starts from what another reader of the same list had, which may be better than what can be read now. */
  adopt(before: KeptList): void {
    this.#good = before.#good;
  }

  /** Reads the list again; true where that changed something worth telling. One reading at a time. */
  refresh(): Promise<boolean> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  watch(onChange: () => void): void {
    this.#text.watch(async () => {
      if (await this.refresh()) onChange();
    });
  }

  async close(): Promise<void> {
    this.#text.close();
    await this.#reading;
  }

  async #read(): Promise<boolean> {
    const before = this.failure;
    const result = await this.#text.read();
    if ("problem" in result) {
      this.failure = this.#told(result.problem);
      return this.failure !== before;
    }
    if (result.bytes === null) {
      this.failure = this.#textFailure;
      return this.failure !== before;
    }
    const found = await this.#parse(result.bytes);
    const flaw = this.#flawOf(found);
    const isKept = flaw !== null && this.#good !== null;
    this.#textFailure = flaw === null ? null : this.#told(flaw);
    this.failure = this.#textFailure;
    if (isKept) return this.failure !== before;
    this.#good = found;
    return true;
  }

  #told(problem: string): string {
    return this.#good === null ? problem : `${problem}; the list as it was stays in force`;
  }

  /** Why a text is worse than none; null: it is a list. */
  #flawOf({ size, errors, errorCount }: ExitList): string | null {
    const isEmptied = errors.length === 0 && this.source.replaceByEmpty;
    if (size === 0) return isEmptied ? null : `has no exit${tellFirst(errors)}`;
    // At the start, and in place of nothing, the good lines are better than none.
    if (this.#good === null || errorCount <= size) return null;
    return `has ${errorCount} bad lines and only ${size} exits${tellFirst(errors)}`;
  }

  /** In steps, since a list may have a million lines and traffic is not to wait for them. */
  async #parse(bytes: Buffer): Promise<ExitList> {
    const { scheme, tags, format } = this.source;
    const exits = new ExitList();
    const where = { file: this.name, line: 1 };
    const foreign = foreignFormat(bytes.toString("utf8", 0, START_BYTES_MAX), format);
    if (foreign === null) await inSteps(exits.reading(bytes, { scheme, tags, where, env: this.#env }));
    else await inSteps(readingForeignList(exits, bytes, foreign, { scheme, tags, where }));
    return exits;
  }
}

/** A list shows within this how it is written. */
const START_BYTES_MAX: number = 64 * 1024;

function tellFirst([first]: readonly ExitLineError[]): string {
  return first === undefined ? "" : ` (line ${first.line}: ${first.reason})`;
}
