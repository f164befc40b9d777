import type { RawFields } from "../core/message.ts";
import { fieldValue } from "../core/message.ts";
import type { Diagnosis } from "./diagnosis.ts";
import type { Question, SeenAnswer, TestResult } from "./question.ts";
import { showUrl } from "./secrets.ts";

interface Named {
  readonly name: string;
  readonly value: string;
}

/**
 * All requests of a diagnosis as an HTTP Archive (HAR 1.2), for browsers' tools and others that read it: one entry each, what broke with the
 * name that Chrome has for it. Holds what may be shown, and no more.
 *
 * @param version of this program
 */
export function toHar({ verdict, tests, hints }: Diagnosis, question: Question, version: string): object {
  const asked = tests.filter(({ spec, outcome }) => spec.kind === "request" && outcome !== "cut");
  const page = {
    ...{ startedDateTime: isoTime(Math.min(...asked.map(({ at }) => at))), id: PAGE, title: verdict.summary },
    pageTimings: { onContentLoad: -1, onLoad: -1 },
  };
  return {
    log: {
      ...{ version: "1.2", creator: { name: "goodgateway", version } },
      pages: asked.length === 0 ? [] : [page],
      entries: asked.map((test) => toEntry(test, question)),
      comment: verdict.fault === null ? verdict.summary : `${verdict.summary} (${verdict.fault}, culprit ${verdict.culprit})`,
      _hints: hints,
    },
  };
}

const PAGE = "diagnosis";

function toEntry(test: TestResult, question: Question): object {
  const { spec, at, sent, attributed, words, outcome } = test;
  const timings = timingsOf(test);
  const [host = "", port = ""] = sent === null ? [] : (/^\[?(.*?)\]?:(\d+)$/.exec(sent.peer)?.slice(1) ?? []);
  return {
    pageref: PAGE,
    startedDateTime: isoTime(at),
    time: sumOf(timings),
    request: toRequest(test, question),
    response: test.answer === null ? noResponse(test) : toResponse(test, test.answer),
    cache: {},
    timings,
    ...(host === "" ? {} : { serverIPAddress: host, connection: port }),
    comment: `${spec.route}: ${outcome === "ok" ? "works" : "fails"} (${words})`,
    ...{ _route: spec.route, _fault: attributed?.fault.id ?? null },
  };
}

function toRequest({ spec, sent }: TestResult, question: Question): object {
  const fields = sent?.fields ?? [];
  const isBody = sent !== null && sent.bodyBytes > 0 && question.body !== null;
  return {
    ...{ method: spec.method, url: showUrl(spec.url, question), httpVersion: "HTTP/1.1" },
    cookies: cookiesIn(fieldValue(fields, "cookie")),
    headers: named(fields),
    queryString: [...spec.url.searchParams.keys()].map((name) => ({ name, value: HIDDEN })),
    ...{ headersSize: sent?.headBytes ?? -1, bodySize: sent?.bodyBytes ?? 0 },
    ...(isBody ? { postData: { mimeType: fieldValue(fields, "content-type") ?? "", params: [], text: "", comment: "not shown" } } : {}),
  };
}

const HIDDEN = "***";

function toResponse(
  { excerpt, outcome, words }: TestResult,
  { status, minor, reason, fields, headBytes, bodyBytes, isCut }: SeenAnswer,
): object {
  const part = isCut ? `the first ${bodyBytes} bytes came, the others were not read` : "";
  return {
    ...{ status, statusText: reason, httpVersion: `HTTP/1.${minor}` },
    cookies: cookiesIn(fieldValue(fields, "set-cookie")?.replace(/;.*/, "") ?? null),
    headers: named(fields),
    content: {
      ...{ size: bodyBytes, mimeType: fieldValue(fields, "content-type") ?? "x-unknown", text: excerpt ?? "" },
      comment: [excerpt === null ? "" : "the start of its text", part].filter((one) => one !== "").join("; "),
    },
    ...{ redirectURL: fieldValue(fields, "location") ?? "", headersSize: headBytes, bodySize: isCut ? -1 : bodyBytes },
    ...(outcome === "fault" ? { comment: words } : {}),
  };
}

