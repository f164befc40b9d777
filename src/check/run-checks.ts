import type { Clock } from "../core/clock.ts";
import { NO_PARAMS } from "../core/params.ts";
import { fillExit } from "../exchange/fill-exit.ts";
import { Cancellation, type CancelSignal } from "../net/cancellation.ts";
import type { ExitLineError } from "../wire/exit-line.ts";
import { type Candidate, isBadLine } from "./candidates.ts";
import type { CheckResult } from "./check-result.ts";
import { type Concurrency, STEP_MS } from "./concurrency.ts";
import type { Gate } from "./gate.ts";
import { Lateness } from "./lateness.ts";
import { keyOf, keyOfEarlier } from "./proxy-key.ts";
import type { Seen } from "./seen.ts";
import type { Tally } from "./summary.ts";
import { type CheckTimes, isLack, type Try, tryAgain } from "./try-again.ts";

/** Checks one proxy. Never takes longer than its own limits allow, and ends early at the signal. */
export type Check = (candidate: Candidate, signal: CancelSignal) => Promise<CheckResult>;

export interface RunOptions {
  readonly concurrency: Concurrency;
  /** Which proxies that work pass in their checks: while they crowd there, no check begins. */
  readonly gate: Pick<Gate, "isCrowded">;
  readonly clock: Clock;
  /** Results of an earlier run have, by `keyOfResult`, a mark above SEEN. */
  readonly seen: Seen;
  /** Counts on from here. */
  readonly tally: Tally;
  readonly onResult: (result: CheckResult, candidate: Candidate) => void;
  readonly onBadLine: (error: ExitLineError) => void;
  /** One that an earlier run has checked. */
  readonly onKnown: (mark: number, candidate: Candidate) => void;
  /** A bug of ours at one proxy: the others are checked. */
  readonly onBug: (error: unknown, candidate: Candidate) => void;
  /** Each STEP_MS. */
  readonly onProgress: (progress: Progress) => void;
  /** Ends the run: checks that are not done by then are as if they had not begun. */
  readonly signal: CancelSignal;
}

export interface Progress {
  readonly tally: Tally;
  readonly running: number;
  readonly limit: number;
  /** Proxies that were read so far, without duplicates, and whether those are all. */
  readonly read: number;
  readonly isAllRead: boolean;
}

/** Marks a proxy that this run has seen. */
export const SEEN = 1;

/** Checks proxies, as many at once as `concurrency` says, and no sooner read than there is room for them. */
export function runChecks(items: AsyncIterable<Candidate | ExitLineError>, check: Check, options: RunOptions): Promise<Tally> {
  return new Run(items, check, options).run();
}

/** Checks that begin in one turn of the event loop: short turns, so that what is made for an answer is garbage before it counts as old. */
const STARTS_PER_TURN_MAX = 16;
/** For checks to end after the signal. */
const STOP_MS_MAX = 2000;

class Run {
  readonly #check: Check;
  readonly #options: RunOptions;
  readonly #items: AsyncIterator<Candidate | ExitLineError>;
  readonly #running = new Set<Cancellation>();
  /** What failed for this machine's sake: tried again at a later step, when there is room, and how many of the first of them may be by now. */
  readonly #again: Try[] = [];
  #due = 0;
  /** For the list, or for the next turn. */
  #isWaiting = false;
  #isAllRead = false;
  #read = 0;
  #startsThisTurn = 0;
  #isFull = false;
  readonly #lateness: Lateness;
  #lastWait: NodeJS.Timeout | undefined;
  #end: () => void = () => {};
  #fail: (error: unknown) => void = () => {};

  constructor(items: AsyncIterable<Candidate | ExitLineError>, check: Check, options: RunOptions) {
    this.#items = items[Symbol.asyncIterator]();
    this.#check = check;
    this.#options = options;
    this.#lateness = new Lateness(options.clock.now());
  }

