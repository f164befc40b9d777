import { classifyAddress } from "../net/address-policy.ts";
import { plainAddress } from "../net/own-listener.ts";
import { excerpt, isSecretField } from "../wire/http1/excerpt.ts";
import { isLoopback } from "../wire/loopback.ts";
import type { JudgeRequest } from "./judge/judged.ts";
import type { JudgePayload } from "./judge/payload.ts";
import { type Leak, leakFinder } from "./leaks.ts";
import { type AddedField, addedRequestFields, formOfTarget } from "./request-changes.ts";

/**
 * - `transparent`: our address can be told from what arrives;
 * - `anonymous`: only that a proxy is in between;
 * - `elite`: neither;
 * - `unknown`: no judge saw a request.
 */
export interface Anonymity {
  readonly level: "transparent" | "anonymous" | "elite" | "unknown";
  /** Sentences. */
  readonly evidence: readonly string[];
}

export interface OwnPlace {
  /** As the judge saw us without a proxy, that one first, and those of this machine. */
  readonly ownAddresses: readonly string[];
  /** The proxy runs on this machine, so that it has our addresses too: how it names itself proves nothing. */
  readonly isSameMachine: boolean;
}

/** What a request that a judge saw tells of who sent it. Pure. */
export function judgeAnonymity(sent: JudgeRequest, payload: JudgePayload, { ownAddresses, isSameMachine }: OwnPlace): Anonymity {
  const { own, find } = lookOutFor(ownAddresses, isSameMachine);
  const leaks: string[] = [];
  const signs: string[] = [];
  const notes: string[] = [];
  // A proxy of this machine that leaves it as we do hides nothing from anybody; but only a judge elsewhere can see that.
  if (isNextToJudge(payload)) notes.push("the judge runs on the proxy's machine: which address it was connected to from proves nothing");
  else if (own.includes(plainAddress(payload.address))) leaks.push(`the judge was connected to from ${payload.address}, which is ours`);
  const { preamble } = payload;
  if (preamble !== null) {
    const words = preamble.split(" ");
    const shown = `${excerpt(words.slice(0, SOURCE + 1).join(" "), SHOWN_CHARS_MAX)}, in the PROXY protocol, began the connection`;
    const leak = find(words[SOURCE] ?? ""); // behind it stands the judge's address
    if (leak === null) signs.push(shown);
    else leaks.push(`${shown}: it has ${tellLeak(leak)}`);
  }
  const form = formOfTarget(sent, payload);
  const target = form === "other" ? find(foreignPart("", payload.target, sent, isSameMachine)) : null;
  if (target !== null) leaks.push(`the request's target has ${tellLeak(target)}`);
  if (form === "absolute") signs.push("the request arrived with its whole URL as target, as only proxies are asked");
  const added = addedRequestFields(sent, payload).map((field) => ({
    ...field,
    foreign: foreignPart(field.name, field.value, sent, isSameMachine),
  }));
  tellOfFields({ leaks, signs, notes }, added, find);
  if (payload.httpVersion === "1.0") notes.push("the request arrived as HTTP/1.0, which browsers do not speak, and tells little");
  const level = leaks.length > 0 ? "transparent" : signs.length > 0 ? "anonymous" : "elite";
  return { level, evidence: [...leaks, ...signs, ...notes].slice(0, EVIDENCE_MAX) };
}

interface Told {
  readonly leaks: string[];
  readonly signs: string[];
  readonly notes: string[];
}

