import { FaultError } from "../core/fault.ts";
import { fieldValue, type ResponseHead } from "../core/message.ts";
import type { MessageLimits, ResponseTolerances } from "../core/settings.ts";
import { ResponseParser } from "../wire/http1/response-parser.ts";
import { heaviestField } from "./known-sizes.ts";
import { markOf } from "./page-mark.ts";
import type { SeenAnswer } from "./question.ts";

/** What came of a body; `plain` is its start, decompressed. */
interface Body extends Pick<SeenAnswer, "bodyBytes" | "isCut"> {
  readonly plain: Uint8Array;
}

/** An answer's head, and how much of its body came. */
export function seenAnswer({ status, minor, reason, fields, bytes }: ResponseHead, body: Body): SeenAnswer {
  const location = status >= 300 && status < 400 ? fieldValue(fields, "location") : null;
  const { bodyBytes, isCut, plain } = body;
  const mark = markOf(fields, plain);
  return { status, minor, reason, fields, location, headBytes: bytes, heaviest: heaviestField(fields), bodyBytes, isCut, mark };
}

/** The head of an answer that broke behind it, from the bytes that came; null: it did not get so far. */
export function seenBeforeFailure(raw: Buffer, method: string, limits: MessageLimits, tolerances: ResponseTolerances): SeenAnswer | null {
  const parser = new ResponseParser(limits, tolerances);
  try {
    for (let at = 0; at < raw.length; at += 1) {
      const head = parser.push(raw.subarray(at, at + 1), method);
      if (head !== null && head.status >= 200)
        return seenAnswer(head, { bodyBytes: raw.length - at - 1, isCut: true, plain: new Uint8Array() });
    }
  } catch (thrown) {
    if (!(thrown instanceof FaultError)) throw thrown;
  }
  return null;
}
