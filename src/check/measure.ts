import { noteFirst, tryHttps, tryIpv6, tryOtherPort, tryPlainTunnel } from "./abilities.ts";
import { sampleByName } from "./by-name.ts";
import { lookForDnsLies } from "./dns-lies.ts";
import { cannot, tell } from "./findings.ts";
import { askJudge, askJudgeAgain, type JudgeQuery, type JudgeReply } from "./judge-calls.ts";
import { likeFirst, type Measuring, turnOf } from "./measuring.ts";

/**
 * What a proxy can do, and whether it is honest about it: a few short connections, two or three of them at once. What is asked differs in
 * method, kind, length and way, since many a proxy changes only some of what it carries.
 *
 *     1      page, the same path again, POST for a long page
 *     2      a download, by the judge's name
 *     3 ...  a script, a page, ... as many as there are samples
 *     +      the same in a plain tunnel, in TLS, to an IPv6 address; a name that cannot exist
 */
export async function measure(measuring: Measuring): Promise<void> {
  const { first, findings } = measuring;
  const isPlain = first.replied.way.target.scheme === "http";
  findings.addReply(first, isPlain);
  noteFirst(measuring);
  if (first.judged.kind === "fake") {
    await Promise.all([sampleByName(measuring), tryHttps(measuring)]);
    return;
  }
  await askMore(measuring);
  const samples = async () => {
    await sampleByName(measuring);
    await takeSamples(measuring);
  };
  const abilities = async () => {
    await tryPlainTunnel(measuring);
    if (isPlain) await tryHttps(measuring);
    await tryOtherPort(measuring);
    await tryIpv6(measuring);
  };
  await Promise.all([samples(), abilities(), lookForDnsLies(measuring, turnOf(measuring))]);
}

/** On the connection of the first answer, as long as it lasts; else on others. */
async function askMore(measuring: Measuring): Promise<void> {
  const { calls, exit, judge, first, findings } = measuring;
  const same: JudgeQuery = { ...likeFirst(first), like: judge.isSigned ? first.sent : null };
  const long: JudgeQuery = { ...likeFirst(first), method: judge.isSigned ? "POST" : "GET", isLong: true };
  const second = await askJudgeAgain(calls, first, judge, same, turnOf(measuring));
  noteKeepAlive(measuring, second);
  const last = second?.kind === "judged" ? second : null;
  const third = last === null ? null : await askJudgeAgain(calls, last, judge, long, turnOf(measuring));
  const reply = third ?? (await askJudge(calls, exit, judge, long, turnOf(measuring)));
  if (reply.kind === "failed") findings.addEvidence(`a request with 7 KiB of cookies failed: ${tell(reply.attributed)}`);
  else note(measuring, reply, false);
}

function noteKeepAlive(measuring: Measuring, second: Awaited<ReturnType<typeof askJudgeAgain>>): void {
  const { findings } = measuring;
  if (second === null) findings.can.keepAlive = { ok: false, details: "it closes the connection after one answer" };
  else if (second.kind === "failed") findings.can.keepAlive = cannot(second);
  else {
    findings.can.keepAlive = { ok: second.judged.kind === "genuine", details: "a second request went over the same connection" };
    findings.addReply(second, false);
  }
}

/** Fresh connections, one after the other. */
async function takeSamples(measuring: Measuring): Promise<void> {
  const { calls, judge, findings, first, exit } = measuring;
  const { samples } = calls.context;
  for (let i = 0; i < samples && findings.samples < samples; i++) {
    const kind = KINDS[i % KINDS.length] ?? "page";
    const reply = await askJudge(calls, exit, judge, { ...likeFirst(first), kind }, turnOf(measuring));
    if (reply.kind === "judged") note(measuring, reply, true);
    else findings.addEvidence(`one of ${samples} requests failed: ${tell(reply.attributed)}`);
  }
}

const KINDS = ["script", "download", "page"] as const;

function note({ findings }: Measuring, reply: JudgeReply, isFresh: boolean): void {
  reply.replied.answered.connection?.destroy();
  findings.addReply(reply, isFresh && reply.replied.way.target.scheme === "http");
}
