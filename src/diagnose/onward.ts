import { type RawFields, withoutField } from "../core/message.ts";
import { wholeRoutes } from "./conclude.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { CONFIDENTIAL } from "./hide-in-fields.ts";
import { reachesTarget } from "./plan.ts";
import type { Question, TestResult } from "./question.ts";

/** A redirect that an answer holds. */
export interface Onward {
  readonly status: number;
  /** What a client that follows it asks next, over the same routes. */
  readonly question: Question;
}

/** Where the user is sent on to by an answer that is no fault; null: nowhere, or to what cannot be asked. */
export function onwardOf(question: Question, { verdict, tests }: Diagnosis, isTrusting: boolean): Onward | null {
  if (verdict.fault !== null) return null;
  const whole = wholeRoutes(tests);
  const sent = whole.find(isSentOn("via")) ?? whole.find(isSentOn("direct")) ?? whole.find(isSentOn("other"));
  const location = sent?.answer?.location ?? "";
  const url = location !== "" && URL.canParse(location, question.url.href) ? new URL(location, question.url.href) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  url.hash = "";
  url.username = "";
  url.password = "";
  const status = sent?.status as number;
  const isSame = url.origin === question.url.origin;
  const isGet = TURNS_TO_GET.has(status) && question.method !== "HEAD" && (status === 303 || question.method === "POST");
  const fields = isSame || isTrusting ? question.fields : withoutLogins(question.fields);
  return {
    status,
    question: {
      ...{ ...question, url, before: question, host: isSame ? question.host : null, place: isSame ? question.place : null },
      ...(isGet ? { method: "GET", body: null, fields: withoutField(fields, "content-type") } : { fields }),
      requestsMax: question.requestsMax - tests.filter(({ spec }) => reachesTarget(spec)).length,
    },
  };
}

function isSentOn(part: TestResult["spec"]["part"]): (test: TestResult) => boolean {
  return ({ spec, answer }) => spec.part === part && answer?.location != null;
}

/** 301, 302 and 303 make a POST a GET, as browsers and curl do. */
const TURNS_TO_GET: ReadonlySet<number> = new Set([301, 302, 303]);

/** What logs in at one site is nothing for another. */
function withoutLogins(fields: RawFields): RawFields {
  return fields.filter((_, i) => !CONFIDENTIAL.test(fields[i - (i % 2)] as string));
}
