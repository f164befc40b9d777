import { fieldValue, type RawFields } from "../core/message.ts";
import type { HeavyField, SeenAnswer, TestResult } from "./question.ts";

const KIB = 1024;
/** Gateways take heads of any size below it, as they come: nginx has one page of memory. */
const HEAD_BYTES_MIN = 4 * KIB;

/**
 * Which setting of a gateway is to be raised above what, where an answer's head was too large for it; null: the head is small.
 *
 * @param refusal what the gateway answered in its place
 */
export function tellResponseSize({ headBytes, heaviest }: SeenAnswer, refusal: SeenAnswer | null): string | null {
  if (headBytes <= HEAD_BYTES_MIN) return null;
  const server = refusal === null ? "" : (fieldValue(refusal.fields, "server") ?? "");
  const [, setting] = SETTINGS.find(([pattern]) => pattern.test(server)) ?? ANY;
  const limit = 2 ** Math.floor(Math.log2((headBytes - 1) / KIB));
  return `If it does not take so large a head, raise ${setting} above ${limit} KiB: the response head was ${counted(headBytes)} bytes, ${told(heaviest)}.`;
}

/** What makes a request larger than the site takes; null: it is small, or refused for another reason. */
export function tellRequestSize({ status, sent, excerpt }: TestResult): string | null {
  if (sent === null) return null;
  const isHead =
    status === 431 ||
    status === 414 ||
    /header or cookie too large|header field (?:is )?too large|size of a request header/i.test(excerpt ?? "");
  if (isHead && sent.headBytes > HEAD_BYTES_MIN / 4)
    return `Send less: the request's head was ${counted(sent.headBytes)} bytes, ${told(sent.heaviest)}; or have the site raise its limit (nginx: large_client_header_buffers, Apache: LimitRequestFieldSize).`;
  if (status === 413 && sent.bodyBytes > 0)
    return `Send less: the body was ${counted(sent.bodyBytes)} bytes; or have the site raise its limit (nginx: client_max_body_size, Apache: LimitRequestBody).`;
  return null;
}

/** The field that takes most of a head, all of its name together. */
export function heaviestField(fields: RawFields): HeavyField {
  const byName = new Map<string, HeavyField>();
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase();
    const { count, bytes } = byName.get(name) ?? { count: 0, bytes: 0 };
    byName.set(name, { name, count: count + 1, bytes: bytes + (fields[i + 1] as string).length });
  }
  return [...byName.values()].sort((one, other) => other.bytes - one.bytes)[0] ?? { name: "none", count: 0, bytes: 0 };
}

const ANY = [
  /^/,
  "its buffer for heads (nginx: proxy_buffer_size, HAProxy: tune.bufsize, Apache: responsefieldsize of ProxyPass)",
] as const;
const SETTINGS: readonly (readonly [RegExp, string])[] = [
  [/nginx|openresty|tengine/i, "proxy_buffer_size"],
  [/apache/i, "responsefieldsize of ProxyPass"],
  [/squid/i, "reply_header_max_size"],
  [/envoy/i, "max_response_headers_kb"],
  [/varnish/i, "http_resp_hdr_len and http_resp_size"],
];

function told({ name, count, bytes }: HeavyField): string {
  return `largest field ${name} (${count > 1 ? `${count} times, ` : ""}${counted(bytes)} bytes)`;
}

function counted(bytes: number): string {
  return bytes.toLocaleString("en-US");
}
