import type { Clock, Random } from "../core/clock.ts";
import type { Report } from "../core/event.ts";
import { NO_PARAMS } from "../core/params.ts";
import type { Probe, Probed, ProbeOptions } from "../core/probe.ts";
import type { Exit, Target } from "../core/route.ts";
import type { CheckSettings } from "../core/settings.ts";
import { Cancellation } from "../net/cancellation.ts";
import type { DueExit } from "../pool/due-checks.ts";
import type { Pool } from "../pool/pool.ts";
import { fillExit } from "./fill-exit.ts";
import { FirstChecks } from "./first-checks.ts";
import { OwnLack } from "./own-lack.ts";
import { RunningChecks } from "./running-checks.ts";

/** How often the pool is gone through for exits that are due. Milliseconds. */
const ROUND_MS = 500;
/** Exits that one turn of the event loop looks at: a pool of a million is gone through in many. */
const LOOKS_MAX = 2000;
/** Between two such turns. Milliseconds. */
const STEP_MS = 10;

/** An exit that was busy, or being checked, when its honesty was to be looked at is late after so many times `honestyEvery`. */
const LATE_TIMES = 1.25;

/** That a deep check has open at once. */
const DEEP_CONNECTIONS = 4;

interface PatrolOptions {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly random: Random;
  readonly report: Report;
  readonly onBug: (bug: unknown) => void;
}

/** Of a check that came to nothing. */
const NO_TARGET: Target = { scheme: "tcp", host: "", port: 0 };

/** How a gateway checks its exits. */
interface Orders {
  readonly settings: CheckSettings;
  readonly probe: Probe;
}

/**
 * Checks the pool's exits while the gateway runs: each before its first use, those whose bench is over before they are used again, those
 * that nobody has used for a while, and all of them now and then for their honesty. What it finds out goes the way of what traffic finds
 * out, through `pool.record`.
 *
 *     round: pool -> who is due -> probe, so many at once -> pool.record
 */
export class Patrol implements AsyncDisposable {
  readonly #options: PatrolOptions;
  #orders: Orders | null = null;
  readonly #lack: OwnLack;
  readonly #running: RunningChecks;
  readonly #cancellation = new Cancellation();
  /** Those who are due in this round; null between rounds. */
  #due: Iterator<DueExit | null, void> | null = null;
  #inTurn: Iterator<DueExit | null, void> | null = null;
  #honestyAt = 0;
  /** On the clock. */
  #vainBefore = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;
  #isLooking = false;
  /** Exits may have left the pool since it was looked whose checks go on without them. */
  #mayBeGone = false;
  readonly #first: FirstChecks;

  constructor(options: PatrolOptions) {
    this.#options = options;
    const warn = (message: string) => options.report({ type: "warning", message });
    this.#first = new FirstChecks(warn);
    this.#lack = new OwnLack(options.clock, warn);
    this.#running = new RunningChecks(this.#lack, () => this.#onRoom());
  }

  /** How many checks run. */
  get running(): number {
    return this.#running.total;
  }

