import type { Weighed } from "../blame/evidence.ts";
import type { Failure } from "../blame/failure.ts";
import { formatHostPort } from "../core/address.ts";
import type { Clock, Random } from "../core/clock.ts";
import type { HopState, Report } from "../core/event.ts";
import { type ExitRows, GivenExits } from "../core/exit-rows.ts";
import { type Fault, type FaultId, fault } from "../core/fault.ts";
import type { RequestParams } from "../core/params.ts";
import type { PoolSettings } from "../core/pool-settings.ts";
import type { Exit, Route, Target } from "../core/route.ts";
import { findingOf } from "./check-finding.ts";
import { Chooser, type Want } from "./chooser.ts";
import { type Ways, waysTo } from "./circuit-ways.ts";
import { type DueExit, type DueTimes, dueForCheck, inTurn } from "./due-checks.ts";
import { ExitLoader, type PoolChange } from "./exit-loader.ts";
import { ExitTable } from "./exit-table.ts";
import { explainFilter } from "./explain-filter.ts";
import { type Lease, type LeaseOutcome, OpenLease } from "./lease.ts";
import { Lessons } from "./lessons.ts";
import { LimitsInForce } from "./limits-in-force.ts";
import { type ExitPage, type ExitsWanted, listExits } from "./listing.ts";
import { OperatorDoor } from "./operator.ts";
import { type Checked, Outcomes } from "./outcomes.ts";
import { PoolExit } from "./pool-exit.ts";
import { RepeatBudget } from "./repeat-budget.ts";
import { SessionDesk } from "./session-desk.ts";
import { type ExitSnapshot, snapshotOf } from "./snapshot.ts";
import { Tiers } from "./tiers.ts";

/** What counts the tunnels of an exit, also where that has been removed meanwhile. */
export interface Carrier {
  tunnels: number;
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
  /** Which tier of exits serves which target. */
  readonly tiers: Tiers;
  /** How often targets are asked again. */
  readonly repeats: RepeatBudget = new RepeatBudget();
  readonly #clock: Clock;
  readonly #exits: ExitTable;
  readonly #door: OperatorDoor;
  readonly #lessons: Lessons;
  readonly #chooser: Chooser;
  readonly #outcomes: Outcomes;
  readonly #loader: ExitLoader;
  readonly #sessions: SessionDesk;

