import type { Culprit, FaultId, Stage } from "../core/fault.ts";
import type { Hint } from "./machine/hints.ts";
import type { TestResult } from "./question.ts";

/** What came of all tests, and what to look at. */
export interface Diagnosis extends Conclusion {
  /** Where the hop that was dialled from here is the broken one. */
  readonly hints: readonly Hint[];
}

/** What came of all tests. */
export interface Conclusion {
  readonly verdict: Verdict;
  readonly tests: readonly TestResult[];
  /** The one that the verdict is about; null: nothing broke, or nothing could be told. */
  readonly broken: TestResult | null;
}

/** Who broke what. */
export interface Verdict {
  /** Null: all is well, or nothing could be told. */
  readonly culprit: Culprit | null;
  readonly fault: FaultId | null;
  readonly stage: Stage | null;
  /** 1 = nearest to us; 0 where no hop is to name. */
  readonly hop: number;
  readonly confidence: number;
  readonly summary: string;
  readonly evidence: readonly string[];
  /** What speaks against the other culprits. */
  readonly whyNot: readonly string[];
  readonly fix: { readonly client: string; readonly operator: string };
  /** The test that would tell more; null: none is needed. */
  readonly nextTest: string | null;
}

/** Whom the tests lay it to. */
export interface Blame {
  readonly culprit: Culprit;
  readonly hop: number;
  readonly confidence: number;
}
