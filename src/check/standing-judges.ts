import type { CancelSignal } from "../net/cancellation.ts";
import type { Candidate } from "./candidates.ts";
import type { CheckContext } from "./check-context.ts";
import { checkProxy } from "./check-proxy.ts";
import type { CheckResult } from "./check-result.ts";
import type { JudgeAddress } from "./judge/judged.ts";
import { JudgeWatch } from "./judge-watch.ts";

/**
 * Checks proxies by judges that may go away while a long list is checked. Before a proxy is called dead or a liar, the judges are asked
 * whether they are what they were; where one is not, it is told once, the proxy is checked again without it, and so are all that follow.
 */
export class StandingJudges {
  readonly #watch: JudgeWatch;
  readonly #warn: (message: string) => void;
  #context: CheckContext;
  /** Judges that are others' to keep up. */
  #watched: readonly JudgeAddress[];

  /** @param own a judge of this process, which lasts as long as the checks. */
  constructor(context: CheckContext, own: JudgeAddress, warn: (message: string) => void) {
    this.#watch = new JudgeWatch(context);
    this.#warn = warn;
    this.#context = context;
    this.#watched = context.judges.filter((judge) => judge !== own);
  }

  async check(candidate: Candidate, signal: CancelSignal): Promise<CheckResult> {
    for (;;) {
      const context = this.#context;
      const result = await checkProxy(candidate, context, signal);
      if (this.#watched.length === 0 && context === this.#context) return result;
      if (signal.aborted || !mayBeTheJudges(result)) return result;
      await this.#dropThoseGone();
      if (context === this.#context) return result;
    }
  }

  async #dropThoseGone(): Promise<void> {
    const asked = this.#watched;
    const problems = await Promise.all(asked.map((judge) => this.#watch.findProblem(judge)));
    for (const [i, problem] of problems.entries()) if (problem !== null) this.#drop(asked[i] as JudgeAddress, problem);
  }

  #drop(gone: JudgeAddress, problem: string): void {
    if (!this.#watched.includes(gone)) return;
    this.#watched = this.#watched.filter((judge) => judge !== gone);
    const { judges, judgesGone } = this.#context;
    this.#context = { ...this.#context, judges: judges.filter((judge) => judge !== gone), judgesGone: [...judgesGone, problem] };
    this.#warn(`--judge: ${problem}; it is asked no more`);
  }
}

/** Not where the proxy itself could not be reached: nobody asked a judge anything then. */
function mayBeTheJudges({ state, fault }: CheckResult): boolean {
  if (state === "lies") return true;
  return state === "dead" && fault !== null && fault.stage !== "connect" && fault.stage !== "dns";
}
