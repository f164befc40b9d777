import { parseJson, readField } from "./json-line.ts";
import { type AnyFaultId, type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed, readEpoch, readEpochOfAnyUnit } from "./log-times.ts";

/** CloudFront's logs: fields between tabs, whose order a line `#Fields:` says, real-time logs in the order of all fields, and JSON. */
export function cloudFrontFormats(): LogFormat[] {
  const table = new CloudFrontTable();
  const read = (line: string) => table.read(line);
  return [
    { id: "cloudfront-standard", name: "CloudFront log", program: "cloudfront", read },
    { id: "cloudfront-json", name: "CloudFront log (JSON)", program: "cloudfront", read: readJson },
  ];
}

/** A field's text under its name; empty where the line has none. */
type Fields = (name: FieldName) => string;

const STANDARD =
  "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end";
const REAL_TIME =
  "timestamp c-ip time-to-first-byte sc-status sc-bytes cs-method cs-protocol cs-host cs-uri-stem cs-bytes x-edge-location x-edge-request-id x-host-header time-taken cs-protocol-version c-ip-version cs-user-agent cs-referer cs-cookie cs-uri-query x-edge-response-result-type x-forwarded-for ssl-protocol ssl-cipher x-edge-result-type fle-encrypted-fields fle-status sc-content-type sc-content-len sc-range-start sc-range-end c-port x-edge-detailed-result-type";

const NAMES = [
  "date",
  "time",
  "timestamp",
  "c-ip",
  "cs-method",
  "cs-host",
  "x-host-header",
  "cs-uri-stem",
  "sc-status",
  "time-taken",
  "x-edge-location",
  "x-edge-result-type",
  "x-edge-detailed-result-type",
] as const;
type FieldName = (typeof NAMES)[number];

/** Fields that are asked for, by their place; -1: the log has none. */
type Places = Readonly<Record<FieldName, number>>;

function placesIn(header: string): Places {
  const fields = header.trim().replace("cs(Host)", "cs-host").split(/\s+/);
  return Object.fromEntries(NAMES.map((name) => [name, fields.indexOf(name)])) as Record<FieldName, number>;
}

class CloudFrontTable {
  #standard = placesIn(STANDARD);
  #realTime = placesIn(REAL_TIME);

  read(line: string): LogEvent | null {
    if (line.startsWith("#")) return this.#readHeader(line);
    const isStandard = line.charCodeAt(4) === DASH && line.charCodeAt(10) === TAB && line.charCodeAt(13) === COLON;
    if (!isStandard && line.charCodeAt(10) !== DOT) return null;
    const places = isStandard ? this.#standard : this.#realTime;
    const values = line.split("\t");
    const status = values[places["sc-status"]] ?? "";
    const at = isStandard ? readDashed(line, 0) : readEpoch(Number(values[places.timestamp]));
    if (at === null || !STATUS.test(status)) return null;
    return tell((name) => values[places[name]] ?? "", { at, status: Number(status) });
  }

  #readHeader(line: string): LogEvent | null {
    if (line.startsWith("#Fields:") && line.includes("sc-status") && /x-edge-|cs\(Host\)/.test(line)) {
      const places = placesIn(line.slice("#Fields:".length));
      if (places.timestamp === -1) this.#standard = places;
      else this.#realTime = places;
      return logEvent({});
    }
    return line === "#Version: 1.0" ? logEvent({}) : null;
  }
}

const DASH = 0x2d;
const TAB = 0x09;
const COLON = 0x3a;
const DOT = 0x2e;
const STATUS = /^\d{3}$/;

function readJson(line: string): LogEvent | null {
  const value = line.includes('"x-edge-') && line.includes('"sc-status"') ? parseJson(line) : null;
  const field = (name: string) => {
    const text = value?.[name];
    return typeof text === "string" || typeof text === "number" ? String(text) : "";
  };
  const status = field("sc-status");
  if (value === null || !STATUS.test(status)) return null;
  const stamp = field("timestamp") || field("timestamp(ms)");
  const at = stamp === "" ? readDashed(`${field("date")}T${field("time")}`, 0) : readEpochOfAnyUnit(Number(stamp));
  return tell((name) => (name === "cs-host" ? (readField(value, "cs(Host)", "cs-host") ?? "") : field(name)), {
    at,
    status: Number(status),
  });
}