  /** Takes new orders; null: nothing is checked any more. Checks that run go on under the old ones. Other judges may tell what none could. */
  configure(orders: Orders | null): void {
    if (this.#orders === null) this.#honestyAt = this.#options.clock.now();
    if (orders?.settings.judges.join() !== this.#orders?.settings.judges.join()) this.#vainBefore = this.#options.clock.now();
    this.#orders = orders;
    if (orders !== null) this.look();
    else {
      this.#stop();
      this.#first.end();
    }
  }

  /** Exits came: a round that is under way comes to them in the end; else one begins at once. */
  readonly look = (): void => {
    this.#mayBeGone = true;
    this.#go();
  };

  /** Judges can be asked of whom none could: what was checked in vain until now is due. */
  judgesAreBack(): void {
    this.#vainBefore = this.#options.clock.now();
    this.look();
  }

  /** Resolves once an exit has passed, or all have been checked, or the settings' `wait` is over. */
  async whenServing(): Promise<void> {
    const { pool } = this.#options;
    if (this.#orders === null || pool.size === 0 || pool.countByState().healthy > 0) return;
    await this.#first.whenPassed(this.#orders.settings.wait);
  }

  /** Ends all checks, and waits until they have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#orders = null;
    this.#stop();
    this.#first.end();
    this.#cancellation.cancel();
    await this.#running.whenEnded();
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#due = null;
    this.#inTurn = null;
  }

  /** Starts as many checks as may run at once. */
  readonly #go = (): void => {
    const orders = this.#orders;
    if (orders === null || this.#isLooking) return;
    this.#isLooking = true;
    try {
      this.#startDue(orders);
    } catch (bug) {
      this.#options.onBug(bug);
    } finally {
      this.#isLooking = false;
    }
  };

  #startDue(orders: Orders): void {
    const { pool, random } = this.#options;
    const { concurrent, every, honestyEvery, judges } = orders.settings;
    const isJudged = judges.length > 0;
    const honestMs = isJudged ? LATE_TIMES * honestyEvery : Number.POSITIVE_INFINITY;
    this.#due ??= pool.dueForCheck({ idleMs: every, honestMs, vainBefore: this.#vainBefore });
    let looks = 0;
    while (this.#hasRoom(concurrent)) {
      if (looks++ === LOOKS_MAX) {
        this.#expect(STEP_MS);
        return;
      }
      const { value: due, done } = this.#due.next();
      if (done === true) {
        this.#endRound(orders);
        return;
      }
      if (due !== null) this.#start(due.exit, orders, due.closely || (isJudged && random() < every / honestyEvery));
    }
  }

  /** Where there is none, checks of exits that are gone give theirs. */
  #hasRoom(concurrent: number): boolean {
    if (this.#running.hasRoom(concurrent)) return true;
    if (!this.#mayBeGone) return false;
    this.#mayBeGone = false;
    this.#running.leaveOut((id) => this.#options.pool.find(id) === null);
    return this.#running.hasRoom(concurrent);
  }

  #endRound(orders: Orders): void {
    this.#due = null;
    const isDone = this.#checkHonesty(orders);
    if (this.#running.size === 0) this.#first.allEnded();
    this.#expect(isDone ? ROUND_MS : STEP_MS);
  }

  /** Those whose turn it is: all of them, once in `honestyEvery`, whether used or not. False: more are left than one turn looks at. */
  #checkHonesty(orders: Orders): boolean {
    const { pool, clock } = this.#options;
    if (orders.settings.judges.length === 0) return true; // a target cannot tell
    const spacingMs = orders.settings.honestyEvery / Math.max(1, pool.size);
    let looks = 0;
    while (this.#hasRoom(orders.settings.concurrent) && clock.now() - this.#honestyAt >= spacingMs) {
      if (looks++ === LOOKS_MAX) return false;
      this.#honestyAt += spacingMs;
      this.#inTurn ??= pool.inTurn();
      const { value: due, done } = this.#inTurn.next();
      if (done === true) this.#inTurn = null;
      else if (due !== null) this.#start(due.exit, orders, true);
    }
    this.#honestyAt = Math.max(this.#honestyAt, clock.now() - orders.settings.honestyEvery);
    return true;
  }

  #start(exit: Exit, { settings, probe }: Orders, deep: boolean): void {
    const { pool, clock } = this.#options;
    if (this.#running.has(exit.id)) return;
    const slot = pool.limits.takeForCheck(exit, { share: settings.share, connections: deep ? DEEP_CONNECTIONS : 1 }, clock.now());
    if (slot === null) return;
    this.#running.start(exit.id, {
      spacingMs: slot.spacingMs,
      run: (onMet) => this.#check(exit, probe, { deep, onMet, allowance: slot }),
      onEnd: () => slot.release(),
    });
  }

  #onRoom(): void {
    // Between rounds nothing is due: to look at the whole pool after each check would take all the time there is.
    if (this.#due !== null) this.#go();
    else if (this.#running.size === 0) this.#first.allEnded();
  }

  async #check(exit: Exit, probe: Probe, how: Omit<ProbeOptions, "signal">): Promise<void> {
    const { pool, clock, report } = this.#options;
    const startedAt = clock.now();
    const begunAt = pool.beginCheck();
    const { target, outcome } = await this.#probe(exit, probe, how);
    if (this.#cancellation.aborted) return;
    try {
      // That nobody could ask it is no answer: it stays due.
      if (!this.#lack.explains(outcome, { startedAt, running: this.#running.total }))
        pool.record({ exit: exit.id, over: exit, target, outcome, closely: how.deep }, begunAt);
      const fault = outcome.kind === "failed" ? outcome.fault.id : null;
      report({ type: "exit-checked", exit: exit.id, result: outcome.kind, fault, ms: clock.now() - startedAt });
    } catch (bug) {
      this.#options.onBug(bug);
    }
    this.#first.note(outcome);
  }

  async #probe(exit: Exit, probe: Probe, how: Omit<ProbeOptions, "signal">): Promise<Probed> {
    try {
      return await probe(fillExit(exit, NO_PARAMS, null), { ...how, signal: this.#cancellation });
    } catch (bug) {
      this.#options.onBug(bug);
      return { target: NO_TARGET, outcome: { kind: "unjudged" }, summary: "" };
    }
  }

  #expect(delayMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#go, delayMs);
    this.#timer.unref();
  }
}
