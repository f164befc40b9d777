import type { Exit } from "../core/route.ts";
import type { ExitSource } from "../core/settings.ts";
import type { Env } from "../wire/env-value.ts";
import type { ExitLineError } from "../wire/exit-line.ts";
import { ExitList } from "../wire/exit-list.ts";
import { ListFile } from "./list-file.ts";
import type { ListText } from "./list-text.ts";
import { ListUrl } from "./list-url.ts";

/** All exits of all lists as they stand, and what was wrong with them at the last reading. */
export interface LoadedExits {
  readonly exits: readonly Exit[];
  readonly errors: readonly ExitLineError[];
}

/**
 * The exits of a config: written in it, in files, behind URLs. A list that was good is never replaced by one that cannot be
 * read or has no exit: the old one stays in force, and `errors` says why.
 */
export class ExitSources {
  readonly #lists: readonly KeptList[];
  readonly #inline: readonly Exit[];
  #isClosed = false;

  /** `env` is for `${NAME}` in files; lists from URLs never see it. */
  constructor(sources: readonly ExitSource[], env: Env) {
    this.#inline = sources.flatMap((source) => (source.kind === "inline" ? source.exits : []));
    this.#lists = sources.flatMap((source) => {
      if (source.kind === "inline") return [];
      const text = source.kind === "file" ? new ListFile(source.path) : new ListUrl(source.url, source.refreshMs);
      return new KeptList(text, source, source.kind === "file" ? env : null);
    });
  }

  /** Reads all lists. */
  async load(): Promise<LoadedExits> {
    await Promise.all(this.#lists.map((list) => list.refresh()));
    return this.#combine();
  }

  /** Calls back whenever a list has changed, or has become unreadable, until disposal. To be called once, after `load`. */
  watch(onChange: (loaded: LoadedExits) => void): void {
    for (const list of this.#lists) {
      list.watch(() => {
        if (!this.#isClosed) onChange(this.#combine());
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#lists.map((list) => list.close()));
  }

  #combine(): LoadedExits {
    const all = new ExitList();
    for (const exit of this.#inline) all.add(exit, { file: "config", line: 0 });
    for (const list of this.#lists) list.addTo(all);
    const failures = this.#lists.flatMap(({ name, failure }) =>
      failure === null ? [] : { file: name, line: 0, column: 0, reason: failure },
    );
    return { exits: all.exits, errors: [...failures, ...all.errors] };
  }
}

type ListSource = Exclude<ExitSource, { kind: "inline" }>;

/** One list as it was when it was last good. */
class KeptList {
  readonly #text: ListText;
  readonly #source: ListSource;
  readonly #env: Env | null;
  #good: ExitList | null = null;
  #reading: Promise<boolean> | null = null;
  /** Why the last reading gave nothing; null: it was good. */
  failure: string | null = null;

  constructor(text: ListText, source: ListSource, env: Env | null) {
    this.#text = text;
    this.#source = source;
    this.#env = env;
  }

  get name(): string {
    return this.#text.name;
  }

  addTo(exits: ExitList): void {
    if (this.#good !== null) exits.addAll(this.#good);
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
      this.failure = this.#good === null ? result.problem : `${result.problem}; the list as it was stays in force`;
      return this.failure !== before;
    }
    if (result.text === null) {
      this.failure = null;
      return before !== null;
    }
    const found = this.#parse(result.text);
    if (found.exits.length === 0 && this.#good !== null) {
      this.failure = "has no exit; the list as it was stays in force";
      return true;
    }
    this.failure = found.exits.length === 0 ? "has no exit" : null;
    this.#good = found;
    return true;
  }

  #parse(text: string): ExitList {
    const { scheme, tags } = this.#source;
    const exits = new ExitList();
    exits.read(text, { scheme, tags, where: { file: this.name, line: 1 }, env: this.#env });
    return exits;
  }
}
