import type { Clock } from "../core/clock.ts";
import type { Report } from "../core/event.ts";
import type { ExitKind, ExitRows } from "../core/exit-rows.ts";
import type { Exit } from "../core/route.ts";
import type { PoolKind } from "./exit-kinds.ts";
import { NONE } from "./exit-store.ts";
import type { ExitTable } from "./exit-table.ts";
import type { Lessons } from "./lessons.ts";
import type { LimitsInForce } from "./limits-in-force.ts";
import { isSameRoute } from "./same-route.ts";
import type { Tiers } from "./tiers.ts";

/** What a load or a change did: how many exits came, went and stayed. */
export interface PoolChange {
  readonly added: number;
  readonly removed: number;
  readonly kept: number;
}

interface Known {
  readonly exits: ExitTable;
  readonly lessons: Lessons;
  readonly limits: LimitsInForce;
  readonly tiers: Tiers;
}

/** Exits that one step looks at: about a millisecond. */
const STEP_EXITS_MAX = 500;

/** Brings exits into the pool and takes them out of it. What is known of an exit stays with its id. */
export class ExitLoader {
  readonly #known: Known;
  readonly #clock: Clock;
  readonly #report: Report;

  constructor(known: Known, clock: Clock, report: Report) {
    this.#known = known;
    this.#clock = clock;
    this.#report = report;
  }

  load(list: ExitRows): PoolChange {
    const steps = this.loading(list);
    for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
  }

  /** After each step the pool is whole, with some of the exits as they were and the others as they will be. */
  *loading(list: ExitRows): Generator<void, PoolChange> {
    const { exits, tiers } = this.#known;
    const { book, lists } = exits;
    const stale: string[] = [];
    const kinds: PoolKind[] = [];
    let added = 0;
    book.tier = tiers.firstOfExits;
    book.begin(list);
    for (let entry = 0; entry < list.size; entry++) {
      if ((entry + 1) % STEP_EXITS_MAX === 0) yield;
      const row = book.findEntry(entry);
      if (row >= 0 && book.isIn(row)) {
        this.#report({ type: "warning", message: `two exits have the id ${book.idOf(row)}: the second is left out` });
        continue;
      }
      const number = list.kindOf(entry);
      let kind = kinds[number];
      if (kind === undefined || kind.number === NONE) kinds[number] = kind = lists.kinds.of(book.labelled(list.kinds[number] as ExitKind));
      if (row < 0) {
        added++;
        const fresh = book.add(entry);
        exits.order.put(fresh, entry);
        exits.enter(fresh, kind, this.#clock.now());
      } else {
        if (this.#replace(row, kind, () => book.move(row, entry))) stale.push(book.idOf(row));
        exits.order.put(row, entry);
      }
    }
    const removed = yield* this.#removeOthers(stale);
    book.end();
    exits.order.end();
    yield* this.#known.lessons.forget(stale);
    return this.#end(added, removed);
  }

  change(put: readonly Exit[], gone: readonly string[]): PoolChange {
    const { exits, lessons } = this.#known;
    const { book, lists } = exits;
    const stale: string[] = [];
    let [added, removed] = [0, 0];
    for (const id of gone) {
      const row = book.find(id);
      if (row < 0) continue;
      removed++;
      if (remove(exits, row)) stale.push(id);
    }
    for (const exit of put) {
      const row = book.find(exit.id);
      const kind = lists.kinds.of(book.labelled(exit));
      if (row >= 0 && this.#replace(row, kind, () => book.moveOwn(row, exit))) stale.push(exit.id);
      if (row >= 0) continue;
      added++;
      const fresh = book.addOwn(exit);
      exits.order.putLast(fresh);
      exits.enter(fresh, kind, this.#clock.now());
    }
    exits.order.closeUp(exits.size);
    for (const _ of lessons.forget(stale));
    return this.#end(added, removed);
  }

  #end(added: number, removed: number): PoolChange {
    const { exits, limits } = this.#known;
    exits.lookAtFloor();
    limits.load(exits.lists.kinds.limited > 0);
    return { added, removed, kept: exits.size - added };
  }

  /** Removes those that were not in the newest list; how many there were. */
  *#removeOthers(stale: string[]): Generator<void, number> {
    const { exits } = this.#known;
    const { book } = exits;
    let removed = 0;
    for (let row = 0; row < book.store.end; row++) {
      if ((row + 1) % STEP_EXITS_MAX === 0) yield;
      if (book.store.kindOf(row) < 0 || book.isIn(row)) continue;
      removed++;
      const id = book.idOf(row);
      if (remove(exits, row)) stale.push(id);
    }
    return removed;
  }

  /** An exit is what a newer list says. True where something was known of its route, which is another now. */
  #replace(row: number, kind: PoolKind, move: () => void): boolean {
    const { exits } = this.#known;
    const before = exits.book.store.wasUsed(row) ? exits.view(row).exit : null;
    move();
    if (exits.book.store.kindOf(row) !== kind.number) exits.changeKind(row, kind);
    if (before === null) return false;
    const member = exits.view(row);
    if (isSameRoute(before, member.exit)) return false;
    member.learn().renew(exits.attempts);
    exits.place(member, "its route has changed", this.#clock.now());
    return true;
  }
}

/** True where something was known of it. */
function remove(table: ExitTable, row: number): boolean {
  const wasUsed = table.book.store.wasUsed(row);
  table.remove(row);
  return wasUsed;
}
