import { bestStory } from "../blame/best-story.ts";
import type { AttemptRecord, AttributedFault } from "../core/ledger.ts";
import type { Due } from "../net/deadlines.ts";
import { checkRoute } from "./check-target.ts";
import { type Choice, chooseRoute } from "./choose.ts";
import { rulingOf, type Tried } from "./decide.ts";
import type { Engagement, Exchange } from "./exchange.ts";
import { Lane } from "./lane.ts";
import { learnFailure, learnNothing } from "./learn.ts";
import type { Given, Tries } from "./tries.ts";

/** What one attempt, or the better of two, came to. The other one's lease is settled. */
export interface Raced<A> {
  readonly tried: Tried<A>;
  readonly choice: Choice;
  /** On the clock. */
  readonly startedAt: number;
}

/**
 * An attempt, and beside it a second one over another exit once the first is slow for its target. The first that is usable wins; the other
 * is ended, and blamed for nothing.
 *
 *     gateway -> exit A -> target ......... no answer yet
 *             -> exit B -> target -> answer             A is cancelled
 */
export async function attemptHedged<A>(exchange: Exchange, tries: Tries<A>, given: Given, choice: Choice): Promise<Raced<A>> {
  const { hedges, settings, clock } = exchange.context;
  const { target } = exchange.request;
  hedges.earn(settings.hedge.maxShare);
  const slowAfterMs = mayMove(exchange, choice) ? hedges.slowAfterMs(target, settings.hedge) : null;
  if (slowAfterMs !== null) return await new Race(exchange, tries, given.startedAt + slowAfterMs).run(given, choice);
  const tried = await attempt(tries, given);
  if (isUsable(tried)) hedges.note(target, clock.now() - given.startedAt);
  return { tried, choice, startedAt: given.startedAt };
}

/** A session stays with its exit, a probe is alone, and who wants one exit or few attempts gets no more. */
function mayMove({ request: { params }, probe, reached, attemptsMax }: Exchange, { route }: Choice): boolean {
  if (route.exit === null || probe !== null) return false;
  return params.session === null && params.filter.exit === null && reached + 1 < attemptsMax;
}

function attempt<A>(tries: Tries<A>, given: Given): Promise<Tried<A>> {
  return new Promise((tell) => tries.attempt(given, { tell }));
}

function isUsable(tried: Tried<unknown>): boolean {
  return tried.kind === "answer" && tried.judged === null;
}

interface Runner<A> {
  readonly choice: Choice;
  readonly startedAt: number;
  readonly lane: Lane;
  record: AttemptRecord | null;
  /** Null: it is still under way. */
  tried: Tried<A> | null;
}

class Race<A> implements Engagement, Due {
  readonly dueAt: number;
  dueSlot = -1;
  readonly #exchange: Exchange;
  readonly #tries: Tries<A>;
  readonly #runners: Runner<A>[] = [];
  #given!: Given;
  #isOver = false;
  readonly #end: PromiseWithResolvers<Raced<A>> = Promise.withResolvers();

  constructor(exchange: Exchange, tries: Tries<A>, dueAt: number) {
    this.#exchange = exchange;
    this.#tries = tries;
    this.dueAt = dueAt;
  }

  run(given: Given, choice: Choice): Promise<Raced<A>> {
    this.#given = given;
    this.#exchange.engagement = this;
    this.#exchange.context.deadlines.add(this);
    void this.#start(given, choice);
    return this.#end.promise;
  }

  /** The first attempt is slow. */
  onDue(): void {
    void this.#hedge();
  }

  onClientFault(value: Parameters<Engagement["onClientFault"]>[0]): void {
    for (const { lane } of this.#runners) {
      lane.cancellation.cancel();
      lane.engagement?.onClientFault(value);
    }
  }

