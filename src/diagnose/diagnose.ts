import { Cancellation } from "../net/cancellation.ts";
import { conclude } from "./conclude.ts";
import type { DiagnoseContext } from "./diagnose-context.ts";
import type { Conclusion, Diagnosis } from "./diagnosis.ts";
import { hasSpoken } from "./fault-kinds.ts";
import { lookHere } from "./machine/look-here.ts";
import { planTests, reachesTarget } from "./plan.ts";
import { type Question, type TestPart, type TestResult, type TestSpec, WHOLE } from "./question.ts";
import { runTest } from "./run-test.ts";
import { hideSecrets } from "./secrets.ts";
import { cutTest } from "./test-result.ts";
import { totalOf } from "./test-times.ts";

/** A conclusion that is as sure as this does not wait for tests that are still running, but for those that are about to end. */
const CERTAIN = 0.95;
/** The same once all whole routes are compared. */
const COMPARED = 0.85;
/** A route that is silent for so long, while the site has answered or failed without it, is looked at more closely. */
const LATE_MS = 1_200;
/** What is begun only when a whole route's time is over may take so much longer: it is a second look, not the answer. */
const SECOND_LOOK_MS = 300;

/** An exit that speaks another protocol is waited for so long at least, and so many times as long as its first answer took. */
const PROTOCOL_MS = 700;
const PROTOCOL_TIMES = 6;

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
  /** When an exit that speaks another protocol would have said so; null: none is looked for. On the clock. */
  #protocolsUntil: number | null = null;
  #isAboutToEnd = false;
  readonly #timers: NodeJS.Timeout[] = [];
  #isOver = false;

  constructor(question: Question, context: DiagnoseContext, resolve: (conclusion: Conclusion) => void, reject: (bug: unknown) => void) {
    this.#question = question;
    this.#context = context;
    this.#startedAt = context.clock.now();
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    this.#after(LATE_MS, () => {
      this.#isLate = true;
      this.#startWanted();
    });
    this.#after(Math.max(this.#context.totalMs, this.#context.timeoutMs + SECOND_LOOK_MS), () => {
      this.#isDrawnOut = true;
      this.#finishIfDrawnOut();
    });
    this.#startWanted();
  }

  #startWanted(): void {
    for (const spec of planTests(this.#question, this.#ended, this.#late())) {
      if (this.#specs.some(({ id }) => id === spec.id)) continue;
      if (reachesTarget(spec) && ++this.#requests > this.#question.requestsMax) continue;
      this.#specs.push(spec);
      if (spec.part === "protocol") this.#waitForProtocols(spec);
      void this.#run(spec);
    }
    if (this.#ended.length === this.#specs.length) this.#finish();
  }

  #after(ms: number, then: () => void): void {
    this.#timers.push(setTimeout(() => this.#isOver || then(), ms));
  }

  /** Whoever speaks another protocol says so about as fast as it said what it did: who is silent then is not waited for to the end. */
  #waitForProtocols({ of }: TestSpec): void {
    if (this.#protocolsUntil !== null) return;
    const asked = this.#ended.find(({ spec }) => spec.id === of);
    const ms = Math.max(PROTOCOL_MS, PROTOCOL_TIMES * (asked === undefined ? LATE_MS : totalOf(asked.ms)));
    this.#protocolsUntil = this.#context.clock.now() + ms;
    this.#after(ms, () => this.#lookWhetherCertain());
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
      this.#stop();
      this.#reject(bug);
    }
  }

  #lookWhetherCertain(): void {
    if (this.#isOver || this.#isAboutToEnd || !this.#isCertain()) return;
    this.#isAboutToEnd = true;
    this.#after(this.#graceMs(), () => {
      this.#isAboutToEnd = false;
      if (this.#isCertain()) this.#finish(); // what ended meanwhile may speak against it
    });
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
    if (verdict.fault === null || this.#isProtocolOpen()) return false;
    // Of a chain's later hops, what one shows may be the doing of the one before.
    const isFarther = verdict.hop > 1 && this.#specs.some(({ part }) => part === "hop-alone");
    if (verdict.confidence >= CERTAIN && !isFarther) return this.#areKnown(["via"]);
    return verdict.confidence >= COMPARED && this.#areKnown([...WHOLE, "hop-alone"]);
  }

  /** What came may be that of a proxy which speaks otherwise than its line says: how is worth waiting for, SOCKS5 too where SOCKS4 was heard first. */
  #isProtocolOpen(): boolean {
    const wanted = this.#specs.filter(({ part }) => part === "protocol");
    const ended = this.#ended.filter(({ spec }) => spec.part === "protocol");
    const spoken = ended.filter(hasSpoken).map(({ spec }) => schemeOf(spec));
    if (spoken.some((scheme) => !scheme.startsWith("socks4")) || ended.length === wanted.length) return false;
    return this.#context.clock.now() < (this.#protocolsUntil ?? 0);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#stop();
    // In the order in which they were wanted.
    const all = this.#specs.map((spec) => this.#ended.find((result) => result.spec === spec) ?? cutTest(spec));
    this.#resolve(conclude(this.#question, all));
  }

  #stop(): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#cancellation.cancel();
  }
}

function schemeOf({ exit }: TestSpec): string {
  return exit?.hops.at(-1)?.scheme ?? "";
}
