import type { Random } from "../core/clock.ts";
import type { ExitRows } from "../core/exit-rows.ts";
import type { Exit, ExitScheme } from "../core/route.ts";
import type { ExitSource } from "../core/settings.ts";
import type { Env } from "../wire/env-value.ts";
import type { ExitLineError } from "../wire/exit-line.ts";
import { ExitList } from "../wire/exit-list.ts";
import type { ApiExits, Taken } from "./api-exits.ts";
import { inSteps } from "./in-steps.ts";
import { KeptList, type ListSource } from "./kept-list.ts";
import { LayeredExits } from "./layered-exits.ts";
import { ListFile } from "./list-file.ts";
import { ListUrl } from "./list-url.ts";

/** All exits of all sources as they stand. */
export interface LoadedExits {
  readonly exits: ExitRows;
  /** What is wrong with the lists and was not told before. */
  readonly errors: readonly ExitLineError[];
}

/** Exits to put in, those with the same id being replaced, and ids of exits to take out. */
export interface ChangedExits {
  readonly put: readonly Exit[];
  readonly gone: readonly string[];
}

/** What came of lines that were to be added. */
export interface AddedExits {
  /** Ids of exits that no source had. */
  readonly added: readonly string[];
  /** Ids of exits that there were: their password, tags and weight are the new ones. */
  readonly known: readonly string[];
  readonly errors: readonly ExitLineError[];
  /** What that changes. */
  readonly change: ChangedExits;
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
  #onChange: (() => void) | null = null;
  /** What the config and its lists have. */
  #listed = new ExitList();

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
    return await this.current();
  }

  /** What is in force now, with what was read last. One call at a time. */
  async current(): Promise<LoadedExits> {
    this.#listed = await inSteps(this.#join());
    const refused = await inSteps(this.#api.renewing(this.#listed));
    const exits = this.#api.size === 0 ? this.#listed : await inSteps(this.#layer());
    return { exits, errors: this.#tell([...this.#listed.errors, ...beyond(this.#listed), ...refused.map(takenError)]) };
  }

  /** Calls back whenever a list has changed, or has become unreadable, until disposal. To be called once, after `load`. */
  watch(onChange: () => void): void {
    this.#onChange = onChange;
    for (const list of this.#lists) list.watch(() => this.#onChange?.());
  }

  /** Adds the lines of a list to what `current` gave last, step by step. */
  *adding(text: string, scheme: ExitScheme): Generator<void, AddedExits> {
    const lines = new ExitList();
    yield* lines.reading(Buffer.from(text), { scheme, tags: {}, where: API, env: null });
    const errors = [...lines.errors];
    const [added, known, put, gone]: [string[], string[], Exit[], string[]] = [[], [], [], []];
    for (let row = 0; row < lines.size; row++) {
      if ((row + 1) % STEP_EXITS_MAX === 0) yield;
      const exit = lines.at(row);
      const isAdded = this.#api.has(exit);
      if (!isAdded && this.#api.isFull) {
        errors.push({ ...API, column: 1, reason: "there is no room for more exits: give the list as a file or URL in the config" });
        continue;
      }
      const wasThere = isAdded || this.#listed.rowOf(exit) >= 0;
      const change = this.#api.put(exit, this.#listed);
      if ("taken" in change) errors.push(takenError(change));
      else if (change.put !== null) {
        (wasThere ? known : added).push(change.put.id);
        put.push(change.put);
        if (change.gone !== null) gone.push(change.gone);
      }
    }
    return { added, known, errors, change: { put, gone } };
  }

  /** Takes back an exit that was added; what that changes. Null: it was not added. */
  remove(id: string): ChangedExits | null {
    const change = this.#api.delete(id, this.#listed);
    return change === null ? null : { put: change.put === null ? [] : [change.put], gone: change.gone === null ? [] : [change.gone] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#onChange = null;
    await Promise.all(this.#lists.map((list) => list.close()));
  }

  *#layer(): Generator<void, LayeredExits> {
    const layered = new LayeredExits(this.#listed);
    yield* layered.adding(this.#api.exits);
    return layered;
  }

  *#join(): Generator<void, ExitList> {
    const [first, ...others] = this.#lists;
    // One list alone needs no copy, which matters where it is a long one.
    if (this.#inline.length + others.length === 0 && first !== undefined) return first.good ?? new ExitList();
    const all = new ExitList();
    for (const exit of this.#inline) all.add(exit, { file: "config", line: 0 });
    for (const { good } of this.#lists) if (good !== null) yield* all.adding(good);
    return all;
  }

  /** Each error is told once, as long as it lasts: a list that is fetched every minute would fill the log. */
  #tell(ofLines: readonly ExitLineError[]): readonly ExitLineError[] {
    const failures = this.#lists.flatMap(({ name, failure }) =>
      failure === null ? [] : { file: name, line: 0, column: 0, reason: failure },
    );
    const errors = [...failures, ...ofLines];
    const before = this.#told;
    this.#told = new Set(errors.map(nameError));
    return errors.filter((error) => !before.has(nameError(error)));
  }
}

/** Where added lines stand. */
const API = { file: "api", line: 1 } as const;

/** Exits that one step adds: about a millisecond. */
const STEP_EXITS_MAX = 250;

function takenError({ taken, by }: Taken): ExitLineError {
  return { ...API, column: 1, reason: `id ${taken} is taken by ${by}` };
}

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

/** Bad lines that are only counted. */
function beyond({ errors, errorCount }: ExitList): ExitLineError[] {
  const last = errors.at(-1);
  const count = errorCount - errors.length;
  return last === undefined || count === 0 ? [] : [{ ...last, reason: `and ${count} bad lines after this one, in this list or others` }];
}
