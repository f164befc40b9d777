import { fault as makeFault } from "../core/fault.ts";
import { culpritOf } from "../core/fault-table.ts";
import type { AttributedFault } from "../core/ledger.ts";
import { fieldValue } from "../core/message.ts";
import { type Case, isOwnPage, partOf } from "./case.ts";
import type { Blame, Verdict } from "./diagnosis.ts";
import { hasSpoken, isStrange, isUnreached, isUnresolved } from "./fault-kinds.ts";
import { SPOKEN_AGAINST } from "./lay-blame.ts";
import type { TestResult } from "./question.ts";
import { culpritInWords, tellVerdict } from "./tell-verdict.ts";

/** What a case comes to; null: something else. */
type Story = (one: Case, blame: Blame) => Verdict | null;

/** In the order in which they are tried: the last one fits every case. */
export const STORIES: readonly Story[] = [captivePortal, ownPage, namesAreDead, networkIsDown, wrongProtocol, blip, otherPort, brokenHop];

/** RFC 6585, 6: a 511 is made by whoever controls access to a network, and never by the site. */
function captivePortal({ broken, failed, others }: Case, { hop }: Blame): Verdict | null {
  if (broken.status !== 511) return null;
  const isHere = [broken, ...failed].some(({ spec, status }) => spec.exit === null && status === 511);
  const summary = `The network of ${isHere ? "this machine" : "the exit"} wants a login before it lets anything out: a captive portal (511).`;
  const client = isHere ? "Log in: open any http:// page in a browser; or use another network." : "Use another exit.";
  const blame = { culprit: isHere ? "network" : "exit", hop: isHere ? 0 : hop, confidence: 0.9 } as const;
  return tellVerdict(broken, blame, { told: [broken, ...others], summary, client, nextTest: null });
}

/** An exit that serves a site which does not exist serves none: it logs users in, tells of its plan, or is a web server. */
function ownPage({ broken, fault, others, parts }: Case, blame: Blame): Verdict | null {
  if (broken.answer === null || !isOwnPage({ broken, parts })) return null;
  const { status, mark, fields } = broken.answer;
  const title = mark.title === null ? "" : `, "${mark.title}"`;
  const location = fieldValue(fields, "location") ?? "";
  const to = URL.canParse(location) ? ` to ${new URL(location).host}` : "";
  const isRefusal = fault.id === "handshake.policy_denied";
  const whose = mark.maker === null ? "The exit" : `The exit, or a proxy behind it (${mark.maker}),`;
  const what = isRefusal ? "refuses this itself" : "answers whatever is asked for itself";
  const also = isRefusal ? "it speaks for a site that does not exist, too" : "also for a site that does not exist";
  const summary = `${whose} ${what} (${status}${to}${title})${isRefusal ? ":" : ","} ${also}. Culprit: ${culpritInWords(broken, blame)}.`;
  const client = isRefusal
    ? "Use another exit: the rules of this one forbid it."
    : "Use another exit: this one passes nothing on. Open an http:// page through it in a browser to see what it wants.";
  const told = [broken, ...others, ...parts];
  return tellVerdict(broken, blame, { told, summary, client: isOfChain(broken) ? null : client, nextTest: null });
}

function isOfChain({ spec }: TestResult): boolean {
  return (spec.exit?.hops.length ?? 0) > 1;
}

/** Of several names, or of one by several routes, none could be looked up here. */
function namesAreDead({ broken, others, worked, failed, names }: Case): Verdict | null {
  const isDead = [broken, ...others].every(isUnresolved) && names.every(({ outcome }) => outcome === "fault");
  if (others.length === 0 || worked.length > 0 || !isDead || !isUnreached(broken)) return null;
  const summary = "No name can be looked up: this machine's DNS does not answer.";
  const client = "Use routes whose proxies are named by their address and resolve the site's name themselves (http://, socks5h://).";
  const blame = { culprit: culpritOf((broken.attributed as AttributedFault).fault, "target"), hop: 0, confidence: 0.9 };
  return tellVerdict(broken, blame, { told: [broken, ...failed, ...names], summary, client, nextTest: null });
}

