import { stageOf } from "../core/fault-table.ts";
import { isIdempotent } from "../wire/http1/idempotent.ts";
import type { Question, TestResult, TestSpec } from "./question.ts";
import { requestTest } from "./request-spec.ts";

/** The same over TLS instead of clear text, or HEAD instead of GET, where some gateway on the way may treat the one as it does not the other. */
export function otherWays(question: Question, result: TestResult): TestSpec[] {
  return [...otherScheme(question, result), ...otherMethod(question, result)];
}

/** By the other scheme: at the port that is named, or at its own where none is. */
function otherScheme(question: Question, { spec, attributed, status }: TestResult): TestSpec[] {
  const { url } = spec;
  const isHttps = url.protocol === "https:";
  const id = attributed?.fault.id ?? "";
  // A port that answers in clear text speaks no TLS, and one that nobody serves neither; the usual ones are two.
  const isOfPort = url.port === "" ? status === null || spec.exit === null : status === null && !id.startsWith("connect.");
  const mayDiffer = attributed?.role === "target" || (isHttps && isOfTunnel(id));
  if (!mayDiffer || !isOfPort || !(isHttps ? ONLY_TLS : ONLY_CLEAR).test(id) || !isIdempotent(spec.method) || question.place !== null)
    return [];
  return [bySwappedScheme(question, spec)];
}

/** Of a port that is silent to TLS: a server that waits for the end of an HTTP head is silent too. */
export function inClearText(question: Question, spec: TestSpec): TestSpec[] {
  const isAskable = spec.url.protocol === "https:" && isIdempotent(spec.method) && question.place === null;
  return isAskable ? [bySwappedScheme(question, spec)] : [];
}

function bySwappedScheme(question: Question, spec: TestSpec): TestSpec {
  const { url, id, method } = spec;
  const isHttps = url.protocol === "https:";
  const other = new URL(url.href);
  other.protocol = isHttps ? "http:" : "https:";
  const more = { id: `${isHttps ? "http" : "https"} of ${id}`, of: id, method, url: other };
  return requestTest(question, spec.exit, "scheme", { ...more, prefix: isHttps ? "in clear text: " : "over TLS: " });
}

const ONLY_TLS = /^(?:tls\.(?!cert|alpn)|connect\.(?:refused|reset)$|handshake\.(?:connect_rejected|policy_denied|target_|closed|reset))/;
const ONLY_CLEAR = /^(?:head\.(?:not_http|bad_status_line|closed_empty|reset)$|connect\.(?:refused|reset)$|relay\.)/;

/** An exit that does not open the tunnel may still pass requests in clear text on. */
function isOfTunnel(id: string): boolean {
  return id.startsWith("handshake.");
}

/** HEAD has no body to break on, and some gateways do not know it. */
function otherMethod(question: Question, { spec, attributed, status }: TestResult): TestSpec[] {
  const other = spec.method === "HEAD" ? "GET" : spec.method === "GET" && isOfBody(attributed) ? "HEAD" : null;
  if (other === null || question.body !== null || (status === null && !isOfAnswer(attributed))) return [];
  const more = { id: `${other} of ${spec.id}`, of: spec.id, method: other, prefix: `by ${other}: ` };
  return [requestTest(question, spec.exit, "method", more)];
}

function isOfBody(attributed: TestResult["attributed"]): boolean {
  return attributed !== null && stageOf(attributed.fault) === "body";
}

function isOfAnswer(attributed: TestResult["attributed"]): boolean {
  return attributed !== null && /^(?:head|body|trailers)\./.test(attributed.fault.id);
}
