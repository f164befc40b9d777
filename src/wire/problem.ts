import { FAULTS } from "../core/fault-table.ts";
import type { AttemptRecord, Verdict } from "../core/ledger.ts";
import { preferredType } from "./accept.ts";
import { problemHtml } from "./problem-html.ts";
import { problemText } from "./problem-text.ts";

/** What an answer that the gateway makes itself has to tell. Holds no secret: the body shows all of it. */
export interface Problem {
  readonly status: number;
  /** The reason phrase, which tells the story in one line. */
  readonly reason: string;
  /** The config's `name`. */
  readonly name: string;
  readonly requestId: string;
  readonly verdict: Verdict;
  readonly attempts: readonly AttemptRecord[];
  /** What the request was for, without userinfo. */
  readonly target: string;
}

/**
 * The body of an answer that the gateway makes itself, in the form that the client's Accept field prefers:
 * plain text of at most six lines (the default), HTML, or `application/problem+json` (RFC 9457).
 */
export function renderProblem(problem: Problem, accept: string | null): { contentType: string; body: string } {
  const form = preferredType(accept, FORMS) ?? "text/plain";
  if (form === "text/html") return { contentType: "text/html; charset=utf-8", body: problemHtml(problem) };
  if (form === "text/plain") return { contentType: "text/plain; charset=utf-8", body: problemText(problem) };
  return { contentType: "application/problem+json", body: problemJson(problem) };
}

/** In the order of our own preference. */
const FORMS = ["text/plain", "application/problem+json", "application/json", "text/html"] as const;

function problemJson({ status, name, requestId, verdict, attempts, target }: Problem): string {
  const problem = {
    type: `urn:goodgateway:fault:${verdict.fault}`,
    title: FAULTS[verdict.fault].summary,
    status,
    detail: verdict.evidence.join("; "),
    instance: `urn:goodgateway:exchange:${encodeURIComponent(requestId)}`,
    requestId,
    gateway: name,
    target,
    fix: verdict.fix,
    verdict,
    attempts,
  };
  return `${JSON.stringify(problem, null, 2)}\n`;
}