  async run(): Promise<Tally> {
    const { signal, tally } = this.#options;
    const timer = setInterval(this.#step, STEP_MS);
    signal.addEventListener("abort", this.#stop);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#end = resolve;
        this.#fail = reject;
        if (signal.aborted) this.#stop();
        else this.#fill();
      });
    } finally {
      clearInterval(timer);
      clearTimeout(this.#lastWait);
      signal.removeEventListener("abort", this.#stop);
    }
    return tally;
  }

  readonly #step = (): void => {
    const { concurrency, clock, onProgress, tally } = this.#options;
    concurrency.step({ isFull: this.#isFull, lateMs: this.#lateness.step(clock.now()) });
    this.#isFull = false;
    this.#due = this.#again.length;
    this.#fill();
    onProgress({ tally, running: this.#running.size, limit: concurrency.limit, read: this.#read, isAllRead: this.#isAllRead });
  };

  /** Tries again what is due, then reads on, where there is room; ends where there is nothing left. */
  #fill(): void {
    const { concurrency, gate, signal } = this.#options;
    if (signal.aborted || this.#isWaiting) return;
    if (this.#isAllRead && this.#due === 0) {
      if (this.#running.size === 0 && this.#again.length === 0) this.#end();
      return;
    }
    if (this.#running.size + (this.#due > 0 ? 0 : this.#again.length) >= concurrency.limit) {
      this.#isFull = true;
      return;
    }
    if (gate.isCrowded) return; // looked at again when a check ends, and at each step
    if (this.#startsThisTurn >= STARTS_PER_TURN_MAX) this.#waitForTheNextTurn();
    else if (this.#due > 0) this.#tryAgain();
    else this.#pull();
  }

  #waitForTheNextTurn(): void {
    this.#isWaiting = true;
    setImmediate(() => {
      this.#startsThisTurn = 0;
      this.#isWaiting = false;
      this.#fill();
    });
  }

  #tryAgain(): void {
    this.#due--;
    this.#start(this.#again.shift() as Try);
    this.#fill();
  }

  #pull(): void {
    this.#isWaiting = true;
    this.#items.next().then(this.#pulled, (error: unknown) => this.#fail(error));
  }

  readonly #pulled = (next: IteratorResult<Candidate | ExitLineError>): void => {
    this.#isWaiting = false;
    if (this.#options.signal.aborted) return;
    if (next.done === true) this.#isAllRead = true;
    else this.#take(next.value);
    this.#fill();
  };

  #take(item: Candidate | ExitLineError): void {
    const { tally, seen, onBadLine, onKnown } = this.#options;
    if (isBadLine(item)) {
      tally.badLines++;
      onBadLine(item);
      return;
    }
    const earlier = seen.remark(keyOfEarlier(item), SEEN);
    if (seen.mark(keyOf(item), SEEN) === SEEN && earlier <= SEEN) {
      tally.duplicates++;
      return;
    }
    this.#read++;
    if (earlier > SEEN) onKnown(earlier, item);
    else this.#start({ candidate: item, lacks: 0, lates: 0 });
  }

  #start(attempt: Try): void {
    this.#startsThisTurn++;
    const cancellation = new Cancellation();
    this.#running.add(cancellation);
    const { candidate } = attempt;
    const startedAt = this.#options.clock.now();
    const lateBefore = this.#lateness.until(startedAt);
    const times = (): CheckTimes => {
      const now = this.#options.clock.now();
      return { tookMs: now - startedAt, lateMs: this.#lateness.until(now) - lateBefore };
    };
    // A user name with places for a session and the like is not dialled as it is.
    const exit = fillExit(candidate.exit, NO_PARAMS, null);
    this.#check(exit === candidate.exit ? candidate : { ...candidate, exit }, cancellation).then(
      (result) => this.#ended(cancellation, attempt, result, times()),
      (error: unknown) => {
        this.#running.delete(cancellation);
        if (!this.#options.signal.aborted) this.#options.onBug(error, candidate);
        this.#settle();
      },
    );
  }

  #ended(cancellation: Cancellation, attempt: Try, result: CheckResult, times: CheckTimes): void {
    const { concurrency, tally, onResult, signal } = this.#options;
    const running = this.#running.size;
    this.#running.delete(cancellation);
    if (!signal.aborted) {
      if (isLack(result)) concurrency.lacking(running);
      const next = tryAgain(attempt, result, times);
      if (next === null) {
        tally.add(result);
        onResult(result, attempt.candidate);
      } else this.#again.push(next);
    }
    this.#settle();
  }

  #settle(): void {
    if (!this.#options.signal.aborted) this.#fill();
    else if (this.#running.size === 0) this.#end();
  }

  readonly #stop = (): void => {
    void this.#items.return?.().catch(() => {});
    for (const cancellation of this.#running) cancellation.cancel();
    if (this.#running.size === 0) this.#end();
    else this.#lastWait = setTimeout(this.#end, STOP_MS_MAX);
  };
}
