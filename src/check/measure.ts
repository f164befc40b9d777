import { noteFirst, noteIpv6, tryHttps, tryOtherPort, tryPlainTunnel } from "./abilities.ts";
import { sampleByName } from "./by-name.ts";
import type { Failed } from "./calls.ts";
import type { Finding } from "./check-result.ts";
import { isSocks, schemeOf } from "./contact.ts";
import { lookForDnsLies } from "./dns-lies.ts";
import { cannot, type Findings, tell } from "./findings.ts";
import { askJudge, type JudgeQuery, type JudgeReply } from "./judge-calls.ts";
import { isMarkedByCache, isRefusedAlike, likeFirst, type Measuring, note, turnOf } from "./measuring.ts";
import { noteReader } from "./plain-tunnel.ts";
import { isUntouched } from "./request-changes.ts";
import { Talk } from "./talk.ts";

/**
 * What a proxy can do that has been met, and whether it is honest about it: a few short connections, three of them at once. What is asked differs in method,
 * kind, length and way, since many a proxy changes only some of what it carries.
 *
 *     1      a page, its path again, POST for a long page; then a script, to IPv6 where there is, and a picture twice; then a name that cannot exist
 *     2      a download, and a page where it is known by address, by the judge's name
 *     3      a page in a plain tunnel, one in TLS, TLS by the judge's name
 *     4 ...  pages, as many as there are samples
 */
export async function measure(measuring: Measuring): Promise<void> {
  const { first } = measuring;
  if (first.judged.kind === "fake") {
    first.replied.answered.connection?.destroy();
    await Promise.all([sampleByName(measuring), tryHttps(measuring)]);
    return;
  }
  const talk = new Talk(measuring);
  await askAgain(measuring, talk);
  const rest = async () => {
    await askForScript(measuring, talk);
    await lookForDnsLies(measuring, talk);
    talk.end();
  };
  const samples = async () => {
    await sampleByName(measuring);
    await takeSamples(measuring);
  };
  const tunnels = async () => {
    await tryPlainTunnel(measuring);
    if (isPlain(first)) await tryHttps(measuring);
    await tryOtherPort(measuring);
  };
  await Promise.all([rest(), samples(), tunnels()]);
}

/** What is known once it has been met. */
export function noteMet(met: Pick<Measuring, "first" | "findings" | "refusedPlain">): void {
  const { first, findings } = met;
  findings.addReply(first, isPlain(first));
  if (isPlain(first) && first.replied.way.tunnel) noteReader(findings, first);
  noteFirst(met);
}

function isPlain({ replied }: JudgeReply): boolean {
  return replied.way.target.scheme === "http";
}

/** On the connection of the first answer as long as it lasts, or on another one where that was left. */
async function askAgain({ judge, first, isLeft, findings }: Measuring, talk: Talk): Promise<void> {
  const isKept = talk.isOpen;
  const same = await talk.ask({ ...likeFirst(first), like: judge.isSigned ? first.sent : null });
  if (same.kind === "judged") findings.addReply(same, isLeft && isPlain(first));
  const isKeptOn = talk.isOpen;
  const query: JudgeQuery = { ...likeFirst(first), method: judge.isSigned ? "POST" : "GET" };
  const longQuery: JudgeQuery = { ...query, isLong: true };
  const long = await talk.ask(longQuery);
  // That it was not answered may be because it was the second over its connection.
  const last = isKeptOn && isLeft && long.kind === "failed" && long.replied === null ? await talk.ask(longQuery) : long;
  if (last.kind === "judged") findings.addReply(last, false);
  else {
    findings.addEvidence(`a request with 7 KiB of cookies failed: ${tell(last.attributed)}`);
    await askShort(findings, talk, { query, long: last });
  }
  findings.can.keepAlive = isLeft ? keepAliveAfter(same, isKeptOn, { long, last }) : keepAliveOf(isKept, same);
}

/** A limit to the length of a request hides what becomes of a short one. Who was silent may be so again, which takes the time of the rest. */
async function askShort(
  findings: Findings,
  talk: Talk,
  { query, long }: { readonly query: JudgeQuery; readonly long: Failed },
): Promise<void> {
  const short = long.replied === null ? long : await talk.ask(query);
  if (short.kind === "judged") findings.addReply(short, false);
  else if (short.replied === null) findings.cannotVerify(`what becomes of a ${query.method}: ${tell(short.attributed)}`);
}

