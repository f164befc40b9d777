import { Rules } from "../../src/blame/rules.ts";
import type { Candidate } from "../../src/check/candidates.ts";
import type { CheckContext } from "../../src/check/check-context.ts";
import { checkProxy } from "../../src/check/check-proxy.ts";
import type { CheckResult } from "../../src/check/check-result.ts";
import { Gate } from "../../src/check/gate.ts";
import type { JudgeAddress } from "../../src/check/judge/judged.ts";
import { startLocalJudge } from "../../src/check/judge/local-judge.ts";
import { readTargetCheck, type TargetCheck, type TargetWords } from "../../src/check/target.ts";
import { DEFAULTS } from "../../src/config/defaults.ts";
import { Cancellation } from "../../src/net/cancellation.ts";
import { connectTcp } from "../../src/net/connect-tcp.ts";
import { systemResolver } from "../../src/net/resolve.ts";
import { parseExitLine } from "../../src/wire/exit-line.ts";

/** A judge on loopback, and what checks ask it. */
export interface Checking extends AsyncDisposable {
  readonly judge: JudgeAddress;
  readonly context: CheckContext;
  /** Checks what a line of a list says. */
  check(line: string, changes?: Partial<CheckContext>): Promise<CheckResult>;
}

export async function startChecking(changes: Partial<CheckContext> = {}): Promise<Checking> {
  const { judge, address } = await startLocalJudge();
  const context: CheckContext = {
    resolver: systemResolver(),
    connectTcp,
    clock: { now: () => performance.now(), wall: () => Date.now() },
    ca: null,
    limits: DEFAULTS.limits.message,
    tolerances: DEFAULTS.tolerances,
    judges: [address],
    judgesGone: [],
    target: null,
    geo: null,
    timeoutMs: 10_000,
    samples: 2,
    throughputBytes: null,
    gate: new Gate(),
    ...changes,
  };
  return {
    judge: address,
    context,
    check: (line, more = {}) => checkProxy(candidateOf(line), { ...context, ...more }, new Cancellation()),
    [Symbol.asyncDispose]: () => judge[Symbol.asyncDispose](),
  };
}

/** A gate with many before it, which opens once this is done. */
export function crowdedGate(until: () => PromiseLike<unknown>): CheckContext["gate"] {
  return { ...gateAfter(until), isBusy: true };
}

/** A gate that opens once this is done. */
export function gateAfter(until: () => PromiseLike<unknown>): CheckContext["gate"] {
  const pass = async () => {
    await until();
    return () => {};
  };
  return { isBusy: false, pass };
}

export function candidateOf(line: string): Candidate {
  const parsed = parseExitLine(line, { scheme: "http", tags: {}, where: { file: "test", line: 1 } });
  if (!("exit" in parsed)) throw new Error(`no exit: ${line}`);
  const { exit } = parsed;
  return { source: null, line: null, exit, scheme: /^\w+:\/\//.test(line) ? (exit.hops.at(-1)?.scheme ?? null) : null };
}

export function targetOf(words: TargetWords): TargetCheck {
  const read = readTargetCheck(words, new Rules(DEFAULTS.rules));
  if ("problem" in read) throw new Error(read.problem);
  return read;
}
