import { type AnswerReading, readAnswer } from "../blame/answer-reading.ts";
import { judgeAnswer, placeAnswerFault } from "../blame/relayed.ts";
import type { Rules } from "../blame/rules.ts";
import { fault } from "../core/fault.ts";
import type { AttributedFault } from "../core/ledger.ts";
import type { ResponseHead } from "../core/message.ts";
import type { Target } from "../core/route.ts";
import { judgeUpgrade } from "../exchange/judge.ts";
import { plainStart } from "../exchange/plain-start.ts";
import type { Answered } from "../net/ask.ts";
import type { TestResult, TestSpec } from "./question.ts";
import { seenAnswer } from "./seen-answer.ts";
import { isTunnelled } from "./target-of.ts";
import { faulty, passed } from "./test-result.ts";

const EXCERPT_CHARS_MAX = 200;

/** What an answer shows: that it is as it should be, or whose fault it tells of. */
export function readReply(spec: TestSpec, target: Target, { head, response }: Answered, ms: TestResult["ms"], rules: Rules): TestResult {
  const body = plainStart(head.fields, response.body);
  const isDirect = isTunnelled(spec, target);
  const hops = spec.exit?.hops.length ?? 0;
  const switched = judgeUpgrade(head, null); // nobody asks for another protocol here
  if (switched !== null) {
    const place = isDirect ? ({ role: "target", hop: hops + 1 } as const) : ({ role: "exit", hop: hops } as const);
    return { ...faulty(spec, { fault: switched, ...place }, ms), status: head.status };
  }
  const reading = readAnswer({ ...head, body, ms: ms.firstByte ?? null }, { target, plainProxy: !isDirect, method: spec.method }, rules);
  const attributed = reading.fault === null ? null : attributedAnswer(spec, target, head, body, reading);
  const excerpt = Buffer.from(body.subarray(0, EXCERPT_CHARS_MAX)).toString("latin1");
  const words = `${head.status} ${head.reason}`.trim();
  return {
    ...{
      ...passed(spec),
      status: head.status,
      ms,
      answer: seenAnswer(head, { bodyBytes: response.body.length, isCut: response.isCut, plain: body }),
      excerpt: excerpt === "" ? null : excerpt,
    },
    outcome: attributed === null ? "ok" : "fault",
    attributed,
    words: attributed === null ? words : `${words}: ${attributed.fault.details}`,
  };
}

/** As a gateway would place it; a block page is the target's side's. */
function attributedAnswer(
  spec: TestSpec,
  target: Target,
  head: ResponseHead,
  body: Uint8Array,
  { kind, fault: id, evidence, summary, culprit, confidence }: AnswerReading,
): AttributedFault {
  const { exit } = spec;
  const authenticated = exit?.hops.at(-1)?.username != null;
  const way = { exit: !isTunnelled(spec, target), authenticated, hardSession: false, vendor: null, target, empty: body.length === 0 };
  const judged = kind === "block" || kind === "rate-limit" ? null : judgeAnswer(head, body, way);
  if (judged !== null) return placeAnswerFault(judged, { exit, target });
  const value = fault(id as NonNullable<typeof id>, evidence[0] ?? summary, { culprit, confidence });
  return { fault: value, role: "target", hop: (exit?.hops.length ?? 0) + 1 };
}
