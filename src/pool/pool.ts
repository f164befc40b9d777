import type { Weighed } from "../blame/evidence.ts";
import type { Clock, Random } from "../core/clock.ts";
import type { HopState, Report } from "../core/event.ts";
import { type Fault, fault } from "../core/fault.ts";
import type { ExitFilter, RequestParams, SessionWant } from "../core/params.ts";
import type { Exit, Target } from "../core/route.ts";
import type { Ruling } from "../core/rule.ts";
import type { PoolSettings } from "../core/settings.ts";
import { ExitTable } from "./exit-table.ts";
import { explainFilter } from "./explain-filter.ts";
import { type Lease, type LeaseOutcome, OpenLease } from "./lease.ts";
import { type Attempted, Lessons } from "./lessons.ts";
import { LimitsInForce } from "./limits-in-force.ts";
import { type ExitPage, type ExitsWanted, listExits } from "./listing.ts";
import { OperatorDoor } from "./operator.ts";
import type { PoolExit } from "./pool-exit.ts";
import { RepeatBudget } from "./repeat-budget.ts";
import { choose } from "./selection.ts";
import { Sessions } from "./sessions.ts";
import { type ExitSnapshot, snapshotOf } from "./snapshot.ts";

export interface Want {
  readonly target: Target;
  readonly params: RequestParams;
}

/** What a check found out. */
export interface Checked {
  readonly exit: string;
  readonly target: Target;
  readonly outcome: LeaseOutcome;
}

export interface PoolOptions {
  readonly settings: PoolSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly report: Report;
}

/**
 * The exits, and which to take next.
 *
 *     take -> lease -> attempt -> settle        one lease per attempt, settled once
 *
 * Nothing waits: where no exit will do, `take` says so at once. Health follows an exit's id across loads.
 */
export class Pool {
  /** What exits and targets get at most. */
  readonly limits: LimitsInForce = new LimitsInForce();
  /** How often targets are asked again. */
  readonly repeats: RepeatBudget = new RepeatBudget();
  readonly #clock: Clock;
  readonly #random: Random;
  #settings: PoolSettings;
  readonly #exits: ExitTable;
  readonly #door: OperatorDoor;
  readonly #lessons: Lessons;
  readonly #soft = new Sessions();
  readonly #hard = new Sessions();
  /** Leases so far: the clock that tells attempts which began before a bench from later ones. */
  #leases = 0;
  /** Moving average over all exits, what an unknown one is measured by. */
  #ewmaMs = 500;

  constructor({ settings, clock, random, report }: PoolOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#settings = settings;
    this.#exits = new ExitTable(settings.floor, report);
    this.#door = new OperatorDoor(this.#exits);
    this.#lessons = new Lessons(random);
  }

  get size(): number {
    return this.#exits.size;
  }

  /** Takes new settings; what was learned stays. */
  configure(settings: PoolSettings): void {
    this.#settings = settings;
    this.#exits.floor.share = settings.floor;
  }

  /** Replaces the exits. Leases of those that are gone run on; an exit whose route has changed starts without a bench. */
  load(exits: readonly Exit[]): { added: number; removed: number; kept: number } {
    const { added, removed, changed } = this.#exits.load(exits, this.#clock.now());
    this.#lessons.forget(removed);
    this.#lessons.forget(changed);
    this.limits.load(exits);
    return { added, removed: removed.length, kept: this.size - added };
  }

