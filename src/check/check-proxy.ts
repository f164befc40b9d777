import { isOfTargetSide } from "../core/fault.ts";
import type { AttributedFault } from "../core/ledger.ts";
import type { Exit } from "../core/route.ts";
import type { CancelSignal } from "../net/cancellation.ts";
import { plainAddress } from "../net/own-listener.ts";
import { formatExit } from "../wire/exit-line.ts";
import { isLoopback } from "../wire/loopback.ts";
import { Calls, type Failed, type Turn } from "./calls.ts";
import type { Candidate } from "./candidates.ts";
import type { CheckContext } from "./check-context.ts";
import type { CheckedFault, CheckResult, CheckState } from "./check-result.ts";
import { asLeft, type Goal, type Met } from "./contact.ts";
import { detect, mostTelling, type Tried } from "./detect.ts";
import { checkedFault, Findings, faultOfLie, OPEN, tell, worstOf } from "./findings.ts";
import type { JudgeAddress } from "./judge/judged.ts";
import { measure, noteMet } from "./measure.ts";
import { measureThroughput } from "./measure-throughput.ts";
import { findMore, type MoreOptions } from "./more-schemes.ts";
import { tryNamed } from "./named-scheme.ts";
import { askTarget, type TargetAnswer } from "./target-calls.ts";

/**
 * Finds out about one proxy: whether it is alive, what it can do, what it tells of us, and whether it is honest. Never throws for what it does,
 * and ends within twice the time of the context, but for what it waits at the gate.
 *
 *     detect -> other schemes, measure at the same time -> target -> throughput -> result
 */
export function checkProxy(candidate: Candidate, context: CheckContext, signal: CancelSignal): Promise<CheckResult> {
  return new Check(candidate, context, signal).run();
}

/** Those that an exit can reach: programs of this machine alone reach a judge on loopback. */
export function judgesFor(exit: Exit, judges: readonly JudgeAddress[]): readonly JudgeAddress[] {
  return judges.filter((judge) => !judge.isLoopback || isHere(exit, judge.ownAddresses));
}

/** All its proxies run on this machine. */
export function isHere({ hops }: Exit, ownAddresses: readonly string[]): boolean {
  return hops.every(({ host }) => isLoopback(host) || ownAddresses.includes(plainAddress(host)));
}

/** What is asked of a proxy, best first. */
export function goalsFor(judges: readonly JudgeAddress[], { target }: CheckContext): readonly Goal[] {
  const goals: Goal[] = judges.map((judge) => ({ kind: "judge", judge }));
  if (target !== null) goals.push({ kind: "target", check: target });
  return goals.length === 0 ? [{ kind: "self" }] : goals;
}

class Check {
  readonly #candidate: Candidate;
  readonly #context: CheckContext;
  readonly #signal: CancelSignal;
  readonly #calls: Calls;
  readonly #startedAt: number;
  readonly #judges: readonly JudgeAddress[];
  #tried: readonly Tried[] = [];
  #target: TargetAnswer | Failed | null = null;

  constructor(candidate: Candidate, context: CheckContext, signal: CancelSignal) {
    this.#candidate = candidate;
    this.#context = context;
    this.#signal = signal;
    this.#calls = new Calls(context);
    this.#startedAt = context.clock.now();
    this.#judges = context.judges.length === 0 ? context.judges : judgesFor(candidate.exit, context.judges);
  }

