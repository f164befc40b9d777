import type { Timeouts } from "../../core/settings.ts";
import { askDirectly, type DirectContext } from "./ask-directly.ts";
import type { JudgeAddress } from "./judged.ts";

/** What came of asking some judges. */
export interface JudgesAsked {
  /** Those that can be used, in the order of their URLs. */
  readonly up: readonly JudgeAddress[];
  /** Why not the others: a sentence for each, which names it. */
  readonly problems: readonly string[];
}

/**
 * Asks judges without any proxy, all at once, whether they are up.
 *
 * @param timeoutMs a judge that hangs holds whoever waits for it no longer than a proxy may.
 */
export async function askJudges(urls: readonly URL[], context: DirectContext, timeoutMs: number): Promise<JudgesAsked> {
  const bounded: DirectContext = { ...context, timeouts: atMost(context.timeouts, timeoutMs) };
  const answers = await Promise.all(urls.map((url) => askDirectly(url, bounded)));
  return {
    up: answers.filter((answer): answer is JudgeAddress => !("problem" in answer)),
    problems: answers.flatMap((answer) => ("problem" in answer ? [answer.problem] : [])),
  };
}

function atMost(
  { connect, handshake, tls, head }: Pick<Timeouts, "connect" | "handshake" | "tls" | "head">,
  ms: number,
): DirectContext["timeouts"] {
  return { connect: Math.min(connect, ms), handshake: Math.min(handshake, ms), tls: Math.min(tls, ms), head: Math.min(head, ms) };
}