interface Answered {
  readonly at: number | null;
  readonly status: number;
}

function tell(field: Fields, { at, status }: Answered): LogEvent {
  const result = field("x-edge-result-type");
  const detail = field("x-edge-detailed-result-type");
  // Without that field, "Error" says nothing of whose error it is.
  const detailed = detail === "" || detail === "-" ? (result === "Error" ? "" : result) : detail;
  const fault = faultOf(detailed, status);
  if (fault === null) return logEvent({ at, status });
  const [host, path, method, taken] = [
    field("x-host-header") || field("cs-host"),
    field("cs-uri-stem"),
    field("cs-method"),
    field("time-taken"),
  ];
  return logEvent({
    at,
    fault,
    status,
    method: method || null,
    target: host + path || null,
    client: field("c-ip") || null,
    // Origins are not in these logs: all that a distribution has are its domain's.
    backend: field("cs-host") || host || null,
    ms: taken === "" || Number.isNaN(Number(taken)) ? null : Number(taken) * 1000,
    words: `${status} ${detailed || result}: ${method} ${host}${path}${taken === "" ? "" : `, after ${taken} s`}, at ${field("x-edge-location")}`,
  });
}

/** What `x-edge-detailed-result-type` says, else the result type; statuses where neither says more than that it is an error. */
function faultOf(result: string, status: number): AnyFaultId | null {
  // No status could be sent any more.
  if (status === 0) return "client.closed_waiting";
  const known = RESULTS[result];
  if (known !== undefined) return status < 500 ? (OF_BODY[known] ?? known) : known;
  if (/^(?:Lambda|Function)\w*(?:Throttled|LimitExceeded)/.test(result)) return "gateway.upstream_limit";
  if (/^(?:Lambda|Function)\w*Error/.test(result)) return "gateway.helper_failed";
  if (result === "OriginCommError") return status === 504 ? "head.timeout" : status < 500 ? "body.reset" : "head.closed";
  if (status >= 500) return result === "" ? (STATUSES[status] ?? "answer.5xx") : "relay.origin_5xx";
  return status === 429 ? "relay.rate_limited" : null;
}

const RESULTS: Readonly<Record<string, AnyFaultId>> = {
  OriginConnectError: "connect.failed",
  OriginDnsError: "dns.error",
  NonS3OriginDnsError: "dns.error",
  OriginReadError: "head.reset",
  OriginWriteError: "write.reset",
  OriginHeaderTooBigError: "head.too_large",
  OriginInvalidResponseError: "head.invalid",
  OriginError: "head.invalid",
  OriginZeroSizeObjectError: "head.closed_empty",
  OriginContentRangeLengthError: "head.bad_framing",
  AbortedOrigin: "head.reset",
  ClientCommError: "client.closed_during_response",
  ClientHungUpRequest: "client.closed_during_request",
  ClientGeoBlocked: "client.denied",
  InvalidRequest: "client.bad_request",
  InvalidRequestBlocked: "client.bad_request",
  InvalidRequestCertificate: "client.bad_request",
  InvalidRequestHeader: "client.bad_request",
  InvalidRequestMethod: "client.bad_request",
  SlowReaderOriginError: "client.slow_reader",
  LimitExceeded: "gateway.upstream_limit",
  CapacityExceeded: "gateway.overloaded",
};

/** The head was there before. */
const OF_BODY: Readonly<Partial<Record<AnyFaultId, AnyFaultId>>> = { "head.reset": "body.reset", "head.closed_empty": "body.truncated" };

const STATUSES: Readonly<Record<number, AnyFaultId>> = { 500: "answer.500", 502: "answer.502", 503: "answer.503", 504: "answer.504" };