  async run(): Promise<CheckResult> {
    const { exit, scheme } = this.#candidate;
    const goals = goalsFor(this.#judges, this.#context);
    const options = { goals, signal: this.#signal, deadline: this.#startedAt + this.#context.timeoutMs };
    const detection = await (scheme === null ? detect(this.#calls, exit, options) : tryNamed(this.#calls, exit, options));
    this.#tried = detection.tried;
    const { met, open } = detection;
    if (met === null) return this.#dead();
    const findings = this.#findingsOf(met);
    const ready = this.#context.gate.isBusy ? asLeft(met) : met;
    return this.#alive(ready, findings, { open, goals }); // not awaited: what was met is not needed while it waits
  }

  #dead(): CheckResult {
    const isNamed = this.#candidate.scheme !== null;
    const failure = isNamed ? (this.#tried[0]?.failed ?? null) : mostTelling(this.#tried);
    const fault = failure && this.#told(failure.attributed);
    // That another scheme works than the line names is a hint for whoever keeps the list, and nothing that the line is good for.
    return { ...this.#about(null), state: "dead", ...this.#ways(), protocols: [], fault, ...NOTHING_FOUND };
  }

  #findingsOf(met: Met): Findings {
    const { exit, judged } = met;
    const ownAddresses = judged?.judge.ownAddresses ?? [];
    const findings = new Findings({ ownAddresses, isSameMachine: judged !== null && isHere(exit, ownAddresses) });
    if (judged !== null) noteMet({ first: judged.reply, findings, refusedPlain: met.refusedPlain });
    return findings;
  }

  async #alive(met: Met, findings: Findings, search: Pick<MoreOptions, "open" | "goals">): Promise<CheckResult> {
    const { exit, judged } = met;
    const { clock, throughputBytes, timeoutMs } = this.#context;
    const options = { ...search, findings, signal: this.#signal, deadline: clock.now() + timeoutMs };
    // Mostly it is silent in other schemes: that takes a while, which it need not spend behind the gate.
    const [more, turn] = await Promise.all([findMore(this.#calls, met, options), this.#measureInTurn(met, findings)]);
    this.#tried = orderTried(met, [...this.#tried, ...findings.schemes, ...more]);
    if (judged !== null && throughputBytes !== null)
      await measureThroughput({ calls: this.#calls, exit, judge: judged.judge, findings, first: judged.reply }, throughputBytes, turn);
    return this.#result(met, findings);
  }

  async #measureInTurn(met: Met, findings: Findings): Promise<Turn> {
    const { exit, judged } = met;
    const { clock, gate, target, timeoutMs } = this.#context;
    const leave = await gate.pass(judged !== null && isHere(exit, judged.judge.ownAddresses));
    try {
      const turn: Turn = { deadline: clock.now() + timeoutMs, signal: this.#signal, onConnected: null };
      if (judged === null) this.#measureNothing(met, findings);
      else {
        const { judge, reply } = judged;
        const common = { calls: this.#calls, exit, findings, signal: this.#signal, deadline: turn.deadline };
        await measure({ ...common, judge, judges: this.#judges, first: reply, isLeft: met.isLeft, refusedPlain: met.refusedPlain });
      }
      if (target !== null) this.#target = met.target ?? (await askTarget(this.#calls, exit, target, turn));
      return turn;
    } finally {
      leave();
    }
  }

  /** Without a judge there is nothing to see but that it speaks. */
  #measureNothing({ ms, target }: Met, findings: Findings): void {
    findings.addTimes(ms, target !== null);
    const isReachable = this.#judges.length > 0;
    const isGiven = this.#context.judges.length > 0;
    const [gone] = this.#context.judgesGone;
    const without = gone ?? (isGiven ? "the judge is on this machine, out of its reach" : "no judge was given");
    findings.cannotVerify(`anonymity, honesty and most abilities: ${isReachable ? "it leads to no judge" : without} (--judge URL)`);
  }

  #result(met: Met, findings: Findings): CheckResult {
    const { exit } = met;
    const target = this.#targetResult();
    const { state, fault } = this.#verdict(met, findings);
    if (findings.isUnsigned) findings.cannotVerify("that it is honest: the judge's answers are unsigned");
    const [address] = findings.exitAddresses;
    const place = address === undefined ? null : (this.#context.geo?.find(address) ?? null);
    return {
      ...this.#about(exit),
      state,
      ...this.#ways(),
      fault,
      ms: findings.ms,
      samples: findings.samples,
      can: findings.can,
      anonymity: findings.anonymity,
      honesty: findings.honesty,
      exitAddresses: findings.exitAddresses,
      rotates: findings.rotates,
      country: place?.country ?? null,
      network: place?.network ?? null,
      target,
      bytesPerSecond: findings.bytesPerSecond,
      unverified: findings.unverified,
    };
  }

  #verdict({ exit, judged }: Met, { lies }: Findings): { state: CheckState; fault: CheckedFault | null } {
    const worst = worstOf(lies);
    if (worst !== null) return { state: "lies", fault: checkedFault(faultOfLie(worst, exit.hops.length)) };
    const target = this.#target;
    if (judged !== null || (target?.kind === "answered" && target.ok)) return { state: "works", fault: null };
    const reason = target === null ? null : target.attributed;
    return { state: "answers", fault: reason === null ? null : checkedFault(reason) };
  }

  #targetResult(): CheckResult["target"] {
    const target = this.#target;
    if (target === null) return null;
    if (target.kind === "failed") return { ok: false, status: null, details: tell(target.attributed), ms: null };
    return { ok: target.ok, status: target.status, details: target.details, ms: target.spent.total ?? null };
  }

  /** @param met as it was met; null: it was not. */
  #about(met: Exit | null): Pick<CheckResult, "at" | "source" | "line" | "exit" | "proxy"> {
    const { exit, source, line } = this.#candidate;
    return { at: new Date(this.#context.clock.wall()).toISOString(), source, line, exit: exit.id, proxy: this.#nameOf(met) };
  }

  #ways(): Pick<CheckResult, "protocols" | "tried" | "connections"> {
    const tried = this.#tried.map(({ scheme, failed }) => ({
      scheme,
      works: failed === null,
      fault: failed && this.#told(failed.attributed),
    }));
    const { connections } = this.#calls;
    return { protocols: tried.filter(({ works }) => works).map(({ scheme }) => scheme), tried, connections };
  }

  /** The judge is up: that nothing comes of asking it is the proxy's fault, whose word it may be that the judge is down. */
  #told(attributed: AttributedFault): CheckedFault {
    const told = checkedFault(attributed);
    const isJudges = this.#judges.length > 0 && isOfTargetSide(told.culprit);
    return isJudges ? { ...told, culprit: "exit", hop: this.#candidate.exit.hops.length } : told;
  }

  #nameOf(met: Exit | null): string {
    const { exit, scheme } = this.#candidate;
    const name = formatExit(met ?? exit);
    return met === null && scheme === null ? name.replace(/^\w+:\/\//, "") : name;
  }
}

/** That which was met first, then what else works. */
function orderTried({ scheme }: Met, tried: readonly Tried[]): readonly Tried[] {
  return [...tried.filter((one) => one.scheme === scheme), ...tried.filter((one) => one.scheme !== scheme)];
}

type Found = Omit<CheckResult, "at" | "source" | "line" | "exit" | "proxy" | "state" | "protocols" | "tried" | "connections" | "fault">;

/** Shared by all that are dead: lists have thousands of them. */
const NOTHING_FOUND: Found = {
  ms: null,
  samples: 0,
  can: { http: OPEN, https: OPEN, connect: OPEN, connectOther: OPEN, ipv6: OPEN, remoteDns: OPEN, keepAlive: OPEN },
  anonymity: { level: "unknown", evidence: [] },
  honesty: { verdict: "unknown", lies: [], evidence: [] },
  exitAddresses: [],
  rotates: null,
  country: null,
  network: null,
  target: null,
  bytesPerSecond: null,
  unverified: [],
};
