import { formatHostPort } from "../core/address.ts";
import { type Culprit, isOfTargetSide } from "../core/fault.ts";
import { FAULTS, stageOf } from "../core/fault-table.ts";
import type { AttributedFault } from "../core/ledger.ts";
import type { Blame, Verdict } from "./diagnosis.ts";
import { isOfTarget, isUnreached, isUnresolved, mayComeOfTarget } from "./fault-kinds.ts";
import { fixOf } from "./fixes.ts";
import { inOwnWords } from "./in-own-words.ts";
import { UNDECIDED } from "./lay-blame.ts";
import type { TestResult } from "./question.ts";

interface Words {
  /** What is told as evidence, strongest first. */
  readonly told: readonly TestResult[];
  /** Null: as the fault's row has it, and whose it is. */
  readonly summary: string | null;
  /** What the client is to do; null: as the fault's row has it. */
  readonly client: string | null;
  readonly nextTest: string | null;
}

/** A verdict in words. */
export function tellVerdict(broken: TestResult, blame: Blame, { told, summary, client, nextTest }: Words): Verdict {
  const { fault } = broken.attributed as AttributedFault;
  const { culprit } = blame;
  const fix = fixOf(broken, blame);
  return {
    ...{ ...blame, fault: fault.id, stage: stageOf(fault) },
    summary: `${summary ?? `${happened(broken, blame)} Culprit: ${culpritInWords(broken, blame)}.`}${alsoDown(broken, culprit, told)}`,
    evidence: [...new Set(told.map(tell))],
    whyNot: whyNot(broken, culprit, told),
    fix: { client: client ?? fix.client, operator: fix.operator },
    nextTest,
  };
}

/** A test in one line. */
export function tell({ spec, outcome, words }: TestResult): string {
  return `${spec.route}: ${outcome === "ok" ? "works" : "fails"} (${words})`;
}

/** As the fault's row has it. */
function happened(broken: TestResult, blame: Blame): string {
  const { fault, role } = broken.attributed as AttributedFault;
  const { culprit } = blame;
  if (fault.id === "relay.exit_5xx" && culprit !== "exit") return "The exit answered with a 5xx of its own: it could not get the page.";
  if (fault.id.startsWith("tls.cert_") && role === "target" && culprit === "exit")
    return "Through the exit another certificate comes than the site's own: TLS is intercepted there.";
  return inOwnWords(FAULTS[fault.id].summary, broken, blame);
}

/** `hop 2 of the chain, 192.0.2.1:8080`, `the site's edge`; both where it stays open which. */
export function culpritInWords(broken: TestResult, { culprit, hop, confidence }: Blame): string {
  const exit = culprit === "exit" ? broken.spec.exit?.hops[hop - 1] : undefined;
  if (culprit === "gateway" && broken.spec.exit === null && isOfUrl(broken)) return "the URL, or what this machine takes for its address";
  if (exit === undefined) return NAMES[culprit];
  const place = `${(broken.spec.exit?.hops.length ?? 0) > 1 ? `hop ${hop} of the chain` : "the exit"}, ${formatHostPort(exit)}`;
  return confidence <= UNDECIDED && mayComeOfTarget(broken) ? `${place}, or the site behind it` : place;
}

/** No proxy is there to be configured. */
function isOfUrl({ attributed }: TestResult): boolean {
  return attributed?.fault.id === "head.not_http" || attributed?.fault.id === "tls.protocol_mismatch";
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

function alsoDown({ spec }: TestResult, culprit: Culprit, told: readonly TestResult[]): string {
  const direct = told.find(({ spec, outcome }) => spec.part === "direct" && outcome === "fault");
  const isLines = culprit === "gateway" && spec.exit !== null && told.every(({ outcome }) => outcome !== "ok");
  if (!(culprit === "exit" || isLines) || direct === undefined || !(isOfTarget(direct) || isUnreached(direct))) return "";
  if (isUnreached(direct) || isUnresolved(direct)) return " Without a proxy the site cannot be reached from here either.";
  return " The site fails without a proxy too.";
}

function whyNot({ spec: { exit } }: TestResult, culprit: Culprit, told: readonly TestResult[]): string[] {
  const lines: string[] = [];
  const isTargets = isOfTargetSide(culprit);
  const direct = told.find(({ spec }) => spec.part === "direct");
  if (!isTargets && direct?.outcome === "ok") lines.push(`not the site: it answers without a proxy (${direct.words})`);
  const routes = told.filter(({ spec }) => (spec.part === "via" || spec.part === "other") && spec.exit !== exit);
  const working = routes.filter(({ outcome }) => outcome === "ok").length;
  if (!isTargets && working > 0) lines.push(`not the site: ${working} other route${working === 1 ? "" : "s"} reached it`);
  const failing = routes.filter((one) => one.outcome === "fault" && (isOfTarget(one) || mayComeOfTarget(one))).length;
  const isCompared = exit !== null || routes.length > 0;
  if (isTargets && isCompared && direct?.outcome === "fault" && !isUnreached(direct)) lines.push("no exit: it fails without a proxy too");
  else if (isTargets && failing > 0) lines.push(`no exit: ${failing} other route${failing === 1 ? " fails" : "s fail"} too`);
  if (culprit !== "network" && told.some(({ status }) => status !== null)) lines.push("not this machine's network: answers come");
  return lines;
}
