import { fieldValues, type RawFields } from "../core/message.ts";
import { excerpt } from "../wire/http1/excerpt.ts";
import { bodyDigest } from "./judge/body-digest.ts";
import type { JudgeRequest } from "./judge/judged.ts";
import type { JudgePayload } from "./judge/payload.ts";
import type { Lie } from "./lie.ts";

/**
 * What of a request did not reach its judge as it was sent. Not what was added, which is a matter of anonymity, nor what every proxy may do:
 * hop-by-hop fields, framing, the version, the order and case of names, a field's values in one or in several.
 */
export function judgeRequestChanges(sent: JudgeRequest, payload: JudgePayload): Lie[] {
  return [...changesOfLine(sent, payload), ...changesOfFields(sent, payload), ...changesOfBody(sent, payload)].map((details) => ({
    fault: "honesty.request_changed",
    details,
  }));
}

function changesOfLine({ method, url }: JudgeRequest, payload: JudgePayload): string[] {
  const changes: string[] = [];
  if (payload.method !== method) changes.push(`the method ${method} reached the judge as ${excerpt(payload.method)}`);
  const target = `${url.pathname}${url.search}`;
  if (formOfTarget({ url }, payload) === "other") changes.push(`${excerpt(target)} reached the judge as ${excerpt(payload.target)}`);
  return changes;
}

/** How the target of a request arrived. RFC 9112 3.2.2: a server takes the absolute form too, in which proxies are asked. */
export function formOfTarget({ url }: Pick<JudgeRequest, "url">, { target }: JudgePayload): "origin" | "absolute" | "other" {
  if (target === `${url.pathname}${url.search}`) return "origin";
  return isSameUrl(target, url) ? "absolute" : "other";
}

function isSameUrl(target: string, { host, pathname, search }: URL): boolean {
  const [, authority = "", rest = ""] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(target) ?? [];
  return rest === `${pathname}${search}` && isSameHost(authority, host);
}

function isSameHost(seen: string, sent: string): boolean {
  const bare = (host: string) =>
    host
      .trim()
      .toLowerCase()
      .replace(/:(?:80|443)$/, "");
  return bare(seen) === bare(sent);
}

/**
 * A request's fields arrived just as they went out, with nothing but what is between the last proxy and the judge: so arrive nearly all, and it
 * is found out in one pass that makes nothing.
 */
export function areFieldsAsSent({ url, fields }: JudgeRequest, payload: JudgePayload): boolean {
  let at = 0;
  let hosts = 0;
  for (const [name, value] of payload.fields) {
    if (name === fields[at] && value === fields[at + 1]) at += 2;
    else if (name === "Host" && value === url.host) hosts++;
    else if (!(ORDINARY.test(value) && CONNECTIONS.has(name.toLowerCase()))) return false;
  }
  return hosts === 1 && at === fields.length;
}

/** A request's fields came in the very order and spelling in which they were sent, with nothing else: as through a tunnel into which nobody looks. */
export function isUntouched({ url, fields }: JudgeRequest, payload: JudgePayload): boolean {
  const sent = ["Host", url.host, ...fields];
  const seen = payload.fields.flat();
  return seen.length === sent.length && seen.every((text, i) => text === sent[i]);
}

function changesOfFields(sent: JudgeRequest, payload: JudgePayload): string[] {
  if (areFieldsAsSent(sent, payload)) return [];
  const { url, fields } = sent;
  const seen: RawFields = payload.fields.flat();
  const changes: string[] = [];
  const [host = null, ...more] = fieldValues(seen, "host");
  if (host === null ? payload.httpVersion !== "1.0" : more.length > 0 || !isSameHost(host, url.host)) {
    changes.push(`Host: ${url.host} reached the judge as ${host === null ? "nothing" : excerpt([host, ...more].join(", "))}`);
  }
  for (const name of new Set(fields.filter((_, i) => i % 2 === 0))) {
    const lower = name.toLowerCase();
    const values = fieldValues(fields, lower);
    const seenValues = fieldValues(seen, lower);
    if (seenValues.length === 1 && values.length === 1 && seenValues[0] === values[0]) continue; // as nearly all arrive
    const change = changeOf(name, listOf(lower, values), listOf(lower, seenValues));
    if (change !== null) changes.push(change);
  }
  return changes;
}

/** The values of a field as one list, in whichever way they were spread over lines. */
function listOf(name: string, values: readonly string[]): string | null {
  // RFC 9113 8.2.3: cookies may be split into several fields.
  return values.length === 0 ? null : values.map(normal).join(name === "cookie" ? "; " : ", ");
}

/** Optional whitespace around the commas of a list says nothing. */
function normal(value: string): string {
  const parts = value.split(",").map((part) => part.trim());
  return parts.join(", ");
}

function changeOf(name: string, sent: string | null, seen: string | null): string | null {
  if (seen === sent || sent === null) return null;
  if (seen === null) return `${name} was taken out of the request`;
  return seen.startsWith(`${sent}, `) || seen.startsWith(`${sent}; `)
    ? `${excerpt(seen.slice(sent.length + 2))} was added to the request's ${name}`
    : `the request's ${name}: ${excerpt(sent)} was changed to ${excerpt(seen)}`;
}

function changesOfBody({ body }: JudgeRequest, { bodyBytes, bodySha256 }: JudgePayload): string[] {
  const sent = body ?? NOTHING;
  if (bodyBytes !== sent.length) return [`the request's body of ${sent.length} bytes reached the judge as ${bodyBytes} bytes`];
  return bodySha256 === bodyDigest(sent) ? [] : ["the request's body reached the judge changed"];
}

const NOTHING = Buffer.alloc(0);

/** A field of a request as it came that its client did not send, or not with this value. */
export interface AddedField {
  readonly name: string;
  readonly value: string;
  /** It says nothing of a proxy by itself, but its value may tell of us: what is between the last proxy and the judge, and another `Host`. */
  readonly isOrdinary: boolean;
}

/** What of a request's fields its client did not send. One that only was spread over other lines is its client's. */
export function addedRequestFields(sent: JudgeRequest, payload: JudgePayload): AddedField[] {
  if (areFieldsAsSent(sent, payload)) return [];
  const seen: RawFields = payload.fields.flat();
  const added: AddedField[] = [];
  for (const [name, value] of payload.fields) {
    const lower = name.toLowerCase();
    const values = fieldValues(sent.fields, lower);
    if ((lower === "host" && isSameHost(value, sent.url.host)) || values.includes(value)) continue;
    if (values.length > 0 && listOf(lower, values) === listOf(lower, fieldValues(seen, lower))) continue;
    const isConnections = CONNECTIONS.has(lower);
    if (isConnections && ORDINARY.test(value)) continue;
    added.push({ name, value, isOrdinary: lower === "host" || (isConnections && !(lower === "connection" && TELLING_OPTION.test(value))) });
  }
  return added;
}

/**
 * RFC 9110 7.6.1, and framing: they are between the last proxy and the judge. `Proxy-Connection` is not among them: it tells of a proxy, and so
 * does what else `Connection` may name, which a site sees as well.
 */
const CONNECTIONS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "content-length",
  "upgrade",
  "http2-settings",
]);

/** In `Connection`, the names of fields that only proxies know: such a one was there, or would have been. */
const TELLING_OPTION = /proxy|forward|via\b|client-?ip|real-?ip/i;

/** What nearly all of them say. */
const ORDINARY = /^(?:keep-alive|close|chunked|\d{1,6})$/i;
