import { exitKey, isIdItself } from "../core/exit-rows.ts";
import { hashText } from "../core/hash-text.ts";
import { HashedRows } from "../core/hashed-rows.ts";
import type { Exit } from "../core/route.ts";
import { exitRoute } from "./exit-line.ts";
import { FLAGS, KEY, type ListRows, NAMED, RENAMED } from "./list-rows.ts";

/** Finds the rows of a list by the ids of their exits, and by their routes. */
export class ListIndex {
  readonly #rows: ListRows;
  /** Asked for by an id, or null where the key is all of it. */
  readonly #byId: HashedRows<string | null>;
  /** Those that are renamed: the others are found by the id that their route gives, which in a long list saves a second large table. */
  readonly #byRoute: HashedRows<string>;
  readonly #exitAt: (row: number) => Exit;
  #renamed = 0;

  constructor(rows: ListRows, exitAt: (row: number) => Exit) {
    this.#rows = rows;
    this.#exitAt = exitAt;
    this.#byId = new HashedRows((row, id) => (id === null ? !rows.has(row, NAMED) : rows.has(row, NAMED) && exitAt(row).id === id));
    this.#byRoute = new HashedRows((row, route) => exitRoute(exitAt(row)) === route);
  }

  /** The row of the exit that has this id; negative: there is none. */
  findId(id: string): number {
    const key = exitKey(id);
    return this.#byId.find(key, isIdItself(key) ? null : id);
  }

  /** The row of the exit with this route; negative: there is none. @param derived the id that the route gives. */
  find(route: string, derived: string): number {
    const row = this.findId(derived);
    if (row >= 0 && exitRoute(this.#exitAt(row)) === route) return row;
    return this.#renamed === 0 ? -1 : this.#byRoute.find(hashText(route), route);
  }

  /** No exit has this id, nor is any of the route that gives it, as far as can be told without that route. */
  isFree(key: number): boolean {
    return this.#renamed === 0 && this.#byId.find(key, null) < 0;
  }

  enter(row: number, key: number): void {
    this.#rows.setKey(row, key);
    this.#byId.add(key, row);
  }

  /** Its id is to be another one. */
  leave(row: number): void {
    this.#byId.delete(this.#rows.get(row, KEY), row);
  }

  /** Its id is not the one that its route gives. */
  rename(row: number, route: string): void {
    if (this.#rows.has(row, RENAMED)) return;
    this.#renamed++;
    this.#rows.set(row, FLAGS, this.#rows.get(row, FLAGS) | RENAMED);
    this.#byRoute.add(hashText(route), row);
  }
}
