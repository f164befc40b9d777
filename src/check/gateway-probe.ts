import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { Rules } from "../blame/rules.ts";
import type { Clock } from "../core/clock.ts";
import type { Probe, Probed } from "../core/probe.ts";
import type { CheckSettings, ExchangeSettings } from "../core/settings.ts";
import type { CancelSignal } from "../net/cancellation.ts";
import type { connectTcp } from "../net/connect-tcp.ts";
import type { Resolver } from "../net/resolve.ts";
import type { CheckContext } from "./check-context.ts";
import { judgesFor } from "./check-proxy.ts";
import { Gate } from "./gate.ts";
import { askJudges, type JudgesAsked } from "./judge/ask-judges.ts";
import type { JudgeAddress } from "./judge/judged.ts";
import { OwnSockets } from "./own-sockets.ts";
import { createProbe, isTimeToLookClosely } from "./probe-exit.ts";
import { readTargetCheck } from "./target.ts";

/** A judge that was up may have gone, or come back, after so long. Milliseconds. */
const JUDGES_FRESH_MS = 60_000;

/** Once a judge is up, others have so long to be up too. Milliseconds. */
const OTHERS_MS = 100;

interface GatewayProbeOptions {
  readonly check: CheckSettings;
  readonly exchange: ExchangeSettings;
  readonly resolver: Resolver;
  readonly connectTcp: typeof connectTcp;
  readonly clock: Clock;
  /** Told in a sentence what keeps a judge from being asked, or that nothing does any more, once for each time that it changes. */
  readonly warn: (message: string) => void;
  /** Told when one of the judges can be asked after none could. */
  readonly onJudgesBack: () => void;
}

/** How a gateway checks its exits, by its config. Its judges are looked up when the first exit is checked, and now and then after that. */
export function createGatewayProbe(options: GatewayProbeOptions): Probe {
  const { check, exchange, resolver, connectTcp: dialler, clock } = options;
  const { target: words } = check;
  const target = words === null ? null : readTargetCheck(words, new Rules(exchange.rules));
  if (target !== null && "problem" in target) throw new Error(`check: ${target.problem}`);
  const judges = new Judges(options);
  const tooSlow = tellTooSlow(options);
  if (tooSlow !== null) options.warn(tooSlow);
  const common = {
    resolver,
    connectTcp: dialler,
    clock,
    ca: exchange.ca,
    limits: exchange.limits.message,
    tolerances: exchange.tolerances,
  };
  const rest = { target, geo: null, timeoutMs: check.timeout, samples: 1, throughputBytes: null, gate: new Gate() };
  let made: { readonly judges: readonly JudgeAddress[]; readonly probe: Probe } | null = null;
  return async (exit, asked) => {
    const up = await judges.find(asked.signal);
    if (made === null || made.judges !== up) {
      const context: CheckContext = { ...common, ...rest, judges: up, judgesGone: [] };
      made = { judges: up, probe: createProbe(context) };
    }
    const isTime = isTimeToLookClosely(asked.allowance?.spacingMs ?? 0);
    const probed = await made.probe(exit, { ...asked, deep: asked.deep && isTime });
    const isUnseen = asked.deep && check.judges.length > 0 && !(isTime && judgesFor(exit, up).length > 0);
    return isUnseen && probed.outcome.kind === "answered" ? withoutJudge(probed) : probed;
  };
}

/** That something answers does not show that it is honest. */
function withoutJudge({ target }: Probed): Probed {
  return { target, outcome: { kind: "unjudged" }, summary: "no judge that it could lead to is up, or there is no time to ask one" };
}

/** That the exits' own pace leaves no time for close checks; null: it does, or there are none. */
function tellTooSlow({ check: { judges, share }, exchange: { pacing } }: GatewayProbeOptions): string | null {
  const { perSecond } = pacing.perExit;
  if (judges.length === 0 || perSecond === null || isTimeToLookClosely(MS_PER_SECOND / perSecond / share)) return null;
  return `check: pacing.perExit.perSecond ${perSecond} and check.share ${share} leave no time for close checks: whether exits are honest is not found out`;
}

const MS_PER_SECOND = 1000;

