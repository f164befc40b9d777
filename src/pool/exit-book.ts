import { type ExitRows, exitKey, GivenExits, idOfKey, isIdItself } from "../core/exit-rows.ts";
import { HashedRows } from "../core/hashed-rows.ts";
import { IntColumn } from "../core/number-column.ts";
import type { Exit } from "../core/route.ts";
import { normalize } from "./exit-filter.ts";
import { ENTRY, ExitStore, KEY, LIST, NAMED, OWN } from "./exit-store.ts";
import type { PoolExit } from "./pool-exit.ts";

/** So many rows keep the view of their exit once it was used: in a pool that is not larger, all come up again and again. */
const ALL_KEPT_MAX: number = 1 << 14;
/** The others keep so many together: of views that come up but once, the collector would copy every one. */
const SOME_KEPT_MAX: number = 1 << 11;

/**
 * Which exit each row is, found by its id. The exit itself stays in its list, of which there are two while a new one is being loaded, until
 * somebody asks for it; exits that came one by one are kept here.
 */
export class ExitBook {
  readonly store: ExitStore = new ExitStore();
  /** What was read ahead, which means nothing. */
  fetched = 0;
  /** The tier of exits that name none; undefined: none either. */
  tier: string | undefined = undefined;
  /** Asked for by an id, or null where the key is all of it. */
  readonly #ids: HashedRows<string | null> = new HashedRows((row, id) =>
    id === null ? !this.store.has(row, NAMED) : this.store.has(row, NAMED) && this.exitOf(row).id === id,
  );
  /** Those whose id a user name writes differently. */
  readonly #written: HashedRows<string> = new HashedRows((row, id) => normalize(this.idOf(row)) === id);
  readonly #lists: [ExitRows, ExitRows] = [NO_EXITS, NO_EXITS];
  #newest: 0 | 1 = 0;
  readonly #own = new Map<number, Exit>();
  /** The first rows each have a place of their own, the others share a few. */
  readonly #kept: (PoolExit | null)[] = [];
  /** Whose view stands at each of these places: so that nobody looks at a view to find that it is another's. */
  readonly #keptRows = new IntColumn();

  /** Which of the two lists is the newest. */
  get newest(): 0 | 1 {
    return this.#newest;
  }

  /** The other one, which has exits only while the newest is being loaded. */
  get older(): 0 | 1 {
    return this.#newest === 0 ? 1 : 0;
  }

  /** The row of the exit with this id; negative: there is none. */
  find(id: string): number {
    const key = exitKey(id);
    return this.#ids.find(key, isIdItself(key) ? null : id);
  }

  /** The same by an id as a user name writes it. */
  findWritten(id: string): number {
    const exact = this.find(id);
    if (exact >= 0) return exact;
    const written = normalize(id);
    const row = this.#written.find(exitKey(written), written);
    return row >= 0 ? row : this.find(written);
  }

  /** The same, of an entry of the newest list. */
  findEntry(entry: number): number {
    const list = this.#lists[this.#newest];
    const key = list.keyOf(entry);
    return this.#ids.find(key, isIdItself(key) ? null : list.at(entry).id);
  }

  /** From now on exits come from this list. Those of the one before stay in that until they are moved. */
  begin(list: ExitRows): void {
    this.#newest = this.older;
    this.#lists[this.#newest] = list;
  }

  /** No exit is left in the list before. */
  end(): void {
    this.#lists[this.older] = NO_EXITS;
  }

  /** Whether it has been moved to the newest list. */
  isIn(row: number): boolean {
    return this.store.has(row, LIST) === (this.#newest === 1);
  }

  /** A row for an entry of the newest list. */
  add(entry: number): number {
    const row = this.store.take();
    this.#enter(row, this.#lists[this.#newest].keyOf(entry));
    this.move(row, entry);
    this.#enterWritten(row);
    return row;
  }

  /** A row for an exit. */
  addOwn(exit: Exit): number {
    const row = this.store.take();
    this.#enter(row, exitKey(exit.id));
    this.moveOwn(row, exit);
    this.#enterWritten(row);
    return row;
  }

  /** The exit of a row, whose id stays, is an entry of the newest list. */
  move(row: number, entry: number): void {
    this.#forget(row);
    this.store.set(row, ENTRY, entry);
    this.store.mark(row, LIST, this.#newest === 1);
  }

  /** The exit of a row, whose id stays, is this one. */
  moveOwn(row: number, exit: Exit): void {
    this.#forget(row);
    this.#own.set(row, this.labelled(exit));
    this.store.mark(row, OWN, true);
    this.store.mark(row, LIST, this.#newest === 1);
  }

  /** Nobody finds it any more, but what is under way over it may still ask for it. */
  remove(row: number, isInUse: boolean): void {
    if (this.store.has(row, NAMED)) {
      const written = normalize(this.idOf(row));
      if (written !== this.idOf(row)) this.#written.delete(exitKey(written), row);
    }
    this.#ids.delete(this.store.get(row, KEY), row);
    if (!isInUse) return;
    this.#own.set(row, this.exitOf(row));
    this.store.mark(row, OWN, true);
  }

  free(row: number): void {
    this.#forget(row);
    this.store.free(row);
  }

  idOf(row: number): string {
    return this.store.has(row, NAMED) ? this.exitOf(row).id : idOfKey(this.store.get(row, KEY));
  }

  /** To be asked of the view that there is: this makes another object for each call. */
  exitOf(row: number): Exit {
    const own = this.store.has(row, OWN) ? this.#own.get(row) : undefined;
    const list = this.#lists[this.store.has(row, LIST) ? 1 : 0] as ExitRows;
    return own ?? this.labelled(list.at(this.store.get(row, ENTRY)));
  }

  /** Reads what a look at these two is going to read: in a pool of a million that is nearly all that it costs, and so it is waited for once. */
  readAhead(a: number, b: number): void {
    const [entryA, entryB] = [this.store.get(a, ENTRY), this.store.get(b, ENTRY)];
    const list = this.#lists[this.#newest];
    this.fetched = list.readAhead(entryA) + list.readAhead(entryB);
  }

  /** The view of an exit, if it was kept. */
  kept(row: number): PoolExit | null {
    const at = this.#placeOf(row);
    return at < this.#kept.length && this.#keptRows.get(at) === row ? (this.#kept[at] as PoolExit | null) : null;
  }

  /** Keeps the view of an exit that is used, with its exit, in the place of another's. */
  keep(member: PoolExit): void {
    const at = this.#placeOf(member.number);
    while (this.#kept.length <= at) this.#kept.push(null);
    this.#keptRows.reserve(at + 1);
    this.#kept[at] = member;
    this.#keptRows.set(at, member.number);
  }

  /** The exit, in the first tier if it names none. */
  labelled<T extends Pick<Exit, "tags">>(exit: T): T {
    if (this.tier === undefined || exit.tags["tier"] !== undefined) return exit;
    return { ...exit, tags: { ...exit.tags, tier: this.tier } };
  }

  #enter(row: number, key: number): void {
    this.store.set(row, KEY, key);
    this.store.mark(row, NAMED, !isIdItself(key));
    this.#ids.add(key, row);
  }

  #enterWritten(row: number): void {
    if (!this.store.has(row, NAMED)) return;
    const written = normalize(this.idOf(row));
    if (written !== this.idOf(row)) this.#written.add(exitKey(written), row);
  }

  #placeOf(row: number): number {
    return row < ALL_KEPT_MAX ? row : ALL_KEPT_MAX + (row % SOME_KEPT_MAX);
  }

  #forget(row: number): void {
    if (this.store.has(row, OWN)) {
      this.#own.delete(row);
      this.store.mark(row, OWN, false);
    }
    if (this.kept(row) !== null) this.#kept[this.#placeOf(row)] = null;
  }
}

const NO_EXITS: ExitRows = new GivenExits([]);
