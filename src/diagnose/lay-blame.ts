import { confidenceOf, culpritOf } from "../core/fault-table.ts";
import { type Case, isOfTarget, isUnreached, partOf } from "./case.ts";
import type { Blame } from "./diagnosis.ts";

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
/** One view speaks against what would otherwise be the other's. */
export const SPOKEN_AGAINST = 0.85;

type Rule = (one: Case, own: Blame) => Blame | null;

const RULES: readonly Rule[] = [onlyDirectFails, targetFailsAll, refusedHere, targetServesOthers, exitAlone];

/** Without a proxy it fails, through one it works: where nothing was reached, it is our own way there. */
function onlyDirectFails({ broken, worked, isBlock }: Case, own: Blame): Blame | null {
  if (broken.spec.exit !== null || worked.length === 0 || isBlock) return null;
  return isUnreached(broken) ? { ...own, culprit: "network", confidence: SPOKEN_AGAINST } : own;
}

function targetFailsAll({ isTargets, worked, failed }: Case, own: Blame): Blame | null {
  const isAgreed = isTargets && worked.length === 0 && failed.some(isOfTarget);
  return isAgreed ? { ...own, confidence: Math.max(own.confidence, AGREED) } : null;
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