/** @param added with what of each is neither the judge's nor the proxy's own name */
function tellOfFields(
  { leaks, signs, notes }: Told,
  added: readonly (AddedField & { readonly foreign: string })[],
  find: Lookout["find"],
): void {
  const before = leaks.length;
  for (const { name, value, foreign, isOrdinary } of added) {
    const leak = find(name) ?? find(foreign);
    const shown = isSecretField(name) ? name : `${name}: ${excerpt(value, SHOWN_CHARS_MAX)}`;
    if (leak !== null) leaks.push(`${shown} has ${tellLeak(leak)}`);
    else if (isOrdinary) continue;
    else if (QUIET.has(name.toLowerCase())) notes.push(`${shown} was added, which tells little`);
    else if (name.toLowerCase() === "proxy-authorization") signs.push(`${shown}, the login for the proxy, was passed on to the judge`);
    else signs.push(`${shown} ${TELLS_PROXY.test(name) ? "says that a proxy is in between" : "was added to the request"}`);
  }
  if (leaks.length > before || added.length < 2) return;
  const together = find(added.map(({ foreign }) => foreign).join(", "));
  if (together === null) return;
  const names = [...new Set(added.map(({ name }) => name))].join(", ");
  leaks.push(`${excerpt(names, SHOWN_CHARS_MAX)}, one behind the other: they have ${tellLeak(together)}`);
}

function isNextToJudge({ address, local }: JudgePayload): boolean {
  return isLoopback(address) || plainAddress(address) === plainAddress(local.host);
}

/** `PROXY TCP4 source destination port port` */
const SOURCE = 2;

const SHOWN_CHARS_MAX = 80;
const EVIDENCE_MAX = 20;

function tellLeak({ address, form }: Leak): string {
  return form === "as it is" ? `our address ${address}` : `our address ${address} ${form}`;
}

/** The addresses of a judge are the same for thousands of answers. */
function lookOutFor(addresses: readonly string[], isSameMachine: boolean): Lookout {
  const lookouts = isSameMachine ? lookoutsHere : lookoutsAway;
  let lookout = lookouts.get(addresses);
  if (lookout === undefined) {
    const own = tellingAddresses(addresses, isSameMachine);
    lookout = { own, find: leakFinder(own) };
    lookouts.set(addresses, lookout);
  }
  return lookout;
}

interface Lookout {
  readonly own: readonly string[];
  readonly find: ReturnType<typeof leakFinder>;
}

const lookoutsHere = new WeakMap<readonly string[], Lookout>();
const lookoutsAway = new WeakMap<readonly string[], Lookout>();

/**
 * Where the judge sees us with a public address, nobody out there knows our private ones: they are those of many. Else it is on a network of
 * ours, and a proxy of this machine knows us by loopback.
 */
function tellingAddresses(own: readonly string[], isSameMachine: boolean): string[] {
  const plain = own.map(plainAddress);
  const [seen] = plain;
  if (seen !== undefined && classifyAddress(seen) === "public") return plain.filter((address) => classifyAddress(address) === "public");
  return isSameMachine ? [...plain, ...LOOPBACK] : plain;
}

const LOOPBACK: readonly string[] = ["127.0.0.1", "::1"];

/** A value without what is the judge's own, and, where the proxy has our addresses too, without what it says of itself and of the judge. */
function foreignPart(name: string, value: string, { url }: JudgeRequest, isSameMachine: boolean): string {
  const rest = url.port === "" ? value : value.replaceAll(url.host, "");
  if (!isSameMachine) return rest;
  if (VIA.test(name)) return rest.replace(/(^|,)\s*[^\s,]+\s+[^\s,]+/g, "$1");
  if (PROXYS_NAME.test(name)) return "";
  return rest.replace(/(?<![\w-])(?:by|host)\s*=\s*(?:"[^"]*"|[^;,\s]*)/gi, "");
}

/** RFC 9110 7.6.3: each member begins with a protocol and who received by it; what a comment says is of others. */
const VIA = /^(?:(?!client).*-)?via$/i;

/** How a proxy names itself, or the host that was asked for. */
const PROXYS_NAME = /^(?:x-(?:forwarded|original|real|proxy)-(?:host|server|by|url|uri)|x-host|host|x-proxy-id|proxy-agent|x-served-by)$/i;

/** Ordinary clients send these too. */
const QUIET: ReadonlySet<string> = new Set(["cache-control", "pragma", "accept", "accept-encoding"]);

const TELLS_PROXY = /via|proxy|forward|client-?ip|real-?ip|cache|cluster|originating|remote|bluecoat|squid|wap-|x-up-|xonnection|pinger/i;
