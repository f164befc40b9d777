import { HOP_STATES, type HopState } from "../core/event.ts";
import type { Exit } from "../core/route.ts";
import type { PoolKind } from "./exit-kinds.ts";
import {
  type ExitStore,
  FLAGS,
  GONE,
  HELD,
  IN_FLIGHT,
  LAST_LEASE,
  outlookStart,
  RECORD,
  REPORTED_MASK,
  REPORTED_SHIFT,
  recordStart,
  rowStart,
  TUNNELS,
  UNSOUND,
} from "./exit-store.ts";
import { Health } from "./health.ts";
import { beginHistory, HISTORY_NUMBERS } from "./health-numbers.ts";
import type { Hold } from "./hold.ts";
import { kinOf } from "./kin.ts";
import { costOf } from "./outlook.ts";
import type { TagLists } from "./tag-lists.ts";
import type { Zone } from "./zone.ts";

const REPORTED_HEALTHY: number = HOP_STATES.indexOf("healthy") << REPORTED_SHIFT;

/** What is remembered of every exit that was not used yet; never written to. */
const NO_HISTORY = new Float64Array(HISTORY_NUMBERS);
beginHistory(NO_HISTORY, 0);

/** An exit of the pool with what is known of it: a view of its row. Those of the exits that were used lately are kept. */
export class PoolExit {
  /** Its row. */
  readonly number: number;
  readonly #lists: TagLists;
  readonly #store: ExitStore;
  /** The numbers of its row, and where they begin. */
  readonly #row: Int32Array;
  readonly #at: number;
  readonly #outlook: Float64Array;
  readonly #outlookAt: number;
  /** Those of its record; null: it has none, as far as was seen. */
  #record: Float64Array | null = null;
  #recordAt = 0;
  #health: Health | null = null;
  #exit: Exit | null = null;
  #kin: string | null = null;

  constructor(lists: TagLists, number: number) {
    this.number = number;
    this.#lists = lists;
    this.#store = lists.book.store;
    const page = this.#store.rowPage(number);
    this.#row = page.numbers;
    this.#at = rowStart(number);
    this.#outlook = page.outlooks;
    this.#outlookAt = outlookStart(number);
  }

  get exit(): Exit {
    this.#exit ??= this.#lists.book.exitOf(this.number);
    return this.#exit;
  }

  get id(): string {
    return this.#exit === null ? this.#lists.book.idOf(this.number) : this.#exit.id;
  }

  /** What it has in common with others; not to be asked for once it is gone. */
  get kind(): PoolKind {
    return this.#lists.kinds.get(this.#store.kindOf(this.number));
  }

  /** What exits that fail together share. */
  get kin(): string {
    this.#kin ??= kinOf(this.exit);
    return this.#kin;
  }

  /** It has left the pool while something was under way over it. */
  get isGone(): boolean {
    return this.#has(GONE);
  }

  /** Not to be asked for once it is gone. */
  get zone(): Zone {
    return this.#store.zoneOf(this.number);
  }

  /** The state that was last reported. */
  get reported(): HopState {
    return HOP_STATES[(this.#flags & REPORTED_MASK) >> REPORTED_SHIFT] as HopState;
  }

  set reported(state: HopState) {
    this.#flags = (this.#flags & ~REPORTED_MASK) | (HOP_STATES.indexOf(state) << REPORTED_SHIFT);
  }

  /** Healthy, or nothing is known of it: what the pool counts on. */
  get isSound(): boolean {
    return !this.#has(UNSOUND);
  }

  set isSound(isSound: boolean) {
    this.#flags = isSound ? this.#flags & ~UNSOUND : this.#flags | UNSOUND;
  }

  /** Sound, and healthy as was reported: only a failure, a rule or an operator can move it. */
  get isSettled(): boolean {
    return (this.#flags & (UNSOUND | REPORTED_MASK)) === REPORTED_HEALTHY;
  }

  /** An operator holds it out: no new lease. */
  get hold(): Hold | null {
    return this.#has(HELD) ? (this.#store.holds.get(this.number) ?? null) : null;
  }

  set hold(hold: Hold | null) {
    this.#flags = hold === null ? this.#flags & ~HELD : this.#flags | HELD;
    if (hold === null) this.#store.holds.delete(this.number);
    else this.#store.holds.set(this.number, hold);
  }

  get inFlight(): number {
    return this.#row[this.#at + IN_FLIGHT] as number;
  }

  set inFlight(count: number) {
    this.#row[this.#at + IN_FLIGHT] = count;
  }

  /** Tunnels that are open over it; their leases were settled when they began. */
  get tunnels(): number {
    return this.#find() ? ((this.#record as Float64Array)[this.#recordAt + TUNNELS] as number) : 0;
  }

  set tunnels(count: number) {
    this.#open();
    (this.#record as Float64Array)[this.#recordAt + TUNNELS] = count;
  }

  /** The count of leases when it was last taken; 0: never. */
  get lastLease(): number {
    return this.#outlook[this.#outlookAt + LAST_LEASE] as number;
  }

  set lastLease(count: number) {
    this.#outlook[this.#outlookAt + LAST_LEASE] = count;
  }

  /** For reading. */
  get health(): Health {
    this.#find();
    this.#health ??= new Health(this.#outlook, this.#outlookAt, NO_HISTORY, 0);
    return this.#health;
  }

  /** For writing. */
  learn(): Health {
    this.#open();
    return this.health;
  }

  /** On probation, and an attempt that is to prove it may be under way: what began before its bench proves nothing. */
  get isOnTrial(): boolean {
    const { health } = this;
    return health.isOnProbation && this.inFlight > 0 && this.lastLease > health.benchedAt;
  }

  /** See `Health.cost`: the same without a look at what is remembered of it, which only one that is not sound needs. */
  cost(unknownMs: number, now: number): number {
    const { inFlight } = this;
    if (!this.isSound) return this.health.cost(inFlight, unknownMs, now);
    return costOf(this.#outlook, this.#outlookAt, { inFlight, unknownMs, now });
  }

  state(now: number): HopState {
    const { hold } = this;
    return hold !== null && hold.benchedUntil > now ? "benched" : this.health.state(now);
  }

  /** When its bench is over, an operator's or one that it earned. On the clock. */
  get benchedUntil(): number {
    const { hold } = this;
    return hold === null ? this.health.benchedUntil : Math.max(this.health.benchedUntil, hold.benchedUntil);
  }

  get #flags(): number {
    return this.#row[this.#at + FLAGS] as number;
  }

  set #flags(flags: number) {
    this.#row[this.#at + FLAGS] = flags;
  }

  #has(flag: number): boolean {
    return (this.#flags & flag) !== 0;
  }

  /** Whether it has a record. */
  #find(): boolean {
    if (this.#record !== null) return true;
    const record = this.#row[this.#at + RECORD] as number;
    if (record < 0) return false;
    this.#record = this.#store.recordPage(record);
    this.#recordAt = recordStart(record);
    this.#health = new Health(this.#outlook, this.#outlookAt, this.#record, this.#recordAt);
    return true;
  }

  #open(): void {
    if (this.#find()) return;
    this.#store.openRecord(this.number);
    this.#find();
  }
}
