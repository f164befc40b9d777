import { isIP } from "node:net";
import type { Exit } from "../core/route.ts";
import type { Calls, Failed, Turn } from "./calls.ts";
import { resolvingThere, schemeOf } from "./contact.ts";
import { cannot } from "./findings.ts";
import type { JudgeAddress } from "./judge/judged.ts";
import { askJudge, askJudgeAgain, hostOf, type JudgeQuery, type JudgeReply } from "./judge-calls.ts";
import { isMarkedByCache, isRefusedAlike, likeFirst, type Measuring, note, noteRefused, turnOf } from "./measuring.ts";

/** A file to download, and a page, by the judge's name where it has one: whether the proxy resolves names, and leads them where they belong. */
export async function sampleByName(measuring: Measuring): Promise<void> {
  const { calls, exit, judge, first, findings } = measuring;
  const name = nameOf(judge);
  const isKnown = name !== null && isIP(hostOf(judge.url)) === 0 && resolvingThere(exit) === exit;
  if (name === null) findings.can.remoteDns = { ok: null, details: "the judge is known by its address alone" };
  else if (isKnown) {
    const ok = first.judged.kind === "genuine";
    findings.can.remoteDns = { ok, details: ok ? `it resolved ${name}` : "something else than the judge's answer came" };
  }
  const query: JudgeQuery = { ...likeFirst(first), kind: "download" };
  if (name === null || isKnown) {
    await sampleDownload(measuring, query);
    return;
  }
  const reply = await askJudge(calls, resolvingThere(exit), judge, { ...query, host: name }, turnOf(measuring));
  const scheme = schemeOf(resolvingThere(exit));
  if (scheme !== schemeOf(exit)) findings.schemes.push({ scheme, failed: reply.kind === "failed" ? reply : null });
  if (reply.kind === "failed") {
    const byAddress = await sampleDownload(measuring, query);
    const isAlike = isRefusedAlike(reply, byAddress);
    findings.can.remoteDns = isAlike ? { ok: null, details: `by address it refused the same: ${cannot(reply).details}` } : cannot(reply);
  } else if (reply.judged.kind === "genuine") {
    findings.can.remoteDns = { ok: true, details: `it resolved ${name}` };
    findings.addReply(reply, reply.replied.way.target.scheme === "http");
    await askForPage(measuring, reply);
    await askForDownloadAgain({ ...measuring, exit: resolvingThere(exit) }, { ...query, host: name }, reply);
  } else {
    reply.replied.answered.connection?.destroy();
    await noteLed(measuring, query, reply);
  }
}

/**
 * Over the same connection as long as it lasts: who injects does so in pages, and may spare those who ask by address, as checkers do, or those who are
 * not known, or short pages.
 */
async function askForPage(measuring: Measuring, byName: JudgeReply): Promise<void> {
  const { calls, exit, judge, first, findings } = measuring;
  const short: JudgeQuery = { ...likeFirst(first), host: byName.sent.url.hostname, isLoggedIn: true };
  const long: JudgeQuery = { ...short, isLong: judge.isSigned };
  const afresh = (query: JudgeQuery) => askJudge(calls, resolvingThere(exit), judge, query, turnOf(measuring));
  const page = (await askJudgeAgain(calls, byName.replied, judge, long, turnOf(measuring))) ?? (await afresh(long));
  page.replied?.answered.connection?.destroy();
  // Some have a limit to the length of a request, which says nothing of what becomes of a short one.
  const proof = page.kind === "failed" && page.replied !== null ? await afresh(short) : page;
  proof.replied?.answered.connection?.destroy();
  if (proof.kind === "judged") findings.addProof(proof);
}

/** Once more where somebody may keep it, as somebody who is logged in, so that a new answer cannot be taken for the first. */
async function askForDownloadAgain(measuring: Measuring, query: JudgeQuery, reply: JudgeReply): Promise<void> {
  const { calls, exit, judge, findings } = measuring;
  if (!judge.isSigned || !isMarkedByCache(reply)) return;
  const again = await askJudge(calls, exit, judge, { ...query, like: reply.sent, isLoggedIn: true }, turnOf(measuring));
  again.replied?.answered.connection?.destroy();
  if (again.kind === "failed") return;
  const { payload } = again.judged;
  if (payload === null || payload.at !== reply.judged.payload?.at || payload.port !== reply.judged.payload.port) findings.addProof(again);
  else
    findings.addLie({
      fault: "honesty.stale_answer",
      details: `a download was answered by what the judge had signed before, at ${payload.at}`,
    });
}

/** Some change downloads alone, whatever the judge is called by. Null: not asked, where nothing of the judge's came before. */
async function sampleDownload(measuring: Measuring, query: JudgeQuery): Promise<JudgeReply | Failed | null> {
  const { calls, exit, judge, first } = measuring;
  if (first.judged.kind === "fake") return null;
  const reply = await askJudge(calls, exit, judge, query, turnOf(measuring));
  if (reply.kind === "judged") {
    note(measuring, reply, true);
    await askForDownloadAgain(measuring, query, reply);
  } else noteRefused(measuring, query, reply);
  return reply;
}

/** Asks for the judge by its name, through whoever resolves it there. Null: it has none. */
export async function askByName(
  calls: Calls,
  exit: Exit,
  judge: JudgeAddress,
  { query, turn }: { readonly query: JudgeQuery; readonly turn: Turn },
): Promise<JudgeReply | Failed | null> {
  const host = nameOf(judge);
  if (host === null) return null;
  const reply = await askJudge(calls, resolvingThere(exit), judge, { ...query, host }, turn);
  if (reply.kind === "judged") reply.replied.answered.connection?.destroy();
  return reply;
}

/** Null: it has none. */
export function nameOf({ url, isLoopback }: JudgeAddress): string | null {
  const host = hostOf(url);
  if (isIP(host) === 0) return host;
  return isLoopback ? "localhost" : null;
}

/** The name leads elsewhere, unless the same comes from the judge's address. */
async function noteLed(measuring: Measuring, query: JudgeQuery, byName: JudgeReply): Promise<void> {
  const { calls, exit, judge, first, findings } = measuring;
  const name = nameOf(judge);
  findings.can.remoteDns = { ok: false, details: `something else than the judge's answer came from ${name}` };
  const byAddress = first.judged.kind === "fake" ? first : await askJudge(calls, exit, judge, query, turnOf(measuring));
  if (byAddress.kind === "judged" && byAddress !== first) {
    byAddress.replied.answered.connection?.destroy();
    findings.addReply(byAddress, byAddress.replied.way.target.scheme === "http");
  }
  if (byAddress.kind === "judged" && byAddress.judged.kind === "fake") findings.addReply(byName, false);
  else
    findings.addLie({ fault: "honesty.dns_lies", details: `${name} leads elsewhere than the judge's address: ${byName.lies[0]?.details}` });
}
