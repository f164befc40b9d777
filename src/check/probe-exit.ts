import { sidesOf } from "../blame/fault-sides.ts";
import { type Culprit, type Fault, fault } from "../core/fault.ts";
import { confidenceOf, culpritOf } from "../core/fault-table.ts";
import type { AttributedFault } from "../core/ledger.ts";
import type { Probe, Probed, ProbeOptions, ProbeSignal } from "../core/probe.ts";
import type { Exit, ExitHop, Target } from "../core/route.ts";
import { AllowedCalls } from "./allowed-calls.ts";
import { Calls, type Failed, type Spent, type Turn } from "./calls.ts";
import type { CheckContext } from "./check-context.ts";
import { goalsFor, isHere, judgesFor } from "./check-proxy.ts";
import { type Goal, isOfGoal, type Met, meet } from "./contact.ts";
import { Findings, faultOfLie, tell, worstOf } from "./findings.ts";
import { hostOf, portOf } from "./judge-calls.ts";
import { JudgeWatch } from "./judge-watch.ts";
import { measure, noteMet } from "./measure.ts";
import { OwnSockets } from "./own-sockets.ts";
import { askTarget, type TargetAnswer } from "./target-calls.ts";

/** How a gateway checks its exits: by one connection, and by a few more for their honesty. */
export function createProbe(context: CheckContext): Probe {
  const watch = new JudgeWatch(context);
  return (exit, options) => new ExitProbe(exit, context, watch, options).run();
}

class ExitProbe {
  readonly #exit: Exit;
  readonly #context: CheckContext;
  readonly #watch: JudgeWatch;
  readonly #options: ProbeOptions;
  readonly #sockets: OwnSockets;
  readonly #calls: Calls;
  readonly #turn: Turn;

  constructor(exit: Exit, given: CheckContext, watch: JudgeWatch, options: ProbeOptions) {
    this.#exit = exit;
    this.#sockets = new OwnSockets(given.connectTcp);
    const context = { ...given, connectTcp: this.#sockets.connect };
    this.#context = context;
    this.#watch = watch;
    this.#options = options;
    const { allowance, signal } = options;
    const deadline = context.clock.now() + context.timeoutMs + waitsMs(options);
    const isLimited = allowance !== undefined && (allowance.spacingMs > 0 || allowance.connections < Number.POSITIVE_INFINITY);
    this.#calls = isLimited ? new AllowedCalls(context, allowance, deadline) : new Calls(context);
    this.#turn = { deadline, signal, onConnected: null };
  }

  get #isStarved(): boolean {
    return this.#calls instanceof AllowedCalls && this.#calls.isStarved;
  }

