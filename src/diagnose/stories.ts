import { fault as makeFault } from "../core/fault.ts";
import { culpritOf } from "../core/fault-table.ts";
import { type Case, isUnreached, partOf } from "./case.ts";
import type { Blame, Verdict } from "./diagnosis.ts";
import { SPOKEN_AGAINST } from "./lay-blame.ts";
import { tellVerdict } from "./tell-verdict.ts";

/** What a case comes to; null: something else. */
type Story = (one: Case, blame: Blame) => Verdict | null;

/** In the order in which they are tried: the last one fits every case. */
export const STORIES: readonly Story[] = [networkIsDown, wrongProtocol, blip, otherPort, brokenHop];

function networkIsDown({ broken, others, worked, failed }: Case): Verdict | null {
  if (others.length === 0 || worked.length > 0 || ![broken, ...others].every(isUnreached)) return null;
  const summary = "Nothing can be reached, by no route: this machine's own network is down.";
  const blame = { culprit: "network", hop: 0, confidence: 0.9 } as const;
  return tellVerdict(broken, blame, { told: [broken, ...failed], summary, client: null, nextTest: null });
}

/** The port answered as soon as it was spoken to in another protocol: the exit is well, its line is not. */
function wrongProtocol(one: Case, { hop }: Blame): Verdict | null {
  const { broken, fault, role, others } = one;
  const found = partOf(one, "protocol", "ok");
  if (found === null) return null;
  const summary = `The exit speaks another protocol: use ${found.spec.route.slice("as ".length)}.`;
  const wrong = fault.id === "handshake.not_a_proxy" ? fault : makeFault("handshake.not_a_proxy", `${summary} (${fault.details})`);
  const blame = { culprit: culpritOf(wrong, role), hop, confidence: 0.95 };
  const named = { ...broken, attributed: { fault: wrong, role, hop } };
  return tellVerdict(named, blame, { told: [broken, found, ...others], summary, client: summary, nextTest: null });
}

/** Nobody serves at the port that its line names, but at another one of the same host. */
function otherPort(one: Case, blame: Blame): Verdict | null {
  const found = partOf(one, "port", "ok");
  if (found === null) return null;
  const client = `A proxy answers at another port of that host: use ${found.spec.route.slice("as ".length)}.`;
  return tellVerdict(one.broken, blame, { told: [one.broken, found, ...one.others], summary: null, client, nextTest: null });
}

function blip(one: Case, blame: Blame): Verdict | null {
  if (partOf(one, "repeat", "ok") === null) return null;
  const words = { told: toldOf(one), summary: "It failed once and worked at the second try: a blip.", client: null };
  return tellVerdict(one.broken, { ...blame, confidence: Math.min(blame.confidence, 0.5) }, { ...words, nextTest: nextTest(one, blame) });
}

function brokenHop(one: Case, blame: Blame): Verdict {
  return tellVerdict(one.broken, blame, { told: toldOf(one), summary: null, client: null, nextTest: nextTest(one, blame) });
}

/** The broken link of a chain comes right behind the whole of it. */
function toldOf(one: Case): Case["parts"] {
  const { broken, others, parts, isTargets } = one;
  const isChain = (broken.spec.exit?.hops.length ?? 0) > 1;
  const link = isChain && !isTargets ? partOf(one, "hop-alone", "fault") : null;
  return [broken, ...(link === null ? [] : [link]), ...others, ...parts.filter((part) => part !== link)];
}

function nextTest({ others, mayGoDirect }: Case, { confidence }: Blame): string | null {
  if (others.length > 0 || confidence >= SPOKEN_AGAINST) return null;
  return `the same ${mayGoDirect ? "through another exit: --via ROUTE" : "without a proxy: leave --no-direct out"}`;
}
