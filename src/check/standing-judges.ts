import type { CancelSignal } from "../net/cancellation.ts";
import type { Candidate } from "./candidates.ts";
import type { CheckContext } from "./check-context.ts";
import { checkProxy } from "./check-proxy.ts";
import type { CheckResult } from "./check-result.ts";
import type { JudgeAddress } from "./judge/judged.ts";
import { JudgeWatch } from "./judge-watch.ts";

/** For a judge that is away to come back, as when it is started anew. Milliseconds. */
const AWAY_MS_MAX = 2000;
/** A proxy is checked again so often because a judge was away meanwhile. */
const AGAIN_MAX = 3;

/**
 * Checks proxies by judges that may go away while a long list is checked. Before a proxy is called dead, a liar or unable to do something, the
 * judges are asked whether they are what they were. Where one was away for a moment, the proxy is checked again; where one stays away, it is
 * told once, the proxy is checked again without it, and so are all that follow.
 */
export class StandingJudges {
  readonly #watch: JudgeWatch;
  readonly #warn: (message: string) => void;
  #context: CheckContext;
  /** Judges that are others' to keep up. */
  #watched: readonly JudgeAddress[];
  /** When one of them was last seen away. On the clock. */
  #awayAt = Number.NEGATIVE_INFINITY;

  /** @param own a judge of this process, which lasts as long as the checks. */
  constructor(context: CheckContext, own: JudgeAddress, warn: (message: string) => void) {
    this.#watch = new JudgeWatch(context);
    this.#warn = warn;
    this.#context = context;
    this.#watched = context.judges.filter((judge) => judge !== own);
  }

  async check(candidate: Candidate, signal: CancelSignal): Promise<CheckResult> {
    for (let again = 0; ; again++) {
      const context = this.#context;
      const startedAt = context.clock.now();
      const result = await checkProxy(candidate, context, signal);
      if (this.#watched.length === 0 && context === this.#context) return result;
      if (signal.aborted || !mayBeTheJudges(result)) return result;
      await Promise.all(this.#watched.map((judge) => this.#lookFor(judge, signal)));
      if (signal.aborted) return result;
      if (context === this.#context && (this.#awayAt < startedAt || again >= AGAIN_MAX)) return result;
    }
  }

  /** Until it is there, or dropped. The watch lets some time pass between two looks. */
  async #lookFor(judge: JudgeAddress, signal: CancelSignal): Promise<void> {
    const { clock } = this.#context;
    const startedAt = clock.now();
    for (;;) {
      const now = await this.#watch.look(judge, signal);
      if (signal.aborted) return;
      if (!("problem" in now)) return this.#renew(judge, now);
      this.#awayAt = clock.now();
      if (this.#awayAt - startedAt > AWAY_MS_MAX) return this.#drop(judge, now.problem);
    }
  }

  /** One that was started anew may have another certificate, for which its key vouches. */
  #renew(known: JudgeAddress, now: JudgeAddress): void {
    if (now.certificate === known.certificate || !this.#watched.includes(known)) return;
    const renew = (judges: readonly JudgeAddress[]) => judges.map((judge) => (judge === known ? now : judge));
    this.#watched = renew(this.#watched);
    this.#context = { ...this.#context, judges: renew(this.#context.judges) };
  }

  #drop(gone: JudgeAddress, problem: string): void {
    if (!this.#watched.includes(gone)) return;
    this.#watched = this.#watched.filter((judge) => judge !== gone);
    const { judges, judgesGone } = this.#context;
    this.#context = { ...this.#context, judges: judges.filter((judge) => judge !== gone), judgesGone: [...judgesGone, problem] };
    this.#warn(`--judge: ${problem}; it is asked no more`);
  }
}

/** Not where the proxy itself could not be reached: nobody asked a judge anything then. One that works may seem to lack what the judge was gone for. */
function mayBeTheJudges({ state, fault, can }: CheckResult): boolean {
  if (state === "lies") return true;
  if (state === "works") return [can.http, can.https, can.connect, can.connectOther].some(({ ok }) => ok === false);
  return state === "dead" && fault !== null && fault.stage !== "connect" && fault.stage !== "dns";
}
