import { formatHostPort } from "../core/address.ts";
import { type Culprit, type FaultId, fault as makeFault, type Stage } from "../core/fault.ts";
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
    /** What speaks against the other culprits. */
    readonly whyNot: readonly string[];
    readonly fix: { readonly client: string; readonly operator: string };
    /** The test that would tell more; null: none is needed. */
    readonly nextTest: string | null;
  };
  readonly tests: readonly TestResult[];
}

type Verdict = Diagnosis["verdict"];

/** Who broke what, by the tests that have ended. Pure. */
export function conclude({ via, direct }: Question, tests: readonly TestResult[]): Diagnosis {
  const whole = tests.filter(({ spec, outcome }) => ["direct", "via", "other"].includes(spec.part) && outcome !== "cut");
  const broken =
    whole.find(({ spec, outcome }) => spec.part === "via" && outcome === "fault") ??
    (via.length > 0 && whole.some(({ spec }) => spec.part === "via") ? undefined : whole.find(({ outcome }) => outcome === "fault"));
  if (broken === undefined) return { verdict: allWell(whole), tests };
  return { verdict: judge(seenNearer(broken, whole), whole, tests, direct), tests };
}

/** Where the site fails whoever asks, what it did without a proxy tells more than what a proxy says of it. */
function seenNearer(broken: TestResult, whole: readonly TestResult[]): TestResult {
  const own = whole.find(({ spec, outcome }) => spec.part === "direct" && outcome === "fault");
  const isTold = /^(?:relay\.exit_5xx$|handshake\.)/.test(broken.attributed?.fault.id ?? "");
  const isSites = isTold && isOfTarget(broken) && whole.every(({ outcome }) => outcome === "fault");
  return own !== undefined && isSites && isOfTarget(own) ? own : broken;
}

function allWell(whole: readonly TestResult[]): Verdict {
  const isKnown = whole.length > 0;
  return {
    ...{ culprit: null, fault: null, stage: null, hop: 0, confidence: isKnown ? 1 : 0 },
    summary: isKnown ? `Nothing is broken on the way now: ${answerOf(whole)}.` : "No route was tried to its end.",
    evidence: whole.map(tell),
    whyNot: [],
    fix: { client: "Nothing to do.", operator: "Nothing to do." },
    nextTest: null,
  };
}

function answerOf(whole: readonly TestResult[]): string {
  const status = whole.find((one) => one.status !== null)?.status ?? null;
  return status !== null && status >= 400 ? `the site itself answers ${status}` : "the request is answered as it should be";
}

const UNREACHED = /^(?:connect\.(?:timeout|host_unreachable|net_unreachable)|dns\.(?:timeout|resolver_unreachable))$/;
/** Two views agree. */
const AGREED = 0.95;
/** One view speaks against what would otherwise be the other's. */
const SPOKEN_AGAINST = 0.85;

function judge(broken: TestResult, whole: readonly TestResult[], tests: readonly TestResult[], mayGoDirect: boolean): Verdict {
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
  else if (isRefusedHere(broken, parts) && worked.length > 0) [culprit, confidence] = ["edge", 0.75];
  else if (isTargets && !isBlock && worked.length > 0)
    [culprit, confidence, broke] = [
      "exit",
      parts.some(({ spec, outcome }) => spec.part === "in-tunnel" && outcome === "ok") ? 0.9 : 0.7,
      lastHop(broken, hop),
    ];
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
  if (found !== undefined) {
    const wrong = fault.id === "handshake.not_a_proxy" ? fault : makeFault("handshake.not_a_proxy", `${words} (${fault.details})`);
    const named = { ...broken, attributed: { fault: wrong, role, hop: broke } };
    return verdict(named, { culprit: culpritOf(wrong, role), hop: broke, confidence: 0.95 }, [broken, found, ...others], words, null);
  }
  return verdict(
    broken,
    { culprit, hop: broke, confidence: again === undefined ? confidence : Math.min(confidence, 0.5) },
    [broken, ...(link === undefined ? [] : [link]), ...others, ...parts.filter((one) => one !== link)],
    words,
    nextTest,
  );
}

