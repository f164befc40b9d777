import type { Exit } from "../core/route.ts";
import { exitId, exitRoute } from "../wire/exit-line.ts";
import type { ExitList } from "../wire/exit-list.ts";
import { isNamed, LONG_ID_DIGITS, mergeExits } from "../wire/merge-exits.ts";

/** Bounds what can be added while the gateway runs; longer lists belong into a file or behind a URL. */
const EXITS_MAX = 100_000;

/** Exits that one step places: about a millisecond. */
const STEP_EXITS_MAX = 250;

/** An id that another exit has, and where that stands. */
export interface Taken {
  readonly taken: string;
  readonly by: string;
}

/** What an added exit changes. */
export interface ExitChange {
  /** The exit as it is in force then; null: none of its route is. */
  readonly put: Exit | null;
  /** The id that its route had before, where that is another; null: it is not. */
  readonly gone: string | null;
}

/**
 * Exits that were added while the gateway runs, on top of those of the lists: what a list has of the same route accumulates with them. They
 * outlive changes of the config and of its lists, but not the process.
 */
export class ApiExits {
  /** As they were added, by route. */
  readonly #added = new Map<string, Exit>();
  /** As they are in force, by route and by id. */
  readonly #inForce = new Map<string, Exit>();
  readonly #byId = new Map<string, Exit>();

  /** As they are in force. */
  get exits(): Iterable<Exit> {
    return this.#inForce.values();
  }

  get size(): number {
    return this.#added.size;
  }

  get isFull(): boolean {
    return this.#added.size >= EXITS_MAX;
  }

  has(exit: Exit): boolean {
    return this.#added.has(exitRoute(exit));
  }

  /** Adds an exit, to what is known of the same route as a list would. Its id, and who has that, where it is taken. */
  put(exit: Exit, list: ExitList): ExitChange | Taken {
    const route = exitRoute(exit);
    const known = this.#added.get(route);
    const added = known === undefined ? exit : mergeExits(known, exit);
    const before = this.#inForce.get(route) ?? list.find(exit);
    const inForce = this.#place(added, list);
    if ("taken" in inForce) return inForce;
    this.#forget(route);
    this.#added.set(route, added);
    this.#keep(route, inForce);
    return { put: inForce, gone: before !== null && before.id !== inForce.id ? before.id : null };
  }

  /** Takes an exit back by its id. Null: it was not added. */
  delete(id: string, list: ExitList): ExitChange | null {
    const inForce = this.#byId.get(id);
    if (inForce === undefined) return null;
    const route = exitRoute(inForce);
    this.#forget(route);
    this.#added.delete(route);
    const listed = list.find(inForce);
    return { put: listed, gone: listed?.id === id ? null : id };
  }

  /**
   * The lists have changed. Ids that are taken now, with who has them; the exits that wanted them wait for a list without. Step by step; to be
   * run to its end before anything else is asked.
   */
  *renewing(list: ExitList): Generator<void, Taken[]> {
    const refused: Taken[] = [];
    this.#inForce.clear();
    this.#byId.clear();
    let count = 0;
    for (const [route, added] of this.#added) {
      if (++count % STEP_EXITS_MAX === 0) yield;
      const inForce = this.#place(added, list);
      if ("taken" in inForce) refused.push(inForce);
      else this.#keep(route, inForce);
    }
    return refused;
  }

  /** An added exit as it is together with what the list has of its route. */
  #place(added: Exit, list: ExitList): Exit | Taken {
    const listed = list.find(added);
    const exit = listed === null ? added : mergeExits(listed, added);
    const by = this.#holderOf(exit, list);
    if (by === null) return exit;
    return isNamed(exit) ? { taken: exit.id, by } : { ...exit, id: exitId(exit, LONG_ID_DIGITS) };
  }

  /** Where another exit with this one's id stands; null: there is none. */
  #holderOf(exit: Exit, list: ExitList): string | null {
    const route = exitRoute(exit);
    const other = this.#byId.get(exit.id);
    if (other !== undefined && exitRoute(other) !== route) return "api:1";
    const row = list.rowOfId(exit.id);
    return row < 0 || exitRoute(list.at(row)) === route ? null : list.placeOf(row);
  }

  #keep(route: string, exit: Exit): void {
    this.#inForce.set(route, exit);
    this.#byId.set(exit.id, exit);
  }

  #forget(route: string): void {
    const exit = this.#inForce.get(route);
    if (exit !== undefined) this.#byId.delete(exit.id);
    this.#inForce.delete(route);
  }
}
