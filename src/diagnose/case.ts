import type { Fault } from "../core/fault.ts";
import { culpritOf } from "../core/fault-table.ts";
import type { AttributedFault } from "../core/ledger.ts";
import type { HopRole } from "../core/route.ts";
import { isBlock, isOfTarget } from "./fault-kinds.ts";
import type { TestPart, TestResult, TestSpec } from "./question.ts";

/** A test that broke, and all that speaks for or against whoever is named first. */
export interface Case {
  readonly broken: TestResult;
  readonly fault: Fault;
  readonly role: HopRole;
  /** As the broken test alone would name it. */
  readonly hop: number;
  /** Whole routes beside it, and those of them that worked and that failed. */
  readonly others: readonly TestResult[];
  readonly worked: readonly TestResult[];
  readonly failed: readonly TestResult[];
  /** What was found out about it in detail. */
  readonly parts: readonly TestResult[];
  /** What name servers and the system said of the target's name. */
  readonly names: readonly TestResult[];
  /** Alone it would be laid to the target's side, or showed itself there. */
  readonly isTargets: boolean;
  /** The target does not want this client: no outage. */
  readonly isBlock: boolean;
  readonly mayGoDirect: boolean;
}

export function caseOf(broken: TestResult, whole: readonly TestResult[], tests: readonly TestResult[], mayGoDirect: boolean): Case {
  const { fault, role, hop } = broken.attributed as AttributedFault;
  const others = whole.filter((one) => one !== broken);
  return {
    ...{ broken, fault, role, hop, others, mayGoDirect },
    worked: others.filter(({ outcome }) => outcome === "ok"),
    failed: others.filter(({ outcome }) => outcome === "fault"),
    parts: tests.filter(({ spec, outcome }) => outcome !== "cut" && isPartOf(spec, broken.spec.id, tests)),
    names: tests.filter(({ spec, outcome }) => spec.part === "name" && outcome !== "cut"),
    isTargets: isOfTarget(broken) && culpritOf(fault, role) !== "exit",
    isBlock: isBlock(fault.id),
  };
}

/** It answered in the site's name itself, as a site that does not exist has shown. */
export function isOwnPage({ broken, parts }: Pick<Case, "broken" | "parts">): boolean {
  return broken.answer !== null && parts.some(({ spec }) => spec.part === "nowhere");
}

/** Itself, or by way of a part: which protocol a hop of a chain speaks. */
function isPartOf({ of }: TestSpec, id: string, tests: readonly TestResult[]): boolean {
  return of === id || (of !== null && tests.some(({ spec }) => spec.id === of && spec.of === id));
}

/** The detail of that kind which ended so. */
export function partOf({ parts }: Case, part: TestPart, outcome: TestResult["outcome"]): TestResult | null {
  return parts.find((one) => one.spec.part === part && one.outcome === outcome) ?? null;
}
