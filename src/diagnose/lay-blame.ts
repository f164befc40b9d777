import { type Culprit, isOfTargetSide } from "../core/fault.ts";
import { confidenceOf, culpritOf, FAULTS, stageOf } from "../core/fault-table.ts";
import { type Case, partOf } from "./case.ts";
import { brokenLink } from "./chain-links.ts";
import type { Blame } from "./diagnosis.ts";
import { areAlike, isOfTarget, isOwn, isTold, isUnreached, isUnresolved, mayComeOfTarget } from "./fault-kinds.ts";
import type { TestResult } from "./question.ts";

/** Whom the broken test names, as what the other tests saw confirms or corrects it: the first rule that says something decides. */
export function layBlame(one: Case): Blame {
  const own = { culprit: culpritOf(one.fault, one.role), hop: one.hop, confidence: confidenceOf(one.fault) };
  for (const rule of RULES) {
    const blame = rule(one, own);
    if (blame !== null) return blame;
  }
  return own;
}

/** Two views agree. */
const AGREED = 0.95;
/** They agree that nothing answers: a way that is closed and another that leads nowhere look like a target that is down. */
const AGREED_IN_SILENCE = 0.9;
/** One view speaks against what would otherwise be the other's. */
export const SPOKEN_AGAINST = 0.85;
/** Two may have made it, and nobody else was asked. */
export const UNDECIDED = 0.6;

type Rule = (one: Case, own: Blame) => Blame | null;

const RULES: readonly Rule[] = [
  nameFailsHere,
  onlyDirectFails,
  brokenLink,
  targetFailsAll,
  exitsFailAlike,
  refusedHere,
  targetServesOthers,
  exitAlone,
  comparedWithNobody,
];

/** What this machine could not look up says nothing of the target and of exits; all the less where others reached it by its name. */
function nameFailsHere({ broken, role, worked }: Case, own: Blame): Blame | null {
  if (!isUnresolved(broken) || role !== "target") return null;
  return worked.length === 0 ? own : { ...own, culprit: own.culprit === "gateway" ? "gateway" : "dns", confidence: SPOKEN_AGAINST };
}

/** Without a proxy it fails, through one it works: it lies between this machine and the site, or the site does not want this machine. */
function onlyDirectFails({ broken, fault, worked, isBlock }: Case, own: Blame): Blame | null {
  if (broken.spec.exit !== null || worked.length === 0 || isBlock || isOwn(fault.id)) return null;
  if (isUnreached(broken)) return { ...own, culprit: "network", confidence: SPOKEN_AGAINST };
  const culprit: Culprit = fault.id.startsWith("relay.") ? "edge" : "network";
  return { ...own, culprit, confidence: stageOf(fault) === "connect" ? 0.75 : 0.65 };
}

/** It is the target's wherever it was asked; of silence on our own way there that is said only where others met silence too. */
function targetFailsAll({ broken, isTargets, worked, failed }: Case, own: Blame): Blame | null {
  const agreeing = failed.filter((other) => agrees(other, broken));
  if (!isTargets || worked.length > 0 || agreeing.length === 0) return null;
  const isSilence = isUnreached(broken) || agreeing.every(isUnreached);
  const culprit = own.culprit === "network" ? "origin" : own.culprit;
  return { ...own, culprit, confidence: Math.max(own.confidence, isSilence ? AGREED_IN_SILENCE : AGREED) };
}

function agrees(other: TestResult, broken: TestResult): boolean {
  if (isOfTarget(other)) return areAlike(broken, other) || !(isUnreached(other) || isUnresolved(other));
  return mayComeOfTarget(other) && (areAlike(broken, other) || isTold(other));
}

/** Exits that have nothing to do with each other show the same: what they have in common is the target. */
function exitsFailAlike({ broken, fault, worked, failed }: Case, own: Blame): Blame | null {
  const exits = broken.spec.exit?.hops.length ?? 0;
  const alike = failed.filter((other) => other.spec.exit !== null && mayComeOfTarget(other) && areAlike(broken, other));
  if (exits === 0 || worked.length > 0 || alike.length === 0 || !mayComeOfTarget(broken)) return null;
  const asTargets = culpritOf(fault, "target");
  const culprit = own.culprit !== "exit" ? own.culprit : asTargets === "exit" ? "origin" : asTargets;
  return { culprit, hop: exits + 1, confidence: alike.length > 1 ? 0.9 : SPOKEN_AGAINST };
}

/** An error that came out of a tunnel, where no exit can have made it, and that others are not given. */
function refusedHere({ broken: { spec, status }, fault, parts, worked }: Case, own: Blame): Blame | null {
  if (worked.length === 0 || spec.exit === null || status === null || !fault.id.startsWith("relay.")) return null;
  const isEncrypted = spec.request.includes(" https://");
  const isOutOfTunnel =
    isEncrypted || parts.some((one) => one.spec.part === "in-tunnel" && one.outcome === "fault" && one.status === status);
  return isOutOfTunnel ? { ...own, culprit: "edge", confidence: 0.75 } : null;
}

/** The target is well, so that the last exit before it made what looks like the target's; all the more where a tunnel through it works. */
function targetServesOthers(one: Case, own: Blame): Blame | null {
  if (!one.isTargets || one.isBlock || one.worked.length === 0) return null;
  const confidence = partOf(one, "in-tunnel", "ok") === null ? 0.7 : 0.9;
  return { culprit: "exit", confidence, hop: one.broken.spec.exit?.hops.length ?? own.hop };
}

function exitAlone({ worked }: Case, own: Blame): Blame | null {
  const isConfirmed = own.culprit === "exit" && worked.length > 0;
  return isConfirmed ? { ...own, confidence: Math.max(own.confidence, SPOKEN_AGAINST) } : null;
}

/** No other route tells anything of the target: what may be its as well as the exit's stays open. */
function comparedWithNobody({ broken, fault }: Case, own: Blame): Blame | null {
  const isOpen = own.culprit === "exit" || (FAULTS[fault.id].inDoubt === "always" && isOfTargetSide(own.culprit));
  return isOpen && mayComeOfTarget(broken) ? { ...own, confidence: Math.min(own.confidence, UNDECIDED) } : null;
}