/** As the next request tells it. @param isKept whether the connection was there for it. */
function keepAliveOf(isKept: boolean, next: JudgeReply | Failed): Finding {
  if (!isKept) return { ok: false, details: "it closes the connection after one answer" };
  // An error is an answer too, and came over the same connection.
  if (next.kind === "failed" && next.replied === null) return cannot(next);
  return { ok: next.kind === "failed" || next.judged.kind === "genuine", details: "a second request went over the same connection" };
}

/** Where the first connection was left: the one after it may be kept. The long request went over it, and `last` is what came of that in the end. */
function keepAliveAfter(
  same: JudgeReply | Failed,
  isKept: boolean,
  { long, last }: Readonly<Record<"long" | "last", JudgeReply | Failed>>,
): Finding {
  if (same.kind === "failed") return { ok: null, details: `a request on a fresh connection failed: ${tell(same.attributed)}` };
  const isOfLength = last.kind === "failed" && last.replied === null;
  if (isKept && isOfLength) return { ok: null, details: `a long request over the same connection failed: ${tell(last.attributed)}` };
  return keepAliveOf(isKept, long);
}

async function askForScript(measuring: Measuring, talk: Talk): Promise<void> {
  const { calls, exit, judge, first, findings } = measuring;
  const script: JudgeQuery = { ...likeFirst(first), kind: "script" };
  const { ipv6 } = judge;
  const hasIpv6 = ipv6 !== null && !schemeOf(exit).startsWith("socks4");
  let refused: Failed | null = null;
  if (!hasIpv6) noteIpv6(measuring, null);
  else if (isSocks(exit)) {
    const reply = await askJudge(calls, exit, judge, { ...likeFirst(first), host: ipv6 }, turnOf(measuring));
    noteIpv6(measuring, reply);
    if (reply.kind === "judged") note(measuring, reply, true);
  } else {
    const reply = await talk.ask({ ...script, host: ipv6 });
    noteIpv6(measuring, reply);
    if (reply.kind === "judged") {
      await takeScript(findings, talk, { query: { ...script, host: ipv6 }, reply });
      await askForPicture(measuring, talk);
      return;
    }
    refused = reply;
  }
  const reply = await talk.ask(script);
  if (refused !== null && isRefusedAlike(refused, reply))
    findings.can.ipv6 = { ok: null, details: `by IPv4 it refused the same: ${cannot(refused).details}` };
  if (reply.kind === "judged") await takeScript(findings, talk, { query: script, reply });
  await askForPicture(measuring, talk);
}

/** Once more where somebody may keep it: in a tunnel nobody has anything to write anew, and elsewhere caches mostly say what they are. */
async function takeScript(
  findings: Findings,
  talk: Talk,
  { query, reply }: { readonly query: JudgeQuery; readonly reply: JudgeReply },
): Promise<void> {
  findings.addReply(reply, false);
  const { sent, judged, replied } = reply;
  if (judged.payload === null || !judged.isSigned) return;
  const mayKeep = replied.way.tunnel ? !isUntouched(sent, judged.payload) : isMarkedByCache(reply);
  if (!mayKeep) return;
  const again = await talk.ask({ ...query, like: sent });
  if (again.kind === "judged") findings.addReply(again, false);
}

/** Proxies that spare traffic pack pictures anew, or keep them and nothing else. */
async function askForPicture({ judge, first, findings }: Measuring, talk: Talk): Promise<void> {
  if (!judge.isSigned) return;
  const query: JudgeQuery = { ...likeFirst(first), kind: "picture" };
  const picture = await talk.ask(query);
  if (picture.kind === "failed") return;
  findings.addReply(picture, false);
  const again = await talk.ask({ ...query, like: picture.sent });
  if (again.kind === "judged") findings.addReply(again, false);
}

/** Fresh connections, one after the other, the first as of somebody who is logged in. Tunnels, which are opened at the same time, stand for one. */
async function takeSamples(measuring: Measuring): Promise<void> {
  const { calls, judge, findings, first, exit } = measuring;
  const { samples } = calls.context;
  for (let i = 1; i < samples && findings.plainSamples < samples - 1; i++) {
    const reply = await askJudge(calls, exit, judge, { ...likeFirst(first), isLoggedIn: i === 1 }, turnOf(measuring));
    if (reply.kind === "judged") note(measuring, reply, true);
    else findings.addEvidence(`one of ${samples} requests failed: ${tell(reply.attributed)}`);
  }
}
