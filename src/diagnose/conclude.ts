import type { Culprit, FaultId, Stage } from "../core/fault.ts";
import { confidenceOf, culpritOf, FAULTS, stageOf } from "../core/fault-table.ts";
import type { Question, TestResult } from "./question.ts";

/** What came of all tests. */
export interface Diagnosis {
  readonly verdict: {
    /** Null: all is well, or nothing could be told. */
    readonly culprit: Culprit | null;
    readonly fault: FaultId | null;
    readonly stage: Stage | null;
    /** 1 = nearest to us; 0 where no hop is to name. */
    readonly hop: number;
    readonly confidence: number;
    readonly summary: string;
    readonly evidence: readonly string[];
    readonly fix: { readonly client: string; readonly operator: string };
    /** The test that would tell more; null: none is needed. */
    readonly nextTest: string | null;
  };
  readonly tests: readonly TestResult[];
}

/** Who broke what, by the tests that have ended. Pure. */
export function conclude({ via, direct }: Question, tests: readonly TestResult[]): Diagnosis {
  const whole = tests.filter(({ spec, outcome }) => ["direct", "via", "other"].includes(spec.part) && outcome !== "cut");
  const broken =
    whole.find(({ spec, outcome }) => spec.part === "via" && outcome === "fault") ??
    (via.length > 0 && whole.some(({ spec }) => spec.part === "via") ? undefined : whole.find(({ outcome }) => outcome === "fault"));
  if (broken === undefined) return { verdict: allWell(whole), tests };
  return { verdict: judge(broken, whole, tests, direct), tests };
}

function allWell(whole: readonly TestResult[]): Diagnosis["verdict"] {
  const isKnown = whole.length > 0;
  return {
    ...{ culprit: null, fault: null, stage: null, hop: 0, confidence: isKnown ? 1 : 0 },
    summary: isKnown ? "Nothing is broken now: the request is answered as it should be." : "No route was tried to its end.",
    evidence: whole.map(tell),
    fix: { client: "Nothing to do.", operator: "Nothing to do." },
    nextTest: null,
  };
}

const UNREACHED = /^(?:connect\.(?:timeout|host_unreachable|net_unreachable)|dns\.(?:timeout|resolver_unreachable))$/;
/** Two views agree. */
const AGREED = 0.95;
/** One view speaks against what would otherwise be the other's. */
const SPOKEN_AGAINST = 0.85;

function judge(broken: TestResult, whole: readonly TestResult[], tests: readonly TestResult[], mayGoDirect: boolean): Diagnosis["verdict"] {
  const { fault, role, hop } = broken.attributed as NonNullable<TestResult["attributed"]>;
  const others = whole.filter((one) => one !== broken);
  const worked = others.filter(({ outcome }) => outcome === "ok");
  const failed = others.filter(({ outcome }) => outcome === "fault");
  const parts = tests.filter(({ spec, outcome }) => spec.of === broken.spec.id && outcome !== "cut");
  let culprit = culpritOf(fault, role);
  let confidence = confidenceOf(fault);
  let broke = hop;
  const isTargets = culprit === "origin" || culprit === "edge" || (role === "target" && culprit !== "exit" && culprit !== "gateway");
  const isBlock = fault.id === "relay.blocked" || fault.id === "relay.rate_limited";
  if (others.length > 0 && worked.length === 0 && whole.every((one) => UNREACHED.test(one.attributed?.fault.id ?? ""))) {
    return verdict(
      broken,
      { culprit: "network", hop: 0, confidence: 0.9 },
      [broken, ...failed],
      "Nothing can be reached, by no route: this machine's own network is down.",
      null,
    );
  }
  if (broken.spec.exit === null && worked.length > 0 && !isBlock) {
    if (UNREACHED.test(fault.id)) [culprit, confidence] = ["network", SPOKEN_AGAINST];
  } else if (isTargets && worked.length === 0 && failed.some(isOfTarget)) confidence = Math.max(confidence, AGREED);
  else if (isTargets && !isBlock && worked.length > 0) [culprit, confidence, broke] = ["exit", 0.7, broken.spec.exit?.hops.length ?? hop];
  else if (culprit === "exit" && worked.length > 0) confidence = Math.max(confidence, SPOKEN_AGAINST);
  const link =
    broken.spec.exit !== null && broken.spec.exit.hops.length > 1 && !isTargets
      ? parts.find(({ spec, outcome }) => spec.part === "hop-alone" && outcome === "fault")
      : undefined;
  const nextTest =
    others.length > 0 || confidence >= SPOKEN_AGAINST
      ? null
      : `the same ${mayGoDirect ? "through another exit: --via ROUTE" : "without a proxy: leave --no-direct out"}`;
  const found = parts.find(({ spec, outcome }) => spec.part === "protocol" && outcome === "ok");
  const again = parts.find(({ spec, outcome }) => spec.part === "repeat" && outcome === "ok");
  const words =
    found === undefined
      ? again === undefined
        ? null
        : "It failed once and worked at the second try: a blip."
      : `The exit speaks another protocol: use ${found.spec.route.slice(3)}.`;
  return verdict(
    broken,
    { culprit, hop: broke, confidence: again === undefined ? confidence : Math.min(confidence, 0.5) },
    [broken, ...(link === undefined ? [] : [link]), ...others, ...parts.filter((one) => one !== link)],
    words,
    nextTest,
  );
}

function isOfTarget({ attributed }: TestResult): boolean {
  if (attributed === null) return false;
  return ["origin", "edge"].includes(culpritOf(attributed.fault, attributed.role)) || attributed.role === "target";
}

function verdict(
  broken: TestResult,
  { culprit, hop, confidence }: { readonly culprit: Culprit; readonly hop: number; readonly confidence: number },
  told: readonly TestResult[],
  words: string | null,
  nextTest: string | null,
): Diagnosis["verdict"] {
  const { fault } = broken.attributed as NonNullable<TestResult["attributed"]>;
  const row = FAULTS[fault.id];
  const isTargets = culprit === "origin" || culprit === "edge";
  const wait = isTargets && !fault.id.startsWith("relay.") ? "The site is down: wait. Another exit does not help. " : "";
  const client = words?.startsWith("The exit speaks") ? words : `${wait}${row.fix.client}`;
  return {
    ...{ culprit, fault: fault.id, stage: stageOf(fault), hop, confidence },
    summary: words ?? `${row.summary} Culprit: ${culprit}.`,
    evidence: [...new Set(told.map(tell))],
    fix: { client, operator: row.fix.operator },
    nextTest,
  };
}

function tell({ spec, outcome, words }: TestResult): string {
  return `${spec.route}: ${outcome === "ok" ? "works" : "fails"} (${words})`;
}
