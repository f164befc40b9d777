import type { Random } from "../core/clock.ts";
import type { Exit, ExitScheme } from "../core/route.ts";
import type { ExitSource } from "../core/settings.ts";
import type { Env } from "../wire/env-value.ts";
import { type ExitLineError, formatExit } from "../wire/exit-line.ts";
import { ExitList } from "../wire/exit-list.ts";
import type { ApiExits } from "./api-exits.ts";
import { KeptList, type ListSource } from "./kept-list.ts";
import { ListFile } from "./list-file.ts";
import { ListUrl } from "./list-url.ts";

/** All exits of all sources as they stand. */
export interface LoadedExits {
  readonly exits: readonly Exit[];
  /** What is wrong with the lists and was not told before. */
  readonly errors: readonly ExitLineError[];
}

/** What came of lines that were to be added. */
export interface AddedExits {
  /** Ids of exits that no source had. */
  readonly added: readonly string[];
  /** Ids of exits that there were: their password, tags and weight are the new ones. */
  readonly known: readonly string[];
  readonly errors: readonly ExitLineError[];
  /** What is in force with them. */
  readonly loaded: LoadedExits;
}

export interface SourcesOptions {
  /** For `${NAME}` in files. Lists from URLs and added lines never see it. */
  readonly env: Env;
  /** Spreads the times at which URLs are fetched. */
  readonly random: Random;
  /** Exits that were added while the gateway runs. */
  readonly api: ApiExits;
  /** The sources until now: a list of theirs that was good stays in force where it cannot be read now. */
  readonly before: ExitSources | null;
}

/**
 * The exits of a config, written in it, in files and behind URLs, and those that were added since. A list that was good is never
 * replaced by one that cannot be read or has no exit: the old one stays in force, and `errors` says why.
 */
export class ExitSources {
  readonly #lists: readonly KeptList[];
  readonly #inline: readonly Exit[];
  readonly #api: ApiExits;
  #told: ReadonlySet<string> = new Set();
  #onChange: ((loaded: LoadedExits) => void) | null = null;

  constructor(sources: readonly ExitSource[], { env, random, api, before }: SourcesOptions) {
    this.#api = api;
    const kept = before === null ? [] : before.#lists;
    this.#inline = sources.flatMap((source) => (source.kind === "inline" ? source.exits : []));
    this.#lists = sources.flatMap((source) => {
      if (source.kind === "inline") return [];
      const list = openList(source, env, random);
      const same = kept.find((other) => placeOf(other.source) === placeOf(source));
      if (same !== undefined) list.adopt(same);
      return list;
    });
  }

  /** Reads all lists. */
  async read(): Promise<void> {
    await Promise.all(this.#lists.map((list) => list.refresh()));
  }

  /** Reads all lists, and gives what is in force then. */
  async load(): Promise<LoadedExits> {
    await this.read();
    return this.current();
  }

  /** What is in force now, with what was read last. */
  current(): LoadedExits {
    return this.#tell(this.#combine());
  }

  /** Calls back whenever a list has changed, or has become unreadable, until disposal. To be called once, after `load`. */
  watch(onChange: (loaded: LoadedExits) => void): void {
    this.#onChange = onChange;
    for (const list of this.#lists) list.watch(() => this.#onChange?.(this.current()));
  }

  /** Adds the lines of a list. */
  add(text: string, scheme: ExitScheme): AddedExits {
    const lines = new ExitList();
    lines.read(text, { scheme, tags: {}, where: API, env: null });
    const errors = [...lines.errors];
    const wasThere = new Set(lines.exits.filter((exit) => this.#has(exit)).map(formatExit));
    const put = lines.exits.filter((exit) => {
      const isPut = this.#api.put(exit);
      if (!isPut)
        errors.push({ ...API, column: 1, reason: "there is no room for more exits: give the list as a file or URL in the config" });
      return isPut;
    });

    const all = this.#combine();
    const [added, known]: [string[], string[]] = [[], []];
    for (const exit of put) {
      const found = all.find(exit);
      // Its id was taken by another exit.
      if (found === null) this.#api.delete(exit);
      else (wasThere.has(formatExit(exit)) ? known : added).push(found.id);
    }
    const { exits, errors: told } = this.#tell(all);
    errors.push(...told.filter(({ file }) => file === API.file));
    return { added, known, errors, loaded: { exits, errors: told.filter(({ file }) => file !== API.file) } };
  }

  /** Takes back an exit that was added; what is in force without it. Null: it was not added. */
  remove(id: string): LoadedExits | null {
    if (this.#api.size === 0) return null;
    const exit = this.#combine().findById(id);
    return exit !== null && this.#api.delete(exit) ? this.current() : null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#onChange = null;
    await Promise.all(this.#lists.map((list) => list.close()));
  }

  #has(exit: Exit): boolean {
    const route = formatExit(exit);
    if (this.#api.has(exit) || this.#inline.some((other) => formatExit(other) === route)) return true;
    return this.#lists.some(({ good }) => good !== null && good.find(exit) !== null);
  }

  #combine(): ExitList {
    const [first, ...others] = this.#lists;
    // One list alone needs no copy, which matters where it is a long one.
    if (this.#inline.length + this.#api.size + others.length === 0 && first !== undefined) return first.good ?? new ExitList();
    const all = new ExitList();
    for (const exit of this.#inline) all.add(exit, { file: "config", line: 0 });
    for (const { good } of this.#lists) if (good !== null) all.addAll(good);
    for (const exit of this.#api.exits) all.add(exit, API);
    return all;
  }

  /** Each error is told once, as long as it lasts: a list that is fetched every minute would fill the log. */
  #tell(all: ExitList): LoadedExits {
    const failures = this.#lists.flatMap(({ name, failure }) =>
      failure === null ? [] : { file: name, line: 0, column: 0, reason: failure },
    );
    const errors = [...failures, ...all.errors];
    const before = this.#told;
    this.#told = new Set(errors.map(nameError));
    return { exits: all.exits, errors: errors.filter((error) => !before.has(nameError(error))) };
  }
}

/** Where added lines stand. */
const API = { file: "api", line: 1 } as const;

function openList(source: ListSource, env: Env, random: Random): KeptList {
  if (source.kind === "file") return new KeptList(new ListFile(source.path), source, env);
  return new KeptList(new ListUrl(source.url, source.refreshMs, random), source, null);
}

/** The same for what gives the same exits. */
function placeOf(source: ListSource): string {
  return JSON.stringify([source.kind === "file" ? source.path : source.url, source.scheme, source.format, source.tags]);
}

function nameError({ file, line, column, reason }: ExitLineError): string {
  return `${file}:${line}:${column}:${reason}`;
}
