import type { KeyObject } from "node:crypto";
import { fieldValue } from "../../core/message.ts";
import { excerpt } from "../../wire/http1/excerpt.ts";
import type { Lie } from "../lie.ts";
import { areFieldsAsSent, judgeRequestChanges } from "../request-changes.ts";
import { compareFields, type FieldChanges, trailerChanges } from "./answer-fields.ts";
import { bodyChanges, decodeBody } from "./body-changes.ts";
import { findStatements, type Statement } from "./dress.ts";
import type { JudgeAddress, Judged, JudgeRequest, JudgeResponse } from "./judged.ts";
import { type JudgePayload, readPayload } from "./payload.ts";
import { readEchoAnswer } from "./public-echo.ts";
import { marksOf } from "./request.ts";
import { isSignedBy } from "./signature.ts";

/**
 * What an answer that came through a proxy proves: that it is the judge's, for this very request, and what was done to either on the way.
 * Pure, and never throws, whatever came.
 *
 *     request  -> proxy -> judge: signs what it saw, nonce and all
 *     verdicts <- proxy <- page, every byte of it a function of what is signed
 */
export function readJudgeAnswer(sent: JudgeRequest, answer: JudgeResponse, judge: JudgeAddress): Judged {
  if (judge.key === null) return readEchoAnswer(sent, answer, judge);
  const body = decodeBody(answer);
  const signed = findSigned(body, judge.key);
  if (signed === null) return judgeForeign(sent, answer, body);
  const { payload } = signed;
  if (isStale(sent, payload)) return fake("honesty.stale_answer", tellStale(payload));
  const fields = compareFields(payload.answer, answer.fields);
  return {
    kind: "genuine",
    payload,
    isSigned: true,
    lies: [...judgeRequestChanges(sent, payload), ...changesOfAnswer(sent, answer, signed, fields)],
    addedFields: fields.added,
  };
}

interface Signed {
  readonly statement: Statement;
  readonly payload: JudgePayload;
}

/** The statement of a body that the judge signed; null: none. */
function findSigned(body: Buffer, key: KeyObject): Signed | null {
  for (const statement of findStatements(body)) {
    if (!isSignedBy(statement.payload, statement.signature, key)) continue;
    const payload = readPayload(statement.payload);
    if (payload !== null) return { statement, payload };
  }
  return null;
}

/** A request is known by the marks of its fields and by its URL: each may have been changed on the way, but where none is ours, the request is not. */
function isStale(sent: JudgeRequest, payload: JudgePayload): boolean {
  const { nonce, fields } = sent;
  if (payload.nonce === nonce && areFieldsAsSent(sent, payload)) return false;
  const own = marksOf(fields);
  const seen = marksOf(payload.fields.flat());
  if (seen.some((mark) => own.includes(mark))) return false;
  return payload.nonce !== nonce || seen.length > 0; // of an earlier request to the same URL
}

function tellStale({ at, nonce }: JudgePayload): string {
  const when = Number.isNaN(Date.parse(at)) ? "another time" : new Date(at).toISOString();
  return `the judge signed this answer at ${when} for another request${nonce === "" ? ", without a nonce" : ""}`;
}

function changesOfAnswer(sent: JudgeRequest, answer: JudgeResponse, { statement, payload }: Signed, fields: FieldChanges): Lie[] {
  const changes = [...bodyChanges(answer, statement, payload), ...fields.changes, ...trailerChanges(answer.trailers)];
  if (answer.status !== 200) changes.unshift(`the judge's status 200 came back as ${answer.status}`);
  if (payload.kind !== sent.kind) changes.unshift(`a ${sent.kind} was asked for and a ${payload.kind} came`);
  if (answer.hasExcess) changes.push("bytes that belong to no answer came after the judge's");
  for (const { status, fields: early } of answer.interim) {
    const added = compareFields([], early).changes;
    if (added.length > 0) changes.push(`an interim answer ${status} came before the judge's: ${added[0]}`);
  }
  return changes.map((details) => ({ fault: "honesty.content_changed", details }));
}

/** Nothing that the judge signed: a redirect, an error, or an answer of the proxy's own making. */
function judgeForeign({ url, nonce }: JudgeRequest, answer: JudgeResponse, body: Buffer): Judged {
  const { status, fields } = answer;
  const location = fieldValue(fields, "location");
  if (status >= 300 && status < 400 && location !== null)
    return fake("honesty.redirected", `${status} to ${tellLocation(location)} came where ${url.host} had to answer`);
  const isForged = findStatements(body).length > 0;
  // Nobody but the judge knows that it repeats the request's number there: the answer was its own once.
  if (!isForged && fieldValue(fields, "x-trace") === nonce)
    return fake("honesty.content_changed", `the judge's answer came without what it signed: ${status} with ${body.length} other bytes`);
  if (status >= 400) return { kind: "refused", payload: null, isSigned: true, lies: [], addedFields: [] };
  const what = isForged ? "a page like the judge's, but what it says does not fit its signature" : tellForeign(answer, body);
  return fake("honesty.fake_answer", `${status} with ${what}`);
}

function tellForeign({ fields, body: packed }: JudgeResponse, body: Buffer): string {
  const coding = fieldValue(fields, "content-encoding");
  // The bytes of a bomb tell nobody anything.
  if (coding !== null && body === packed && body.length > 0)
    return `${body.length} bytes, packed as ${excerpt(coding)}, that cannot be unpacked or are more than any answer`;
  const type = fieldValue(fields, "content-type");
  const what = type === null ? "no named type" : excerpt(type);
  return `${body.length} bytes of ${what} that are not the judge's: ${excerpt(opening(body), SHOWN_CHARS)}`;
}

const SHOWN_CHARS = 80;

/** The title of a page tells most about it, else how it begins. */
function opening(body: Buffer): string {
  const text = body.subarray(0, OPENING_BYTES).toString("latin1");
  return (/<title[^>]{0,100}>([^<]{1,200})/i.exec(text)?.[1] ?? text).replace(/\s+/g, " ").trim();
}

const OPENING_BYTES = 4096;

/** Where a redirect leads, in quotes; it may name its user, or us, which is left out. */
export function tellLocation(location: string): string {
  return excerpt(location.replace(/[?#].*$/s, "?...").replace(/\/\/[^/@]*@/, "//"), SHOWN_CHARS);
}

function fake(fault: Lie["fault"], details: string): Judged {
  return { kind: "fake", payload: null, isSigned: true, lies: [{ fault, details }], addedFields: [] };
}