  get #signal(): ProbeSignal {
    return this.#options.signal;
  }

  /** What the operator names as a target is what exits are for; a judge is asked for what no target can tell. */
  async run(): Promise<Probed> {
    const { deep } = this.#options;
    const { target } = this.#context;
    const judges = judgesFor(this.#exit, this.#context.judges);
    let found: Probed | null = null;
    if (judges.length > 0 && (deep || target === null)) {
      found = await this.#byJudge(goalsFor(judges, { ...this.#context, target: null }), deep);
      if (target === null || found.outcome.kind === "failed") return found;
    }
    if (target === null) return await this.#byJudge([{ kind: "self" }], false);
    const served = this.#ofTarget(targetOf(target.url), await askTarget(this.#calls, this.#exit, target, this.#turn));
    // That it serves the target does not show that it is honest.
    return found?.outcome.kind === "unjudged" && served.outcome.kind === "answered" ? found : served;
  }

  async #byJudge(goals: readonly Goal[], deep: boolean): Promise<Probed> {
    const met = await meet(this.#calls, this.#exit, goals, this.#turn, true);
    const [goal] = goals;
    const asked = goal?.kind === "judge" ? targetOf(goal.judge.url) : { scheme: "tcp" as const, ...lastOf(this.#exit) };
    if (met.kind === "failed") return await this.#failed(asked, met, goal);
    this.#options.onMet?.();
    if (met.judged === null) return this.#answered(asked, met.ms);
    const { judge, reply } = met.judged;
    const lies = deep ? await this.#lookDeep(met) : reply.lies;
    if (!deep) reply.replied.answered.connection?.destroy();
    const worst = worstOf(lies);
    if (worst === null) {
      this.#watch.reached(judge);
      return this.#foundHonest(asked, met.ms);
    }
    return (await this.#watch.isAsKnown(judge, this.#signal))
      ? this.#tellFault(asked, faultOfLie(worst, this.#exit.hops.length))
      : this.#unjudged(asked);
  }

  async #lookDeep({ exit, judged, refusedPlain }: Met): Promise<Findings["lies"]> {
    if (judged === null) return [];
    const { judge, reply } = judged;
    const { ownAddresses } = judge;
    const isSameMachine = isHere(exit, ownAddresses);
    const findings = new Findings({ ownAddresses, isSameMachine });
    const { clock, gate } = this.#context;
    const metAt = clock.now();
    const leave = await gate.pass(isSameMachine);
    try {
      const deadline = this.#turn.deadline + clock.now() - metAt;
      if (this.#calls instanceof AllowedCalls) this.#calls.until = deadline;
      noteMet({ first: reply, findings, refusedPlain });
      const common = { calls: this.#calls, exit, judge, judges: [judge], findings, signal: this.#signal, deadline };
      await measure({ ...common, first: reply, isLeft: false, refusedPlain });
    } finally {
      leave();
    }
    return findings.lies;
  }

  /** Unless only some of what there is to ask could be asked. */
  #foundHonest(asked: Target, ms: Spent): Probed {
    if (this.#isStarved) return this.#unjudged(asked, STARVED);
    const { lack } = this.#sockets;
    return lack === null ? this.#answered(asked, ms) : this.#tellFault(asked, ofOurs(lack));
  }

  /** An exit is not blamed for a judge that has gone; but for not leading to one that is there, and that others lead to, it is. */
  async #failed(asked: Target, failed: Failed, goal: Goal | undefined): Promise<Probed> {
    const { attributed } = failed;
    if (this.#isStarved) return this.#unjudged(asked, STARVED);
    const { lack } = this.#sockets;
    if (lack !== null) return this.#tellFault(asked, ofOurs(lack)); // another way to ask might have done
    if (goal?.kind !== "judge" || !mayBeJudges(failed)) return this.#tellFault(asked, attributed);
    if (!(await this.#watch.isAsKnown(goal.judge, this.#signal))) return this.#unjudged(asked);
    return this.#tellFault(asked, attributed, this.#watch.isInReach(goal.judge));
  }

  #ofTarget(asked: Target, answer: TargetAnswer | Failed): Probed {
    if (answer.kind === "failed") return this.#isStarved ? this.#unjudged(asked, STARVED) : this.#tellFault(asked, answer.attributed);
    if (answer.ok) return this.#answered(asked, answer.spent);
    const { attributed, details, status } = answer;
    const unexpected = fault("relay.ruled", details, { params: { "received-status": status } });
    return this.#tellFault(asked, attributed ?? { fault: unexpected, role: "target", hop: this.#exit.hops.length + 1 });
  }

  #answered(target: Target, ms: Spent): Probed {
    const took = ms.firstByte ?? (ms.connect ?? 0) + (ms.tls ?? 0) + (ms.handshake ?? 0);
    return { target, outcome: { kind: "answered", ms: took }, summary: `answered after ${Math.round(took)} ms` };
  }

  #tellFault(target: Target, attributed: AttributedFault, isTargetUp = false): Probed {
    if (this.#signal.aborted) return this.#unjudged(target);
    const { fault: seen, role } = attributed;
    const culprit = culpritOf(seen, role);
    const isExits = isTargetUp && OF_EITHER.includes(culprit);
    const told = isExits ? { ...seen, culprit: "exit" as const, confidence: Math.max(confidenceOf(seen), WITNESSED) } : seen;
    const outcome = { kind: "failed", fault: told, culprit: isExits ? "exit" : culprit, role, isTargetUp } as const;
    return { target, outcome, summary: tell(attributed) };
  }

  #unjudged(target: Target, reason = "the judge is not there any more, or not the same"): Probed {
    return { target, outcome: { kind: "unjudged" }, summary: this.#signal.aborted ? "the check was ended" : reason };
  }
}

const STARVED = "the exit's own limits left no time for it";
/** Requests of a check, at most. */
const REQUESTS_MAX = 3;
const DEEP_REQUESTS_MAX = 16;
/** More than this no check waits for its turns. Milliseconds. */
const WAITS_MS_MAX = 60 * 60_000;

/** Whether a close check has time for all its requests, at the pace at which checks may ask an exit. @param spacingMs from one to the next */
export function isTimeToLookClosely(spacingMs: number): boolean {
  return spacingMs * DEEP_REQUESTS_MAX <= WAITS_MS_MAX;
}

/** What the pace of an exit adds to the time of a check. */
function waitsMs({ deep, allowance }: ProbeOptions): number {
  return Math.min(WAITS_MS_MAX, (allowance?.spacingMs ?? 0) * (deep ? DEEP_REQUESTS_MAX : REQUESTS_MAX));
}

/** The exit, or what it leads to. */
const OF_EITHER: readonly Culprit[] = ["exit", "origin", "edge"];
/** So sure is an exit to blame that does not lead where others do. */
const WITNESSED = 0.95;

/** A judge that is down, or gone, would look the same through this exit. */
function mayBeJudges(failed: Failed): boolean {
  const { fault: value, role } = failed.attributed;
  return isOfGoal(failed) || sidesOf({ fault: value, culprit: culpritOf(value, role), role }, false).proved === null;
}

/** What this machine lacks for the way to an exit. */
function ofOurs(lack: Fault): AttributedFault {
  return { fault: lack, role: "exit", hop: 1 };
}

function targetOf(url: URL): Target {
  return { scheme: url.protocol === "https:" ? "https" : "http", host: hostOf(url), port: portOf(url) };
}

function lastOf({ hops }: Exit): { host: string; port: number } {
  const { host, port } = hops.at(-1) as ExitHop;
  return { host, port };
}
