import type { Failure } from "../blame/failure.ts";
import type { Clock, Random } from "../core/clock.ts";
import type { Report } from "../core/event.ts";
import { type Fault, fault } from "../core/fault.ts";
import type { ExitFilter, RequestParams, SessionWant } from "../core/params.ts";
import type { Exit, Target } from "../core/route.ts";
import { consequenceOf } from "./bench-rules.ts";
import { ExitIndex, matches, PoolExit } from "./exit-index.ts";
import { explainFilter } from "./explain-filter.ts";
import { choose } from "./selection.ts";
import { Sessions } from "./sessions.ts";
import { type ExitSnapshot, snapshotOf } from "./snapshot.ts";

/** An exit taken for one attempt; must be settled once. */
export interface Lease {
  readonly exit: Exit;
  /** Key of the client's session, if it has one. */
  readonly session: string | null;
}

export interface Want {
  readonly target: Target;
  readonly params: RequestParams;
}

/** How an attempt went, as far as its exit is concerned. */
export type LeaseOutcome =
  /** An answer came, or a tunnel opened; `ms` until then. */
  | { readonly kind: "answered"; readonly ms: number }
  | ({ readonly kind: "failed" } & Failure)
  /** The client left, or nothing was tried. */
  | { readonly kind: "unjudged" };

/**
 * The exits, and which to take next.
 *
 *     take -> lease -> attempt -> settle        one lease per attempt, settled once
 *
 * Nothing waits: where no exit will do, `take` says so at once. Health follows an exit's id across loads.
 */
export class Pool {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #report: Report;
  readonly #exits = new Map<string, PoolExit>();
  #index = new ExitIndex([]);
  readonly #soft = new Sessions();
  readonly #hard = new Sessions();
  /** Leases so far: the clock that tells attempts which began before a bench from later ones. */
  #leases = 0;
  /** Moving average over all exits, what an unknown one is measured by. */
  #ewmaMs = 500;

  constructor(options: { readonly clock: Clock; readonly random: Random; readonly report: Report }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#report = options.report;
  }

  get size(): number {
    return this.#exits.size;
  }

