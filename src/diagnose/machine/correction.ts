import type { Culprit } from "../../core/fault.ts";
import type { AttributedFault } from "../../core/ledger.ts";
import type { Verdict } from "../diagnosis.ts";
import type { TestResult } from "../question.ts";
import { culpritInWords } from "../tell-verdict.ts";

/** What this machine's own tables prove of a failure, which from outside may look like something else. */
export interface Correction {
  /** `hop`: the one that was dialled, exit or site; null: whoever the tests name. */
  readonly culprit: Culprit | "hop" | null;
  /** 0 to 1. */
  readonly confidence: number;
  /** One sentence, less the culprit. */
  readonly summary: string;
  /** What was read, and where. */
  readonly evidence: string;
  /** Whom it speaks against; null: nobody in particular. */
  readonly whyNot: string | null;
  readonly fix: Verdict["fix"];
  /** The test that would tell more; null: none is needed. */
  readonly nextTest: string | null;
}

/** The verdict as this machine's own tables have it: what is said to be looked at and what is concluded are one then. */
export function correct(verdict: Verdict, broken: TestResult, tests: readonly TestResult[], found: Correction | null): Verdict {
  const isBlip = tests.some(({ spec, outcome }) => spec.part === "repeat" && spec.of === broken.spec.id && outcome === "ok");
  if (found === null || isBlip || broken.attributed === null || verdict.fault !== broken.attributed.fault.id) return verdict;
  const blame = blameOf(verdict, broken.attributed, found);
  return {
    ...verdict,
    ...blame,
    confidence: found.confidence,
    summary: `${found.summary} Culprit: ${OWN[blame.culprit] ?? culpritInWords(broken, { ...blame, confidence: found.confidence })}.`,
    evidence: [...verdict.evidence, found.evidence],
    whyNot: found.whyNot === null ? verdict.whyNot : [...verdict.whyNot, found.whyNot],
    fix: found.fix,
    nextTest: found.nextTest,
  };
}

/** Of this machine, where it is not the hop. */
const OWN: Partial<Readonly<Record<Culprit, string>>> = {
  network: "this machine's network rules",
  dns: "/etc/hosts of this machine",
};

function blameOf(verdict: Verdict, { role, hop }: AttributedFault, { culprit }: Correction): { culprit: Culprit; hop: number } {
  if (culprit === "hop") return { culprit: role === "exit" ? "exit" : "origin", hop };
  return { culprit: culprit ?? (verdict.culprit as Culprit), hop: culprit === "dns" ? 0 : hop };
}
