import type { Findings } from "./findings.ts";
import type { JudgeQuery, JudgeReply } from "./judge-calls.ts";
import { likeFirst, type Measuring } from "./measuring.ts";
import { isUntouched } from "./request-changes.ts";
import { Talk } from "./talk.ts";

/** Where somebody reads along in a plain tunnel, who may change what one page does not show, as much is asked through it as is without one. */
export async function lookIntoTunnel(measuring: Measuring, reply: JudgeReply): Promise<void> {
  const { findings } = measuring;
  if (!noteReader(findings, reply)) return;
  const talk = new Talk({ ...measuring, first: reply });
  await proveTalk(measuring, talk, reply);
  talk.end();
}

/** One of each that is asked for, after a page: many change only some of what they carry. */
export async function proveTalk({ findings }: Measuring, talk: Talk, reply: JudgeReply): Promise<void> {
  const page = likeFirst(reply);
  const queries: readonly JudgeQuery[] = [
    { ...page, like: reply.sent },
    { ...page, method: "POST", isLong: true },
    ...(["script", "picture", "download"] as const).map((kind) => ({ ...page, kind })),
  ];
  for (const query of queries) {
    const next = await talk.ask(query);
    if (next.kind === "judged") findings.addProof(next);
  }
}

/** A tunnel carries bytes: where what went into a plain one came out written another way, somebody reads along. False: nobody is seen to. */
export function noteReader(findings: Findings, { sent, judged }: JudgeReply): boolean {
  if (!judged.isSigned || judged.payload === null || isUntouched(sent, judged.payload)) return false;
  findings.addEvidence("somebody reads along in plain tunnels: a request came out of one written another way");
  return true;
}
