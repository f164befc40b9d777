import { faultOfBackendStatus } from "./access.ts";
import { type AnyFaultId, type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed } from "./log-times.ts";
import { faultOfWords, type WordRules } from "./word-rules.ts";

/**
 * `h2 2026-11-27T14:02:07.123456Z app/site/50dc6c 192.0.2.1:2817 10.0.0.2:80 0.000 -1 -1 502 - 34 366 "GET https://… HTTP/2.0" …`, an AWS
 * Application Load Balancer's line, and a Classic one's, which has no type in front.
 */
export const ALB_ACCESS: LogFormat = { id: "alb-access", name: "AWS load balancer access log", program: "alb", read: readAccess };

const LINE =
  /^(?:(?:https?|h2|grpcs?|wss?) )?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) (\S+) (\S+) (\S+) (-?[\d.]+|-) (-?[\d.]+|-) (-?[\d.]+|-) (\d{3}|-) (\d{3}|[-0])(?: [-\d]+ [-\d]+)? "((?:[^"\\]|\\.)*)"/;

function readAccess(line: string): LogEvent | null {
  if (!STARTS.has(line.charCodeAt(0))) return null;
  const found = LINE.exec(line);
  const at = found === null ? null : readDashed(found[1] ?? "", 0);
  if (found === null || at === null) return null;
  const [head, , balancer = "", client = "", target = "-", toTarget = "-", ofTarget = "-", ofAnswer = "-", code, targetCode, request = ""] =
    found;
  const status = Number(code);
  if (status < 400) return logEvent({ at, status });
  const rest = readRest(line.slice(head.length));
  const times = { request: seconds(toTarget), target: seconds(ofTarget), answer: seconds(ofAnswer) };
  const served: Served = {
    ...rest,
    status,
    targetStatus: targetCode === "-" || targetCode === "0" ? null : Number(targetCode),
    hasTarget: target !== "-",
    times,
  };
  const fault = faultOf(served);
  if (fault === null) return logEvent({ at, status: Number.isNaN(status) ? null : status });
  const [method = null, url = "-"] = request.split(" ", 2);
  const group = rest.group ?? balancer;
  const reason = rest.reason === "" ? "" : `, ${rest.reason}`;
  return logEvent({
    at,
    fault,
    status,
    client: client.slice(0, Math.max(0, client.lastIndexOf(":"))) || null,
    method: method === "-" ? null : method,
    target: url === "-" ? null : url.replace(/^\w+:\/\//, ""),
    backend: target === "-" ? group : `${group}/${target}`,
    ms: rest.begun === null ? null : at - rest.begun,
    words: `${code}, target ${targetCode}${reason}, times ${toTarget}/${ofTarget}/${ofAnswer} s (to the target, its own, the answer): ${method} ${url}`,
  });
}

/** Of the types, and of a year. */
const STARTS: ReadonlySet<number> = new Set(["h", "g", "w", "2"].map((letter) => letter.charCodeAt(0)));

/** Null: there was none, which is written as -1. */
function seconds(text: string): number | null {
  const value = Number(text);
  return value >= 0 ? value : null;
}

interface Rest {
  /** Of the target group's ARN; null: none was chosen. */
  readonly group: string | null;
  /** When the request came; the line's own time is that of its end. */
  readonly begun: number | null;
  readonly actions: string;
  readonly reason: string;
}

/** `"agent" cipher protocol group "trace" "domain" "certificate" rule begun "actions" "redirect" "reason" …`. */
const REST = /^ "(?:[^"\\]|\\.)*" \S+ \S+ (\S+) "[^"]*" "[^"]*" "[^"]*" \S+ (\S+) "([^"]*)" "[^"]*" "([^"]*)"/;
const GROUP = /:targetgroup\/([^/]+)\//;

function readRest(text: string): Rest {
  const [, arn = "", begun = "", actions = "", reason = "-"] = REST.exec(text) ?? [];
  return { group: GROUP.exec(arn)?.[1] ?? null, begun: readDashed(begun, 0), actions, reason: reason === "-" ? "" : reason };
}

interface Served extends Rest {
  readonly status: number;
  /** What the target answered; null: nothing, or nothing that is HTTP. */
  readonly targetStatus: number | null;
  readonly hasTarget: boolean;
  readonly times: { readonly request: number | null; readonly target: number | null; readonly answer: number | null };
}

/** A status that the target had too is the target's own; how far its times came tells of the others. */
function faultOf(served: Served): AnyFaultId | null {
  const { status, targetStatus, actions, reason, hasTarget, times } = served;
  if (targetStatus !== null) return faultOfBackendStatus(status);
  const byReason = faultOfWords(REASONS, reason);
  if (byReason !== null) return byReason;
  if (/\bfixed-response\b/.test(actions)) return status >= 500 ? "gateway.local_response" : null;
  if (status === 403 && actions.includes("waf")) return "client.denied";
  if (status === 502) {
    if (times.request === null) return "connect.failed";
    if (times.target === null || times.answer === null) return "head.closed";
    return hasTarget ? "head.invalid" : "answer.502";
  }
  if (status === 503) return hasTarget ? "answer.503" : "gateway.no_healthy_backend";
  if (status === 504 && hasTarget) return times.request === null ? "connect.timeout" : "head.timeout";
  return STATUSES[status] ?? (status >= 500 ? "answer.5xx" : null);
}

const STATUSES: Readonly<Record<number, AnyFaultId>> = {
  400: "client.bad_request",
  405: "client.bad_request",
  408: "client.request_timeout",
  413: "client.body_too_large",
  414: "client.uri_too_long",
  460: "client.closed_waiting",
  500: "answer.500",
  504: "answer.504",
  // More than 30 addresses in X-Forwarded-For; a protocol version that the target group does not have; the identity provider.
  463: "client.bad_request",
  464: "gateway.config_error",
  561: "gateway.helper_failed",
};

/** `error_reason`, of Lambda targets, of AWS WAF and of the login in front. */
const REASONS: WordRules = [
  ["head.invalid", /^Lambda(?:InvalidResponse|ResponseTooLarge)$/],
  ["client.body_too_large", /^LambdaRequestTooLarge$/],
  ["relay.origin_5xx", /^LambdaUnhandled$/],
  ["head.timeout", /^LambdaConnectionTimeout$/],
  ["connect.failed", /^LambdaConnectionError$/],
  ["gateway.upstream_limit", /^Lambda(?:Throttling|EC2Throttled|ENILimit|SubnetIPAddressLimit)/],
  ["gateway.config_error", /^Lambda(?:AccessDenied|ResourceNotFound|Invalid|KMS|EC2AccessDenied|BadRequest)/],
  ["answer.502", /^Lambda/],
  [
    "gateway.helper_failed",
    /^WAF|^Auth\w*(?:RequestFailed|RequestTimeout|UnhandledException|ResponseSizeExceeded|InvalidTokenResponse|InvalidUserinfo)/,
  ],
  ["client.proxy_auth_invalid", /^Auth/],
];
