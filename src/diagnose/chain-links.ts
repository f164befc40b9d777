import { culpritOf } from "../core/fault-table.ts";
import { type Case, isOwnPage } from "./case.ts";
import type { Blame } from "./diagnosis.ts";
import { isBlock } from "./fault-kinds.ts";
import type { TestResult } from "./question.ts";

/** A hop that fails on its own as well is the broken one. */
const SEEN_ALONE = 0.9;
/** Each of two hops does its part alone; what is between them does not. */
const BETWEEN = 0.7;

/**
 * Which link of a chain is broken, by its hops on their own: what a hop shows through another one may be that one's doing, and what it says
 * of the next is no more than its word.
 */
export function brokenLink(one: Case, own: Blame): Blame | null {
  const hops = one.broken.spec.exit?.hops ?? [];
  const alone = hops.map((hop) => one.parts.find(({ spec }) => spec.part === "hop-alone" && spec.exit?.hops[0] === hop) ?? null);
  const doesSiteAnswer = one.worked.length > 0 || alone.some((test) => test?.outcome === "ok");
  if (hops.length < 2 || !doesSiteAnswer || one.isBlock || isOwnPage(one)) return null;
  const failing = alone.flatMap((test, index) => (test !== null && failsItself(test) ? [{ test, hop: index + 1 }] : []));
  const broken = failing.find(({ hop }) => hop === own.hop) ?? failing[0];
  if (broken !== undefined) return { ...seenAlone(broken.test, own), hop: broken.hop };
  // Of its next hop a hop may say what it likes: that one is well.
  const before = own.hop - 1;
  const areBothWell = before > 0 && alone[own.hop - 1]?.outcome === "ok" && alone[before - 1]?.outcome === "ok";
  return areBothWell ? { culprit: "exit", hop: before, confidence: BETWEEN } : null;
}

/** A port that an exit does not open for the site it may well open for the next hop. */
function failsItself({ outcome, attributed }: TestResult): boolean {
  const id = attributed?.fault.id;
  return outcome === "fault" && id !== undefined && id !== "handshake.policy_denied" && !isBlock(id);
}

/** How its line has it may be wrong, but not what comes from behind it. */
function seenAlone({ attributed }: TestResult, own: Blame): Omit<Blame, "hop"> {
  const isLines = attributed?.role === "exit" && culpritOf(attributed.fault, attributed.role) === "gateway";
  const culprit = isLines ? "gateway" : "exit";
  return { culprit, confidence: Math.max(SEEN_ALONE, culprit === own.culprit ? own.confidence : 0) };
}