  onClientRoom(): void {
    for (const { lane } of this.#runners) lane.engagement?.onClientRoom();
  }

  async #hedge(): Promise<void> {
    const { hedges } = this.#exchange.context;
    if (!this.#tries.mayHedge() || !hedges.spend()) return;
    const choice = chooseRoute(this.#exchange);
    try {
      const given = choice === null || !this.#isOther(choice) ? null : await this.#giveTo(choice);
      if (given !== null && choice !== null && !this.#isOver && this.#exchange.clientFault === null) void this.#start(given, choice);
      else {
        hedges.giveBack();
        if (choice !== null) learnNothing(this.#exchange, choice);
      }
    } catch (bug) {
      if (choice !== null) learnNothing(this.#exchange, choice);
      this.#endWithBug(bug);
    }
  }

  /** What the second attempt is given; null: the target is not allowed over this route. */
  async #giveTo({ route, lease }: Choice): Promise<Given | null> {
    const { clock, settings } = this.#exchange.context;
    const usable = await checkRoute(this.#exchange, this.#given, route);
    if ("fault" in usable) return null;
    const startedAt = clock.now();
    const deadline = Math.min(this.#exchange.deadline, Math.max(this.#given.deadline, startedAt + settings.timeouts.connect));
    return { ...this.#given, route, session: lease?.session ?? null, addresses: usable.addresses, startedAt, deadline, mayReuse: true };
  }

  /** Another exit than the first one's, or another of a vendor's. */
  #isOther({ route: { exit } }: Choice): boolean {
    return exit !== null && (exit.rotating || exit.id !== this.#runners[0]?.choice.route.exit?.id);
  }

  async #start(given: Given, choice: Choice): Promise<void> {
    const lane = new Lane();
    const runner: Runner<A> = { choice, startedAt: given.startedAt, lane, record: null, tried: null };
    this.#runners.push(runner);
    try {
      const trying = attempt(this.#tries, { ...given, lane });
      runner.record = this.#exchange.attempts.at(-1) ?? null;
      this.#onTried(runner, await trying);
    } catch (bug) {
      if (runner !== this.#runners[0]) learnNothing(this.#exchange, choice); // the first one's is settled by whoever made it
      this.#endWithBug(bug);
    }
  }

  #onTried(runner: Runner<A>, tried: Tried<A>): void {
    if (this.#isOver) {
      if (tried.kind === "answer") this.#tries.drop(tried.answer);
      noteLost(tried.record);
      return;
    }
    runner.tried = tried;
    if (isUsable(tried)) this.#win(runner, tried);
    else if (this.#runners.every((other) => other.tried !== null)) this.#fail();
  }

  #win(winner: Runner<A>, tried: Tried<A>): void {
    const { hedges, clock } = this.#exchange.context;
    this.#finish();
    const now = clock.now();
    hedges.note(this.#exchange.request.target, now - winner.startedAt);
    for (const other of this.#runners) {
      if (other === winner) continue;
      if (other.tried !== null) {
        this.#settleFailed(other, other.tried);
        continue;
      }
      hedges.note(this.#exchange.request.target, now - other.startedAt); // it would have taken longer: without it, slow ones seem rare
      this.#lose(other);
    }
    this.#end.resolve({ tried, choice: winner.choice, startedAt: winner.startedAt });
  }

  /** None is usable: the one with the better story goes on, the other counts as an attempt like any. */
  #fail(): void {
    this.#finish();
    const faults = this.#runners.map(({ tried }) => attributedOf(tried));
    const best = bestStory(faults.filter((attributed) => attributed !== null));
    const told = this.#runners[Math.max(0, faults.indexOf(best))] as Runner<A>;
    for (const other of this.#runners) {
      if (other === told || other.tried === null) continue;
      if (other.tried.kind === "answer" || other.tried.reachedTarget) this.#exchange.reached += 1;
      else this.#exchange.diedBefore += 1;
      this.#settleFailed(other, other.tried);
    }
    this.#end.resolve({ tried: told.tried as Tried<A>, choice: told.choice, startedAt: told.startedAt });
  }

  #lose({ lane, choice, record }: Runner<A>): void {
    lane.lose();
    learnNothing(this.#exchange, choice);
    if (record !== null) noteLost(record);
  }

  #settleFailed({ choice, startedAt }: Runner<A>, tried: Tried<A>): void {
    if (tried.kind === "answer") this.#tries.drop(tried.answer);
    const attributed = attributedOf(tried);
    if (choice.lease !== null) choice.lease.ruling = rulingOf(this.#exchange, tried);
    if (attributed === null) learnNothing(this.#exchange, choice);
    else learnFailure({ exchange: this.#exchange, choice, record: tried.record, startedAt }, attributed);
  }

  #endWithBug(bug: unknown): void {
    if (this.#isOver) {
      this.#exchange.context.onBug(bug);
      return;
    }
    this.#finish();
    for (const [index, other] of this.#runners.entries()) {
      if (other.tried !== null) continue;
      if (index === 0) other.lane.lose();
      else this.#lose(other);
    }
    this.#end.reject(bug);
  }

  #finish(): void {
    this.#isOver = true;
    this.#exchange.engagement = null;
    this.#exchange.context.deadlines.remove(this);
  }
}

function attributedOf(tried: Tried<unknown> | null): AttributedFault | null {
  if (tried === null) return null;
  return tried.kind === "answer" ? tried.judged : tried.attributed;
}

/** It has no fault: it was only slower. */
function noteLost(record: AttemptRecord): void {
  record.cancelled = true;
  record.fault = null;
  record.culprit = null;
  record.confidence = null;
  record.hop = 0;
  record.details = "another attempt answered first";
}
