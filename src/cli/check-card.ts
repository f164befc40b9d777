import type { CheckedFault, CheckResult, Finding } from "../check/check-result.ts";
import { withoutControls } from "../core/printable.ts";
import { formatMs, formatSpeed, type Look, paintState, wrap } from "./look.ts";

/** All that was found out about one proxy, for people. */
export function writeCard(result: CheckResult, look: Look): string[] {
  const { proxy, state } = result;
  const rows = state === "dead" ? tellDead(result) : tellAlive(result);
  const width = (look.width ?? WIDE_CHARS) - INDENT;
  const lines = rows.flatMap(([name, text]) => wrap(text, width).map((line, i) => `  ${(i === 0 ? name : "").padEnd(INDENT - 2)}${line}`));
  return [`${withoutControls(proxy)}  ${paintState(state, STATES[state], look)}`, "", ...lines];
}

/** Where the texts begin. */
const INDENT = 14;
/** Characters of a line that goes to no terminal. */
const WIDE_CHARS = 120;

const STATES = {
  works: "works",
  lies: "lies: what comes back is not what was sent",
  answers: "answers, but nothing could be verified",
  dead: "dead",
} as const;

type Row = readonly [name: string, text: string];

function tellDead({ fault, tried, connections, unverified }: CheckResult): Row[] {
  return [
    ...(fault === null ? [] : tellFault(fault)),
    ...tried.map(({ scheme, works, fault: own }, i): Row => {
      const text = works ? "works" : own === null ? "did not work" : `${own.id}: ${own.details}`;
      return [i === 0 ? "tried" : "", `${scheme}: ${text}`];
    }),
    ["connections", String(connections)],
    ...listOf("unverified", unverified),
  ];
}

/** What a gateway would have been told wrongly, a list says here: whoever checks one need have no gateway. */
function tellFault({ id, culprit, confidence, stage, details, fix }: CheckedFault): Row[] {
  return [
    ["reason", `${id}: ${details}`],
    ["whose", `${culprit === "gateway" ? "the list's, or yours" : culprit} (${Math.round(confidence * 100)} %), at stage ${stage}`],
    ["what to do", fix],
  ];
}

function tellAlive(result: CheckResult): Row[] {
  const { protocols, connections, honesty, anonymity, target, bytesPerSecond, unverified, fault } = result;
  return [
    ...(fault === null ? [] : tellFault(fault)),
    ["protocols", protocols.join(", ")],
    ...tellTimes(result),
    ...tellAbilities(result),
    ...verdict("anonymity", anonymity.level, anonymity.evidence),
    ...verdict("honesty", honesty.verdict, tellHonesty(result)),
    ...tellExit(result),
    ...(target === null ? [] : ([["target", `${target.ok ? "as expected" : "not as expected"}: ${target.details}`]] as Row[])),
    ...(bytesPerSecond === null ? [] : ([["throughput", formatSpeed(bytesPerSecond)]] as Row[])),
    ["connections", String(connections)],
    ...listOf("unverified", unverified),
  ];
}

/** What a lie says already is no evidence besides. */
function tellHonesty({ honesty: { lies, evidence } }: CheckResult): string[] {
  const told = new Set(lies.map(({ details }) => details));
  return [...lies.map((lie) => `${lie.fault}: ${lie.details}`), ...evidence.filter((text) => !told.has(text))];
}

const TIMES = { dns: "DNS", connect: "TCP", tls: "TLS", handshake: "handshake", firstByte: "first byte", total: "all" } as const;

function tellTimes({ ms, samples }: CheckResult): Row[] {
  if (ms === null) return [];
  const times = (Object.keys(TIMES) as (keyof typeof TIMES)[]).flatMap((name) => {
    const time = ms[name];
    return time === undefined ? [] : [`${TIMES[name]} ${formatMs(time)}`];
  });
  if (times.length === 0) return [];
  return [["time", `${times.join(", ")} (${samples === 1 ? "one sample" : `medians of ${samples}`})`]];
}

const ABILITIES = {
  http: "http",
  https: "https",
  connect: "CONNECT to 443",
  connectOther: "CONNECT to other ports",
  ipv6: "IPv6",
  remoteDns: "resolve names",
  keepAlive: "keep-alive",
} as const;

function tellAbilities({ can }: CheckResult): Row[] {
  const of = (ok: boolean | null, tell: (name: string, finding: Finding) => string) =>
    (Object.keys(ABILITIES) as (keyof typeof ABILITIES)[])
      .filter((name) => can[name].ok === ok)
      .map((name) => tell(ABILITIES[name], can[name]));
  const with_ = (name: string, { details }: Finding) => (details === "" ? name : `${name}: ${details}`);
  const able = of(true, (name) => name);
  return [
    ...(able.length === 0 ? [] : ([["can", able.join(", ")]] as Row[])),
    ...listOf("cannot", of(false, with_)),
    ...listOf("unknown", of(null, with_)),
  ];
}

function tellExit({ exitAddresses, country, network, rotates }: CheckResult): Row[] {
  if (exitAddresses.length === 0) return [];
  const place = [country, network].filter((part) => part !== null).join(", ");
  const how = rotates === true ? "; it rotates" : "";
  return [["exit", `${exitAddresses.join(", ")}${place === "" ? "" : ` (${place})`}${how}`]];
}

function verdict(name: string, word: string, evidence: readonly string[]): Row[] {
  return [[name, word], ...evidence.map((text): Row => ["", `- ${text}`])];
}

function listOf(name: string, texts: readonly string[]): Row[] {
  return texts.map((text, i) => [i === 0 ? name : "", text]);
}
