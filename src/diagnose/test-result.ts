import { attribute } from "../blame/attribute.ts";
import type { AttributedFault, HopFailure } from "../core/ledger.ts";
import type { Target } from "../core/route.ts";
import type { TestResult, TestSpec } from "./question.ts";

/** A test that went as it should, less what it has shown. */
export function passed(spec: TestSpec): TestResult {
  const nothing = { attributed: null, status: null, ms: {}, at: 0, sent: null, answer: null, words: "", raw: null, excerpt: null };
  return { ...nothing, spec, outcome: "ok" };
}

/** A test that broke. One that was cut off has shown nothing. */
export function failed(spec: TestSpec, failure: HopFailure, target: Target, ms: TestResult["ms"]): TestResult {
  if (failure.kind === "interrupted" && failure.interruption.how === "left") return cutTest(spec);
  return faulty(spec, attribute(failure, { exit: spec.exit, target }), ms);
}

/** A test that showed this fault. */
export function faulty(spec: TestSpec, attributed: AttributedFault, ms: TestResult["ms"]): TestResult {
  return { ...passed(spec), outcome: "fault", attributed, ms, words: attributed.fault.details };
}

/** What a test that is not waited for leaves. */
export function cutTest(spec: TestSpec): TestResult {
  return { ...passed(spec), outcome: "cut", words: "not waited for: the others settled it" };
}
