import { isIP } from "node:net";
import type { Exit } from "../core/route.ts";
import type { CancelSignal } from "../net/cancellation.ts";
import type { Calls, Failed, Turn } from "./calls.ts";
import { isSocks, resolvingThere, schemeOf } from "./contact.ts";
import { lookForDnsLies } from "./dns-lies.ts";
import { cannot, type Findings, tell } from "./findings.ts";
import type { JudgeAddress } from "./judge/judged.ts";
import { askJudge, askJudgeAgain, hostOf, type JudgeQuery, type JudgeReply, portOf } from "./judge-calls.ts";

export interface Measuring {
  readonly calls: Calls;
  /** A judge has answered. */
  readonly exit: Exit;
  readonly judge: JudgeAddress;
  /** Those that this exit can reach. */
  readonly judges: readonly JudgeAddress[];
  readonly first: JudgeReply;
  readonly refusedPlain: Failed | null;
  readonly findings: Findings;
  readonly signal: CancelSignal;
  readonly deadline: number;
}

/** What a proxy can do, and whether it is honest about it: a few short connections, two or three of them at once. */
export async function measure(measuring: Measuring): Promise<void> {
  const { first, findings, exit } = measuring;
  const { tunnel, target } = first.replied.way;
  const isPlain = target.scheme === "http";
  findings.addReply(first, isPlain);
  noteFirst(measuring);
  if (first.judged.kind === "fake") {
    await Promise.all([sampleByName(measuring), tryHttps(measuring)]);
    return;
  }
  const samples = async () => {
    await tryKeepAlive(measuring);
    await takeSamples(measuring);
  };
  const abilities = async () => {
    if (isPlain) await tryHttps(measuring);
    await tryOtherPort(measuring);
    await tryIpv6(measuring);
  };
  await Promise.all([samples(), abilities(), lookForDnsLies(measuring, turnOf(measuring))]);
  if (tunnel && !isSocks(exit)) findings.cannotVerify("plain requests: it takes CONNECT alone");
}

/** For the one-request checks of a gateway: from the first answer alone. */
function noteFirst({ first, findings, refusedPlain }: Measuring): void {
  const { way } = first.replied;
  const isGenuine = first.judged.kind === "genuine";
  const seen = { ok: isGenuine, details: isGenuine ? "the judge answered" : "something else than the judge's answer came" };
  if (refusedPlain !== null) findings.can.http = cannot(refusedPlain);
  if (way.target.scheme === "http") findings.can.http = seen;
  else noteHttps(findings, first);
  if (way.tunnel && isGenuine) noteTunnel(findings, way.target.port, { ok: true, details: "" });
}

function noteHttps(findings: Findings, reply: JudgeReply): void {
  const isGenuine = reply.judged.kind === "genuine";
  const isIntercepted = reply.lies.some(({ fault }) => fault === "honesty.tls_intercepted");
  const details = isIntercepted
    ? "another certificate than the judge's came through"
    : isGenuine
      ? "the judge answered over TLS"
      : "something else than the judge's answer came over TLS";
  findings.can.https = { ok: isGenuine && !isIntercepted, details };
}

const HTTPS_PORT = 443;

/** A tunnel to 443 is one ability, to any other port another; where the judge has but one of them, it stands for the other too. */
function noteTunnel({ can }: Findings, port: number, { ok, details }: { ok: boolean; details: string }): void {
  if (port === HTTPS_PORT) {
    can.connect = { ok, details: ok ? "through to port 443" : details };
    if (can.connectOther.ok === null) can.connectOther = { ok: null, details: "the judge has no other port than 443" };
    return;
  }
  can.connectOther = { ok, details: ok ? `through to port ${port}` : details };
  if (can.connect.ok !== null) return;
  can.connect = ok
    ? { ok, details: `through to port ${port}, which stands for 443: the judge has none there` }
    : { ok: null, details: `the judge has no port 443; ${port} was refused` };
}

async function tryKeepAlive({ calls, first, judge, findings, ...rest }: Measuring): Promise<void> {
  const query: JudgeQuery = { ...queryOf(first), kind: "script", method: judge.isSigned ? "POST" : "GET" };
  const second = await askJudgeAgain(calls, first, judge, query, turnOf(rest));
  if (second === null) findings.can.keepAlive = { ok: false, details: "it closes the connection after one answer" };
  else if (second.kind === "failed") findings.can.keepAlive = cannot(second);
  else {
    findings.addReply(second, false);
    findings.can.keepAlive = { ok: second.judged.kind === "genuine", details: "a second request went over the same connection" };
    second.replied.answered.connection?.destroy();
  }
}

/** Fresh connections, one after the other, the first of them by another name of the judge. */
async function takeSamples(measuring: Measuring): Promise<void> {
  const { calls, judge, findings, first, exit } = measuring;
  await sampleByName(measuring);
  const { samples } = calls.context;
  for (let i = 1; i < samples && findings.samples < samples; i++) {
    const kind = i % 2 === 1 ? "download" : "page";
    const reply = await askJudge(calls, exit, judge, { ...queryOf(first), kind }, turnOf(measuring));
    if (reply.kind === "judged") {
      findings.addReply(reply, reply.replied.way.target.scheme === "http");
      reply.replied.answered.connection?.destroy();
    } else findings.addEvidence(`one of ${samples} requests failed: ${tell(reply.attributed)}`);
  }
}