/** How long it took to fail makes no other problem of it. */
const HOW_LONG = /(?<![\d.])\d[\d.]* m?s\b/g;

/** The judges of a config: which are up, as they answer without a proxy. */
class Judges {
  readonly #options: GatewayProbeOptions;
  #up: readonly JudgeAddress[] = [];
  #found: Promise<readonly JudgeAddress[]> = Promise.resolve(this.#up);
  #foundAt = Number.NEGATIVE_INFINITY;
  /** When a check wanted one last. On the clock. */
  #wantedAt = 0;
  /** None could be asked. */
  #areAway = false;
  #told = "";

  constructor(options: GatewayProbeOptions) {
    this.#options = options;
  }

  /**
   * The same ones as before, as long as nothing about them is another.
   * @param signal that all who ask have in common.
   */
  find(signal: CancelSignal): Promise<readonly JudgeAddress[]> {
    this.#wantedAt = this.#options.clock.now();
    return this.#findNow(signal);
  }

  #findNow(signal: CancelSignal): Promise<readonly JudgeAddress[]> {
    const now = this.#options.clock.now();
    if (now - this.#foundAt >= JUDGES_FRESH_MS) {
      this.#foundAt = now;
      const asking = this.#ask(signal);
      // What was known is good enough for as long as a judge that hangs keeps us waiting.
      if (this.#up.length === 0) this.#found = asking;
    }
    return this.#found;
  }

  async #ask(signal: CancelSignal): Promise<readonly JudgeAddress[]> {
    const { check, exchange } = this.#options;
    const { timeouts, limits, tolerances } = exchange;
    const sockets = new OwnSockets(this.#options.connectTcp);
    const context = { ...this.#options, connectTcp: sockets.connect, timeouts, limits: limits.message, tolerances, signal };
    const asked = check.judges.map((url) => askJudges([new URL(url)], context, check.timeout));
    const all = Promise.all(asked).then((answers) => {
      if (sockets.lack !== null && this.#up.length > 0) return; // that we had no socket to ask one says nothing of it
      this.#take(answers.flatMap(({ up }) => up));
      if (signal.aborted) return;
      this.#tell(answers.flatMap(({ problems }) => problems).join("; "));
      this.#areAway = this.#up.length === 0;
      if (this.#areAway && check.judges.length > 0) this.#askLater(signal);
    });
    if (this.#up.length === 0) await Promise.race([all, this.#takeFirst(asked)]);
    else await all;
    return this.#up;
  }

  /** Those that were up a moment after the first: no exit is to wait for a judge that hangs. */
  async #takeFirst(asked: readonly Promise<JudgesAsked>[]): Promise<void> {
    const soon: JudgeAddress[][] = asked.map(() => []);
    const each = asked.map(async (answer, i) => {
      soon[i] = [...(await answer).up];
      if (soon[i].length === 0) throw new Error("not up");
    });
    await Promise.any(each).then(
      () => wait(OTHERS_MS),
      () => Promise.all(asked),
    );
    if (this.#up.length === 0) this.#take(soon.flat());
  }

  /** Checks that were in vain come again late: as long as there are any at all, somebody else is to see that a judge is back. */
  #askLater(signal: CancelSignal): void {
    const { check, clock } = this.#options;
    const timer = setTimeout(() => {
      if (!signal.aborted && clock.now() - this.#wantedAt < Math.max(check.every, JUDGES_FRESH_MS) + JUDGES_FRESH_MS)
        void this.#findNow(signal);
    }, JUDGES_FRESH_MS);
    timer.unref();
  }

  #take(up: readonly JudgeAddress[]): void {
    if (!isDeepStrictEqual(up, this.#up)) this.#up = up;
    this.#found = Promise.resolve(this.#up);
    if (!this.#areAway || up.length === 0) return;
    this.#areAway = false;
    this.#options.onJudgesBack();
  }

  #tell(problems: string): void {
    const told = problems.replaceAll(HOW_LONG, "");
    if (told === this.#told) return;
    this.#told = told;
    this.#options.warn(`check: ${problems === "" ? "all judges can be asked again" : problems}`);
  }
}
