import { Cancellation } from "../net/cancellation.ts";
import { conclude } from "./conclude.ts";
import type { DiagnoseContext } from "./diagnose-context.ts";
import type { Conclusion, Diagnosis, Verdict } from "./diagnosis.ts";
import { lookHere } from "./machine/look-here.ts";
import { planTests, reachesTarget } from "./plan.ts";
import type { Question, TestPart, TestResult, TestSpec } from "./question.ts";
import { runTest } from "./run-test.ts";
import { hideSecrets } from "./secrets.ts";
import { cutTest } from "./test-result.ts";

/** A conclusion that is as sure as this does not wait for tests that are still running, but for those that are about to end. */
const CERTAIN = 0.95;
/** The same once all whole routes are compared. */
const COMPARED = 0.85;
/** A route that is silent for so long, while the site has answered or failed without it, is looked at more closely. */
const LATE_MS = 1_200;
/** What is begun only when a whole route's time is over may take so much longer: it is a second look, not the answer. */
const SECOND_LOOK_MS = 300;

const WHOLE: readonly TestPart[] = ["via", "direct", "other"];

/**
 * Runs the tests that tell the cases apart, side by side, and concludes. Further ones are begun as soon as an outcome calls for them; what
 * is still running once all is certain is cut off.
 */
export async function diagnose(question: Question, context: DiagnoseContext): Promise<Diagnosis> {
  const conclusion = await new Promise<Conclusion>((resolve, reject) => new Run(question, context, resolve, reject).start());
  return await lookHere(conclusion, question, context);
}

class Run {
  readonly #question: Question;
  readonly #context: DiagnoseContext;
  readonly #resolve: (conclusion: Conclusion) => void;
  readonly #reject: (bug: unknown) => void;
  readonly #specs: TestSpec[] = [];
  readonly #ended: TestResult[] = [];
  readonly #cancellation = new Cancellation();
  #requests = 0;
  readonly #startedAt: number;
  #isLate = false;
  #isDrawnOut = false;
  #lateness: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #end: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(question: Question, context: DiagnoseContext, resolve: (conclusion: Conclusion) => void, reject: (bug: unknown) => void) {
    this.#question = question;
    this.#context = context;
    this.#startedAt = context.clock.now();
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    this.#lateness = setTimeout(() => {
      this.#isLate = true;
      this.#startWanted();
    }, LATE_MS);
    this.#end = setTimeout(
      () => {
        this.#isDrawnOut = true;
        this.#finishIfDrawnOut();
      },
      Math.max(this.#context.totalMs, this.#context.timeoutMs + SECOND_LOOK_MS),
    );
    this.#startWanted();
  }

  #startWanted(): void {
    for (const spec of planTests(this.#question, this.#ended, this.#late())) {
      if (this.#specs.some(({ id }) => id === spec.id)) continue;
      if (reachesTarget(spec) && ++this.#requests > this.#question.requestsMax) continue;
      this.#specs.push(spec);
      void this.#run(spec);
    }
    if (this.#ended.length === this.#specs.length) this.#finish();
  }

  /** Where the site is silent without a proxy too, it is the site that all wait for. */
  #late(): readonly TestSpec[] {
    if (!this.#isLate) return [];
    const silent = this.#specs.filter(({ id }) => !this.#ended.some(({ spec }) => spec.id === id));
    const direct = silent.filter(({ part }) => part === "direct");
    return direct.length > 0 ? direct : silent.filter(({ part }) => part === "via");
  }

  async #run(spec: TestSpec): Promise<void> {
    try {
      const result = hideSecrets(await runTest(spec, this.#question, this.#context, this.#cancellation), this.#question);
      if (this.#isOver) return;
      this.#ended.push(result);
      this.#startWanted();
      this.#lookWhetherCertain();
      this.#finishIfDrawnOut();
    } catch (bug) {
      this.#isOver = true;
      clearTimeout(this.#timer);
      clearTimeout(this.#lateness);
      clearTimeout(this.#end);
      this.#cancellation.cancel();
      this.#reject(bug);
    }
  }

  #lookWhetherCertain(): void {
    if (this.#isOver || this.#timer !== undefined || !this.#isCertain()) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isCertain()) this.#finish(); // what ended meanwhile may speak against it
    }, this.#graceMs());
  }

  #graceMs(): number {
    const { graceMs, totalMs, clock } = this.#context;
    return Math.max(0, Math.min(graceMs, this.#startedAt + totalMs - clock.now()));
  }

  /** Whole routes have their own time, which a machine that is busy may exceed. */
  #finishIfDrawnOut(): void {
    if (this.#isDrawnOut && this.#areKnown(WHOLE)) this.#finish();
  }

  #areKnown(parts: readonly TestPart[]): boolean {
    return this.#specs.every(({ id, part }) => !parts.includes(part) || this.#ended.some(({ spec }) => spec.id === id));
  }

  #isCertain(): boolean {
    const { verdict } = conclude(this.#question, this.#ended);
    if (verdict.fault === null || this.#isProtocolOpen(verdict)) return false;
    // Of a chain's later hops, what one shows may be the doing of the one before.
    const isFarther = verdict.hop > 1 && this.#specs.some(({ part }) => part === "hop-alone");
    if (verdict.confidence >= CERTAIN && !isFarther) return this.#areKnown(["via"]);
    return verdict.confidence >= COMPARED && this.#areKnown([...WHOLE, "hop-alone"]);
  }

  /** What came may be that of a proxy which speaks otherwise than its line says: how is worth waiting for, SOCKS5 too where SOCKS4 was heard first. */
  #isProtocolOpen({ culprit }: Verdict): boolean {
    const wanted = this.#specs.filter(({ part }) => part === "protocol");
    const ended = this.#ended.filter(({ spec }) => spec.part === "protocol");
    const spoken = ended.filter(({ outcome }) => outcome === "ok").map(({ spec }) => schemeOf(spec));
    const isSettled = spoken.some((scheme) => !scheme.startsWith("socks4")) || ended.length === wanted.length;
    return (culprit === "gateway" || culprit === "exit") && !isSettled;
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#lateness);
    clearTimeout(this.#end);
    this.#cancellation.cancel();
    // In the order in which they were wanted.
    const all = this.#specs.map((spec) => this.#ended.find((result) => result.spec === spec) ?? cutTest(spec));
    this.#resolve(conclude(this.#question, all));
  }
}

function schemeOf({ exit }: TestSpec): string {
  return exit?.hops.at(-1)?.scheme ?? "";
}
