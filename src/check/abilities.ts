import { askByName, nameOf } from "./by-name.ts";
import type { Failed, Seen } from "./calls.ts";
import { isSocks, resolvingThere, schemeOf } from "./contact.ts";
import { cannot, type Findings, tell } from "./findings.ts";
import { askJudge, certificateLies, hostOf, type JudgeQuery, type JudgeReply, portOf, seeCertificate } from "./judge-calls.ts";
import { type Measuring, note, turnOf } from "./measuring.ts";
import { lookIntoTunnel } from "./plain-tunnel.ts";

/** What the first answer tells of abilities. */
export function noteFirst({ first, findings, refusedPlain }: Pick<Measuring, "first" | "findings" | "refusedPlain">): void {
  const { way } = first.replied;
  const isGenuine = first.judged.kind === "genuine";
  const details = isGenuine ? "the judge answered" : "something else than the judge's answer came";
  if (way.target.scheme === "http") findings.can.http = { ok: isGenuine, details };
  else noteHttps(findings, first);
  if (refusedPlain !== null) findings.can.http = cannot(refusedPlain);
  if (way.tunnel && isGenuine) noteTunnel(findings, way.target.port);
}

/** What is not encrypted may go another way in a tunnel than without one. By one request, so that it is one with all that some take away. */
export async function tryPlainTunnel(measuring: Measuring): Promise<void> {
  const { calls, exit, judge, first, findings } = measuring;
  const { tunnel, target } = first.replied.way;
  if (isSocks(exit) || (tunnel && target.scheme === "http")) return; // that was one
  const reply = await askJudge(calls, exit, judge, { ...TUNNELLED, isLoggedIn: true }, turnOf(measuring));
  if (reply.kind === "judged") {
    await lookIntoTunnel(measuring, reply);
    noteTunnelled(measuring, reply);
  } else if (reply.attributed.role === "exit" && !tunnel) noRoom(findings, portOf(judge.url), reply);
}

/** TLS with the judge, which knows its own certificate. */
export async function tryHttps(measuring: Measuring): Promise<void> {
  const { calls, exit, judge, findings } = measuring;
  if (judge.certificate === null) {
    findings.can.https = { ok: null, details: "the judge takes no TLS" };
    return;
  }
  if (isClosed(findings)) return;
  const reply = await askJudge(calls, exit, judge, { ...TUNNELLED, scheme: "https" }, turnOf(measuring));
  if (reply.kind === "failed" && noteInterception(measuring, reply)) noteTunnel(findings, portOf(judge.url));
  else if (reply.kind === "failed") {
    findings.can.https = cannot(reply);
    if (reply.attributed.role === "exit") noRoom(findings, portOf(judge.url), reply);
  } else {
    noteTunnelled(measuring, reply);
    noteHttps(findings, reply);
    if (reply.lies.length === 0) await tryHttpsByName(measuring);
  }
}

/** Once more, by the judge's name where it has one: some open what goes to names alone, or only some of the tunnels. */
async function tryHttpsByName(measuring: Measuring): Promise<void> {
  const { calls, exit, judge, findings } = measuring;
  const turn = turnOf(measuring);
  const name = findings.can.remoteDns.ok === false ? null : nameOf(judge);
  const byName = name === null ? null : await seeCertificate(calls, resolvingThere(exit), judge, name, turn);
  if (byName?.kind === "failed" && byName.attributed.fault.id === "tls.protocol_mismatch") await askWithoutTls(measuring);
  const again = byName?.kind === "seen" ? byName : await seeCertificate(calls, exit, judge, hostOf(judge.url), turn);
  if (again.kind === "seen") noteInterception(measuring, again);
  else findings.cannotVerify(`that it opens no tunnel: the second one with TLS failed: ${tell(again.attributed)}`);
}

/** Something answers in the judge's name that speaks no TLS: what it says to a request shows whether it is the judge. */
async function askWithoutTls(measuring: Measuring): Promise<void> {
  const { calls, exit, judge, findings } = measuring;
  const reply = await askByName(calls, exit, judge, { query: TUNNELLED, turn: turnOf(measuring) });
  if (reply?.kind === "judged") findings.addProof(reply);
}