/** Whether the proxy resolves names, and leads them where they belong. */
async function sampleByName(measuring: Measuring): Promise<void> {
  const { calls, exit, judge, first, findings } = measuring;
  const named = hostOf(judge.url);
  const isAddress = isIP(named) !== 0;
  const name = isAddress ? (judge.isLoopback ? "localhost" : null) : named;
  const resolving = resolvingThere(exit);
  if (name === null) {
    findings.can.remoteDns = { ok: null, details: "the judge is known by its address alone" };
    return;
  }
  if (!isAddress && resolving === exit) {
    const ok = first.judged.kind === "genuine";
    findings.can.remoteDns = { ok, details: ok ? `it resolved ${name}` : "something else than the judge's answer came" };
    return;
  }
  const query: JudgeQuery = { ...queryOf(first), kind: "download", host: name };
  const reply = await askJudge(calls, resolving, judge, query, turnOf(measuring));
  if (reply.kind === "failed") {
    findings.can.remoteDns = cannot(reply);
    return;
  }
  reply.replied.answered.connection?.destroy();
  const isLed = reply.judged.kind === "genuine";
  findings.can.remoteDns = { ok: isLed, details: isLed ? `it resolved ${name}` : `it led ${name} elsewhere` };
  if (isLed || first.judged.kind === "fake") findings.addReply(reply, isLed && reply.replied.way.target.scheme === "http");
  else findings.addLie({ fault: "honesty.dns_lies", details: `${name} led elsewhere than the judge's address: ${reply.lies[0]?.details}` });
}

async function tryHttps(measuring: Measuring): Promise<void> {
  const { calls, exit, judge, findings } = measuring;
  const scheme = judge.certificate === null ? "http" : "https";
  if (scheme === "http") findings.can.https = { ok: null, details: "the judge takes no TLS" };
  const query: JudgeQuery = { kind: "page", method: "GET", scheme, tunnel: true, host: null };
  if (scheme === "http" && isSocks(exit)) return; // its first request went that way
  const reply = await askJudge(calls, exit, judge, query, turnOf(measuring));
  const port = portOf(judge.url);
  if (reply.kind === "failed") {
    const finding = cannot(reply);
    if (scheme === "https") findings.can.https = isPolicy(reply) && port !== HTTPS_PORT ? notThere(port, finding.details) : finding;
    if (!isSocks(exit)) noteTunnel(findings, port, { ok: false, details: finding.details });
    return;
  }
  reply.replied.answered.connection?.destroy();
  findings.addReply(reply, false);
  if (scheme === "https") noteHttps(findings, reply);
  if (reply.judged.kind === "genuine") noteTunnel(findings, port, { ok: true, details: "" });
}

/** Many let tunnels through to 443 alone. */
function isPolicy({ attributed, spoken }: Failed): boolean {
  return spoken === "http" && attributed.role === "exit";
}

function notThere(port: number, details: string): { ok: null; details: string } {
  return { ok: null, details: `the judge has no port 443, and ${port} was refused: ${details}` };
}

/** Another judge at a port of the other kind, if there is one. */
async function tryOtherPort(measuring: Measuring): Promise<void> {
  const { calls, exit, judge, judges, findings } = measuring;
  const isUsual = portOf(judge.url) === HTTPS_PORT;
  const other = judges.find(({ url, certificate }) => certificate !== null && (portOf(url) === HTTPS_PORT) !== isUsual);
  if (other === undefined) return;
  const reply = await askJudge(
    calls,
    exit,
    other,
    { kind: "page", method: "GET", scheme: "https", tunnel: true, host: null },
    turnOf(measuring),
  );
  const port = portOf(other.url);
  if (reply.kind === "failed") {
    const finding = cannot(reply);
    if (port === HTTPS_PORT) findings.can.connect = finding;
    else findings.can.connectOther = finding;
    return;
  }
  reply.replied.answered.connection?.destroy();
  findings.addReply(reply, false);
  if (reply.judged.kind !== "genuine") return;
  noteTunnel(findings, port, { ok: true, details: "" });
  if (port === HTTPS_PORT) noteHttps(findings, reply);
}

async function tryIpv6(measuring: Measuring): Promise<void> {
  const { calls, exit, judge, first, findings } = measuring;
  if (judge.ipv6 === null) findings.can.ipv6 = { ok: null, details: "the judge has no IPv6 address" };
  else if (schemeOf(exit).startsWith("socks4")) findings.can.ipv6 = { ok: false, details: "SOCKS4 carries no IPv6 address" };
  else {
    const reply = await askJudge(calls, exit, judge, { ...queryOf(first), host: judge.ipv6 }, turnOf(measuring));
    if (reply.kind === "failed") {
      findings.can.ipv6 = cannot(reply);
      return;
    }
    reply.replied.answered.connection?.destroy();
    findings.addReply(reply, false);
    findings.can.ipv6 = { ok: reply.judged.kind === "genuine", details: `through to [${judge.ipv6}]` };
  }
}

/** As the first request went, which is known to work. */
function queryOf({ replied, sent }: JudgeReply): JudgeQuery {
  const { tunnel, target } = replied.way;
  return { kind: sent.kind, method: "GET", scheme: target.scheme === "https" ? "https" : "http", tunnel, host: null };
}

function turnOf({ signal, deadline }: Pick<Measuring, "signal" | "deadline">): Turn {
  return { signal, deadline, onConnected: null };
}
