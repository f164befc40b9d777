import { formatHostPort } from "../core/address.ts";
import type { ExitHop } from "../core/route.ts";
import type { CancelSignal } from "../net/cancellation.ts";
import type { Candidate } from "./candidates.ts";
import type { CheckContext } from "./check-context.ts";
import type { CheckResult, Finding } from "./check-result.ts";

/** Finds out about one proxy: whether it is alive, what it can do, what it tells of us, and whether it is honest. Never throws for what it does. */
export async function checkProxy(candidate: Candidate, context: CheckContext, signal: CancelSignal): Promise<CheckResult> {
  const { exit, source, line } = candidate;
  return {
    at: new Date(context.clock.wall()).toISOString(),
    source,
    line,
    exit: exit.id,
    proxy: formatHostPort(exit.hops.at(-1) as ExitHop),
    state: signal.aborted ? "dead" : "answers",
    protocols: [],
    tried: [],
    connections: 0,
    fault: null,
    ms: null,
    samples: 0,
    can: {
      http: UNKNOWN,
      https: UNKNOWN,
      connect: UNKNOWN,
      connectOther: UNKNOWN,
      ipv6: UNKNOWN,
      remoteDns: UNKNOWN,
      keepAlive: UNKNOWN,
    },
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
}

const UNKNOWN: Finding = { ok: null, details: "not looked at" };