/** Another judge at a port of the other kind, if there is one. */
export async function tryOtherPort(measuring: Measuring): Promise<void> {
  const { calls, exit, judge, judges, findings } = measuring;
  const isUsual = portOf(judge.url) === HTTPS_PORT;
  const other = judges.find(({ url, certificate }) => certificate !== null && (portOf(url) === HTTPS_PORT) !== isUsual);
  if (other === undefined) return;
  const reply = await askJudge(calls, exit, other, { ...TUNNELLED, scheme: "https" }, turnOf(measuring));
  const port = portOf(other.url);
  const ability = port === HTTPS_PORT ? "connect" : "connectOther";
  if (reply.kind === "failed") {
    findings.can[ability] = cannot(reply);
    noteInterception({ ...measuring, judge: other }, reply);
    return;
  }
  noteTunnelled(measuring, reply);
  if (port === HTTPS_PORT) noteHttps(findings, reply);
}

/** @param reply of an IPv6 address of the judge; null: it was not asked. */
export function noteIpv6({ exit, judge, findings }: Measuring, reply: JudgeReply | Failed | null): void {
  if (judge.ipv6 === null) findings.can.ipv6 = { ok: null, details: "the judge has no IPv6 address" };
  else if (reply === null) findings.can.ipv6 = { ok: false, details: `${schemeOf(exit).toUpperCase()} carries no IPv6 address` };
  else if (reply.kind === "failed") findings.can.ipv6 = cannot(reply);
  else findings.can.ipv6 = { ok: reply.judged.kind === "genuine", details: `through to [${judge.ipv6}]` };
}

const HTTPS_PORT = 443;
const TUNNELLED: JudgeQuery = { kind: "page", method: "GET", scheme: "http", tunnel: true, host: null, like: null, isLong: false };

function noteTunnelled(measuring: Measuring, reply: JudgeReply): void {
  note(measuring, reply, false);
  const { findings } = measuring;
  if (reply.judged.kind === "genuine") noteTunnel(findings, reply.replied.way.target.port);
}

/** Somebody else's TLS, whatever came of it: also a filter that opens what is encrypted may block, and say nothing more. False: it was not that. */
function noteInterception({ findings, judge }: Measuring, { certificate }: Failed | Seen): boolean {
  const lies = certificateLies(certificate, judge);
  for (const lie of lies) findings.addLie(lie);
  if (lies.length > 0) findings.can.https = { ok: false, details: INTERCEPTED };
  return lies.length > 0;
}

const INTERCEPTED = "another certificate than the judge's came through";

function noteHttps(findings: Findings, reply: JudgeReply): void {
  const isGenuine = reply.judged.kind === "genuine";
  const isIntercepted = reply.lies.some(({ fault }) => fault === "honesty.tls_intercepted");
  const details = isIntercepted
    ? INTERCEPTED
    : isGenuine
      ? "the judge answered over TLS"
      : "something else than the judge's answer came over TLS";
  findings.can.https = { ok: isGenuine && !isIntercepted, details };
}

/** A tunnel to 443 is one ability, to any other port another; where the judge has but one of them, it stands for the other too. */
function noteTunnel({ can }: Findings, port: number): void {
  if (port === HTTPS_PORT) {
    can.connect = { ok: true, details: "through to port 443" };
    if (can.connectOther.ok === null) can.connectOther = { ok: null, details: "the judge has no other port than 443" };
    return;
  }
  can.connectOther = { ok: true, details: `through to port ${port}` };
  if (can.connect.ok !== true)
    can.connect = { ok: true, details: `through to port ${port}, which stands for 443: the judge has none there` };
}

/** A tunnel was refused. Many have a rule that lets them through to 443 alone, which a judge elsewhere cannot tell from none at all. */
function noRoom({ can }: Findings, port: number, failed: Failed): void {
  const finding = cannot(failed);
  if (port === HTTPS_PORT) {
    can.connect = finding;
    can.https = finding;
    return;
  }
  can.connectOther = finding;
  const isByRule = failed.attributed.fault.id === "handshake.policy_denied";
  const elsewhere = { ok: null, details: `the judge has no port 443, and ${port} was refused: ${finding.details}` };
  can.connect = isByRule ? elsewhere : finding;
  can.https = isByRule ? elsewhere : finding;
}

/** No tunnel leads to the judge: another one would be refused too. */
function isClosed({ can }: Findings): boolean {
  return can.connectOther.ok === false || can.connect.ok === false;
}
