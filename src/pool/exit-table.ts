import type { Random } from "../core/clock.ts";
import type { HopState, Report } from "../core/event.ts";
import type { ExitFilter } from "../core/params.ts";
import type { PoolSettings } from "../core/pool-settings.ts";
import type { Exit } from "../core/route.ts";
import { BenchQueue } from "./bench-queue.ts";
import { ExitBook } from "./exit-book.ts";
import type { ExitGroup } from "./exit-group.ts";
import { ExitIndex } from "./exit-index.ts";
import type { PoolKind } from "./exit-kinds.ts";
import { ExitOrder } from "./exit-order.ts";
import { GONE, NONE } from "./exit-store.ts";
import { Floor } from "./floor.ts";
import type { Hold } from "./hold.ts";
import type { PoolExit } from "./pool-exit.ts";
import { isSameRoute } from "./same-route.ts";
import { TagLists } from "./tag-lists.ts";
import { BARRED, OUT, USABLE, type Zone } from "./zone.ts";

/** Bench ends that one look deals with: thousands may end in one moment, and no choice is to wait for them all. */
const BENCH_ENDS_MAX = 32;
/** The same for exits that are placed anew. */
const PLACED_MAX = 500;
/** Exits that are wanted of which is looked whether their bench is over: a fraction of a millisecond. */
const WANTED_LOOKED_AT_MAX = 1024;

const BENCH_IS_OVER = "its bench is over";

/** What an exit must be to be taken. */
type ExitRules = Pick<PoolSettings, "floor" | "checked">;

/** The exits of a pool, each in the zone where it belongs, and every change of their states reported once. */
export class ExitTable {
  readonly floor: Floor;
  readonly book: ExitBook = new ExitBook();
  readonly lists: TagLists = new TagLists(this.book);
  readonly order: ExitOrder = new ExitOrder(this.book);
  readonly index: ExitIndex = new ExitIndex(this.lists);
  readonly #benches = new BenchQueue(this.book.store);
  readonly #report: Report;
  /** Attempts so far: the clock that tells those which began before a bench from later ones. */
  attempts = 0;
  /** How many exits are sound. */
  #sound = 0;
  /** By the state that was last reported. */
  readonly #counts: Record<HopState, number> = { untried: 0, healthy: 0, probation: 0, benched: 0, dead: 0 };

  #onlyChecked: boolean;
  /** Exits in rows below this are placed by the rules of now. */
  #placedBelow: number = Number.POSITIVE_INFINITY;

  constructor({ floor, checked }: ExitRules, report: Report) {
    this.floor = new Floor(floor);
    this.#onlyChecked = checked;
    this.#report = report;
  }