function noResponse({ attributed, words }: TestResult): object {
  const { fault, role } = attributed ?? {};
  const id = fault?.id ?? "";
  const error = ERRORS.find(([pattern]) => pattern.test(id))?.[1] ?? "net::ERR_FAILED";
  const isProxys = role === "exit" && /^(?:connect|dns)\./.test(id);
  return {
    ...{ status: 0, statusText: "", httpVersion: "", cookies: [], headers: [], redirectURL: "", headersSize: -1, bodySize: -1 },
    content: { size: 0, mimeType: "x-unknown" },
    comment: words,
    _error: isProxys ? "net::ERR_PROXY_CONNECTION_FAILED" : error,
  };
}

/** As Chrome calls what it finds. */
const ERRORS: readonly (readonly [RegExp, string])[] = [
  [/^connect\.refused$/, "net::ERR_CONNECTION_REFUSED"],
  [/^connect\.timeout$/, "net::ERR_CONNECTION_TIMED_OUT"],
  [/^connect\.reset$/, "net::ERR_CONNECTION_RESET"],
  [/^connect\./, "net::ERR_ADDRESS_UNREACHABLE"],
  [/^dns\.timeout$/, "net::ERR_NAME_RESOLUTION_FAILED"],
  [/^dns\./, "net::ERR_NAME_NOT_RESOLVED"],
  [/^handshake\.auth/, "net::ERR_PROXY_AUTH_REQUESTED"],
  [/^handshake\.socks/, "net::ERR_SOCKS_CONNECTION_FAILED"],
  [/^handshake\./, "net::ERR_TUNNEL_CONNECTION_FAILED"],
  [/^tls\.cert_name/, "net::ERR_CERT_COMMON_NAME_INVALID"],
  [/^tls\.cert_(?:expired|not_yet)/, "net::ERR_CERT_DATE_INVALID"],
  [/^tls\.cert/, "net::ERR_CERT_AUTHORITY_INVALID"],
  [/^tls\./, "net::ERR_SSL_PROTOCOL_ERROR"],
  [/timeout$/, "net::ERR_TIMED_OUT"],
  [/\.closed_empty$/, "net::ERR_EMPTY_RESPONSE"],
  [/reset$/, "net::ERR_CONNECTION_RESET"],
  [/\.(?:closed|truncated)/, "net::ERR_CONNECTION_CLOSED"],
  [/^body\./, "net::ERR_INCOMPLETE_CHUNKED_ENCODING"],
  [/^head\./, "net::ERR_INVALID_HTTP_RESPONSE"],
];

interface Timings {
  readonly blocked: number;
  readonly dns: number;
  /** Holds the handshakes with proxies, and `ssl`. */
  readonly connect: number;
  readonly ssl: number;
  readonly send: number;
  readonly wait: number;
  readonly receive: number;
}

function timingsOf({ ms }: TestResult): Timings {
  const { dns = -1, connect, handshake = 0, tls, firstByte, total } = ms;
  const opening = connect === undefined ? -1 : rounded(connect + handshake + (tls ?? 0));
  const before = Math.max(0, dns) + Math.max(0, opening);
  const rest = Math.max(0, (total ?? before) - before);
  const wait = Math.min(rest, firstByte ?? rest);
  return { ...{ blocked: -1, dns, connect: opening, ssl: tls ?? -1, send: 0 }, wait: rounded(wait), receive: rounded(rest - wait) };
}

/** Of all but `ssl`, which `connect` holds. */
function sumOf({ blocked, dns, connect, send, wait, receive }: Timings): number {
  return rounded([blocked, dns, connect, send, wait, receive].reduce((sum, one) => sum + Math.max(0, one), 0));
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function named(fields: RawFields): Named[] {
  return fields.flatMap((name, i) => (i % 2 === 0 ? [{ name, value: fields[i + 1] as string }] : []));
}

function cookiesIn(value: string | null): Named[] {
  if (value === null) return [];
  return value.split(/;\s*/).map((pair) => ({ name: pair.split("=")[0] as string, value: HIDDEN }));
}

function isoTime(ms: number): string {
  return new Date(Number.isFinite(ms) ? ms : 0).toISOString();
}
