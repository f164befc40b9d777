import type { Random } from "../core/clock.ts";
import type { Report } from "../core/event.ts";
import type { ExitRows } from "../core/exit-rows.ts";
import type { Exit, ExitScheme } from "../core/route.ts";
import type { ExitSource } from "../core/settings.ts";
import type { Env } from "../wire/env-value.ts";
import { formatLineError } from "../wire/exit-list.ts";
import { ApiExits } from "./api-exits.ts";
import { type AddedExits, type ChangedExits, ExitSources } from "./exit-sources.ts";
import { inSteps } from "./in-steps.ts";

/** Added exits that are put into the pool at once: about a millisecond. */
const STEP_EXITS_MAX = 250;

export interface ExitsInForceOptions {
  /** For `${NAME}` in files. */
  readonly env: Env;
  readonly random: Random;
  readonly report: Report;
  /** Puts exits in the place of all before, step by step; how many came, went and stayed. */
  load(exits: ExitRows): Generator<void, LoadedCount>;
  /** Puts some exits in, those with the same id being replaced, and takes some out. */
  change(put: readonly Exit[], gone: readonly string[]): void;
}

interface LoadedCount {
  readonly added: number;
  readonly removed: number;
  readonly kept: number;
}

/** The exits that a gateway has: those of its config, as the lists stand, and those that were added since. */
export class ExitsInForce implements AsyncDisposable {
  readonly #options: ExitsInForceOptions;
  readonly #api = new ApiExits();
  #sources: ExitSources | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ExitsInForceOptions) {
    this.#options = options;
  }

  /** Reads the lists of a config, for `take`. Until then nothing changes. */
  async read(given: readonly ExitSource[]): Promise<ExitSources> {
    const { env, random } = this.#options;
    const sources = new ExitSources(given, { env, random, api: this.#api, before: this.#sources });
    await sources.read();
    return sources;
  }

  /** Puts sources in the place of those before, and follows their changes. */
  async take(sources: ExitSources): Promise<void> {
    const before = await this.#inTurn(async () => {
      const replaced = this.#sources;
      this.#sources = sources;
      await (replaced === null ? this.#load(sources) : this.#reload(sources));
      return replaced;
    });
    sources.watch(() => void this.#inTurn(() => this.#reload(sources)));
    await before?.[Symbol.asyncDispose]();
  }

  /** Adds the lines of a list; they are in force when it is done. */
  readonly add = (text: string, scheme: ExitScheme): Promise<Omit<AddedExits, "change">> =>
    this.#inTurn(async () => {
      if (this.#sources === null) return { added: [], known: [], errors: [] };
      const { change, ...result } = await inSteps(this.#sources.adding(text, scheme));
      await inSteps(this.#changing(change));
      return result;
    });

  /** Takes back an exit that was added. False: it was not. */
  readonly remove = (id: string): Promise<boolean> =>
    this.#inTurn(() => {
      const change = this.#sources?.remove(id) ?? null;
      if (change !== null) this.#options.change(change.put, change.gone);
      return change !== null;
    });

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sources?.[Symbol.asyncDispose]();
  }

  *#changing({ put, gone }: ChangedExits): Generator<void, void> {
    for (let at = 0; at < gone.length; at += STEP_EXITS_MAX) {
      this.#options.change([], gone.slice(at, at + STEP_EXITS_MAX));
      yield;
    }
    for (let at = 0; at < put.length; at += STEP_EXITS_MAX) {
      this.#options.change(put.slice(at, at + STEP_EXITS_MAX), []);
      yield;
    }
  }

  async #reload(sources: ExitSources): Promise<void> {
    if (sources !== this.#sources) return;
    const { added, removed, kept } = await this.#load(sources);
    if (added + removed === 0) return;
    this.#options.report({ type: "config-changed", summary: `${added} exits added, ${removed} removed, ${kept} kept` });
  }

  async #load(sources: ExitSources): Promise<LoadedCount> {
    const { exits, errors } = await sources.current();
    for (const error of errors) this.#options.report({ type: "warning", message: formatLineError(error) });
    return await inSteps(this.#options.load(exits));
  }

  /** Loads take many steps: what changes the exits begins when all before it is done. */
  #inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}