function lastHop({ spec }: TestResult, hop: number): number {
  return spec.exit?.hops.length ?? hop;
}

/** An error that came out of a tunnel, where no exit can have made it, and that others are not given. */
function isRefusedHere({ spec, attributed, status }: TestResult, parts: readonly TestResult[]): boolean {
  if (spec.exit === null || status === null || !attributed?.fault.id.startsWith("relay.")) return false;
  const isEncrypted = spec.request.includes(" https://");
  return isEncrypted || parts.some((one) => one.spec.part === "in-tunnel" && one.outcome === "fault" && one.status === status);
}

/** Nobody serves there. */
const DOWN = /^(?:connect\.|head\.(?:closed|reset|timeout)|handshake\.target_)/;

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
): Verdict {
  const { fault } = broken.attributed as NonNullable<TestResult["attributed"]>;
  const row = FAULTS[fault.id];
  const isTargets = culprit === "origin" || culprit === "edge";
  const wait = isTargets && DOWN.test(fault.id) ? "The site is down: wait. Another exit does not help. " : "";
  const isChain = culprit === "exit" && (broken.spec.exit?.hops.length ?? 0) > 1;
  const client = words?.startsWith("The exit speaks")
    ? words
    : `${wait}${isChain ? `Remove or replace hop ${hop}. ` : ""}${row.fix.client}`;
  return {
    ...{ culprit, fault: fault.id, stage: stageOf(fault), hop, confidence },
    summary: `${words ?? `${row.summary} Culprit: ${placeOf(broken, culprit, hop)}.`}${alsoDown(culprit, told)}`,
    evidence: [...new Set(told.map(tell))],
    whyNot: whyNot(culprit, told),
    fix: { client, operator: row.fix.operator },
    nextTest,
  };
}

/** `hop 2 (192.0.2.1:8080)`, `the site's edge`. */
function placeOf({ spec }: TestResult, culprit: Culprit, hop: number): string {
  const exit = culprit === "exit" ? spec.exit?.hops[hop - 1] : undefined;
  if (exit !== undefined) return `${(spec.exit?.hops.length ?? 0) > 1 ? `hop ${hop} of the chain` : "the exit"}, ${formatHostPort(exit)}`;
  return NAMES[culprit];
}

const NAMES: Readonly<Record<Culprit, string>> = {
  client: "the request itself",
  gateway: "this machine, or how the proxy is configured",
  exit: "the exit",
  edge: "the site's edge",
  origin: "the site",
  dns: "DNS",
  network: "the network between",
};

function alsoDown(culprit: Culprit, told: readonly TestResult[]): string {
  const isDown = told.some((one) => one.spec.part === "direct" && one.outcome === "fault" && isOfTarget(one));
  return culprit === "exit" && isDown ? " The site fails without a proxy too." : "";
}

function whyNot(culprit: Culprit, told: readonly TestResult[]): string[] {
  const lines: string[] = [];
  const isTargets = culprit === "origin" || culprit === "edge";
  const direct = told.find(({ spec }) => spec.part === "direct");
  if (!isTargets && direct?.outcome === "ok") lines.push(`not the site: it answers without a proxy (${direct.words})`);
  const others = told.filter(({ spec, outcome }) => (spec.part === "via" || spec.part === "other") && outcome === "ok");
  if (!isTargets && others.length > 0) lines.push(`not the site: ${others.length} other route${others.length === 1 ? "" : "s"} reached it`);
  if (isTargets && direct?.outcome === "fault") lines.push("no exit: it fails without a proxy too");
  if (culprit !== "network" && told.some(({ status }) => status !== null)) lines.push("not this machine's network: answers come");
  return lines;
}

function tell({ spec, outcome, words }: TestResult): string {
  return `${spec.route}: ${outcome === "ok" ? "works" : "fails"} (${words})`;
}
