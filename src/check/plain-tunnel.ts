import type { JudgeQuery, JudgeReply } from "./judge-calls.ts";
import { likeFirst, type Measuring } from "./measuring.ts";
import { isUntouched } from "./request-changes.ts";
import { Talk } from "./talk.ts";

/**
 * A tunnel carries bytes. Where what went into one came out written another way, somebody reads along, and may change what one page does not
 * show: then as much is asked through it as is without a tunnel.
 */
export async function lookIntoTunnel(measuring: Measuring, reply: JudgeReply): Promise<void> {
  const { findings, judge } = measuring;
  const { sent, judged } = reply;
  if (!judge.isSigned || judged.payload === null || isUntouched(sent, judged.payload)) return;
  findings.addEvidence("somebody reads along in plain tunnels: a request came out of one written another way");
  const talk = new Talk({ ...measuring, first: reply });
  const page = likeFirst(reply);
  const queries: readonly JudgeQuery[] = [
    { ...page, like: sent },
    { ...page, method: "POST", isLong: true },
    ...(["script", "picture", "download"] as const).map((kind) => ({ ...page, kind })),
  ];
  for (const query of queries) {
    const next = await talk.ask(query);
    if (next.kind === "judged") findings.addProof(next);
  }
  talk.end();
}
