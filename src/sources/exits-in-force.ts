import type { Random } from "../core/clock.ts";
import type { Report } from "../core/event.ts";
import type { Exit, ExitScheme } from "../core/route.ts";
import type { ExitSource } from "../core/settings.ts";
import type { Env } from "../wire/env-value.ts";
import { formatLineError } from "../wire/exit-list.ts";
import { ApiExits } from "./api-exits.ts";
import { type AddedExits, ExitSources, type LoadedExits } from "./exit-sources.ts";

export interface ExitsInForceOptions {
  /** For `${NAME}` in files. */
  readonly env: Env;
  readonly random: Random;
  readonly report: Report;
  /** Puts exits in the place of all before; how many came, went and stayed. */
  load(exits: readonly Exit[]): { readonly added: number; readonly removed: number; readonly kept: number };
}

/** The exits that a gateway has: those of its config, as the lists stand, and those that were added since. */
export class ExitsInForce implements AsyncDisposable {
  readonly #options: ExitsInForceOptions;
  readonly #api = new ApiExits();
  #sources: ExitSources | null = null;

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
    const before = this.#sources;
    this.#sources = sources;
    if (before === null) this.#load(sources.current());
    else this.#change(sources.current());
    sources.watch(this.#change);
    await before?.[Symbol.asyncDispose]();
  }

  /** Adds the lines of a list; they are in force when it returns. */
  readonly add = (text: string, scheme: ExitScheme): Omit<AddedExits, "loaded"> => {
    if (this.#sources === null) return { added: [], known: [], errors: [] };
    const { loaded, ...result } = this.#sources.add(text, scheme);
    if (result.added.length + result.known.length > 0) this.#load(loaded);
    return result;
  };

  /** Takes back an exit that was added. False: it was not. */
  readonly remove = (id: string): boolean => {
    const loaded = this.#sources?.remove(id) ?? null;
    if (loaded !== null) this.#load(loaded);
    return loaded !== null;
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sources?.[Symbol.asyncDispose]();
  }

  readonly #change = (loaded: LoadedExits): void => {
    const { added, removed, kept } = this.#load(loaded);
    if (added + removed === 0) return;
    this.#options.report({ type: "config-changed", summary: `${added} exits added, ${removed} removed, ${kept} kept` });
  };

  #load({ exits, errors }: LoadedExits): ReturnType<ExitsInForceOptions["load"]> {
    for (const error of errors) this.#options.report({ type: "warning", message: formatLineError(error) });
    return this.#options.load(exits);
  }
}
