import { Rules } from "../blame/rules.ts";
import type { Clock } from "../core/clock.ts";
import type { Probe } from "../core/probe.ts";
import type { CheckSettings, ExchangeSettings } from "../core/settings.ts";
import type { connectTcp } from "../net/connect-tcp.ts";
import type { Resolver } from "../net/resolve.ts";
import type { CheckContext } from "./check-context.ts";
import { Gate } from "./gate.ts";
import { askJudges } from "./judge/ask-judges.ts";
import type { JudgeAddress } from "./judge/judged.ts";
import { createProbe } from "./probe-exit.ts";
import { readTargetCheck } from "./target.ts";

/** A judge that was up may have gone, or come back, after so long. Milliseconds. */
const JUDGES_FRESH_MS = 60_000;

interface GatewayProbeOptions {
  readonly check: CheckSettings;
  readonly exchange: ExchangeSettings;
  readonly resolver: Resolver;
  readonly connectTcp: typeof connectTcp;
  readonly clock: Clock;
  /** Told in a sentence what keeps a judge from being asked, once for each time that it changes. */
  readonly warn: (message: string) => void;
}

/** How a gateway checks its exits, by its config. Its judges are looked up when the first exit is checked, and now and then after that. */
export function createGatewayProbe(options: GatewayProbeOptions): Probe {
  const { check, exchange, resolver, connectTcp: dialler, clock } = options;
  const { target: words } = check;
  const target = words === null ? null : readTargetCheck(words, new Rules(exchange.rules));
  if (target !== null && "problem" in target) throw new Error(`check: ${target.problem}`);
  const judges = new Judges(options);
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
    const up = await judges.find();
    if (made === null || made.judges !== up) {
      const context: CheckContext = { ...common, ...rest, judges: up, judgesGone: [] };
      made = { judges: up, probe: createProbe(context) };
    }
    return await made.probe(exit, asked);
  };
}

/** The judges of a config: which are up, as they answer without a proxy. */
class Judges {
  readonly #options: GatewayProbeOptions;
  #found: Promise<readonly JudgeAddress[]> | null = null;
  #foundAt = Number.NEGATIVE_INFINITY;
  #told = "";

  constructor(options: GatewayProbeOptions) {
    this.#options = options;
  }

  find(): Promise<readonly JudgeAddress[]> {
    const now = this.#options.clock.now();
    if (this.#found !== null && now - this.#foundAt < JUDGES_FRESH_MS) return this.#found;
    this.#foundAt = now;
    this.#found = this.#ask();
    return this.#found;
  }

  async #ask(): Promise<readonly JudgeAddress[]> {
    const { check, exchange } = this.#options;
    const { timeouts, limits, tolerances } = exchange;
    const context = { ...this.#options, timeouts, limits: limits.message, tolerances, signal: null };
    const urls = check.judges.map((url) => new URL(url));
    const { up, problems } = await askJudges(urls, context, check.timeout);
    const told = problems.join("; ");
    if (told !== "" && told !== this.#told) this.#options.warn(`check: ${told}`);
    this.#told = told;
    return up;
  }
}