/** Name servers that answer speak against it, and where there is no word of this machine's own it might as well be each far end. */
function networkIsDown({ broken, others, worked, failed, names }: Case): Verdict | null {
  const isAnswered = names.some(({ spec, outcome }) => spec.kind === "name-server" && outcome === "ok");
  if (others.length === 0 || worked.length > 0 || isAnswered || ![broken, ...others].every(isUnreached)) return null;
  const isSaid = [broken, ...others, ...names].some(({ attributed }) => /net_unreachable|^dns\./.test(attributed?.fault.id ?? ""));
  const summary = "Nothing can be reached, by no route: this machine's own network is down.";
  const blame = { culprit: "network", hop: 0, confidence: isSaid ? 0.9 : 0.7 } as const;
  const client = "Bring this machine's network up: look at its cable or Wi-Fi, its address (`ip addr`) and its default route (`ip route`).";
  const nextTest = isSaid ? null : "a site that surely works: goodgateway diagnose https://example.com/";
  return tellVerdict(broken, blame, { told: [broken, ...failed, ...names], summary, client, nextTest });
}

/** The port answered as soon as it was spoken to in another protocol: the exit is well, its line is not. */
function wrongProtocol(one: Case, { hop }: Blame): Verdict | null {
  const { broken, fault, role, others, parts } = one;
  const found = spokenProtocol(one);
  const asListed = [broken, ...parts].find(({ spec }) => spec.id === found?.spec.of);
  if (found === null || asListed === undefined || !isStrange(asListed)) return null;
  const summary = `The exit speaks another protocol: use ${found.spec.route.slice("as ".length)}.`;
  const wrong = fault.id === "handshake.not_a_proxy" ? fault : makeFault("handshake.not_a_proxy", `${summary} (${fault.details})`);
  // Who closes or is silent where the site is down may speak both.
  const isSure = found.outcome === "ok" || !/closed|reset|timeout/.test(asListed.attributed?.fault.id ?? "");
  const blame = { culprit: culpritOf(wrong, role), hop, confidence: isSure ? 0.95 : 0.8 };
  const named = { ...broken, attributed: { fault: wrong, role, hop } };
  return tellVerdict(named, blame, { told: [broken, found, ...others], summary, client: summary, nextTest: null });
}

/** One in which it works before one in which it refuses, and why it does before that it does. */
function spokenProtocol(one: Case): TestResult | null {
  const spoken = one.parts.filter((part) => part.spec.part === "protocol" && hasSpoken(part));
  const reasoned = spoken.find(({ attributed }) => attributed?.fault.id !== "handshake.connect_rejected");
  return partOf(one, "protocol", "ok") ?? reasoned ?? spoken[0] ?? null;
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
  const client = "It works now. Where it goes on failing now and then, goodgateway diagnose --watch shows when, and by which route.";
  const words = { told: toldOf(one), summary: "It failed once and worked at the second try: a blip.", client };
  return tellVerdict(one.broken, { ...blame, confidence: Math.min(blame.confidence, 0.5) }, { ...words, nextTest: nextTest(one, blame) });
}

function brokenHop(one: Case, blame: Blame): Verdict {
  const words = { told: toldOf(one), summary: null, client: null, nextTest: nextTest(one, blame) };
  return tellVerdict(asMadeByExit(one, blame), blame, words);
}

/** An error page is the exit's own, then, and none of the site's. */
function asMadeByExit({ broken, fault, role, hop }: Case, { culprit }: Blame): TestResult {
  const isMoved = culprit === "exit" && (fault.id === "relay.origin_5xx" || fault.id === "relay.edge_5xx");
  return isMoved ? { ...broken, attributed: { fault: makeFault("relay.exit_5xx", fault.details), role, hop } } : broken;
}

/** The broken link of a chain comes right behind the whole of it. */
function toldOf(one: Case): Case["parts"] {
  const { broken, others, parts, isTargets } = one;
  const link = isOfChain(broken) && !isTargets ? partOf(one, "hop-alone", "fault") : null;
  return [broken, ...(link === null ? [] : [link]), ...others, ...parts.filter((part) => part !== link)];
}

/** What has not been compared yet. */
function nextTest({ broken, others, mayGoDirect }: Case, { confidence }: Blame): string | null {
  const isSilence = isUnreached(broken) && others.length === 0;
  if ((confidence >= SPOKEN_AGAINST && !isSilence) || others.some(({ spec }) => spec.exit !== null)) return null;
  if (!mayGoDirect && broken.spec.exit !== null) return "the same without a proxy: leave --no-direct out";
  return "the same through another exit: --via ROUTE";
}
