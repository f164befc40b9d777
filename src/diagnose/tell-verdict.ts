import { formatHostPort } from "../core/address.ts";
import type { Culprit } from "../core/fault.ts";
import { FAULTS, stageOf } from "../core/fault-table.ts";
import type { AttributedFault } from "../core/ledger.ts";
import { isOfTarget } from "./case.ts";
import type { Blame, Verdict } from "./diagnosis.ts";
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
  const { culprit, hop } = blame;
  const row = FAULTS[fault.id];
  const isTargets = culprit === "origin" || culprit === "edge";
  const wait = isTargets && DOWN.test(fault.id) ? "The site is down: wait. Another exit does not help. " : "";
  const isChain = culprit === "exit" && (broken.spec.exit?.hops.length ?? 0) > 1;
  return {
    ...{ ...blame, fault: fault.id, stage: stageOf(fault) },
    summary: `${summary ?? `${row.summary} Culprit: ${placeOf(broken, culprit, hop)}.`}${alsoDown(culprit, told)}`,
    evidence: [...new Set(told.map(tell))],
    whyNot: whyNot(culprit, told),
    fix: { client: client ?? `${wait}${isChain ? `Remove or replace hop ${hop}. ` : ""}${row.fix.client}`, operator: row.fix.operator },
    nextTest,
  };
}

/** A test in one line. */
export function tell({ spec, outcome, words }: TestResult): string {
  return `${spec.route}: ${outcome === "ok" ? "works" : "fails"} (${words})`;
}

/** Nobody serves there. */
const DOWN = /^(?:connect\.|head\.(?:closed|reset|timeout)|handshake\.target_)/;

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
