import { formatDuration } from "../core/duration.ts";
import type { OperatorAction, Report } from "../core/event.ts";
import type { ExitScheme } from "../core/route.ts";

/** Who asks: whoever has the token, or, where there is none, somebody on this machine. */
export type Who = "token" | "loopback";

/** A line of a list that could not be read. */
interface BadLine {
  readonly line: number;
  readonly column: number;
  readonly reason: string;
}

/** What came of lines that were to be added. */
export interface AddedExits {
  /** Ids of exits that the pool did not have. */
  readonly added: readonly string[];
  /** Ids of exits that it had: their tags and password are the new ones. */
  readonly known: readonly string[];
  readonly errors: readonly BadLine[];
}

/** The exits that were added here: a source beside the lists of the config. */
interface AddedLists {
  add(text: string, scheme: ExitScheme): Promise<AddedExits>;
  /** Takes an exit back by its id. False: it was not added here. */
  remove(id: string): Promise<boolean>;
}

/** The part of the pool that an operator has a hand in. False: no exit has that id. */
interface OperatedPool {
  find(id: string): object | null;
  /** Takes no new request for so long, whatever its health is. */
  bench(id: string, ms: number, reason: string): boolean;
  /** Ends a bench, an operator's as well as one that it earned. */
  unbench(id: string): boolean;
  /** Takes no new request, but those of its hard sessions, until it is told otherwise. */
  drain(id: string, isOn: boolean): boolean;
}

export interface OperatorOptions {
  readonly pool: OperatedPool;
  readonly lists: AddedLists;
  /** Has the sessions of one key, of one user or (null) of clients without one, take another exit; how many there were. */
  rotate(user: string | null, key: string): number;
  readonly report: Report;
}

/**
 * What an operator does with a running gateway. Nothing of it touches an exchange in flight. Each action that changes something is one
 * event, and so one line of the log.
 */
export class Operator {
  readonly #options: OperatorOptions;

  constructor(options: OperatorOptions) {
    this.#options = options;
  }

  async add(text: string, scheme: ExitScheme, by: Who): Promise<AddedExits> {
    const result = await this.#options.lists.add(text, scheme);
    const { added, known, errors } = result;
    if (added.length + known.length === 0) return result;
    const parts = [
      ...(added.length > 0 ? [`added ${nameSome(added)}`] : []),
      ...(known.length > 0 ? [`renewed ${nameSome(known)}`] : []),
      ...(errors.length > 0 ? [`${errors.length} bad ${errors.length === 1 ? "line" : "lines"}`] : []),
    ];
    this.#tell(by, "add", null, parts.join(", "));
    return result;
  }

  /** `listed`: a list of the config has it, too, or alone. */
  async remove(id: string, by: Who): Promise<"removed" | "listed"> {
    if (!(await this.#options.lists.remove(id))) return "listed";
    const isListed = this.#options.pool.find(id) !== null;
    this.#tell(by, "remove", id, isListed ? `removed exit ${id}, which a list of the config has too` : `removed exit ${id}`);
    return isListed ? "listed" : "removed";
  }

  drain(id: string, by: Who): void {
    this.#options.pool.drain(id, true);
    this.#tell(by, "drain", id, `drains exit ${id}`);
  }

  undrain(id: string, by: Who): void {
    this.#options.pool.drain(id, false);
    this.#tell(by, "undrain", id, `drains exit ${id} no longer`);
  }

  bench(id: string, { ms, reason }: { readonly ms: number; readonly reason: string }, by: Who): void {
    this.#options.pool.bench(id, ms, reason);
    this.#tell(by, "bench", id, `benched exit ${id} for ${formatDuration(ms)}${reason === "" ? "" : `: ${reason}`}`);
  }

  unbench(id: string, by: Who): void {
    this.#options.pool.unbench(id);
    this.#tell(by, "unbench", id, `ended the bench of exit ${id}`);
  }

  /** How many sessions take another exit from now on. */
  rotate(user: string | null, key: string, by: Who): number {
    // What clients write in their user name is in lower case by then; a key that a field gave is as it was.
    const keys = new Set([key, key.toLowerCase()]);
    let count = 0;
    for (const one of keys) count += this.#options.rotate(user, one);
    if (count > 0) this.#tell(by, "rotate", null, `rotated session ${key}${user === null ? "" : ` of ${user}`}`);
    return count;
  }

  #tell(by: Who, action: OperatorAction, exit: string | null, summary: string): void {
    this.#options.report({ type: "operator-acted", by, action, exit, summary });
  }
}

const NAMED_MAX = 5;

/** `3 exits (a, b, c)`; of many the first. */
function nameSome(ids: readonly string[]): string {
  const named = ids.slice(0, NAMED_MAX).join(", ");
  return `${ids.length} ${ids.length === 1 ? "exit" : "exits"} (${named}${ids.length > NAMED_MAX ? ", ..." : ""})`;
}