  constructor({ settings, clock, random, report }: PoolOptions) {
    this.#clock = clock;
    this.tiers = new Tiers(settings.tiers);
    this.#exits = new ExitTable(settings, report);
    this.#door = new OperatorDoor(this.#exits, this.limits);
    this.#lessons = new Lessons(random);
    const known = { exits: this.#exits, lessons: this.#lessons, limits: this.limits, tiers: this.tiers };
    this.#chooser = new Chooser(known, settings.select, random);
    this.#outcomes = new Outcomes({ ...known, chooser: this.#chooser });
    this.#loader = new ExitLoader(known, clock, report);
    this.#sessions = new SessionDesk(this.#exits, this.#chooser);
  }

  get size(): number {
    return this.#exits.size;
  }

  /** Takes new settings; what was learned stays. */
  configure(settings: PoolSettings): void {
    this.#chooser.strategy = settings.select;
    this.tiers.configure(settings.tiers);
    this.#exits.configure(settings);
  }

  /** Replaces the exits at once, for few of them: see `loading`. */
  load(exits: readonly Exit[]): PoolChange {
    return this.#loader.load(new GivenExits(exits));
  }

  /**
   * Replaces the exits, step by step, so that whoever calls can give way between steps: the pool is whole after each. Leases of exits that are
   * gone run on; an exit whose route has changed starts without a bench. To be run to its end before anything else is loaded or changed.
   */
  loading(exits: ExitRows): Generator<void, PoolChange> {
    return this.#loader.loading(exits);
  }

  /** Adds exits, or puts them in the place of those with their ids, and removes others. Costs nothing for all that stay. */
  change(put: readonly Exit[], gone: readonly string[]): PoolChange {
    return this.#loader.change(put, gone);
  }

  /** The exit to try next; null where none will do. Never waits. `tried` holds the ids of those that this exchange has tried. */
  take(want: Want, tried: ReadonlySet<string>): Lease | null {
    const { session } = want.params;
    const now = this.#clock.now();
    const look = this.limits.look(want.target, now);
    if (look !== null && look.limited !== null) return null;
    this.#exits.endBenches(now);
    const chosen = session === null ? this.#chooser.choose(want, tried, now) : this.#sessions.choose(session, want, tried, now);
    if (chosen === null || (look !== null && !look.admits(chosen))) return null;
    this.#exits.book.keep(chosen);
    chosen.inFlight++;
    chosen.lastLease = ++this.#exits.attempts;
    this.#exits.placeUsed(chosen, "it was taken", now);
    const name = session === null ? null : this.#sessions.leaseName(session, want, chosen);
    const lease = new OpenLease(this, chosen, want.target, name, chosen.lastLease);
    if (look !== null) lease.slot = look.take(chosen.exit);
    return lease;
  }

  /** Why `take` finds nothing, in words that name the filter. */
  explainEmpty({ filter, session }: RequestParams): string {
    return this.#sessions.explain(session, filter, this.#clock.now())?.words ?? explainFilter(filter, this.#exits.index);
  }

  /** `explainEmpty` as the fault to answer with. */
  faultOfEmpty(params: RequestParams): Fault {
    const isLost = this.#sessions.explain(params.session, params.filter, this.#clock.now())?.isLost === true;
    return fault(isLost ? "handshake.session_lost" : "gateway.no_exit", this.explainEmpty(params), isLost ? { stage: "select" } : {});
  }

  /** Gives a lease back, once; a second time does nothing. Who is to blame where it failed; else null. */
  settle(lease: Lease, outcome: LeaseOutcome): Weighed | null {
    if (!(lease instanceof OpenLease) || lease.owner !== this || lease.isSettled) return null;
    lease.isSettled = true;
    lease.taken.inFlight--;
    const now = this.#clock.now();
    const weighed = this.#outcomes.learn(lease, outcome, now);
    if (lease.ruling !== null && outcome.kind !== "unjudged") this.#outcomes.obey(lease, lease.ruling, now);
    this.#exits.release(lease.taken);
    lease.slot?.release();
    return weighed;
  }

  /** A check begins, over an exit that is not taken here; what this gives is for `record`. */
  beginCheck(): number {
    return ++this.#exits.attempts;
  }

  /** What a check found out. Null also where there is no such exit. */
  record({ exit, over, target, outcome, closely }: Checked, begunAt: number = this.beginCheck()): Weighed | null {
    const taken = this.#exits.get(exit);
    if (taken === undefined) return null;
    const now = this.#clock.now();
    const found = findingOf(outcome, closely === true);
    return this.#outcomes.learn({ taken, exit: over ?? taken.exit, target, leasedAt: begunAt }, outcome, now, found);
  }

  /** Goes through the exits that a check should look at now. */
  dueForCheck(times: DueTimes): Generator<DueExit | null, void> {
    return dueForCheck(this.#exits.scattered(), times, this.#clock);
  }

  /** Goes through the exits that are in use, one after the other. */
  inTurn(): Generator<DueExit | null, void> {
    return inTurn(this.#exits.all(), this.#clock);
  }

  /** An attempt over no exit. */
  recordDirect(target: Target, outcome: LeaseOutcome): Weighed | null {
    return this.#outcomes.learnDirect(target, outcome, this.#clock.now());
  }

  /** The exits that can tell whether a target is down. */
  waysTo(target: Target): Ways {
    return waysTo(formatHostPort(target), this.#exits, this.#lessons.blocksOf(target), this.#clock.now());
  }

  /** Whether the exit with this id still leads where this one led. */
  leadsStill(exit: Exit): boolean {
    return this.#outcomes.leadsStill(exit);
  }

  /** A later look at an earlier failure. `route` has the exit as it was taken. */
  weigh(route: Route, failure: Failure): Weighed {
    return this.#outcomes.weigh(route, failure, this.#clock.now());
  }

  /** What an exit was benched for was not its fault. Does nothing where it was benched for another, of another target or one that came after. */
  acquit(route: Route, fault: FaultId, reason: string): void {
    this.#outcomes.acquit(route, fault, reason, this.#clock.now());
  }

  snapshot(): readonly ExitSnapshot[] {
    const now = this.#clock.now();
    return Array.from(this.#exits.all(), (member) => snapshotOf(member, now));
  }

  /** How many exits are in each state, without a look at each. */
  countByState(): Readonly<Record<HopState, number>> {
    return this.#exits.countByState(this.#clock.now());
  }

  /** A tunnel goes on over this exit, whose lease is settled; what it gives is for `letGo`. */
  carry(exit: Exit | null): Carrier | null {
    return exit === null ? null : this.#exits.carry(exit.id);
  }

  letGo(carrier: Carrier | null): void {
    if (carrier instanceof PoolExit) this.#exits.letGo(carrier);
  }

  /** One exit and what is known of it; null: there is none. */
  find(id: string): ExitSnapshot | null {
    const member = this.#exits.get(id);
    return member === undefined ? null : snapshotOf(member, this.#clock.now());
  }

  /** One page of the exits. Step by step, since there may be a million. */
  list(wanted: ExitsWanted): Generator<void, ExitPage> {
    return listExits(this.#exits, wanted, this.#clock.now());
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
    return this.#sessions.rotate(key, this.#clock.now());
  }
}