  /** The exit to try next; null where none will do. Never waits. `tried` holds the ids of those that this exchange has tried. */
  take(want: Want, tried: ReadonlySet<string>): Lease | null {
    const { session } = want.params;
    const now = this.#clock.now();
    const look = this.limits.look(want.target, now);
    if (look !== null && look.limited !== null) return null;
    this.#exits.endBenches(now);
    const chosen = session === null ? this.#choose(want, tried, now) : this.#chooseForSession(session, want, tried, now);
    if (chosen === null || (look !== null && !look.admits(chosen))) return null;
    chosen.inFlight++;
    chosen.lastLease = ++this.#leases;
    this.#exits.place(chosen, "it was taken", now);
    const lease = new OpenLease(this, chosen, want.target, session === null ? null : this.#leaseName(session, want, chosen), this.#leases);
    if (look !== null) lease.slot = look.take(chosen.exit);
    return lease;
  }

  /** Why `take` finds nothing, in words that name the filter. */
  explainEmpty({ filter, session }: RequestParams): string {
    const lost = session === null ? null : this.#lostExit(session, filter);
    if (lost !== null) {
      const why = this.#exits.get(lost) === undefined ? "is gone" : "was benched by an operator";
      return `the session's exit ${lost} ${why}, and a hard session does not move`;
    }
    return explainFilter(filter, [...this.#exits.all()]);
  }

  /** `explainEmpty` as the fault to answer with. */
  faultOfEmpty(params: RequestParams): Fault {
    const { session, filter } = params;
    const isLost = session !== null && this.#lostExit(session, filter) !== null;
    return fault(isLost ? "handshake.session_lost" : "gateway.no_exit", this.explainEmpty(params), isLost ? { stage: "select" } : {});
  }

  /** Gives a lease back, once; a second time does nothing. Who is to blame where it failed; else null. */
  settle(lease: Lease, outcome: LeaseOutcome): Weighed | null {
    if (!(lease instanceof OpenLease) || lease.owner !== this || lease.isSettled) return null;
    lease.isSettled = true;
    lease.taken.inFlight--;
    const weighed = this.#learn(lease, outcome);
    if (lease.ruling !== null && outcome.kind !== "unjudged") this.#obey(lease, lease.ruling);
    lease.slot?.release();
    return weighed;
  }

  /** An attempt over an exit that was not taken here: a check's. Null also where there is no such exit. */
  record({ exit, target, outcome }: Checked): Weighed | null {
    const taken = this.#exits.get(exit);
    return taken === undefined ? null : this.#learn({ taken, target, leasedAt: ++this.#leases }, outcome);
  }

  /** An attempt over no exit. */
  recordDirect(target: Target, outcome: LeaseOutcome): Weighed | null {
    const now = this.#clock.now();
    if (outcome.kind === "failed") return this.#lessons.failedDirectly(target, outcome, now);
    if (outcome.kind === "answered") this.#lessons.answeredDirectly(target, now);
    return null;
  }

  snapshot(): readonly ExitSnapshot[] {
    const now = this.#clock.now();
    return Array.from(this.#exits.all(), (member) => snapshotOf(member, now));
  }

  /** How many exits are in each state, without a look at each. */
  countByState(): Readonly<Record<HopState, number>> {
    return this.#exits.countByState(this.#clock.now());
  }

  /** One exit and what is known of it; null: there is none. */
  find(id: string): ExitSnapshot | null {
    const member = this.#exits.get(id);
    return member === undefined ? null : snapshotOf(member, this.#clock.now());
  }

  /** One page of the exits. Step by step, since there may be a million. */
  list(wanted: ExitsWanted): Generator<void, ExitPage> {
    return listExits(this.#exits.all(), this.size, wanted, this.#clock.now());
  }

  /** An operator's bench: nobody is led over this exit for so long. False: there is none. */
  bench(id: string, ms: number, reason: string): boolean {
    return this.#door.bench(id, { ms, reason }, this.#clock.now());
  }

  /** Ends a bench, an operator's as well as one that it earned. False: there is no such exit. */
  unbench(id: string): boolean {
    return this.#door.unbench(id, this.#clock.now());
  }

  /** It takes no new request, but those of its hard sessions; those in flight run on. False: there is no such exit. */
  drain(id: string, isOn: boolean): boolean {
    return this.#door.drain(id, isOn, this.#clock.now());
  }

  /** The next request of each session with this key takes another exit, where there is one. How many there were. */
  rotateSession(key: string): number {
    const now = this.#clock.now();
    return this.#soft.rotate(sessionPrefix(key), now) + this.#hard.rotate(sessionPrefix(key), now);
  }

  #learn(attempted: Attempted, outcome: LeaseOutcome): Weighed | null {
    const now = this.#clock.now();
    const { taken } = attempted;
    if (outcome.kind === "failed") {
      const weighed = this.#lessons.failed(attempted, outcome, { now, attempts: this.#leases });
      const { fault: seen } = outcome;
      this.#exits.place(taken, `${seen.id}: ${seen.details}`, now);
      return weighed;
    }
    if (outcome.kind === "answered") {
      this.#lessons.answered(attempted, outcome.ms, now);
      this.#ewmaMs += 0.02 * (outcome.ms - this.#ewmaMs);
    }
    this.#exits.place(taken, outcome.kind === "answered" ? "it answered" : "its bench is over", now);
    return null;
  }

  /** What a rule wants besides what follows from the outcome itself. */
  #obey(lease: OpenLease, ruling: Ruling): void {
    const now = this.#clock.now();
    this.#lessons.ruled(lease, ruling, { now, attempts: this.#leases });
    this.#exits.place(lease.taken, `rule ${ruling.rule}`, now);
  }

  #choose({ target, params }: Want, tried: ReadonlySet<string>, now: number): PoolExit | null {
    const exits = this.#exits;
    return choose({
      shortlist: exits.index.find(params.filter),
      strategy: this.#settings.select,
      tried,
      triedKin: tried.size === 0 ? NONE : this.#kinOf(tried),
      blocks: this.#lessons.blocksOf(target),
      limits: this.limits.last,
      target: target.host,
      isBelowFloor: exits.floor.isBelow,
      now,
      random: this.#random,
      unknownMs: this.#ewmaMs,
    });
  }

  #kinOf(ids: ReadonlySet<string>): ReadonlySet<string> {
    const kin = new Set<string>();
    for (const id of ids) {
      const member = this.#exits.get(id);
      if (member !== undefined) kin.add(member.kin);
    }
    return kin;
  }

  #chooseForSession(want: SessionWant, all: Want, tried: ReadonlySet<string>, now: number): PoolExit | null {
    const sessions = want.hard ? this.#hard : this.#soft;
    const key = sessionKey(want, all.params.filter);
    const heldTo = sessions.exitOf(key, now);
    const held = heldTo === null ? undefined : this.#exits.get(heldTo);
    if (heldTo !== null && want.hard) return held === undefined || isBenchedByOperator(held, now) ? null : held;
    if (held !== undefined && held.hold === null && !held.health.isBenched(now)) {
      if (!tried.has(held.exit.id)) return held;
      if (held.exit.rotating) {
        sessions.renew(key);
        return held;
      }
    }

    const left = heldTo === null ? sessions.leftBy(key) : null;
    if (heldTo === null && left === null && !sessions.makeRoom(now, !want.hard)) return null;
    const other = left === null ? null : this.#choose(all, new Set([...tried, left]), now);
    const chosen = other ?? this.#choose(all, tried, now);
    if (chosen !== null) sessions.hold(key, chosen.exit.id, now + want.durationMs);
    return chosen;
  }

  /** A session that has moved among the exits that one line stands for has another name there, so that nothing of the old one is found. */
  #leaseName(want: SessionWant, { params }: Want, { exit }: PoolExit): string {
    if (!exit.rotating) return want.key;
    const turn = (want.hard ? this.#hard : this.#soft).turnOf(sessionKey(want, params.filter));
    return turn === 0 ? want.key : `${want.key}\n${turn}`;
  }

  #lostExit(want: SessionWant, filter: ExitFilter): string | null {
    const heldTo = want.hard ? this.#hard.exitOf(sessionKey(want, filter), this.#clock.now()) : null;
    const held = heldTo === null ? undefined : this.#exits.get(heldTo);
    return held === undefined || isBenchedByOperator(held, this.#clock.now()) ? heldTo : null;
  }
}

function isBenchedByOperator({ hold }: PoolExit, now: number): boolean {
  return hold !== null && hold.benchedUntil > now;
}

const NONE: ReadonlySet<string> = new Set();

/** The same key with another filter is another session: its exit could not match both. */
function sessionKey({ key }: SessionWant, { exit, tags }: ExitFilter): string {
  return JSON.stringify([key, exit, Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** How `sessionKey` begins for every filter. */
function sessionPrefix(key: string): string {
  return `${JSON.stringify([key]).slice(0, -1)},`;
}
