import { performance } from "node:perf_hooks";
import { hasPassword } from "../blame/quoted-passwords.ts";
import { Rules } from "../blame/rules.ts";
import type { Clock } from "../core/clock.ts";
import { hideUserinfo } from "../core/printable.ts";
import type { ExchangeSettings } from "../core/settings.ts";
import type { CancelSignal } from "../net/cancellation.ts";
import { connectTcp } from "../net/connect-tcp.ts";
import { systemResolver } from "../net/resolve.ts";
import type { CheckContext } from "./check-context.ts";
import { Gate } from "./gate.ts";
import { type Geo, openGeo } from "./geo.ts";
import { type DirectContext, judgeUrlProblem } from "./judge/ask-directly.ts";
import { askJudges, type JudgesAsked } from "./judge/ask-judges.ts";
import { startJudgeThread } from "./judge/judge-thread.ts";
import { withoutPasswords } from "./quoted-passwords.ts";
import type { Check } from "./run-checks.ts";
import { StandingJudges } from "./standing-judges.ts";
import { readTargetCheck, type TargetProblem, type TargetWords } from "./target.ts";

/** What a run of checks is set up with. */
export interface CheckerOptions {
  /** URLs of judges, the preferred one first. */
  readonly judges: readonly string[];
  readonly target: TargetWords | null;
  /** Location databases. */
  readonly geo: readonly { readonly name: string; readonly bytes: Buffer }[];
  /** PEM certificates to trust besides Node's own; null: none. */
  readonly ca: readonly string[] | null;
  /** For finding out whether a proxy is alive. Milliseconds. */
  readonly timeoutMs: number;
  readonly samples: number;
  /** Null: throughput is not measured. */
  readonly throughputBytes: number | null;
  /** Limits and tolerances are those of a gateway. */
  readonly exchange: ExchangeSettings;
  readonly warn: (message: string) => void;
  readonly signal: CancelSignal;
}

export interface Checker extends AsyncDisposable {
  readonly check: Check;
  readonly clock: Clock;
  readonly gate: Gate;
  /** Null: no database was given. */
  readonly geo: Geo | null;
}

/** The options cannot be followed; the message says why. */
export class BadCheckOption extends Error {
  override readonly name = "BadCheckOption";
}

/**
 * Gets all ready that checks need: the judges are asked whether they are up, and one of our own is started on loopback.
 *
 * @throws BadCheckOption, BadGeoFile
 */
export async function openChecker(options: CheckerOptions): Promise<Checker> {
  const { exchange, timeoutMs, samples, throughputBytes, ca } = options;
  const target = options.target === null ? null : readTargetCheck(options.target, new Rules(exchange.rules));
  if (target !== null && "problem" in target) throw new BadCheckOption(`${TARGET_FLAGS[target.of]}: ${target.problem}`);
  const geo = options.geo.length === 0 ? null : openGeo(options.geo);
  const clock: Clock = { now: () => performance.now(), wall: () => Date.now() };
  const common = {
    resolver: systemResolver(),
    connectTcp,
    clock,
    limits: exchange.limits.message,
    tolerances: exchange.tolerances,
  };
  const asked = await findJudges(options, { ...common, timeouts: exchange.timeouts, signal: options.signal });
  const local = await startJudgeThread();
  const judges = [...asked.up, local.address];
  const gate = new Gate();
  const rest = { target, geo, timeoutMs, samples, throughputBytes, gate };
  const context: CheckContext = { ...common, ...rest, ca, judges, judgesGone: asked.problems };
  const standing = new StandingJudges(context, local.address, options.warn);
  return {
    check: (candidate, signal) => {
      const checked = standing.check(candidate, signal);
      return hasPassword(candidate.exit) ? checked.then((result) => withoutPasswords(result, candidate.exit)) : checked;
    },
    clock,
    gate,
    geo,
    [Symbol.asyncDispose]: () => local[Symbol.asyncDispose](),
  };
}

const TARGET_FLAGS: Readonly<Record<TargetProblem["of"], string>> = { url: "--target", status: "--expect-status", body: "--expect-body" };

async function findJudges({ judges, warn, timeoutMs }: CheckerOptions, context: DirectContext): Promise<JudgesAsked> {
  const urls = judges.map((text) => {
    if (!URL.canParse(text))
      throw new BadCheckOption(`--judge: ${hideUserinfo(text)} is no URL; \`goodgateway judge\` prints that of a judge`);
    const url = new URL(text);
    const misnamed = judgeUrlProblem(url);
    if (misnamed !== null) throw new BadCheckOption(`--judge: ${misnamed}`);
    return url;
  });
  const asked = await askJudges(urls, context, timeoutMs);
  const rest = asked.up.length > 0 ? "the others are asked" : "the check's own is left, which only proxies of this machine can reach";
  if (context.signal?.aborted === true) return asked; // the user had no patience, and needs no reasons
  for (const problem of asked.problems) warn(`--judge: ${problem}; ${rest}`);
  return asked;
}