  /** Replaces the exits. Leases of those that are gone run on; an exit whose route has changed starts without a bench. */
  load(exits: readonly Exit[]): { added: number; removed: number; kept: number } {
    const before = new Map(this.#exits);
    this.#exits.clear();
    let added = 0;
    for (const exit of exits) {
      if (this.#exits.has(exit.id)) {
        this.#report({ type: "warning", message: `two exits have the id ${exit.id}: the second is left out` });
        continue;
      }
      const known = before.get(exit.id);
      before.delete(exit.id);
      if (known === undefined) added++;
      this.#exits.set(exit.id, known === undefined ? new PoolExit(exit) : this.#update(known, exit));
    }
    this.#index = new ExitIndex([...this.#exits.values()]);
    return { added, removed: before.size, kept: this.#exits.size - added };
  }

  /** The exit to try next; null where none will do. Never waits. `tried` holds the ids of those that this exchange has tried. */
  take({ params }: Want, tried: ReadonlySet<string>): Lease | null {
    const { session, filter } = params;
    const now = this.#clock.now();
    const chosen = session === null ? this.#choose(filter, tried, now) : this.#chooseForSession(session, filter, tried, now);
    if (chosen === null) return null;
    this.#announce(chosen, "its bench is over", now);
    chosen.inFlight++;
    return new OpenLease(this, chosen, session?.key ?? null, ++this.#leases);
  }

  /** Why `take` finds nothing, in words that name the filter. */
  explainEmpty({ filter, session }: RequestParams): string {
    const lost = session === null ? null : this.#lostExit(session, filter);
    if (lost !== null) return `the session's exit ${lost} is gone, and a hard session does not move`;
    return explainFilter(
      filter,
      [...this.#exits.values()].map(({ exit }) => exit),
    );
  }

  /** `explainEmpty` as the fault to answer with. */
  faultOfEmpty(params: RequestParams): Fault {
    const { session, filter } = params;
    const isLost = session !== null && this.#lostExit(session, filter) !== null;
    return fault(isLost ? "handshake.session_lost" : "gateway.no_exit", this.explainEmpty(params), isLost ? { stage: "select" } : {});
  }

  /** Gives a lease back, once; a second time does nothing. */
  settle(lease: Lease, outcome: LeaseOutcome): void {
    if (!(lease instanceof OpenLease) || lease.pool !== this || lease.isSettled) return;
    lease.isSettled = true;
    const { taken, leasedAt } = lease;
    taken.inFlight--;
    if (outcome.kind === "answered") {
      const now = this.#clock.now();
      taken.health.succeed(outcome.ms, now);
      this.#ewmaMs += 0.02 * (outcome.ms - this.#ewmaMs);
      this.#announce(taken, "it answered", now);
    } else if (outcome.kind === "failed") {
      this.#settleFailed(taken, outcome, leasedAt);
    }
  }

  snapshot(): readonly ExitSnapshot[] {
    const now = this.#clock.now();
    return [...this.#exits.values()].map((member) => snapshotOf(member, now));
  }

  #settleFailed(taken: PoolExit, outcome: Failure, leasedAt: number): void {
    const { fault: seen } = outcome;
    const consequence = consequenceOf(outcome, taken.exit.rotating);
    const now = this.#clock.now();
    if (consequence === "suspect") taken.health.suspect(seen.id, now);
    if (consequence !== "bench") return;
    taken.health.fail(seen.id, { now, random: this.#random, leasedAt, attempts: this.#leases, atLeastMs: seen.retryAfterMs ?? 0 });
    this.#announce(taken, `${seen.id}: ${seen.details}`, now);
  }

  #choose(filter: ExitFilter, tried: ReadonlySet<string>, now: number): PoolExit | null {
    const isFiltered = filter.exit !== null || Object.keys(filter.tags).length > 0;
    return choose({
      lists: isFiltered ? this.#index.lists(filter) : this.#index.all,
      matches: isFiltered ? (exit) => matches(exit, filter) : anyExit,
      tried,
      now,
      random: this.#random,
      unknownMs: this.#ewmaMs,
    });
  }

  #chooseForSession(want: SessionWant, filter: ExitFilter, tried: ReadonlySet<string>, now: number): PoolExit | null {
    const sessions = want.hard ? this.#hard : this.#soft;
    const key = sessionKey(want, filter);
    const heldTo = sessions.exitOf(key, now);
    const held = heldTo === null ? undefined : this.#exits.get(heldTo);
    if (heldTo !== null && want.hard) return held ?? null;
    if (held !== undefined && !held.health.isBenched(now) && (held.exit.rotating || !tried.has(held.exit.id))) return held;

    if (heldTo === null && !sessions.makeRoom(now, !want.hard)) return null;
    const chosen = this.#choose(filter, tried, now);
    if (chosen !== null) sessions.hold(key, chosen.exit.id, now + want.durationMs);
    return chosen;
  }

  #lostExit(want: SessionWant, filter: ExitFilter): string | null {
    const heldTo = want.hard ? this.#hard.exitOf(sessionKey(want, filter), this.#clock.now()) : null;
    return heldTo !== null && !this.#exits.has(heldTo) ? heldTo : null;
  }

  #update(known: PoolExit, exit: Exit): PoolExit {
    const isSameRoute = JSON.stringify(known.exit.hops) === JSON.stringify(exit.hops);
    known.exit = exit;
    if (isSameRoute) return known;
    known.health.renew();
    this.#announce(known, "its route has changed", this.#clock.now());
    return known;
  }

  /** Reports a change of state. The end of a bench shows when the exit is next taken: the pool has no timers. */
  #announce(member: PoolExit, reason: string, now: number): void {
    const from = member.reported;
    const to = member.health.state(now);
    if (from === to) return;
    member.reported = to;
    this.#report({
      type: "hop-changed",
      exit: member.exit.id,
      from,
      to,
      reason,
      forMs: Math.max(0, Math.round(member.health.benchedUntil - now)),
    });
  }
}

/** A lease with what its pool must know to settle it: nothing is looked up for it. */
class OpenLease implements Lease {
  readonly pool: Pool;
  readonly taken: PoolExit;
  readonly exit: Exit;
  readonly session: string | null;
  /** The count of leases when it was taken. */
  readonly leasedAt: number;
  isSettled = false;

  constructor(pool: Pool, taken: PoolExit, session: string | null, leasedAt: number) {
    this.pool = pool;
    this.taken = taken;
    this.exit = taken.exit;
    this.session = session;
    this.leasedAt = leasedAt;
  }
}

function anyExit(): boolean {
  return true;
}

/** The same key with another filter is another session: its exit could not match both. */
function sessionKey({ key }: SessionWant, { exit, tags }: ExitFilter): string {
  return JSON.stringify([key, exit, Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
