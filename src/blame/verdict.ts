import { type Culprit, type Fault, isOfTargetSide } from "../core/fault.ts";
import { confidenceOf, culpritOf, FAULTS, stageOf } from "../core/fault-table.ts";
import type { AttemptRecord, AttributedFault, Verdict } from "../core/ledger.ts";
import type { HopRole } from "../core/route.ts";

/**
 * What we conclude from an exchange: the fault that is told, weighed with what its attempts showed together.
 *
 * @param attempts all of the exchange's, the one that the fault comes from included; their `fault`, `culprit` and `status` are set.
 */
export function concludeVerdict({ fault, role, hop, evidence = [] }: AttributedFault, attempts: readonly AttemptRecord[]): Verdict {
  const culprit = culpritOf(fault, role);
  const together = compare(fault, culprit, attempts);
  return {
    fault: fault.id,
    culprit,
    // What other exchanges have shown includes what this one has.
    confidence: evidence.length > 0 ? confidenceOf(fault) : weigh(confidenceOf(fault), culprit, together),
    stage: stageOf(fault),
    hop,
    evidence: [...evidence, fault.details, ...tellTogether(fault, culprit, together)].filter((line) => line !== ""),
    fix: isOurConnection(fault, role) ? FAULTS["connect.net_unreachable"].fix : fixOf(fault, culprit),
  };
}

/** The attempts of one exchange, seen from one fault. */
interface Together {
  /** Exits through which the same fault came. */
  readonly sameExits: number;
  /** A direct attempt showed the same fault. */
  readonly sameDirect: boolean;
  /** Exits of attempts that blame the target's side, by any fault. */
  readonly targetBlamers: number;
  /** Faults of other exits' attempts, each once. */
  readonly otherFaults: readonly string[];
  readonly otherExits: number;
  /** Statuses of answers that other attempts had. */
  readonly answers: readonly number[];
  /** The attempt that the fault comes from ran on a socket that had served before. */
  readonly reused: boolean;
}

function compare({ id }: Fault, culprit: Culprit, attempts: readonly AttemptRecord[]): Together {
  const same = attempts.filter((attempt) => attempt.fault === id && attempt.culprit === culprit);
  const sameExits = exitsOf(same);
  const others = attempts.filter(
    (attempt) => attempt.fault !== null && attempt.fault !== id && attempt.exit !== null && !sameExits.has(attempt.exit),
  );
  return {
    sameExits: sameExits.size,
    sameDirect: same.some(({ exit }) => exit === null),
    targetBlamers: exitsOf(attempts.filter((attempt) => attempt.culprit !== null && isBehindExits(attempt.culprit))).size,
    otherFaults: [...new Set(others.map((attempt) => attempt.fault as string))],
    otherExits: exitsOf(others).size,
    answers: attempts.filter((attempt) => attempt.fault !== id && attempt.status !== null).map((attempt) => attempt.status as number),
    reused: same.at(-1)?.reused ?? false,
  };
}

function exitsOf(attempts: readonly AttemptRecord[]): Set<string> {
  return new Set(attempts.map(({ exit }) => exit).filter((exit) => exit !== null));
}

function isBehindExits(culprit: Culprit): boolean {
  return isOfTargetSide(culprit) || culprit === "dns";
}

/**
 * Several exits that blame the target make each other believable: what speaks against it must be wrong each time. Several exits with
 * the same unproved fault of their own make it less so: the target may do it to them all.
 */
function weigh(confidence: number, culprit: Culprit, { targetBlamers, sameExits, sameDirect }: Together): number {
  let weighed = confidence;
  if (isBehindExits(culprit)) {
    const witnesses = targetBlamers + (sameDirect && targetBlamers > 0 ? 1 : 0);
    if (witnesses > 1) weighed = Math.min(0.99, 1 - (1 - confidence) * 0.6 ** (witnesses - 1));
  } else if (culprit === "exit" && sameExits > 1 && confidence < PROVED) {
    weighed = Math.max(0.5, confidence * 0.9 ** (sameExits - 1));
  }
  return Math.round(weighed * 100) / 100;
}

/** An exit that refuses TCP proves it by itself, however many of them do. */
const PROVED = 0.9;

function tellTogether(fault: Fault, culprit: Culprit, together: Together): string[] {
  const lines: string[] = [];
  const { sameExits, sameDirect, targetBlamers, otherFaults, otherExits, answers, reused } = together;
  if (sameExits > 1) lines.push(tellSame(fault, culprit, sameExits));
  if (sameDirect && sameExits > 0) lines.push("a direct connection showed the same");
  if (isBehindExits(culprit) && targetBlamers > Math.max(1, sameExits)) lines.push(`${targetBlamers} exits blame the target`);
  if (otherExits > 0)
    lines.push(`${otherExits} other exit${otherExits > 1 ? "s" : ""} failed in other ways: ${otherFaults.slice(0, 5).join(", ")}`);
  if (answers.length > 0) lines.push(`another attempt was answered ${answers.slice(0, 5).join(", ")}`);
  if (reused && fault.id !== "head.keepalive_race") lines.push("the connection had served an earlier request");
  return lines;
}

function tellSame(fault: Fault, culprit: Culprit, exits: number): string {
  const line = `the same fault through ${exits} exits`;
  // Before an exit is reached no target has a part in it, but this machine's own connection has.
  if (culprit === "exit" && confidenceOf(fault) < PROVED)
    return `${line}: ${isBeforeExit(fault) ? "this machine's own connection may be at fault" : "the target may do this to all of them"}`;
  return isBehindExits(culprit) ? `${line}: not any one exit's` : line;
}

function isBeforeExit(fault: Fault): boolean {
  const stage = stageOf(fault);
  return stage === "dns" || stage === "connect";
}

/** What no exit could be reached for is this machine's to mend. */
function isOurConnection({ id, culprit }: Fault, role: HopRole): boolean {
  return culprit === "network" && FAULTS[id].culprit[role] !== "network";
}

/** The row's fixes; where an exit's own page speaks of another culprit than the exit, what helps against that one. */
export function fixOf({ id }: Fault, culprit: Culprit): Verdict["fix"] {
  if (id === "relay.exit_5xx" && isBehindExits(culprit)) return FAULTS["handshake.target_refused"].fix;
  if (id === "relay.exit_5xx" && culprit === "gateway") return OUR_ACCOUNT;
  if (isBehindExits(culprit) && id.startsWith("handshake.") && !isBehindExits(FAULTS[id].culprit.exit))
    return FAULTS["handshake.target_refused"].fix;
  return FAULTS[id].fix;
}

/** The exit says that it will not serve whoever logs in so. */
export const OUR_ACCOUNT: Verdict["fix"] = {
  client: "Nothing to do on the client.",
  operator: "Check the account at the exit's vendor: credentials, bandwidth, threads, billing.",
};