  configure({ floor, checked }: ExitRules): void {
    this.floor.share = floor;
    if (checked === this.#onlyChecked) return;
    this.#onlyChecked = checked;
    this.#placedBelow = 0;
  }

  get size(): number {
    return this.lists.all.size;
  }

  view(row: number): PoolExit {
    return this.lists.view(row);
  }

  get(id: string): PoolExit | undefined {
    const row = this.book.find(id);
    return row < 0 ? undefined : this.view(row);
  }

  /** Whether an exit still leads where it led when it was taken. */
  isStill(member: PoolExit, before: Exit): boolean {
    if (member.isGone) return false;
    const { exit } = this.view(member.number);
    return exit === before || isSameRoute(exit, before);
  }

  /** In the order of the lists. The pool may change meanwhile: see `ExitOrder.rows`. */
  *all(): IterableIterator<PoolExit> {
    for (const row of this.order.rows()) if (row !== NONE) yield this.view(row);
  }

  /** The same in another order, in which the first few are like the whole. */
  *scattered(): IterableIterator<PoolExit> {
    for (const row of this.order.scattered()) if (row !== NONE) yield this.view(row);
  }

  /** An exit has come. */
  enter(row: number, kind: PoolKind, now: number): void {
    const member = this.view(row);
    this.index.enter(row, kind, zoneOf(member, this.#onlyChecked, now));
    this.#sound++;
    this.#counts.untried++;
  }

  /** An exit has other tags than before. */
  changeKind(row: number, kind: PoolKind): void {
    const { zone } = this.view(row);
    this.index.leave(row, zone);
    this.index.enter(row, kind.number < 0 ? this.lists.kinds.of(kind) : kind, zone);
  }

  /** An exit goes; what is under way over it runs on. */
  remove(row: number): void {
    const member = this.view(row);
    this.#benches.delete(row);
    this.index.leave(row, member.zone);
    if (member.isSound) this.#sound--;
    this.#counts[member.reported]--;
    const isInUse = member.inFlight + member.tunnels > 0;
    this.book.remove(row, isInUse);
    if (isInUse) this.book.store.mark(row, GONE, true);
    else this.book.free(row);
  }

  /** A tunnel goes on over an exit, and is to be let go in the end. Null: there is no such exit. */
  carry(id: string): PoolExit | null {
    const member = this.get(id);
    if (member === undefined) return null;
    member.tunnels++;
    return member;
  }

  letGo(member: PoolExit): void {
    member.tunnels--;
    this.release(member);
  }

  /** Something that was under way over an exit has ended. */
  release(member: PoolExit): void {
    if (member.isGone && member.inFlight + member.tunnels === 0) this.book.free(member.number);
  }

  /** How many exits are in each state. Costs the same for a million; a bench that is over counts until it is noticed. */
  countByState(now: number): Readonly<Record<HopState, number>> {
    this.endBenches(now);
    return { ...this.#counts };
  }

  /** Ends benches whose time has come, and goes on with what else was put off. */
  endBenches(now: number): void {
    if (this.#placedBelow < this.book.store.end) this.#placeMore(now);
    for (let count = 0; count < BENCH_ENDS_MAX; count++) {
      const row = this.#benches.takeDue(now);
      if (row < 0) return;
      this.place(this.view(row), BENCH_IS_OVER, now);
    }
  }

  /** Ends benches of exits that are wanted before those of others that were over earlier. True where there were any. */
  endBenchesOf(filter: ExitFilter, random: Random, now: number): boolean {
    if (!this.#benches.isAnyDue(now)) return false;
    const wanted = this.index.find(filter);
    const due: PoolExit[] = [];
    for (const row of someNotUsable(wanted.groups, random)) {
      if (!this.#benches.isDue(row, now)) continue;
      const member = this.view(row);
      if (wanted.fits(member) && due.push(member) === BENCH_ENDS_MAX) break;
    }
    for (const member of due) this.place(member, BENCH_IS_OVER, now);
    return due.length > 0;
  }

  /** Places some of the exits anew, since other rules hold for them. */
  #placeMore(now: number): void {
    const { store } = this.book;
    const end = Math.min(store.end, this.#placedBelow + PLACED_MAX);
    for (let row = this.#placedBelow; row < end; row++) {
      if (store.kindOf(row) >= 0) this.place(this.view(row), "the checks were configured", now);
    }
    this.#placedBelow = end;
  }

  /** Puts an exit where it belongs after anything about it has changed, and reports its new state. */
  place(member: PoolExit, reason: string, now: number): void {
    if (member.isGone) return;
    if (isOver(member.hold, now)) member.hold = null;
    const { hold, health } = member;
    // First the operator's, whose end lets it be a last resort again.
    const end = hold !== null && hold.benchedUntil > now ? hold.benchedUntil : health.benchedUntil;
    if (end > now) this.#benches.set(member.number, end);
    else this.#benches.delete(member.number);
    const isSound = hold === null && !health.isOnProbation;
    this.#moveTo(member, zoneOf(member, this.#onlyChecked, now));
    if (isSound !== member.isSound) this.#countSound(member, isSound);
    const state = hold === null ? health.state(now) : member.state(now);
    if (state !== member.reported) this.#announce(member, state, reason, now);
  }

  /** The same after it was taken, answered or came to nothing, which moves none that is known to be healthy. */
  placeUsed(member: PoolExit, reason: string, now: number): void {
    if (!member.isSettled) this.place(member, reason, now);
  }

  lookAtFloor(): void {
    const message = this.floor.look(this.#sound, this.size);
    if (message !== null) this.#report({ type: "warning", message });
  }

  #moveTo(member: PoolExit, zone: Zone): void {
    const from = member.zone;
    if (zone === from) return;
    this.index.move(member.number, from, zone);
  }

  /** Exits on probation do not count, else an outage would end and begin again with each of their attempts. */
  #countSound(member: PoolExit, isSound: boolean): void {
    member.isSound = isSound;
    this.#sound += isSound ? 1 : -1;
    this.lookAtFloor();
  }

  #announce(member: PoolExit, to: HopState, reason: string, now: number): void {
    const from = member.reported;
    member.reported = to;
    this.#counts[from]--;
    this.#counts[to]++;
    const forMs = Math.max(0, Math.round(member.benchedUntil - now));
    this.#report({ type: "hop-changed", exit: member.id, from, to, reason, forMs });
  }
}

/** Rows of exits that may not be taken: all, or as many in a row as are looked at. */
function* someNotUsable(groups: readonly ExitGroup[], random: Random): Generator<number, void> {
  for (const group of groups) {
    const count = group.size - group.usable;
    const start = Math.floor(random() * count);
    const looks = Math.min(count, WANTED_LOOKED_AT_MAX / groups.length);
    for (let look = 0; look < looks; look++) yield group.rowAt(group.usable + ((start + look) % count));
  }
}

/** An operator's word that holds no longer. */
function isOver(hold: Hold | null, now: number): boolean {
  return hold !== null && !hold.isDraining && hold.benchedUntil <= now;
}

function zoneOf(member: PoolExit, onlyChecked: boolean, now: number): Zone {
  const { hold, health } = member;
  if (hold !== null) return BARRED;
  if (health.isBenched(now) || member.isOnTrial) return OUT;
  return onlyChecked && (health.isOnProbation || (health.state(now) === "untried" && !health.isChecked)) ? OUT : USABLE;
}
